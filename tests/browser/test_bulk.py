"""One act for 10,001 videos, as alice sees it: the number on the bar is that on the preview, in the
result, in the rows and in the log; with script and without."""

from __future__ import annotations

import json
import re
import time

import pytest
from playwright.sync_api import Page, expect

from audit.models import Event
from consent import querysets
from consent.models import Consent, Edit
from creatorhub.actors import Actor
from creatorhub.models import User
from library import services as library
from library.models import Video
from tests import factories
from tests.browser.conftest import PageOf

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
MANY = 10_001
LIST = "/videos/?q=street&size=50"
SLOW = 90.0  # seconds for what a worker does


def number(page: Page, of: str) -> int:
    """The figure beside these words in the sum of a preview or a result."""
    text = page.locator(".sum > div", has_text=re.compile(rf"^\s*[\d,]+\s*{of}\s*$")).inner_text()
    return int(text.split()[0].replace(",", ""))


def until_done(page: Page, *, script: bool) -> None:
    """Until the result is there: by itself, or by looking again."""
    deadline = time.monotonic() + SLOW
    while not page.locator("#each").count():
        assert time.monotonic() < deadline, page.locator("main").inner_text()
        if script:
            page.wait_for_timeout(200)
        elif (again := page.get_by_role("link", name="Look again")).count():
            page.wait_for_timeout(300)
            again.click()


def titles(page: Page) -> list[str]:
    return page.locator("table td .title").all_inner_texts()


def select_all(page: Page, *, script: bool) -> None:
    """All that match, from the page's own bar."""
    if script:
        every = page.get_by_role("checkbox", name="Select all on this page")
        every.check()
        expect(page.locator("[data-bulk]")).to_contain_text("50 selected")
    page.get_by_role("link", name=re.compile(r"^Select all .*match")).click()


def logged() -> int:
    """How many videos the log says were changed by the newest edit."""
    edit = str(Edit.objects.latest("pk").uuid)
    bodies = [json.loads(bytes(event.body)) for event in Event.objects.all()]
    mine = [body for body in bodies if body.get("edit") == edit]
    parts = sum(body["changed"] for body in mine if body["action"] == "edit.part_applied")
    [whole] = [body["changed"] for body in mine if body["action"] == "edit.applied"]
    assert parts == whole
    return int(whole)


@pytest.fixture
def street(alice: User) -> list[Video]:
    factories.make_videos(40, owner=alice, title="Garden")
    return factories.make_videos(MANY, owner=alice, title="Street ride")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_one_number_from_the_bar_to_the_log(
    alice: User, street: list[Video], control: None, page_of: PageOf, *, script: bool
) -> None:
    page = page_of(alice, script=script)
    page.goto(LIST)
    shown = titles(page)

    select_all(page, script=script)
    expect(page.locator("#bulk-bar")).to_contain_text("10,001 selected, all that match")
    page.get_by_role("button", name="Allow…", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Allow Remix for 10,001 videos?")
    assert (number(page, "selected"), number(page, "will change")) == (MANY, MANY)
    late = _starts_to_match(alice)

    _confirm_twice(page)
    until_done(page, script=script)
    expect(page.get_by_role("heading", level=1)).to_have_text("Remix is allowed for 10,001 videos.")
    assert (number(page, "selected"), number(page, "changed")) == (MANY, MANY)
    assert Consent.objects.filter(use="remix", terms__isnull=False).count() == MANY
    assert logged() == MANY
    assert Edit.objects.count() == 1
    assert {querysets.ruling(video, "remix").reason for video in late} == {"undecided"}

    page.get_by_role("link", name="Done").click()
    assert page.url.endswith(LIST)
    page.goto("/videos/?remix=allowed&all=1")
    expect(page.locator("#bulk-bar")).to_contain_text("10,001 selected")
    _the_same_list_for_everybody(page, page_of(alice, script=script), shown)


def _starts_to_match(alice: User) -> list[Video]:
    """One more upload, and one that is renamed, between the preview and the confirm."""
    [new] = factories.make_videos(1, owner=alice, title="Street late")
    old = Video.objects.filter(owner=alice, title="Garden")[0]
    library.rename_video(old, actor=Actor.creator(alice), title="Street once garden", collection="")
    return [new, old]


def _confirm_twice(page: Page) -> None:
    """A double click; without script both are sent, and it is done once all the same."""
    confirm = page.get_by_role("button", name="Allow Remix for 10,001 videos")
    confirm.dblclick(no_wait_after=True)
    page.wait_for_url(re.compile(r"/edits/[^/]+/(\?|$)"))


def _the_same_list_for_everybody(page: Page, other: Page, before: list[str]) -> None:
    """Back, reload and the shared address give the same list; what is new came on top."""
    page.goto(f"{LIST}&remix=allowed")
    first = titles(page)
    page.get_by_role("link", name="Next").or_(page.get_by_role("button", name="Next")).click()
    page.wait_for_url("**after=**")
    second, address = titles(page), page.url
    page.reload()
    assert titles(page) == second
    other.goto(address)
    assert titles(other) == second
    page.go_back()
    assert titles(page) == first == before
    assert len(second) == 50


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_turning_off_is_one_post_and_is_undone_from_the_activity(
    alice: User, street: list[Video], control: None, page_of: PageOf, *, script: bool
) -> None:
    factories.make_consent(*street[:200])
    page = page_of(alice, script=script)
    page.goto(LIST)

    select_all(page, script=script)
    page.get_by_role("button", name="Turn off", exact=True).click()
    page.wait_for_url("**/edits/**")
    at_once = {querysets.ruling(video, "remix").allowed for video in street[:200:20]}
    until_done(page, script=script)

    assert at_once == {False}
    assert number(page, "changed") == MANY == logged()
    page.goto("/activity/")
    line = page.locator("li", has_text="You turned “Remix” off for 10,001 videos")
    line.get_by_role("button", name=re.compile("^Undo")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Undo this edit of Remix?")
    expect(page.get_by_text("200 newly allowed, without an end date")).to_be_visible()
    page.get_by_role("button", name="Put 10,001 videos back").click()
    until_done(page, script=script)
    assert number(page, "changed") == MANY
    allowed = Consent.objects.filter(use="remix", terms__isnull=False)
    assert set(allowed.values_list("video", flat=True)) == {video.pk for video in street[:200]}


def test_an_edit_that_is_under_way_says_how_far_it_is_and_is_cancelled(
    alice: User, street: list[Video], page_of: PageOf
) -> None:
    page = page_of(alice)
    page.goto(f"{LIST}&all=1")
    page.get_by_role("button", name="Allow…", exact=True).click()
    page.get_by_role("button", name="Allow Remix for 10,001 videos").click()

    bar = page.get_by_role("progressbar", name="How much of the edit is applied")
    expect(bar).to_have_attribute("value", "0")
    expect(page.locator("#said")).to_have_text("Applied: 0 per cent")
    page.reload()
    expect(bar).to_be_visible()
    page.get_by_role("button", name="Cancel the rest").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Nothing changed.")
    assert number(page, "not done, cancelled") == MANY
    assert not Consent.objects.exists()


def test_the_bar_by_keyboard_alone(alice: User, page_of: PageOf) -> None:
    videos = factories.make_videos(60, owner=alice)
    factories.make_consent(*videos)
    page = page_of(alice)
    page.goto("/videos/?size=25")

    page.get_by_role("checkbox", name="Select all on this page").focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-bulk]")).to_contain_text("25 selected")
    for _ in range(6):
        page.keyboard.press("Tab")
        if "Turn off" in str(page.evaluate("document.activeElement.textContent")):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_text("Remix is off for 25 videos.")).to_be_visible()

    assert Consent.objects.filter(terms__isnull=True).count() == 25


def tick(page: Page, *rows: int) -> None:
    """Press the boxes of these rows; 0 is the first."""
    for row in rows:
        page.locator("td input[name=ids]").nth(row).click()


def test_ticks_of_two_pages_are_one_selection_that_can_be_cleared(
    alice: User, page_of: PageOf
) -> None:
    factories.make_consent(*factories.make_videos(60, owner=alice))
    page = page_of(alice)
    page.goto("/videos/?size=25")
    bar = page.locator("#bulk-bar")

    tick(page, 0, 1)
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**ticks=**")
    expect(bar).to_contain_text("2 selected, 2 on other pages")
    tick(page, 4)
    expect(bar).to_contain_text("3 selected, 2 on other pages")
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("td input:checked")).to_have_count(2)
    expect(bar).to_contain_text("3 selected, 1 on other pages")
    bar.get_by_role("link", name="Clear").click()
    expect(page.locator("td input:checked")).to_have_count(0)
    expect(bar).to_contain_text("Select all on this page")

    tick(page, 3)
    page.get_by_role("link", name="Next").click()
    expect(bar).to_contain_text("1 selected, 1 on other pages")
    bar.get_by_role("button", name="Turn off").click()
    expect(page.get_by_text("Remix is off for 1 video.")).to_be_visible()
    assert Consent.objects.filter(terms__isnull=True).count() == 1


def test_all_that_match_but_for_what_is_unticked_on_two_pages(alice: User, page_of: PageOf) -> None:
    factories.make_videos(60, owner=alice)
    page = page_of(alice)
    page.goto("/videos/?size=25&all=1")
    bar = page.locator("#bulk-bar")

    expect(bar).to_contain_text("60 selected, all that match")
    expect(bar.locator("[data-left-out]")).to_be_hidden()
    tick(page, 0, 1)
    expect(bar).to_contain_text("58 selected, all that match but 2")
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**ticks=**")
    expect(bar).to_contain_text("58 selected, all that match but 2")
    tick(page, 0)
    expect(bar).to_contain_text("57 selected, all that match but 3")
    bar.get_by_role("button", name="Allow…").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Allow Remix for 57 videos?")
    assert (number(page, "selected"), number(page, "will change")) == (57, 57)
    page.get_by_role("button", name="Allow Remix for 57 videos").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Remix is allowed for 57 videos.")
    assert Edit.objects.get().changed == 57
