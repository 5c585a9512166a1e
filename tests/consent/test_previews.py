"""What a preview of a grant says, and that what is granted is what it said. As a browser without
JavaScript sends and sees it."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from consent import querysets, services
from consent.changes import Kind, changes_of, told
from consent.models import Edit
from creatorhub.actors import Actor
from creatorhub.models import User
from library.models import Video
from tests.acts import (
    confirm,
    draft,
    draft_matching,
    publish_notice,
    run,
    run_to_the_end,
    turn_off,
    undo,
)
from tests.conftest import ClientOf
from tests.database import counted_queries, rows
from tests.decisions import reason_of, reasons
from tests.factories import make_consent, make_videos

pytestmark = pytest.mark.django_db
NOVEMBER = datetime(2097, 11, 26, tzinfo=UTC)  # the end of the 25th
MARCH = datetime(2097, 3, 2, tzinfo=UTC)


def preview(browser: Client, videos: list[Video], **sent: Any) -> Any:
    """The page that a button of the list leads to."""
    form = {"use": "remix", "ids": [video.uuid for video in videos], "next": "/videos/", **sent}
    return browser.post("/edits/new/", form, follow=True)


def fields(page: Any) -> dict[str, str]:
    """What the page's form sends if nothing is touched."""
    form = page.text.partition('<form class="stack"')[2].partition("</form>")[0]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        of = {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        if of.get("type") != "radio" or re.search(r"\bchecked\b", tag):
            found[of["name"]] = of.get("value", "")
    found.pop("csrfmiddlewaretoken", None)
    return found


def main_button(page: Any) -> str:
    found = re.findall(r'<button class="button primary wide"[^>]*>([^<]*)</button>', page.text)
    return unescape(found[0]) if found else ""


def press(browser: Client, page: Any, **typed: str) -> Any:
    """The main button, after something was typed."""
    edit = page.context["edit"]
    return browser.post(f"/edits/{edit.uuid}/confirm/", {**fields(page), **typed}, follow=True)


def sentences(page: Any) -> list[str]:
    return [one.text for one in page.context["told"]]


def ends(*videos: Video) -> list[datetime | None]:
    return [querysets.ruling(video, "remix").until for video in videos]


# what is sent with the confirm is what is granted


def test_a_typed_end_is_counted_and_shown_before_it_is_granted(
    alice: User, client_of: ClientOf
) -> None:
    [video] = make_videos(1, owner=alice)
    browser = client_of(alice)
    page = preview(browser, [video])

    shown = press(browser, page, until="2097-11-25", reason="For the fair")
    between = reason_of(video)
    done = press(browser, shown)

    assert between == "undecided"
    assert "Counted again with another last day: 25 November 2097." in shown.text
    assert sentences(shown) == ["1 newly allowed, until 25 November 2097"]
    assert main_button(shown) == "Allow Remix for 1 video"
    assert fields(shown)["reason"] == "For the fair"
    assert (reason_of(video), ends(video)) == ("allowed", [NOVEMBER])
    assert "For the fair" in done.text


def test_a_typed_note_is_kept_with_the_grant(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)
    browser = client_of(alice)

    press(browser, preview(browser, [video]), reason="For the fair")

    edit = Edit.objects.get()
    assert (edit.status, edit.reason) == ("applied", "For the fair")


def test_an_end_that_is_cleared_is_not_granted_unseen(alice: User, client_of: ClientOf) -> None:
    videos = make_videos(2, owner=alice)
    make_consent(videos[0], until=NOVEMBER)
    browser = client_of(alice)
    page = preview(browser, videos)

    shown = press(browser, page, until="", ends="same")

    assert ends(*videos) == [NOVEMBER, None]
    assert reasons(*videos) == ["allowed", "undecided"]
    assert sentences(shown) == [
        "1 allowed until 25 November 2097 would lose its end",
        "1 newly allowed, without an end date",
    ]


@pytest.mark.parametrize("day", ["soon", "2001-01-01", "9999-12-31", "2097-02-30"])
@pytest.mark.parametrize("name", ["confirm", "preview"])
def test_while_a_field_is_wrong_no_button_grants(
    alice: User, client_of: ClientOf, day: str, name: str
) -> None:
    [video] = make_videos(1, owner=alice)
    browser = client_of(alice)
    page = preview(browser, [video])
    edit, before = page.context["edit"], rows()

    answer = browser.post(
        f"/edits/{edit.uuid}/{name}/", {**fields(page), "until": day, "reason": "Mine"}
    )

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert (main_button(answer), fields(answer)["reason"]) == ("", "Mine")
    assert "Update the preview" in answer.text
    assert rows() == before


def test_enter_in_a_field_presses_the_button_that_updates_the_preview(
    alice: User, client_of: ClientOf
) -> None:
    [video] = make_videos(1, owner=alice)
    page = preview(client_of(alice), [video])

    form = page.text.partition('<form class="stack"')[2].partition("</form>")[0]
    first = re.findall(r"<button[^>]*>", form)[0]

    assert f'formaction="/edits/{page.context["edit"].uuid}/preview/"' in first


def test_an_end_at_an_odd_hour_stays_as_it_is_if_its_day_is_left(
    alice: User, client_of: ClientOf
) -> None:
    [video] = make_videos(1, owner=alice)
    odd = datetime(2097, 11, 25, 15, 30, tzinfo=UTC)
    edit = services.draft_edit(
        actor=Actor.creator(alice),
        creator=alice,
        use="remix",
        grant=services.Grant(until=odd),
        ids=[video.uuid],
    )
    browser = client_of(alice)

    press(browser, browser.get(f"/edits/{edit.uuid}/preview/"))

    assert ends(video) == [odd]


# before and after


def test_changing_one_video_starts_from_its_end(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video, until=NOVEMBER)
    browser = client_of(alice)

    page = preview(browser, [video])
    sooner = press(browser, page, until="2097-03-01")
    press(browser, sooner)

    assert fields(page)["until"] == "2097-11-25"
    assert main_button(page) == ""
    assert "How long is Remix allowed?" in page.text
    assert sentences(sooner) == [
        "1 allowed until 25 November 2097 would end earlier, after 1 March 2097"
    ]
    assert main_button(sooner) == "Change Remix for 1 video"
    assert ends(video) == [MARCH]


def test_one_common_end_is_the_one_that_a_selection_starts_with(
    alice: User, client_of: ClientOf
) -> None:
    videos = make_videos(5, owner=alice)
    make_consent(*videos[:2], until=NOVEMBER)

    page = preview(client_of(alice), videos)

    assert fields(page)["until"] == "2097-11-25"
    assert sentences(page) == ["3 newly allowed, until 25 November 2097"]
    assert page.context["ends"] == "They end after 25 November 2097."
    assert ends(*videos[:2]) == [NOVEMBER] * 2


def test_several_ends_are_kept_unless_something_else_is_chosen(
    alice: User, client_of: ClientOf
) -> None:
    videos = make_videos(6, owner=alice)
    make_consent(*videos[:2], until=NOVEMBER)
    make_consent(videos[2], until=MARCH)
    make_consent(videos[3])
    browser = client_of(alice)

    page = preview(browser, videos)
    same = press(browser, page, ends="same", until="2097-03-01")
    press(browser, page)

    assert (fields(page)["ends"], fields(page)["until"]) == ("keep", "")
    assert page.context["ends"] == "Several: some have no end date, some end."
    assert sentences(page) == ["2 newly allowed, without an end date"]
    assert sentences(same) == [
        "2 newly allowed, until 1 March 2097",
        "1 allowed without an end date would end after 1 March 2097",
        "2 allowed until 25 November 2097 would end earlier, after 1 March 2097",
    ]
    assert ends(*videos) == [NOVEMBER, NOVEMBER, MARCH, None, None, None]
    assert reasons(*videos) == ["allowed"] * 6


def test_what_is_newly_allowed_has_an_end_of_its_own_beside_those_that_are_kept(
    alice: User, client_of: ClientOf
) -> None:
    videos = make_videos(4, owner=alice)
    make_consent(videos[0], until=NOVEMBER)
    make_consent(videos[1])
    browser = client_of(alice)

    page = press(browser, preview(browser, videos), until="2097-03-01")
    done = press(browser, page)

    assert sentences(page) == ["2 newly allowed, until 1 March 2097"]
    assert "keeps the end that it has" in page.text
    assert ends(*videos) == [NOVEMBER, None, MARCH, MARCH]
    assert done.context["edit"].changed == 2


@pytest.mark.large_edits(stepwise=True)
def test_a_large_selection_keeps_the_ends_that_it_has(alice: User, client_of: ClientOf) -> None:
    videos = make_videos(9, owner=alice)
    run_to_the_end(make_consent(*videos[:2], until=NOVEMBER))
    run_to_the_end(make_consent(*videos[2:4], until=MARCH))
    browser = client_of(alice)
    listed = browser.get("/videos/?all=1")
    token = re.findall(r'name="matching" value="([^"]*)"', listed.text)[0]

    browser.post("/edits/new/", {"use": "remix", "matching": unescape(token)})
    edit = Edit.objects.latest("pk")
    while edit.status == "preparing":
        edit = run(edit)
    page = browser.get(f"/edits/{edit.uuid}/preview/")
    press(browser, page)
    run_to_the_end(Edit.objects.get(pk=edit.pk))

    assert main_button(page) == "Allow Remix for 5 videos"
    assert sentences(page) == ["5 newly allowed, without an end date"]
    assert ends(*videos) == [NOVEMBER] * 2 + [MARCH] * 2 + [None] * 5
    assert reasons(*videos) == ["allowed"] * 9


def test_ends_are_kept_where_terms_are_renewed(alice: User, staff: User) -> None:
    videos = make_videos(3, owner=alice)
    make_consent(videos[0], until=NOVEMBER)
    make_consent(videos[1])
    publish_notice(staff, material=True)

    edit = draft(*videos, grant=services.Grant(until=MARCH, keeps_ends=True))
    said = [one.text for one in told(changes_of(edit))]
    confirm(edit)

    assert said == [
        "1 newly allowed, until 1 March 2097",
        "1 off since the terms changed would be allowed again, without an end date",
        "1 off since the terms changed would be allowed again, until 25 November 2097",
    ]
    assert ends(*videos) == [NOVEMBER, None, MARCH]
    assert reasons(*videos) == ["allowed"] * 3


def test_every_kind_is_told(alice: User, staff: User, time_machine: Any) -> None:
    videos = make_videos(8, owner=alice)
    soon = timezone.now() + timedelta(days=1)
    make_consent(videos[0], until=soon)
    make_consent(videos[1], until=NOVEMBER)
    make_consent(videos[2])
    make_consent(videos[3], until=datetime(2098, 1, 1, tzinfo=UTC))
    make_consent(videos[4], until=MARCH)
    time_machine.move_to(timezone.now() + timedelta(days=2))
    publish_notice(staff, material=False)

    until = draft(*videos, grant=services.Grant(until=NOVEMBER))
    endless = draft(*videos, grant=services.Grant())

    def kinds(edit: Edit) -> dict[str, int]:
        return dict(Counter(one.kind for one in changes_of(edit) for _ in range(one.videos)))

    assert kinds(until) == {
        Kind.NEW: 3,
        Kind.AGAIN: 1,
        Kind.GETS_END: 1,
        Kind.EARLIER: 1,
        Kind.LATER: 1,
        Kind.RENEWED: 1,
    }
    assert kinds(endless) == {Kind.LOSES_END: 3, Kind.NEW: 3, Kind.AGAIN: 1, Kind.RENEWED: 1}
    assert [one.text for one in told(changes_of(endless))] == [
        "1 allowed until 1 March 2097 would lose its end",
        "1 allowed until 25 November 2097 would lose its end",
        "1 allowed until 31 December 2097 would lose its end",
        "3 newly allowed, without an end date",
        "1 that has ended would be allowed again, without an end date",
        "1 under an older notice would be renewed, still without an end date",
    ]
    assert sum(kinds(until).values()) == until.will_change


def test_many_former_ends_are_told_in_one_sentence(alice: User) -> None:
    videos = make_videos(5, owner=alice)
    for number, video in enumerate(videos):
        make_consent(video, until=MARCH + timedelta(days=number))

    said = [one.text for one in told(changes_of(draft(*videos)))]

    assert said == [
        "5 allowed until a day between 1 March 2097 and 5 March 2097 would lose their end"
    ]


def test_a_preview_asks_as_many_queries_for_500_videos_as_for_two(
    alice: User, client_of: ClientOf
) -> None:
    browser = client_of(alice)
    numbers = []
    for count in (2, 500):
        videos = make_videos(count, owner=alice)
        make_consent(*videos[: count // 2], until=NOVEMBER)
        page = preview(browser, videos)
        turn_off(videos[0])
        with counted_queries() as captured:
            browser.get(f"/edits/{page.context['edit'].uuid}/preview/")
        numbers.append(len(captured))

    assert numbers[0] == numbers[1]


# a preview that is no longer fresh


def test_the_button_has_the_number_that_will_be_changed_now(
    alice: User, client_of: ClientOf
) -> None:
    videos = make_videos(4, owner=alice)
    browser = client_of(alice)
    edit = preview(browser, videos).context["edit"]
    turn_off(videos[0])
    services.remove_video(videos[1], actor=Actor.creator(alice))

    page = browser.get(f"/edits/{edit.uuid}/preview/")
    done = press(browser, page)

    assert main_button(page) == "Allow Remix for 2 videos"
    assert "1 of these videos has changed since this was made, and is left alone." in page.text
    assert "1 of these videos was removed since." in page.text
    assert "Changed since, left alone: 2" in re.sub(r"\s+", " ", page.text)
    assert sentences(page) == ["2 newly allowed, without an end date"]
    result = done.context["edit"]
    assert (result.changed, result.superseded, result.not_eligible) == (2, 1, 1)


def test_another_number_than_was_seen_is_not_confirmed(alice: User, client_of: ClientOf) -> None:
    videos = make_videos(3, owner=alice)
    browser = client_of(alice)
    page = preview(browser, videos)
    turn_off(videos[0])
    before = rows()

    refused = press(browser, page)
    unchanged = rows() == before
    press(browser, refused)

    assert refused.status_code == 409
    assert "it would change 2 videos now, not 3. Nothing was done." in unescape(refused.text)
    assert main_button(refused) == "Allow Remix for 2 videos"
    assert unchanged
    assert reasons(*videos) == ["off", "allowed", "allowed"]


def test_where_all_has_changed_since_there_is_nothing_to_confirm(
    alice: User, client_of: ClientOf
) -> None:
    videos = make_videos(2, owner=alice)
    browser = client_of(alice)
    edit = preview(browser, videos).context["edit"]
    turn_off(*videos)

    page = browser.get(f"/edits/{edit.uuid}/preview/")

    assert main_button(page) == ""
    assert "Remix: nothing would change" in page.text
    assert "0 video" not in page.text


def test_back_to_a_confirmed_preview_shows_what_became_of_it(
    alice: User, client_of: ClientOf
) -> None:
    [video] = make_videos(1, owner=alice)
    browser = client_of(alice)
    page = preview(browser, [video])
    press(browser, page)
    edit, before = page.context["edit"], rows()

    back = browser.get(f"/edits/{edit.uuid}/preview/", follow=True)
    again = press(browser, page)
    another_end = press(browser, page, until="2097-03-01")
    updated = browser.post(f"/edits/{edit.uuid}/preview/", fields(page), follow=True)

    for answer in (back, again, another_end, updated):
        assert (answer.status_code, answer.redirect_chain[-1][1]) == (200, 303)
        assert "Remix is allowed for 1 video." in answer.text
    assert rows() == before


def test_a_preview_that_was_counted_anew_and_confirmed_is_said_on_the_first_one(
    alice: User, client_of: ClientOf
) -> None:
    [video] = make_videos(1, owner=alice)
    browser = client_of(alice)
    first = preview(browser, [video])
    press(browser, press(browser, first, until="2097-03-01"))

    back = browser.get(f"/edits/{first.context['edit'].uuid}/preview/", follow=True)

    assert "Remix is allowed until 1 March 2097 for 1 video." in back.text
    assert main_button(back) == ""


def test_a_file_and_an_undo_say_what_they_do_by_kind(alice: User, client_of: ClientOf) -> None:
    videos = make_videos(3, owner=alice)
    make_consent(*videos, until=NOVEMBER)
    inverse = undo(turn_off(*videos[:2]))
    page = client_of(alice).get(f"/edits/{inverse.uuid}/preview/")

    assert sentences(page) == ["2 newly allowed, until 25 November 2097"]
    assert main_button(page) == "Put 2 videos back"


def test_a_draft_of_an_older_release_is_counted_when_it_is_shown(
    alice: User, client_of: ClientOf
) -> None:
    make_videos(2, owner=alice)
    edit = draft_matching(alice)
    Edit.objects.update(kinds=None)

    page = client_of(alice).get(f"/edits/{edit.uuid}/preview/")

    assert sentences(page) == ["2 newly allowed, without an end date"]
