"""Edits against edits, on real threads and connections: what is confirmed twice is done once, and
no job allows a video that was turned off meanwhile."""

from __future__ import annotations

import os
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from audit.models import Event
from consent import querysets, services
from consent.models import Consent, Edit, EditJob
from creatorhub.actors import Actor
from creatorhub.errors import Conflict
from creatorhub.models import User
from library.models import Video
from operations import fsck
from tests.factories import make_user, make_videos
from tests.log import body as body_of
from tests.races import rounds

ROUNDS = int(os.environ.get("EDIT_RACE_ROUNDS", "24"))  # at least
MOST_ROUNDS = 20 * ROUNDS
VIDEOS = 8

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
    pytest.mark.large_edits(inline=VIDEOS // 2, freeze=VIDEOS, stepwise=True),
]


class Creator:
    """Somebody with a few videos, new in every round."""

    def __init__(self) -> None:
        self.user: User = make_user()
        self.me = Actor.creator(self.user)
        self.videos = make_videos(VIDEOS, owner=self.user)
        self.ids = [video.uuid for video in self.videos]

    def draft(self) -> Edit:
        return services.draft_edit(
            actor=self.me,
            creator=self.user,
            use="remix",
            grant=services.Grant(),
            ids=self.ids,
        )

    def confirm(self, draft: Edit, key: str | None = None) -> Edit:
        return services.confirm_edit(
            draft.uuid, actor=self.me, creator=self.user, idempotency_key=key
        )

    def granting(self) -> Edit:
        """A large edit that is confirmed and not applied yet."""
        return self.confirm(self.draft())

    def turn_off(self, videos: list[Video]) -> set[int]:
        """Returns those that are still allowed after the answer."""
        ids = [video.uuid for video in videos]
        services.turn_off(actor=self.me, creator=self.user, use="remix", ids=ids)
        return self.allowed() & {video.pk for video in videos}

    def opt_out(self) -> set[int]:
        """Returns what is still allowed after the answer."""
        services.opt_out(actor=self.me, creator=self.user)
        return self.allowed()

    def cancel(self, edit: Edit) -> Edit:
        return services.cancel_edit(edit.uuid, actor=self.me, creator=self.user)

    def allowed(self) -> set[int]:
        mine = Video.objects.filter(owner=self.user)
        return set(querysets.permitting(mine, "remix").values_list("pk", flat=True))

    def finish(self) -> None:
        """Have every edit of this creator applied."""
        while live := [edit for edit in Edit.objects.filter(creator=self.user) if edit.is_live]:
            for edit in live:
                services.run_edit(job_of(edit))


def job_of(edit: Edit) -> int:
    return EditJob.objects.get(edit=edit).pk


def work(edit: Edit) -> None:
    """What a worker does until another has the edit."""
    job = job_of(edit)
    for _ in range(VIDEOS):
        services.run_edit(job)
        time.sleep(random.random() * 0.002)


@pytest.fixture
def at_once() -> Iterator[Callable[..., list[Any]]]:
    """Runs functions on threads that start together. Returns what each returned or raised."""
    with ThreadPoolExecutor(3) as threads:

        def run(*acts: Callable[[], object]) -> list[Any]:
            barrier = Barrier(len(acts))

            def begin(act: Callable[[], object]) -> object:
                barrier.wait()
                time.sleep(random.random() * 0.01)
                try:
                    return act()
                except Exception as error:  # noqa: BLE001  (a test looks at what it is)
                    return error
                finally:
                    connection.close()

            return [future.result() for future in [threads.submit(begin, act) for act in acts]]

        yield run


@pytest.fixture(autouse=True)
def _in_order() -> Iterator[None]:
    yield
    for check in (
        fsck.confirmed_edits_are_applied,
        fsck.counts_match_rows,
        fsck.the_log_is_complete,
    ):
        assert not list(check())


def events(creator: Creator, *actions: str) -> int:
    return Event.objects.filter(creator=creator.user, action__in=actions).count()


def in_parts(creator: Creator) -> int:
    """How many changes the events of chunks name."""
    parts = Event.objects.filter(creator=creator.user, action="edit.part_applied")
    return sum(body_of(event)["changed"] for event in parts)


@pytest.mark.parametrize("size", [VIDEOS // 2, VIDEOS])
def test_two_confirms_at_once_are_one_edit(at_once: Callable[..., list[Any]], size: int) -> None:
    for number in range(ROUNDS):
        alice = Creator()
        alice.ids = alice.ids[:size]
        draft, same = alice.draft(), uuid.uuid4().hex
        other = same if number % 2 else uuid.uuid4().hex

        found = at_once(partial(alice.confirm, draft, same), partial(alice.confirm, draft, other))

        refused = [one.code for one in found if isinstance(one, Conflict)]
        assert refused == ([] if same == other else ["already_confirmed"])
        assert [one for one in found if one == draft] == [draft] * (2 - len(refused))
        alice.finish()
        assert events(alice, "consent.edited", "edit.confirmed") == 1
        assert Consent.objects.filter(creator=alice.user, edit=draft).count() == size
        assert len(alice.allowed()) == size


def test_what_is_turned_off_while_a_job_allows_it_stays_off(
    at_once: Callable[..., list[Any]],
) -> None:
    met: Counter[str] = Counter()
    for number in rounds(ROUNDS, most=MOST_ROUNDS, until=lambda: met["half way"] > 0):
        alice = Creator()
        granting = alice.granting()
        chosen = alice.videos[::2] if number % 2 else alice.videos  # inside a request, or a job
        working = partial(work, granting)

        found = at_once(working, partial(alice.turn_off, chosen), working)

        assert found == [None, set(), None]
        met["half way"] += 0 < Edit.objects.get(pk=granting.pk).superseded < len(chosen)
        alice.finish()
        assert alice.allowed() == {v.pk for v in alice.videos if v not in chosen}
        granting.refresh_from_db()
        assert granting.changed + granting.superseded == VIDEOS


def test_an_opt_out_ends_a_job_that_allows(at_once: Callable[..., list[Any]]) -> None:
    ended: Counter[str] = Counter()
    for _ in rounds(ROUNDS, most=MOST_ROUNDS, until=lambda: ended["cancelled"] > 0):
        alice = Creator()
        granting = alice.granting()
        working = partial(work, granting)

        found = at_once(working, alice.opt_out, working)

        assert found == [None, set(), None]
        granting.refresh_from_db()
        ended[granting.status] += 1
        stored = Consent.objects.filter(creator=alice.user, terms__isnull=False).count()
        assert granting.status in ("cancelled", "applied")
        assert stored == granting.changed == in_parts(alice)
        services.run_edit(job_of(granting))
        assert alice.allowed() == set()
        services.opt_in(actor=alice.me, creator=alice.user, restore="all_off")
        alice.finish()
        assert alice.allowed() == set()


def test_a_cancelled_job_has_done_what_it_says(at_once: Callable[..., list[Any]]) -> None:
    ended: Counter[str] = Counter()
    for _ in rounds(ROUNDS, most=MOST_ROUNDS, until=lambda: ended["cancelled"] > 0):
        alice = Creator()
        granting = alice.granting()
        working = partial(work, granting)

        *worked, cancelled = at_once(working, working, partial(alice.cancel, granting))

        assert worked == [None, None]
        granting.refresh_from_db()
        ended[granting.status] += 1
        if isinstance(cancelled, Exception):
            assert isinstance(cancelled, Conflict)
            assert (cancelled.code, granting.status) == ("already_applied", "applied")
        else:
            assert cancelled.changed == granting.changed
            assert granting.status == "cancelled"
        assert granting.changed + granting.left_out == VIDEOS
        assert len(alice.allowed()) == granting.changed == in_parts(alice)
