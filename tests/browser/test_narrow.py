"""What fits on a telephone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from consent.services import opt_out
from creatorhub.actors import Actor
from creatorhub.models import User
from tests.acts import publish_notice
from tests.browser.conftest import PageOf
from tests.factories import make_consent, make_user, make_video, make_videos

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(180),
]


def test_a_row_of_the_list_is_short_on_a_narrow_screen(alice: User, page_of: PageOf) -> None:
    allowed, *_ = make_videos(3, owner=alice, title="Street", collection="Summer")
    make_consent(allowed)
    page = page_of(alice, width=390)
    page.goto("/videos/")

    rows = page.locator("tbody tr").all()
    heights = [box["height"] for row in rows if (box := row.bounding_box())]

    assert len(heights) == 3
    assert max(heights) < 110


def test_why_a_video_needs_a_look_is_not_squeezed_on_a_narrow_screen(
    alice: User, staff: User, page_of: PageOf
) -> None:
    make_consent(*make_videos(1, owner=alice))
    publish_notice(staff)
    page = page_of(alice, width=390)
    page.goto("/videos/")

    why = page.locator(".pill.look + .why").bounding_box()

    assert why
    assert why["height"] < 20, "one line"


def test_the_columns_of_the_list_stay_where_they_are_from_page_to_page(
    alice: User, page_of: PageOf
) -> None:
    make_videos(25, owner=alice, title="A")
    make_consent(*make_videos(25, owner=alice, title="A much longer title than before " * 3))
    page = page_of(alice)
    widths = []
    for address in ("/videos/?size=25&sort=title", "/videos/?size=25&sort=newest"):
        page.goto(address)
        heads = page.locator("thead th")
        widths.append(heads.evaluate_all("heads => heads.map(head => head.offsetWidth)"))

    assert widths[0] == widths[1]


def test_the_bar_is_short_on_a_narrow_screen_and_tells_the_rest_when_asked(
    alice: User, page_of: PageOf
) -> None:
    """In the longest that it says: everything is off, and several things are stored beneath."""
    videos = make_videos(3, owner=alice)
    make_consent(*videos)
    make_consent(*videos[:2], use="train", until=timezone.now() + timedelta(days=1))
    opt_out(actor=Actor.creator(alice), creator=alice)
    page = page_of(alice, width=390, script=False)
    page.goto("/activity/")
    rest = page.locator(".bar-more p")

    lines = page.locator(".bar").evaluate(
        "bar => bar.clientHeight / parseFloat(getComputedStyle(bar).lineHeight)"
    )

    assert lines < 4  # three, with the room around them
    assert not rest.is_visible()
    page.get_by_text("Details").click()
    assert "Remix for 3 videos" in rest.inner_text()


def test_the_picture_of_the_editor_stays_in_view_above_the_text_that_is_typed(
    alice: User, page_of: PageOf
) -> None:
    video = make_video(owner=alice)
    make_consent(video)
    page = page_of(alice, width=390)
    page.set_viewport_size({"width": 390, "height": 660})
    page.goto(f"/remix/{video.uuid}/")

    page.locator("input[name^=text_]").last.fill("Still here")

    bar, picture, field = (
        page.locator(one).last.evaluate("part => part.getBoundingClientRect().toJSON()")
        for one in (".bar", "[data-preview]", "input[name^=text_]")
    )
    assert bar["bottom"] <= picture["top"] + 1
    assert picture["bottom"] <= field["top"]
    assert field["bottom"] <= 660


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
