"""Publishers against withdrawers, on real threads and connections: nothing is published after a
withdrawal has answered, no worker publishes on a lease that it lost, and no withdrawal fails.

The same rounds find seeded faults. The product has two guards: the decision under the lock of the
consent state, and the conditional UPDATE of the row. One hides many faults of the other, so a fault
of the first is seeded with the second taken away.
"""

from __future__ import annotations

import os
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.utils import timezone

from consent import services as consent
from consent.models import Consent, ConsentState
from consent.policy import Reason
from consent.reasons import Why
from consent.uses import REMIX
from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.jobs import LeaseLost, State
from creatorhub.models import User
from library.models import Video
from remixer.models import Render
from remixer.services import permission, rendering, withdrawal
from tests.factories import make_consent, make_user, make_videos
from tests.races import rounds

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
]

POSTGRESQL = connection.vendor == "postgresql"
ROUNDS = int(os.environ.get("RACE_ROUNDS", "1000" if POSTGRESQL else "300"))  # at least
MEETINGS = 10  # rounds in which the publisher was first, and as many in which it was not
MOST_ROUNDS = 20 * ROUNDS
ROUNDS_FOR_A_FAULT = 400  # at the most: a fault is found in the first few
Withdraw = Callable[[User, Video], object]


def turn_off(creator: User, video: Video) -> object:
    actor = Actor.creator(creator)
    return consent.turn_off(actor=actor, creator=creator, use=REMIX.id, ids=[video.uuid])


def opt_out(creator: User, video: Video) -> object:
    return consent.opt_out(actor=Actor.creator(creator), creator=creator)


@dataclass
class Arena:
    """One creator with one video, and two workers and a withdrawer who meet in every round."""

    creator: User
    video: Video
    requester: User
    folder: Path
    threads: ThreadPoolExecutor
    barrier: Barrier = field(default_factory=lambda: Barrier(3))
    found: Counter[str] = field(default_factory=Counter)

    def run(self, *withdrawals: Withdraw) -> Counter[str]:
        """Rounds until each side was first often enough; what came of them."""

        def met() -> bool:
            orders = ("published first", "withdrawn first")
            return all(self.found[order] >= MEETINGS for order in orders)

        for number in rounds(ROUNDS, most=MOST_ROUNDS, until=met):
            self._round(withdrawals[number % len(withdrawals)])
        return self.found

    def finds(self, fault: str, *withdrawals: Withdraw) -> bool:
        """Rounds until this fault is found."""

        def found() -> bool:
            return self.found[fault] > 0

        for number in rounds(1, most=ROUNDS_FOR_A_FAULT, until=found):
            self._round(withdrawals[number % len(withdrawals)])
        return found()

    def _round(self, withdraw: Withdraw) -> None:
        render, stale = self._set_up()
        futures = [
            self.threads.submit(self._publish, render),
            self.threads.submit(self._publish, stale),
            self.threads.submit(self._withdraw, withdraw),
        ]
        ours, theirs, withdrawn = (future.result() for future in futures)
        self.found["rounds"] += 1
        self.found["published first"] += ours and withdrawn
        self.found["withdrawn first"] += withdrawn and not ours
        self.found["published on a lost lease"] += theirs
        self.found["failed to withdraw"] += not withdrawn
        render.refresh_from_db()
        self.found["published after withdrawal"] += withdrawn and render.state == State.DONE

    def _set_up(self) -> tuple[Render, Render]:
        """The video allowed, and a running render twice: as its worker has it, and as a worker has
        it who lost the lease."""
        Consent.objects.update(
            terms=self._terms,
            decided=True,
            withdrawn_version=0,
        )
        ConsentState.objects.update(opted_out=False, withdrawn_version=0)
        render = Render.objects.create(
            video=self.video,
            creator=self.video.owner,
            requester=self.requester,
            template="top_bottom",
            captions={"top": "x"},
            length_ms=1000,
            terms=self._terms,
            allowed_version=ConsentState.objects.get(creator=self.creator).version,
            state=State.RUNNING,
            attempts=2,
            lease_token=uuid.uuid4(),
            lease_until=timezone.now() + timedelta(minutes=5),
        )
        stale = Render.objects.get(pk=render.pk)
        stale.lease_token = uuid.uuid4()
        return render, stale

    def __post_init__(self) -> None:
        terms = Consent.objects.get(video=self.video).terms
        assert terms
        self._terms = terms

    def _publish(self, render: Render) -> bool:
        self.barrier.wait()
        jitter()
        try:
            rendering.publish(render, self._made())
        except LeaseLost:
            return False
        return Render.objects.filter(pk=render.pk, published_at__isnull=False).exists()

    def _made(self) -> rendering._Made:
        """A finished file of one byte, for a publisher to move into storage."""
        names = [self.folder / f"{uuid.uuid4()}.{kind}" for kind in ("mp4", "jpg", "small.jpg")]
        for path in names:
            path.write_bytes(b"x")
        return rendering._Made(
            path=names[0],
            poster=names[1],
            thumb=names[2],
            width=320,
            height=180,
            size=1,
            duration_ms=1000,
        )

    def _withdraw(self, withdraw: Withdraw) -> bool:
        self.barrier.wait()
        jitter()
        try:
            withdraw(self.creator, self.video)
        except Exception:  # noqa: BLE001  (whatever it is, the creator was not obeyed)
            return False
        return True


def jitter() -> None:
    time.sleep(random.random() * 0.006)


@pytest.fixture
def arena(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Arena]:
    creator, requester = make_user("alice"), make_user("bob")
    [video] = make_videos(1, owner=creator)
    make_consent(video)
    decide = permission.why_not

    def decide_and_wait(render: Render) -> Why | None:
        """Widens the gap between the answer and what is done with it."""
        reason = decide(render)
        jitter()
        return reason

    monkeypatch.setattr(rendering, "why_not", decide_and_wait)
    with ThreadPoolExecutor(3) as threads:
        yield Arena(creator, video, requester, tmp_path, threads)
        closing = Barrier(3)
        for _ in range(3):
            threads.submit(close_own_connection, closing)


def close_own_connection(all_here: Barrier) -> None:
    """Waits for the others first, so that no thread takes two of these."""
    all_here.wait()
    connection.close()


def test_nothing_is_published_after_a_withdrawal(arena: Arena) -> None:
    found = arena.run(turn_off, opt_out)

    assert found["rounds"] >= ROUNDS
    assert found["published after withdrawal"] == 0
    assert found["published on a lost lease"] == 0
    assert found["failed to withdraw"] == 0


@pytest.fixture
def without_the_row_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker ends the job whoever holds it and in whatever state it is: no lease token check."""
    monkeypatch.setattr(jobs, "_held", lambda job: type(job)._default_manager.filter(pk=job.pk))


def test_it_finds_a_missing_lease_check(arena: Arena, without_the_row_guard: None) -> None:
    assert arena.finds("published on a lost lease", turn_off, opt_out)


@pytest.mark.skipif(not POSTGRESQL, reason="SQLite has no row locks: every writer is alone")
def test_it_finds_a_plain_read_of_the_consent_state(
    arena: Arena, without_the_row_guard: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = SimpleNamespace(
        lock_consent_state=lambda creator: ConsentState.objects.get(creator=creator)
    )
    monkeypatch.setattr(rendering, "consent", plain)

    assert arena.finds("published after withdrawal", turn_off, opt_out)


def test_it_finds_a_cached_decision(
    arena: Arena, without_the_row_guard: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "why_not", lambda render: None)  # as it was at the claim

    assert arena.finds("published after withdrawal", turn_off, opt_out)


def test_it_finds_a_takedown_before_the_change_of_consent(
    arena: Arena, without_the_row_guard: None
) -> None:
    def takedown_then_change(creator: User, video: Video) -> None:
        with transaction.atomic(durable=True):
            withdrawal.stop_and_takedown(
                actor=Actor.creator(creator),
                creator=creator,
                use=REMIX.id,
                videos=Video.objects.filter(pk=video.pk),
                reason=Reason.OFF,
                version=None,
                correlation_id=uuid.uuid4(),
            )
        with transaction.atomic(durable=True):
            consent.lock_consent_state(creator)
            Consent.objects.filter(video=video).update(terms=None)

    assert arena.finds("published after withdrawal", takedown_then_change)


@pytest.mark.skipif(not POSTGRESQL, reason="SQLite has one isolation level, serializable")
def test_it_finds_repeatable_read(arena: Arena, without_the_row_guard: None) -> None:
    def repeatable_read(creator: User, video: Video) -> None:
        with transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            state = consent.lock_consent_state(creator)
            Consent.objects.filter(video=video).update(
                terms=None, withdrawn_version=state.version + 1
            )
            withdrawal.stop_and_takedown(
                actor=Actor.creator(creator),
                creator=creator,
                use=REMIX.id,
                videos=Video.objects.filter(pk=video.pk),
                reason=Reason.OFF,
                version=None,
                correlation_id=uuid.uuid4(),
            )

    assert arena.finds("failed to withdraw", repeatable_read)
