"""Ticks that are kept from page to page of the list; all that match, but for what is unticked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from consent import ticks
from consent.models import Edit
from creatorhub.errors import Refused
from creatorhub.models import User
from library.models import Video
from tests import log
from tests.acts import run_to_the_end
from tests.conftest import ClientOf
from tests.database import counted_queries, rows
from tests.decisions import reasons
from tests.factories import make_consent, make_videos

pytestmark = pytest.mark.django_db


class Browser:
    """A list as a browser without a script has it: a form, its boxes, and what a button sends."""

    def __init__(self, client: Client, address: str) -> None:
        self.client = client
        self.see(client.get(address))

    def see(self, page: Any) -> None:
        self.page, self.text = page, page.content.decode()
        form = self.text.partition("data-selection>")[2].partition("</form>")[0]
        self.hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
        boxes = re.findall(r'name="ids"\s+value="([^"]*)"[^>]*?(checked)?>', form)
        self.boxes = {uuid: bool(checked) for uuid, checked in boxes}

    def tick(self, *places: int, to: bool = True) -> None:
        """The boxes in these rows; 0 is the first."""
        for place in places:
            self.boxes[list(self.boxes)[place]] = to

    def untick(self, *places: int) -> None:
        self.tick(*places, to=False)

    def ticked(self) -> int:
        return sum(self.boxes.values())

    def send(self, address: str, **more: str) -> Any:
        fields: dict[str, list[str]] = {}
        for name, value in self.hidden:
            fields.setdefault(name, []).append(unescape(value))
        fields["ids"] = [uuid for uuid, checked in self.boxes.items() if checked]
        data = {**fields, **{name: [value] for name, value in more.items()}}
        return self.client.post(address, data, follow=True)

    def turn(self, words: str) -> Any:
        """Press a button of the pager."""
        [to] = re.findall(
            rf'name="to"\s+value="([^"]*)">\s*(?:<svg.*?</svg>)?\s*{words}', self.text, re.S
        )
        page = self.send("/videos/turn/", to=unescape(to))
        if page.status_code == 200:
            self.see(page)
        return page

    def bar(self) -> str:
        bar = self.text.partition('id="bulk-bar"')[2].partition('class="acts"')[0]
        return " ".join(re.sub(r"<[^>]*>", " ", bar).split())


def named(edit: Edit) -> set[int]:
    return set(edit.items.values_list("video", flat=True))


def but(videos: Iterable[Video], *left_out: Video) -> set[int]:
    return {video.pk for video in videos} - {video.pk for video in left_out}


@pytest.fixture
def videos(alice: User) -> list[Video]:
    """In the order of the list."""
    return make_videos(60, owner=alice)[::-1]


def test_ticks_of_several_pages_are_one_selection(
    alice: User, client_of: ClientOf, videos: list[Video]
) -> None:
    browser = Browser(client_of(alice), "/videos/?size=25")
    browser.tick(0, 1, 2)
    browser.turn("Next")
    second = browser.bar()
    browser.tick(4)
    browser.turn("Previous")
    first = browser.ticked(), browser.bar()
    browser.untick(1)
    browser.turn("Next")
    again = browser.ticked()

    done = browser.send("/edits/new/", use="remix")

    edit = Edit.objects.get()
    assert "3 videos are ticked on other pages." in second
    assert "Ticks are kept from page to page." not in second.partition("Select all")[0]
    assert (first[0], "1 video is ticked on other pages." in first[1]) == (3, True)
    assert again == 1
    assert "Allow Remix for 3 videos?" in done.content.decode()
    assert named(edit) == {videos[0].pk, videos[2].pk, videos[29].pk}


def test_ticks_are_cleared_by_their_link_and_by_another_filter_or_order(
    alice: User, client_of: ClientOf, videos: list[Video]
) -> None:
    browser = Browser(client_of(alice), "/videos/?size=25&q=video")
    browser.tick(0, 1)
    browser.turn("Next")
    clear = re.findall(r'<a href="([^"]*)" >Clear</a>|<a href="([^"]*)">Clear</a>', browser.text)
    chips = re.findall(r'class="chip"\s+href="([^"]*)"', browser.text)
    filters = browser.text.partition('id="filters"')[2].partition("</form>")[0]

    addresses = [unescape(one or other) for one, other in clear] + [unescape(one) for one in chips]
    assert len(addresses) == 3
    assert all("ticks=" not in address for address in addresses)
    assert 'name="ticks"' not in filters
    assert "Ticks are kept from page to page. Another filter or order starts anew." in browser.text
    cleared = Browser(browser.client, addresses[0])
    assert (cleared.page.context["first_row"], cleared.page.context["elsewhere"]) == (26, 0)


def test_all_that_match_but_for_what_is_unticked_on_several_pages(
    alice: User, client_of: ClientOf, videos: list[Video]
) -> None:
    make_consent(*videos)
    browser = Browser(client_of(alice), "/videos/?size=25&q=video&all=1")
    whole = browser.bar(), browser.ticked()
    browser.untick(0, 24)
    browser.turn("Next")
    second = browser.bar(), browser.ticked()
    browser.untick(3)
    browser.turn("Previous")
    first = browser.bar(), browser.ticked()
    browser.tick(24)

    page = browser.send("/consent/turn-off/", use="remix")

    edit = Edit.objects.latest("pk")
    assert (whole[1], "60 selected, all that match" in whole[0]) == (25, True)
    assert (second[1], "58 selected, all that match but 2" in second[0]) == (25, True)
    assert (first[1], "57 selected, all that match but 3" in first[0]) == (23, True)
    assert (edit.selected, edit.changed) == (58, 58)
    assert "Remix is off for 58 videos." in page.content.decode()
    assert log.of_edit(edit)[-1]["changed"] == 58
    assert named(edit) == but(videos, videos[0], videos[28])
    assert reasons(videos[0], videos[28], videos[24]) == ["allowed", "allowed", "off"]


@pytest.mark.large_edits(inline=3, freeze=40, chunk=20)
def test_a_large_selection_leaves_out_what_is_unticked(
    alice: User, client_of: ClientOf, videos: list[Video]
) -> None:
    run_to_the_end(make_consent(*videos[:3]))
    browser = Browser(client_of(alice), "/videos/?size=25&all=1")
    browser.untick(0, 1)
    browser.turn("Next")
    browser.send("/consent/turn-off/", use="remix")
    edit = Edit.objects.latest("pk")

    held, edit = edit.status, run_to_the_end(edit)

    assert (held, edit.selected, edit.changed) == ("holding", 58, 58)
    assert reasons(*videos[:3]) == ["allowed", "allowed", "off"]


def test_a_rows_own_button_is_about_that_row_whatever_is_ticked_elsewhere(
    alice: User, client_of: ClientOf, videos: list[Video]
) -> None:
    make_consent(*videos)
    for address in ("/videos/?size=25", "/videos/?size=25&all=1"):
        browser = Browser(client_of(alice), address)
        browser.tick(0, to="all" not in address)
        browser.turn("Next")
        one = videos[30].uuid if "all" in address else videos[40].uuid
        browser.send("/consent/turn-off/", only=f"remix:{one}")
        assert Edit.objects.latest("pk").selected == 1

    assert reasons(videos[0], videos[30], videos[40]) == ["allowed", "off", "off"]


def test_more_than_may_travel_are_refused_and_the_way_back_keeps_those_before(
    alice: User, client_of: ClientOf, videos: list[Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticks, "MAX_TICKS", 2)
    for address, says in (
        ("/videos/?size=25", "3 videos are ticked; at most 2 can be kept from page to page."),
        ("/videos/?size=25&all=1", "3 videos are unticked; at most 2 can be from page to page."),
    ):
        browser = Browser(client_of(alice), address)
        browser.tick(0, 1, to="all" not in address)
        browser.turn("Next")
        browser.tick(0, to="all" not in address)

        refused = browser.turn("Next")

        about = unescape(re.findall(r'href="(/videos/\?[^"]*ticks=[^"]*)"', refused.text)[0])
        back = Browser(browser.client, about).page
        assert (refused.status_code, says in unescape(refused.text)) == (413, True)
        assert (back.context["first_row"], back.context["elsewhere"]) == (26, 2)
        assert (back.context["all"] is None) == ("all" not in address)


def test_ticks_of_somebody_else_or_of_another_kind_are_refused(
    alice: User, bob: User, client_of: ClientOf, videos: list[Video]
) -> None:
    ids = {videos[0].uuid}
    [theirs] = make_videos(1, owner=bob)
    mine = ticks.token(alice, ids, everything=False)
    wrong = [
        f"ticks={ticks.token(bob, {theirs.uuid}, everything=False)}",
        f"ticks={mine}&all=1",
        f"ticks={ticks.token(alice, ids, everything=True)}",
        "ticks=nonsense",
    ]
    before = rows()
    browser = client_of(alice)

    for query in wrong:
        page = browser.get(f"/videos/?{query}")
        assert (page.status_code, "This selection cannot be read." in page.text) == (400, True)
        form = {"use": "remix", "ticks": query.partition("=")[2].partition("&")[0]}
        if "all" not in query:
            assert browser.post("/consent/turn-off/", form).status_code == 400
    assert ticks.token(alice, {theirs.uuid}, everything=False) == ""
    assert browser.get(f"/videos/?ticks={mine}").context["ticked"] == {videos[0].pk}
    assert rows() == before


def test_a_tick_is_dropped_with_its_video(
    alice: User, client_of: ClientOf, videos: list[Video]
) -> None:
    browser = Browser(client_of(alice), "/videos/?size=25")
    browser.tick(0, 1)
    client_of(alice).post(f"/videos/{videos[0].uuid}/remove/")

    browser.turn("Next")

    assert browser.page.context["elsewhere"] == 1


def test_another_page_is_always_one_of_the_list(
    alice: User, client_of: ClientOf, videos: list[Video]
) -> None:
    for to in ("https://evil.example/", "//evil.example/?q=x", ""):
        answer = client_of(alice).post("/videos/turn/", {"to": to})
        assert answer["Location"].startswith("/videos/?")


def test_the_most_ticks_that_travel_fit_into_an_address(alice: User) -> None:
    videos = make_videos(ticks.MAX_TICKS, owner=alice)
    ids = {video.uuid for video in videos}

    text = ticks.token(alice, ids, everything=False)

    assert ticks.keys_of(alice, text, everything=False) == {video.pk for video in videos}
    with pytest.raises(Refused, match="at most 500"):
        ticks.token(alice, ids | {make_videos(1, owner=alice)[0].uuid}, everything=False)


@pytest.mark.parametrize("everything", [False, True])
def test_the_list_asks_one_query_more_for_any_number_of_ticks(
    alice: User, client_of: ClientOf, videos: list[Video], *, everything: bool
) -> None:
    browser = client_of(alice)
    query = "size=25&all=1" if everything else "size=25"

    def queries(number: int) -> int:
        ids = {video.uuid for video in videos[60 - number :]}
        text = ticks.token(alice, ids, everything=everything)
        address = f"/videos/?{query}&ticks={text}" if text else f"/videos/?{query}"
        with counted_queries() as captured:
            assert browser.get(address).status_code == 200
        return len(captured)

    assert [queries(1), queries(50)] == [queries(0) + 1] * 2
