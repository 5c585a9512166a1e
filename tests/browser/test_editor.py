"""What the editor does as one types, and that what waits stops asking once it has ended."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Video
from remixer import services
from remixer.models import Render
from tests import factories
from tests.acts import turn_off
from tests.browser.conftest import PageOf

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(180),
]
PREVIEW = "img[data-preview]"


@pytest.fixture
def video(alice: User) -> Video:
    video = factories.make_video(owner=alice, title="Bars in the rain")
    factories.make_consent(video)
    return video


def shown(page: Page) -> dict[str, str]:
    """What the preview shows: the fields in its address."""
    address = str(page.locator(PREVIEW).get_attribute("src"))
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def test_the_preview_follows_what_is_typed(bob: User, video: Video, page_of: PageOf) -> None:
    page = page_of(bob)
    page.goto(f"/remix/{video.uuid}/")
    expect(page.get_by_role("button", name="Show preview")).to_be_hidden()

    with page.expect_response(re.compile("text_top=When")) as answer:
        page.get_by_label("Top text").fill("When it works 😀")

    assert answer.value.status == 200
    assert answer.value.headers["content-type"] == "image/jpeg"
    assert shown(page)["text_top"] == "When it works 😀"
    assert "csrfmiddlewaretoken" not in shown(page)
    expect(page.get_by_text("15 / 90")).to_be_visible()
    picture = page.locator(PREVIEW)
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_another_template_comes_in_place_and_keeps_the_texts(
    bob: User, video: Video, page_of: PageOf
) -> None:
    page = page_of(bob)
    page.goto(f"/remix/{video.uuid}/")
    page.get_by_label("Top text").fill("Above")
    page.get_by_label("Bottom text", exact=True).fill("Beneath")
    chosen = page.get_by_role("radio", name="Top and bottom text")

    chosen.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Caption", exact=True)).to_have_value("Above")
    expect(page.get_by_role("radio", name="Caption above")).to_be_focused()
    expect(page).to_have_url(re.compile(r"\?template=caption_bar"))
    page.get_by_label("Caption", exact=True).fill("A sentence")
    expect(page.get_by_text("10 / 160")).to_be_visible()
    page.get_by_role("radio", name="Top and bottom text").check(force=True)

    expect(page.get_by_label("Top text")).to_have_value("Above")
    expect(page.get_by_label("Bottom text", exact=True)).to_have_value("Beneath")
    assert "csrfmiddlewaretoken" not in page.url


def test_start_and_length_stay_inside_the_video(bob: User, video: Video, page_of: PageOf) -> None:
    page = page_of(bob)
    page.goto(f"/remix/{video.uuid}/")
    start, length = page.get_by_label("Start in seconds"), page.get_by_label("Length in seconds")
    expect(length).to_have_value("2")

    page.get_by_label("Start, to drag").fill("0.6")

    expect(start).to_have_value("0.6")
    expect(length).to_have_value("1.4")
    length.fill("1.9")
    expect(start).to_have_value("0.1")
    frames = page.locator("canvas")
    expect(frames).to_have_count(10)
    drawn = "frame => frame.getContext('2d').getImageData(80, 40, 1, 1).data[3]"
    page.wait_for_function("() => document.querySelectorAll('canvas[width]').length === 10")
    assert frames.last.evaluate(drawn) == 255


def test_a_picture_that_is_no_longer_allowed_is_not_silent(
    bob: User, video: Video, page_of: PageOf
) -> None:
    page = page_of(bob)
    page.goto(f"/remix/{video.uuid}/")
    turn_off(video)

    page.get_by_label("Top text").fill("Too late")

    expect(page.get_by_text("There is no picture of it now.")).to_be_visible()
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("The creator has turned this off for this video.")).to_be_visible()
    assert not Render.objects.exists()


def test_what_waits_shows_its_end_and_asks_no_more(
    bob: User, video: Video, page_of: PageOf
) -> None:
    page = page_of(bob)
    page.goto(f"/remix/{video.uuid}/")
    page.get_by_label("Top text").fill("Hello")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url("**/memes/*-*/")
    bar = page.get_by_role("progressbar", name="How much of the meme is made")
    expect(bar).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("Next in line")

    services.run_render(Render.objects.get().pk)
    expect(page.locator("video")).to_be_visible()

    assert Render.objects.get().state == State.DONE
    expect(page.locator("#announcement")).to_have_text("Your meme is ready")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2500)
    assert not [address for address in asked if "/status/" in address]
