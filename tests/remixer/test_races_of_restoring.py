"""An undo against the deletion of what it brings back, and against the next withdrawal, on real
threads and connections: each meme comes back or is deleted, never both, and no undo outlives a
newer no."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import Event
from consent import querysets
from consent.models import Edit
from consent.uses import REMIX
from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Video
from remixer.models import Render
from remixer.services.restoring import take_down_what_is_due
from tests.acts import confirm, turn_off, undo
from tests.factories import make_consent, make_user, make_videos
from tests.memes import make_render
from tests.races import rounds
from tests.remixer.test_races import close_own_connection, jitter

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
]

POSTGRESQL = connection.vendor == "postgresql"
ROUNDS = int(os.environ.get("RACE_ROUNDS", "30" if POSTGRESQL else "20"))  # at least
MEETINGS = 3
Act = Callable[[], object]


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads
        closing = Barrier(2)
        for _ in range(2):
            threads.submit(close_own_connection, closing)


@pytest.fixture
def video() -> Video:
    [video] = make_videos(1, owner=make_user("alice"))
    make_consent(video)
    return video


@pytest.fixture
def maker() -> User:
    return make_user("bob")


def hidden_meme(video: Video, maker: User) -> tuple[Render, Edit]:
    """A meme that the withdrawal hid, and the draft that undoes it."""
    make_consent(video)
    render = make_render(video, maker, state=State.DONE, file_key="renders/x.mp4")
    return render, undo(turn_off(video))


def at_once(threads: ThreadPoolExecutor, *acts: Act) -> None:
    """Both acts in one moment. Raises what either raised."""
    barrier = Barrier(2)

    def start(act: Act) -> None:
        barrier.wait()
        jitter()
        act()

    for future in [threads.submit(start, act) for act in acts]:
        future.result()


def test_a_meme_comes_back_or_is_deleted_and_never_both(
    threads: ThreadPoolExecutor, video: Video, maker: User
) -> None:
    found: Counter[str] = Counter()

    def met() -> bool:
        return min(found[State.DONE], found[Render.TAKEN_DOWN]) >= MEETINGS

    def delete() -> None:
        for _ in range(3):
            take_down_what_is_due()
            jitter()

    window = 0.012  # seconds
    for _ in rounds(ROUNDS, most=20 * ROUNDS, until=met):
        render, draft = hidden_meme(video, maker)
        ends = timezone.now() + timedelta(seconds=random.random() * window)
        Render.objects.filter(pk=render.pk).update(restorable_until=ends)

        begun = time.monotonic()
        at_once(threads, partial(confirm, draft), delete)
        window = max(0.012, 2 * (time.monotonic() - begun))  # as slow as this machine is now
        take_down_what_is_due()

        render.refresh_from_db()
        found[render.state] += 1
        restored = Edit.objects.get(pk=draft.pk).restored
        events = Event.objects.filter(action__in=["render.restored", "render.deleted"]).count()
        assert restored == (render.state == State.DONE)
        assert events == sum(found.values())
        Render.objects.filter(pk=render.pk).update(state=Render.REMOVED)


def test_a_no_during_the_undo_holds_for_the_meme_as_well(
    threads: ThreadPoolExecutor, video: Video, maker: User
) -> None:
    """Whichever is first: the undo brings the meme back and the no hides it again, or the undo
    leaves out what was turned off since."""
    found: Counter[int] = Counter()

    def met() -> bool:
        return min(found[0], found[1]) >= MEETINGS

    for _ in rounds(ROUNDS, most=20 * ROUNDS, until=met):
        render, draft = hidden_meme(video, maker)

        at_once(threads, partial(confirm, draft), partial(turn_off, video))

        render.refresh_from_db()
        found[Edit.objects.get(pk=draft.pk).restored] += 1
        assert not querysets.ruling(video, REMIX.id).allowed
        assert render.state == Render.HIDDEN
        Render.objects.filter(pk=render.pk).update(state=Render.REMOVED)
