"""The preview of a permission, as a person types into it: what is granted is what was shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from consent import querysets
from consent.models import Edit
from creatorhub.models import User
from tests import factories
from tests.browser.conftest import PageOf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOVEMBER = datetime(2097, 11, 26, tzinfo=UTC)


def opened(page: Page) -> None:
    """The preview of one video, from its own page."""
    page.get_by_role("button", name="Allow…").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Allow Remix for 1 video?")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_typed_last_day_is_what_the_main_button_grants(
    alice: User, page_of: PageOf, *, script: bool
) -> None:
    [video] = factories.make_videos(1, owner=alice)
    page = page_of(alice, script=script)
    page.goto(f"/videos/{video.uuid}/")
    opened(page)

    page.get_by_label("Last day").fill("2097-11-25")
    page.get_by_label("A note for your record").fill("For the fair")
    page.get_by_role("button", name="Allow Remix for 1 video").click()

    expect(page.get_by_text("Counted again with another last day")).to_be_visible()
    expect(page.get_by_text("1 newly allowed, until 25 November 2097")).to_be_visible()
    expect(page.get_by_label("A note for your record")).to_have_value("For the fair")
    assert querysets.ruling(video, "remix").reason == "undecided"

    page.get_by_role("button", name="Allow Remix for 1 video").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Remix is allowed until 25 November 2097 for 1 video."
    )
    assert querysets.ruling(video, "remix").until == NOVEMBER
    page.go_back()
    expect(page.get_by_role("button", name="Allow Remix for 1 video")).to_have_count(0)


def test_enter_in_a_field_grants_nothing(alice: User, page_of: PageOf) -> None:
    [video] = factories.make_videos(1, owner=alice)
    page = page_of(alice)
    page.goto(f"/videos/{video.uuid}/")
    opened(page)

    page.get_by_label("A note for your record").fill("For the fair")
    page.get_by_label("A note for your record").press("Enter")

    expect(page.get_by_text("Counted again for the same videos.")).to_be_visible()
    assert set(Edit.objects.values_list("status", flat=True)) == {"draft"}
