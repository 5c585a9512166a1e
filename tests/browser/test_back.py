"""What a browser shows after Back is what holds now."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from creatorhub.models import User
from tests.browser.conftest import PageOf
from tests.factories import make_consent, make_videos

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(180),
]


@pytest.mark.parametrize("script", [True, False])
def test_after_turning_off_back_shows_off(alice: User, page_of: PageOf, script: bool) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)
    page = page_of(alice, script=script)
    page.goto("/")
    page.goto(f"/videos/{video.uuid}/")
    remix = page.get_by_role("region", name="Remix", exact=True)
    expect(remix.get_by_text("Remix allowed")).to_be_visible()
    page.goto("/videos/")

    page.get_by_role("row", name=video.title).get_by_role("button", name="Turn off").first.click()
    expect(page.get_by_role("link", name="See or undo")).to_be_visible()
    while str(video.uuid) not in page.url:
        assert page.go_back()

    expect(remix.get_by_role("button", name="Allow…")).to_be_visible()
    expect(remix.get_by_text("Remix allowed")).to_have_count(0)


def test_a_rename_that_another_tab_made_as_well_is_shown_and_nothing_typed_is_lost(
    alice: User, page_of: PageOf
) -> None:
    [video] = make_videos(1, owner=alice, title="Ride")
    here, there = page_of(alice), page_of(alice)
    for tab in (here, there):
        tab.goto(f"/videos/{video.uuid}/rename/")
    there.get_by_label("Title").fill("Theirs")
    there.get_by_role("button", name="Save").click()
    there.wait_for_url(f"**/videos/{video.uuid}/")

    here.get_by_label("Title").fill("Mine")
    here.get_by_role("button", name="Save").click()

    expect(here.get_by_role("alert")).to_contain_text("so nothing was saved")
    expect(here.get_by_text("It is “Theirs” now.")).to_be_visible()
    expect(here.get_by_label("Title")).to_have_value("Mine")
    here.get_by_role("button", name="Save").click()
    here.wait_for_url(f"**/videos/{video.uuid}/")
    expect(here.get_by_role("heading", level=1)).to_have_text("Mine")
