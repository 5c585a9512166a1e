"""What the log costs whoever writes it, and what its tree, signature and verification take."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from unittest import mock

from django.db import connection, transaction

from audit import log, sequencing, signing, stored
from audit.models import Checkpoint, Event
from benchmarks import sample
from benchmarks.measuring import (
    Act,
    Contender,
    Promise,
    Report,
    Timed,
    compare,
    lines_of,
    percentile,
)
from consent import services
from consent.services.edits import chunks
from creatorhub.actors import Actor
from creatorhub.celery import SEAL_EVERY
from creatorhub.models import User
from library.models import Video
from operations import sweeping

WITHOUT = "without the log: nothing is hashed, nothing is written"
WITH = "as it is: hashed and written, and on SQLite the leaf too"
MOST_COST = 10  # percent
AT_ONCE = 1000  # events of one transaction
MILLION = 1_000_000
EDITED = 1000  # videos


def measured(count: int, *, rounds: int) -> Report:
    """`count` is how many events the log gets. The edits of the second part come after it: their
    videos are verified as well."""
    report = Report()
    write, give, verify, since = (
        f"Write {count:,} events, {AT_ONCE:,} at once",
        "Give them their leaves",
        "Verify all of the log",
        "Verify it since the last checkpoint",
    )
    timed = {name: Timed() for name in (write, give, verify, since)}
    sequencing.sequence()
    before = sequencing.size()
    with mock.patch.object(sequencing, "follow"), timed[write].round():
        _write(count)
    with timed[give].round():
        sequencing.sequence()
    made = sequencing.size() - before
    signing.sign()
    sample.settle()
    for _ in range(min(rounds, 2)):
        with timed[verify].round():
            total = stored.verify()
        with timed[since].round():
            stored.verify(since_checkpoint=True)
    report.lines += lines_of(f"A log of {total:,} events", timed)
    rate = made / timed[give].median() * 1000
    million = timed[verify].median() / 1000 * MILLION / total
    report.promises += [
        Promise("Events that get their leaves in a second", 20_000, round(rate), "", at_least=True),
        Promise(f"Verify the log, a million events ({total:,} done)", 60, round(million, 1), "s"),
    ]
    report += _cost(rounds=2 * rounds)
    return report


def signed_in_time(*, seconds: int) -> Report:
    """One event after the other for so many seconds, and how old each is when it is signed. The
    log is sealed as often as a worker does it."""
    user, actor = sample.creator()
    over = threading.Event()

    def seal() -> None:
        try:
            while not over.wait(SEAL_EVERY):
                sweeping.seal_log()
        finally:
            connection.close()

    sealing = threading.Thread(target=seal)
    sealing.start()
    keys = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        keys.append(_append(user, actor, 1)[0].pk)
        time.sleep(0.1)
    while not _signed(keys[-1]):
        time.sleep(0.5)
    over.set()
    sealing.join()
    ages = [_signed(key) for key in keys]
    what = f"From an event to its signature, 99th percentile of {len(ages)}"
    return Report(promises=[Promise(what, 12, round(percentile(ages, 99), 1), "s")])


def _signed(key: int) -> float:
    """How many seconds after the event was written a checkpoint had it; 0 if none has."""
    event = Event.objects.select_related("leaf").get(pk=key)
    if not hasattr(event, "leaf"):
        return 0
    checkpoint = Checkpoint.objects.filter(size__gt=event.leaf.index).order_by("size").first()
    return (checkpoint.at - event.at).total_seconds() if checkpoint else 0


def _append(user: User, actor: Actor, count: int) -> list[Event]:
    lines: Any = [(None, {"before": "A dog", "after": "Two dogs"})] * count
    with transaction.atomic():
        return log.append_many("video.renamed", lines, actor=actor, creator=user)


def _write(count: int) -> None:
    people = [sample.creator() for _ in range(10)]
    for number in range(0, count, AT_ONCE):
        _append(*people[number // AT_ONCE % len(people)], min(AT_ONCE, count - number))


def _cost(*, rounds: int) -> Report:
    groups = [
        f"Turn remixing off for {EDITED:,} videos, all allowed",
        "Turn remixing off for one video",
    ]
    contenders = [Contender(WITHOUT, _without_log), Contender(WITH, _with_log)]
    lines = compare(groups, contenders, rounds=rounds)
    report = Report(lines=lines)
    found = {line.name: line for line in lines if line.group == groups[0]}
    more = 100 * (found[WITH].milliseconds / found[WITHOUT].milliseconds - 1)
    what = f"{groups[0]}: what the log adds"
    report.promises.append(Promise(what, MOST_COST, round(more, 1), "%"))
    return report


def _with_log() -> Sequence[Act]:
    user, actor = sample.creator()
    sample.fill(user, EDITED + 1)
    sample.edit(user, actor, {}, grant=services.Grant())
    sample.settle()
    first, *others = Video.objects.filter(owner=user).order_by("pk").values_list("uuid", flat=True)

    def turn_off(ids: list[Any]) -> None:
        services.turn_off(actor=actor, creator=user, use="remix", ids=ids)

    return [partial(turn_off, others), partial(turn_off, [first])]


def _without_log() -> Sequence[Act]:
    def unlogged(act: Act) -> None:
        with _no_log():
            act()

    return [partial(unlogged, act) for act in _with_log()]


@contextmanager
def _no_log() -> Iterator[None]:
    with ExitStack() as stack:
        for owner, name in ((log, "append"), (log, "append_many"), (chunks.Lines, "hashed")):
            stack.enter_context(mock.patch.object(owner, name, return_value=()))
        yield
