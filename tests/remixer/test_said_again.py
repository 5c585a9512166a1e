"""What a restored database has lost about memes is said again: they stay down."""

from __future__ import annotations

import pytest
from django.utils import timezone

from consent import services
from creatorhub.actors import Actor
from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Video
from remixer import services as remixer
from remixer.models import Render
from tests import acts
from tests.database import rolled_back
from tests.decisions import reasons
from tests.factories import make_consent, make_user, make_videos
from tests.memes import make_render

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(alice: User) -> Video:
    [made] = make_videos(1, owner=alice)
    make_consent(made)
    return made


def memes_of(video: Video, by: User, number: int) -> list[Render]:
    now = timezone.now()
    return [make_render(video, by, state=State.DONE, published_at=now) for _ in range(number)]


def states(memes: list[Render]) -> list[str]:
    return [Render.objects.get(pk=meme.pk).state for meme in memes]


def test_what_was_taken_down_or_removed_stays_down(alice: User, bob: User, video: Video) -> None:
    memes = memes_of(video, bob, 4)
    moderator = Actor.staff(make_user(role="moderation"))
    with rolled_back():
        remixer.takedown(memes[0], actor=moderator, reason="A secret reason")
        remixer.takedown_by_creator(memes[1], actor=Actor.creator(alice), reason="")
        remixer.remove_render(memes[2], actor=Actor.creator(bob))
    assert states(memes) == ["done"] * 4

    assert not services.look_at_journal()

    down = Render.TAKEN_DOWN
    assert states(memes) == [down, down, Render.REMOVED, "done"]
    told = Render.objects.get(pk=memes[0].pk).problem
    assert told.startswith("CreatorHub staff took this meme down: as on ")
    assert "secret" not in told, "the journal keeps no words"


def test_memes_of_what_was_withdrawn_are_taken_down(bob: User, video: Video) -> None:
    [meme] = memes = memes_of(video, bob, 1)
    with rolled_back():
        acts.turn_off(video)

    services.look_at_journal()

    assert states(memes) == [Render.TAKEN_DOWN]
    meme.refresh_from_db()
    assert remixer.why_gone(meme, reader=bob)


def test_a_pause_stands_again_until_staff_end_it(video: Video) -> None:
    admin = Actor.staff(make_user(role="admin"))
    with rolled_back():
        remixer.pause(actor=admin, reason="A fault")

    services.look_at_journal()

    assert reasons(video) == ["paused"]
    assert remixer.resume(actor=admin, reason="Mended")
    assert not services.look_at_journal(), "it is said once"
    assert reasons(video) == ["allowed"]
