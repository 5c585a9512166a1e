"""The story that the product exists for, as its people see it in a browser."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from creatorhub.models import User
from remixer.catalogue import TEMPLATES
from tests import factories
from tests.browser.conftest import PageOf

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
SLOW = 60_000  # milliseconds for what a worker does


def upload(page: Page, title: str) -> str:
    """Returns the path of the video's page, once it is ready."""
    page.goto("/upload/")
    page.set_input_files("input[type=file]", factories.mezzanine())
    page.fill("input[name=title]", title)
    page.locator("main").get_by_role("button", name="Upload").click()
    page.wait_for_url("**/videos/*-*/")
    deadline = time.monotonic() + SLOW / 1000
    while not page.locator("video.player").count():
        assert time.monotonic() < deadline, page.locator("main").inner_text()
        page.wait_for_timeout(500)
        page.reload()
    return page.url


def allow_remix(page: Page, url: str) -> None:
    page.goto(url)
    remix = page.get_by_role("region", name="Remix", exact=True)
    remix.get_by_role("button", name="Allow…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Allow Remix for 1 video?")
    expect(page.get_by_text("Remixing does not include training.").first).to_be_visible()
    page.get_by_role("button", name="Allow Remix for 1 video").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Remix is allowed for 1 video.")


def make_meme(page: Page, video: str, template: str) -> str:
    page.goto(f"/remix/{video}/?template={template}")
    for box in page.locator("main").locator("input[type=text], textarea").all():
        box.fill("It works 😀 שלום")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url("**/memes/*-*/")
    return page.url


def test_from_upload_to_opt_out(
    alice: User, bob: User, workers: None, page_of: PageOf, tmp_path: Path
) -> None:
    hers, his = page_of(alice), page_of(bob)

    url = upload(hers, "The butterfly incident")
    video = url.rstrip("/").rpartition("/")[2]
    refused = his.goto(f"/remix/{video}/")
    assert refused
    assert refused.status == 403
    expect(his.get_by_text("The creator has not allowed this for this video.")).to_be_visible()

    allow_remix(hers, url)
    memes = [make_meme(his, video, template) for template in TEMPLATES]
    for meme in memes:
        his.goto(meme)
        player = his.locator("video")
        expect(player).to_be_visible(timeout=SLOW)
        player.evaluate("video => { video.muted = true; return video.play(); }")
        deadline = time.monotonic() + 20
        while player.evaluate("video => video.currentTime") < 0.3:
            assert time.monotonic() < deadline, "the meme does not play"
            his.wait_for_timeout(100)
        assert player.evaluate("video => video.videoWidth") > 0

    hers.goto("/")
    hers.get_by_role("button", name="Turn everything off").click()
    expect(hers.get_by_role("heading", level=1)).to_have_text("Everything is off")
    answered = time.monotonic()
    for meme in memes:
        gone = his.goto(meme)
        assert gone
        assert gone.status == 410
        assert his.request.get(f"{meme}meme.mp4").status == 410
    assert time.monotonic() - answered < 20
    expect(his.get_by_text("turned this off for all of their videos").first).to_be_visible()

    hers.goto("/activity/")
    told = hers.locator("main").inner_text()
    for line in (
        "You turned everything off",
        f"{len(TEMPLATES)} memes hidden",
        "bob made a meme of “The butterfly incident”",
        "You allowed “Remix” for “The butterfly incident”",
        "You added “The butterfly incident”",
    ):
        assert line in told


def test_all_of_it_without_script(alice: User, bob: User, workers: None, page_of: PageOf) -> None:
    hers, his = page_of(alice, script=False), page_of(bob, script=False)

    url = upload(hers, "Plain")
    video = url.rstrip("/").rpartition("/")[2]
    allow_remix(hers, url)
    meme = make_meme(his, video, "big_centre")
    deadline = time.monotonic() + SLOW / 1000
    while not his.locator("video").count():
        assert time.monotonic() < deadline, his.locator("main").inner_text()
        his.wait_for_timeout(500)
        his.reload()
    hers.goto("/videos/")
    hers.get_by_role("checkbox", name="Plain").check()
    hers.get_by_role("button", name="Turn off", exact=True).click()

    expect(hers.get_by_text("1 meme hidden")).to_be_visible()
    gone = his.goto(meme)
    assert gone
    assert gone.status == 410


def test_a_selection_by_page_and_by_range(alice: User, page_of: PageOf) -> None:
    factories.make_videos(8, owner=alice)
    page = page_of(alice)
    page.goto("/videos/")
    boxes = page.locator("input[name=ids]")
    every = page.get_by_role("checkbox", name="Select all on this page")
    bar = page.locator("[data-bulk]")

    expect(bar).to_be_hidden()
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])

    expect(bar).to_contain_text("4 selected")
    assert every.evaluate("box => box.indeterminate")
    every.click()
    expect(bar).to_contain_text("8 selected")
    page.get_by_role("link", name="Clear", exact=True).click()
    expect(bar).to_be_hidden()
