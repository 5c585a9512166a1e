"""What holds and blocks do to memes: nothing new, nothing shown, and nothing deleted."""

from __future__ import annotations

import pytest
from django.test import Client

from consent import services as consent
from creatorhub.actors import Actor
from creatorhub.errors import Forbidden
from creatorhub.models import User
from remixer import services
from remixer.models import Render
from tests.acts import hold, lift, turn_off
from tests.conftest import ClientOf
from tests.factories import make_consent, make_video
from tests.memes import make_meme, make_render, request_meme

pytestmark = pytest.mark.django_db


def status(browser: Client, meme: Render) -> int:
    return browser.get(f"/memes/{meme.uuid}/meme.mp4").status_code


def test_a_hold_hides_memes_and_a_lift_shows_them_again(
    alice: User, bob: User, client_of: ClientOf
) -> None:
    video = make_video(owner=alice)
    make_consent(video)
    meme, waiting = make_meme(bob, video), request_meme(bob, video)
    browser = client_of(bob)

    placed = hold(video)
    waiting.refresh_from_db()

    assert (placed.stopped, placed.hidden) == (1, 1)
    assert (waiting.state, waiting.ended_for) == ("refused", "held")
    assert status(browser, meme) == 410
    with pytest.raises(Forbidden) as refused:
        request_meme(bob, video)
    assert refused.value.code == "held"
    lift(placed)
    meme.refresh_from_db()
    assert (meme.state, status(browser, meme)) == ("done", 200)


def test_a_meme_of_which_the_permission_went_during_a_hold_stays_dark(
    alice: User, bob: User, client_of: ClientOf
) -> None:
    video = make_video(owner=alice)
    make_consent(video)
    meme = make_meme(bob, video)

    placed = hold(video)
    turn_off(video)
    lift(placed)

    assert status(client_of(bob), meme) == 410


def test_a_hold_of_training_touches_no_meme(alice: User, bob: User) -> None:
    video = make_video(owner=alice, with_files=False)
    make_consent(video)
    meme = make_render(video, bob, state="done")

    placed = hold(video, use="train")

    assert (placed.stopped, placed.hidden) == (0, 0)
    services.note_hidden([meme])
    assert not meme.hidden_for


def test_a_block_hides_what_this_person_made_until_it_ends(
    alice: User, bob: User, carol: User, client_of: ClientOf
) -> None:
    video = make_video(owner=alice)
    make_consent(video)
    bobs, carols, waiting = make_meme(bob, video), make_meme(carol, video), request_meme(bob, video)
    me = Actor.creator(alice)

    done = consent.block(bob, actor=me, creator=alice)
    waiting.refresh_from_db()
    services.note_hidden([bobs, carols])

    assert done
    assert (done.stopped, done.hidden) == (1, 1)
    assert (waiting.state, waiting.ended_for) == ("refused", "blocked")
    assert (bobs.hidden_for, carols.hidden_for) == ("blocked", "")
    assert [status(client_of(carol), meme) for meme in (bobs, carols)] == [410, 200]
    with pytest.raises(Forbidden) as refused:
        request_meme(bob, video)
    assert refused.value.code == "blocked"
    assert not client_of(bob).get("/remix/").context["videos"]
    consent.unblock(bob, actor=me, creator=alice)
    assert status(client_of(bob), bobs) == 200
