"""The page works in a real browser under the product's own security headers."""

from __future__ import annotations

import pytest

from creatorhub.models import User
from tests.browser.conftest import SignedIn
from tests.factories import make_video

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_creator_sees_their_videos_and_nothing_is_blocked(alice: User, page_of: SignedIn) -> None:
    make_video(owner=alice, title="Harbour at dawn")
    page = page_of(alice)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto("/videos/")

    page.get_by_text("Harbour at dawn").first.wait_for()
    assert not complaints
