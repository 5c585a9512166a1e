"""What the address of a list says once its form was sent."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from creatorhub.models import User
from tests.browser.conftest import PageOf
from tests.factories import make_videos

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(180),
]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_filter_form_leaves_its_empty_fields_out_of_the_address(
    alice: User, page_of: PageOf, *, script: bool
) -> None:
    make_videos(2, owner=alice, title="Street")
    page = page_of(alice, script=script)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/videos/")

    page.get_by_label("Search titles").fill("street")
    page.get_by_label("Search titles").press("Enter")

    expect(page).to_have_url("/videos/?q=street&sort=newest&size=50")
    lists = [url for url in asked if "/videos/?" in url]
    assert len(lists) == (1 if script else 2)
