"""What fits on a telephone."""

from __future__ import annotations

import pytest

from creatorhub.models import User
from tests.browser.conftest import PageOf
from tests.factories import make_user, make_videos

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(180),
]


def test_a_row_of_the_list_is_short_on_a_narrow_screen(alice: User, page_of: PageOf) -> None:
    make_videos(3, owner=alice, title="Street")
    page = page_of(alice, width=390)
    page.goto("/videos/")

    rows = page.locator("tbody tr").all()
    heights = [box["height"] for row in rows if (box := row.bounding_box())]

    assert len(heights) == 3
    assert max(heights) < 150


@pytest.mark.parametrize("width", [390, 1280])
def test_a_list_of_staff_scrolls_by_itself_and_the_page_does_not(
    width: int, alice: User, page_of: PageOf
) -> None:
    make_videos(2, owner=alice, title="A long title " * 6, collection="A long collection " * 4)
    page = page_of(make_user(role="admin"), width=width)

    for path in ("/admin/library/video/", "/admin/creatorhub/user/", "/admin/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto("/admin/library/video/")
    wide, seen = page.locator("#changelist .results").evaluate(
        "r => [r.scrollWidth, r.clientWidth]"
    )
    assert (wide > seen) is (width == 390)
