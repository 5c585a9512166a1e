"""What fits on a telephone."""

from __future__ import annotations

import pytest

from creatorhub.models import User
from tests.browser.conftest import PageOf
from tests.factories import make_videos

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
