"""What is allowed while something else keeps it off: the preview and the result say so."""

from __future__ import annotations

import pytest
from waffle.testutils import override_switch

from consent import services
from creatorhub.models import User
from library.models import Video
from tests.acts import confirm, draft, hold, opt_out, turn_off
from tests.conftest import ClientOf
from tests.factories import make_consent, make_videos

pytestmark = pytest.mark.django_db
PAUSED = "Remix is paused by CreatorHub: what you allow counts from the end of the pause."


@pytest.fixture
def videos(alice: User) -> list[Video]:
    return make_videos(3, owner=alice)


def said(client_of: ClientOf, alice: User, *videos: Video) -> list[str]:
    """The same before and after."""
    edit, browser = draft(*videos, grant=services.Grant()), client_of(alice)
    preview = browser.get(f"/edits/{edit.uuid}/preview/")
    confirm(edit)
    result = browser.get(f"/edits/{edit.uuid}/")
    assert preview.context["held_back"] == result.context["held_back"]
    for sentence in preview.context["held_back"]:
        assert sentence in preview.text
        assert sentence in result.text
    return list(preview.context["held_back"])


def test_nothing_is_said_where_nothing_holds_it_back(
    alice: User, videos: list[Video], client_of: ClientOf
) -> None:
    assert said(client_of, alice, *videos) == []


def test_a_pause_and_the_opt_out_are_told(
    alice: User, videos: list[Video], client_of: ClientOf
) -> None:
    opt_out(alice)
    with override_switch("remixer_paused", active=True):
        everything, pause = said(client_of, alice, *videos)

    assert everything.startswith("Everything is turned off.")
    assert pause == PAUSED


def test_holds_of_some_videos_are_counted(
    alice: User, videos: list[Video], client_of: ClientOf
) -> None:
    hold(*videos[:2])
    hold(videos[2], use="train")

    assert said(client_of, alice, *videos[1:]) == [
        "CreatorHub staff hold 1 of these videos: it stays off until the hold is lifted."
    ]
    assert said(client_of, alice, videos[0]) == [
        "CreatorHub staff hold 1 of these videos: it stays off until the hold is lifted."
    ]


def test_a_hold_of_everything_is_told(
    alice: User, videos: list[Video], client_of: ClientOf
) -> None:
    hold(creator=alice)

    assert said(client_of, alice, *videos) == [
        "CreatorHub staff hold Remix of everything of yours: it stays off until the hold is lifted."
    ]


def test_turning_off_is_held_back_by_nothing(
    alice: User, videos: list[Video], client_of: ClientOf
) -> None:
    make_consent(*videos)
    hold(*videos)

    edit = turn_off(*videos)

    assert client_of(alice).get(f"/edits/{edit.uuid}/").context["held_back"] == []
