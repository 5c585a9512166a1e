"""The pages of consent, as a browser without JavaScript sends and sees them."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.core.signing import dumps
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from audit.models import Event
from consent import querysets, selection, services
from consent.models import ConsentState, Edit, EditJob, Notice
from consent.services.edits import job
from consent.wording import summary_of
from creatorhub.actors import Actor
from creatorhub.models import User
from library.models import Video
from tests.acts import run, turn_off, turn_off_matching
from tests.conftest import ClientOf
from tests.database import counted_queries, rows
from tests.decisions import reason_of
from tests.factories import make_consent, make_videos


def test_a_row_is_turned_off_by_one_post(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)

    answer = client_of(alice).post(
        "/consent/turn-off/", {"use": "remix", "ids": video.uuid, "next": "/videos/?q=a"}
    )

    assert (answer.status_code, answer["Location"]) == (303, "/videos/?q=a")
    assert reason_of(video) == "off"


def test_a_rows_own_button_leaves_what_is_ticked_alone(alice: User, client_of: ClientOf) -> None:
    ticked, row = make_videos(2, owner=alice)
    make_consent(ticked)
    make_consent(row)

    browser = client_of(alice)
    browser.post(
        "/consent/turn-off/", {"use": "train", "ids": ticked.uuid, "only": f"remix:{row.uuid}"}
    )
    wrong = browser.post("/consent/turn-off/", {"only": "remix"})

    assert [reason_of(video) for video in (ticked, row)] == ["allowed", "off"]
    assert wrong.status_code == 422


def test_turning_off_offers_undo_where_it_happened(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)
    browser = client_of(alice)

    browser.post("/consent/turn-off/", {"use": "remix", "ids": video.uuid, "next": "/videos/"})
    page = browser.get("/videos/").content.decode()

    edit = Edit.objects.latest("pk")
    assert "Remix is off for 1 video." in page
    assert f'href="/edits/{edit.uuid}/"' in page


def test_an_end_in_the_past_is_said_in_the_preview(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)
    browser = client_of(alice)
    browser.post("/edits/new/", {"use": "remix", "ids": video.uuid})
    edit = Edit.objects.get()

    answer = browser.post(f"/edits/{edit.uuid}/preview/", {"until": "2001-01-01", "next": "/x"})

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert answer.context["back"] == "/x"
    assert Edit.objects.get().status == Edit.Status.DRAFT


def test_a_selection_is_allowed_through_its_preview(alice: User, client_of: ClientOf) -> None:
    videos = make_videos(3, owner=alice)
    browser = client_of(alice)

    drafted = browser.post("/edits/new/", {"use": "remix", "ids": [v.uuid for v in videos[:2]]})
    preview = browser.get(drafted["Location"])
    before = [reason_of(video) for video in videos]
    edit = Edit.objects.get()
    confirmed = browser.post(f"/edits/{edit.uuid}/confirm/", {"key": edit.uuid})
    result = browser.get(confirmed["Location"])

    assert drafted.status_code == confirmed.status_code == 303
    assert "Allow Remix for 2 videos" in preview.content.decode()
    assert "Memes made from your videos" in preview.content.decode()
    assert before == ["undecided"] * 3
    assert [reason_of(video) for video in videos] == ["allowed", "allowed", "undecided"]
    assert "Remix is allowed for 2 videos." in result.content.decode()


def test_a_form_sent_twice_does_it_once(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)
    browser = client_of(alice)
    browser.post("/edits/new/", {"use": "remix", "ids": video.uuid})
    edit = Edit.objects.get()

    answers = [
        browser.post(f"/edits/{edit.uuid}/confirm/", {"key": edit.uuid})["Location"]
        for _ in range(2)
    ]

    assert answers[0] == answers[1]
    assert Event.objects.filter(action="consent.edited").count() == 1


def test_an_end_is_the_end_of_that_day_in_ones_own_zone(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)
    User.objects.filter(pk=alice.pk).update(time_zone="Pacific/Auckland")
    alice.refresh_from_db()

    client_of(alice).post("/edits/new/", {"use": "remix", "ids": video.uuid, "until": "2099-06-30"})

    terms = Edit.objects.get().terms
    assert terms
    assert terms.until
    assert terms.until.isoformat() == "2099-06-30T12:00:00+00:00"


def test_the_preview_can_be_made_again_with_an_end(alice: User, client_of: ClientOf) -> None:
    videos = make_videos(2, owner=alice)
    browser = client_of(alice)
    browser.post("/edits/new/", {"use": "remix", "ids": [v.uuid for v in videos]})
    first = Edit.objects.get()

    browser.post(f"/edits/{first.uuid}/preview/", {"until": "2099-06-30"})

    second = Edit.objects.latest("pk")
    assert (second.selected, second.terms and second.terms.until is not None) == (2, True)


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/edits/new/", {"use": "remix"}, 400),
        ("/edits/new/", {"use": "voice", "ids": "{mine}"}, 422),
        ("/edits/new/", {"use": "remix", "ids": "nonsense"}, 422),
        ("/edits/new/", {"use": "remix", "ids": "{mine}", "until": "2001-01-01"}, 400),
        ("/edits/new/", {"use": "remix", "ids": "{mine}", "until": "soon"}, 422),
        ("/edits/new/", {"use": "remix", "ids": "{foreign}"}, 404),
        ("/consent/turn-off/", {"use": "remix", "ids": ["{mine}", "{foreign}"]}, 404),
        ("/consent/turn-off/", {"use": "remix", "ids": str(uuid4())}, 404),
        ("/opt-in/", {"restore": "whatever"}, 422),
    ],
)
def test_bad_input_gets_a_sentence_and_its_status(
    alice: User,
    bob: User,
    client_of: ClientOf,
    *,
    path: str,
    data: dict[str, object],
    status: int,
) -> None:
    [mine], [foreign] = make_videos(1, owner=alice), make_videos(1, owner=bob)
    names = {"{mine}": str(mine.uuid), "{foreign}": str(foreign.uuid)}
    sent = {
        key: [names.get(one, one) for one in value]
        if isinstance(value, list)
        else names.get(str(value), value)
        for key, value in data.items()
    }

    answer = client_of(alice).post(path, sent)

    assert answer.status_code == status
    assert "Traceback" not in answer.content.decode()
    assert reason_of(mine) == reason_of(foreign) == "undecided"


def test_a_stale_draft_is_a_conflict(
    alice: User, client_of: ClientOf, time_machine: object
) -> None:
    [video] = make_videos(1, owner=alice)
    browser = client_of(alice)
    browser.post("/edits/new/", {"use": "remix", "ids": video.uuid})
    edit = Edit.objects.get()
    time_machine.move_to(timezone.now() + timedelta(days=2))  # type: ignore[attr-defined]

    answer = browser.post(f"/edits/{edit.uuid}/confirm/", {"key": edit.uuid})

    assert answer.status_code == 409
    assert "more than a day old" in answer.content.decode()


def test_the_bar_turns_everything_off_in_one_post(alice: User, client_of: ClientOf) -> None:
    videos = make_videos(2, owner=alice)
    make_consent(*videos)
    browser = client_of(alice)

    answer = browser.post("/opt-out/", follow=True)

    page = answer.content.decode()
    assert ConsentState.objects.get(creator=alice).opted_out
    assert "Everything is off." in page
    assert "Remix for 2 videos" in page
    assert "checked" not in page


def test_coming_back_needs_a_choice(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)
    browser = client_of(alice)
    browser.post("/opt-out/")

    undecided = browser.post("/opt-in/", {})
    still = reason_of(video)
    browser.post("/opt-in/", {"restore": "previous"})

    assert undecided.status_code == 422
    assert "Choose what to start from." in undecided.content.decode()
    assert still == "opted_out"
    assert reason_of(video) == "allowed"


def test_undoing_a_grant_happens_at_once_and_undoing_that_is_previewed(
    alice: User, client_of: ClientOf
) -> None:
    [video] = make_videos(1, owner=alice)
    edit = make_consent(video)
    browser = client_of(alice)

    browser.post(f"/edits/{edit.uuid}/undo/")
    after_undo = reason_of(video)
    inverse = Edit.objects.get(undoes=edit)
    answer = browser.post(f"/edits/{inverse.uuid}/undo/")

    assert after_undo == "undecided"
    assert answer["Location"].endswith("/preview/")
    assert reason_of(video) == "undecided"


def test_activity_lists_what_happened_and_offers_undo(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)
    turn_off(video)

    page = client_of(alice).get("/activity/").content.decode()

    assert f"You turned “Remix” off for “{video.title}”" in page
    assert f"You allowed “Remix” for “{video.title}”" in page
    assert page.count("/undo/") == 2


def test_the_three_empty_lists_differ(alice: User, bob: User, client_of: ClientOf) -> None:
    make_videos(1, owner=alice)

    nothing = client_of(bob).get("/videos/").content.decode()
    no_match = client_of(alice).get("/videos/?q=zzz").content.decode()
    wrong = client_of(alice).get("/videos/?remix=zzz")

    assert "No videos yet" in nothing
    assert "No video matches" in no_match
    assert "Clear filters" in no_match
    assert wrong.status_code == 400


@pytest.mark.parametrize("sort", ["newest", "oldest", "title"])
def test_pages_show_every_video_once_in_order(alice: User, client_of: ClientOf, sort: str) -> None:
    make_videos(55, owner=alice, title="Same title")
    make_videos(5, owner=alice)
    browser = client_of(alice)

    seen: list[int] = []
    url = f"?size=25&sort={sort}"
    while url:
        context = browser.get(f"/videos/{url}").context
        seen += [video.pk for video, _ in context["rows"]]
        url = context["next_url"]

    assert len(seen) == len(set(seen)) == 60
    expected = {
        "newest": sorted(seen, reverse=True),
        "oldest": sorted(seen),
        "title": [v.pk for v in Video.objects.filter(owner=alice).order_by("title", "-id")],
    }
    assert seen == expected[sort]


def test_a_page_made_for_another_order_or_by_somebody_else_starts_over(
    alice: User, client_of: ClientOf
) -> None:
    make_videos(30, owner=alice)
    browser = client_of(alice)
    after = browser.get("/videos/?size=25").context["next_url"].split("after=")[1]

    for query in (f"?size=25&sort=title&after={after}", "?size=25&after=nonsense"):
        assert len(browser.get(f"/videos/{query}").context["rows"]) == 25


def test_the_list_asks_the_same_number_of_queries_for_1_and_for_500_videos(
    alice: User, client_of: ClientOf
) -> None:
    browser = client_of(alice)

    def queries() -> int:
        with counted_queries() as captured:
            assert browser.get("/videos/?size=100").status_code == 200
        return len(captured)

    make_consent(*make_videos(1, owner=alice))
    one = queries()
    make_consent(*make_videos(499, owner=alice))

    assert queries() == one


def test_a_redirect_never_leaves_the_site(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)

    answer = client_of(alice).post(
        "/consent/turn-off/", {"use": "remix", "ids": video.uuid, "next": "https://evil.example/"}
    )

    assert answer["Location"].startswith("/edits/")


def test_the_account_keeps_a_name_and_a_zone(alice: User, client_of: ClientOf) -> None:
    browser = client_of(alice)

    browser.post("/account/", {"display_name": "Alice M.", "time_zone": "Europe/Paris"})
    wrong = browser.post("/account/", {"display_name": "x" * 81, "time_zone": "Mars/Olympus"})

    alice.refresh_from_db()
    assert (alice.name, alice.time_zone) == ("Alice M.", "Europe/Paris")
    assert wrong.status_code == 422


@pytest.mark.django_db
def test_a_form_sent_after_the_session_ended_comes_back_to_its_own_page() -> None:
    page = "http://testserver/videos/?q=a"

    form = Client().post("/consent/turn-off/", {"use": "remix"}, headers={"referer": page})
    part = Client().get("/memes/", headers={"hx-request": "true", "referer": page})

    assert (form.status_code, form["Location"]) == (
        302,
        "/account/login/?next=/videos/%3Fq%3Da",
    )
    assert (part.status_code, part["HX-Redirect"]) == (204, form["Location"])


# a selection of all that match, by the page's own form


def form_of(page: str) -> dict[str, str]:
    """The hidden fields of the list's own form."""
    form = page.partition("data-selection>")[2].partition("<table")[0]
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in fields}


def refused(answer: Any, *, status: int, says: str, before: list[list[Any]]) -> None:
    assert answer.status_code == status
    assert says in unescape(answer.content.decode())
    assert "Traceback" not in answer.content.decode()
    assert rows() == before


def test_all_that_match_are_turned_off_by_the_form_of_the_page(
    alice: User, client_of: ClientOf
) -> None:
    street = make_videos(30, owner=alice, title="Street ride")
    garden = make_videos(2, owner=alice, title="Garden")
    make_consent(*street[:3], *garden)
    browser = client_of(alice)
    first = browser.get("/videos/?q=street&size=25")

    page = browser.get(f"/videos/{first.context['all_url']}")
    form = form_of(page.text)
    late = make_videos(1, owner=alice, title="Street late")
    answer = browser.post("/consent/turn-off/", {**form, "use": "remix"}, follow=True)

    assert "<b data-all>30</b> selected, all that match" in page.text
    assert form["next"] == "/videos/?q=street&size=25"
    assert answer.redirect_chain == [("/videos/?q=street&size=25", 303)]
    assert "Remix is off for 30 videos." in answer.text
    assert {reason_of(video) for video in street} == {"off"}
    assert {reason_of(video) for video in (*garden, *late)} == {"allowed", "undecided"}


def test_all_that_match_are_allowed_through_the_preview(alice: User, client_of: ClientOf) -> None:
    street = make_videos(30, owner=alice, title="Street ride")
    [garden] = make_videos(1, owner=alice, title="Garden")
    browser = client_of(alice)
    form = form_of(browser.get("/videos/?q=street&all=1").text)

    preview = browser.post("/edits/new/", {**form, "use": "remix"}, follow=True)
    edit = Edit.objects.get()
    result = browser.post(f"/edits/{edit.uuid}/confirm/", {"next": form["next"]}, follow=True)

    assert "Allow Remix for 30 videos?" in preview.text
    assert "Remix is allowed for 30 videos." in result.text
    assert 'href="/videos/?q=street"' in result.text
    assert {reason_of(video) for video in street} == {"allowed"}
    assert reason_of(garden) == "undecided"


def test_a_form_of_all_that_match_sent_twice_turns_off_once(
    alice: User, client_of: ClientOf
) -> None:
    make_consent(*make_videos(3, owner=alice))
    browser = client_of(alice)
    form = {**form_of(browser.get("/videos/?all=1").text), "use": "remix"}

    answers = [browser.post("/consent/turn-off/", form) for _ in range(2)]

    assert {answer.status_code for answer in answers} == {303}
    assert Edit.objects.filter(change="off").count() == 1


def test_a_selection_that_we_did_not_make_is_refused(
    alice: User, bob: User, client_of: ClientOf
) -> None:
    make_consent(*make_videos(1, owner=alice))
    mine = form_of(client_of(alice).get("/videos/?all=1").text)["matching"]
    browser = client_of(alice)
    other_salt = dumps({"query": "", "upto": 10**9, "zone": "UTC", "under_terms": ""}, salt="page")
    before = rows()

    for token in ("nonsense", mine[:-1], f"{mine}x", other_salt, "x" * 4000):
        for address in ("/consent/turn-off/", "/edits/new/"):
            answer = browser.post(address, {"use": "remix", "matching": token})
            refused(answer, status=400, says="Go back to the list and select again.", before=before)
    for token in ("x" * 5001, "a\0b"):
        answer = browser.post("/consent/turn-off/", {"use": "remix", "matching": token})
        refused(answer, status=422, says="This did not work", before=before)


def test_the_selection_of_another_creator_selects_nothing_of_theirs(
    alice: User, bob: User, client_of: ClientOf
) -> None:
    [theirs] = make_videos(1, owner=bob)
    make_consent(theirs)
    token = form_of(client_of(bob).get("/videos/?all=1").text)["matching"]
    browser = client_of(alice)
    before = rows()

    answer = browser.post("/consent/turn-off/", {"use": "remix", "matching": token})

    refused(answer, status=400, says="No video matches any more.", before=before)
    [mine] = make_videos(1, owner=alice)
    Video.objects.filter(pk=mine.pk).update(title="Later than the token")
    browser.post("/consent/turn-off/", {"use": "remix", "matching": token})
    assert reason_of(theirs) == "allowed"


@pytest.mark.parametrize("address", ["/consent/turn-off/", "/edits/new/"])
def test_more_ids_than_a_form_may_hold_are_refused_with_what_to_do(
    alice: User, client_of: ClientOf, settings: Settings, address: str
) -> None:
    make_consent(*make_videos(1, owner=alice))
    ids = [str(UUID(int=n)) for n in range(10_001)]
    before = rows()

    as_it_is = client_of(alice).post(address, {"use": "remix", "ids": ids})
    refused(as_it_is, status=413, says="choose “Select all that match”", before=before)
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
    by_service = client_of(alice).post(address, {"use": "remix", "ids": ids})
    says = "10,001 videos are named; at most 10,000 can be at once."
    refused(by_service, status=413, says=says, before=before)


@pytest.mark.parametrize("query", ["remix=sometimes", "from=soon", "edit=7", "q=%00"])
def test_a_filter_that_does_not_parse_selects_nothing(
    alice: User, client_of: ClientOf, query: str
) -> None:
    make_videos(2, owner=alice)
    before = rows()

    answer = client_of(alice).get(f"/videos/?{query}&all=1")

    refused(answer, status=400, says="Clear filters", before=before)
    assert 'name="matching"' not in answer.text


# an edit that is under way


@pytest.mark.large_edits(stepwise=True)
def test_an_edit_that_is_prepared_and_applied_says_how_far_it_is(
    alice: User, client_of: ClientOf
) -> None:
    make_videos(8, owner=alice)
    browser = client_of(alice)
    form = form_of(browser.get("/videos/?all=1").text)
    part: Any = {"headers": {"hx-request": "true"}}

    started = browser.post("/edits/new/", {**form, "use": "remix"}, follow=True)
    edit = Edit.objects.get()
    address = f"/edits/{edit.uuid}/progress/"
    waiting = browser.get(f"{address}?next=/videos/", **part)
    run(edit)
    half = browser.get(address, **part)
    run(edit)
    ready = browser.get(f"{address}?next=/videos/", **part)
    browser.post(f"/edits/{edit.uuid}/confirm/")
    run(edit)
    applying_page = browser.get(f"/edits/{edit.uuid}/")
    while run(edit).is_live:
        pass
    done = browser.get(address, **part)

    assert "Preparing the preview" in started.text
    assert "Nothing has changed yet." in started.text
    assert "Waiting for its turn." in waiting.text
    assert "<html" not in waiting.text
    assert "6 videos found so far" in half.text
    assert (ready.status_code, ready.content) == (200, b"")
    assert ready["HX-Redirect"] == f"/edits/{edit.uuid}/?next=/videos/"
    assert "2 of 8 done" in applying_page.text
    assert 'value="25"' in applying_page.text
    assert done["HX-Redirect"] == f"/edits/{edit.uuid}/"
    assert "Remix is allowed for 8 videos." in browser.get(f"/edits/{edit.uuid}/").text


@pytest.mark.large_edits(stepwise=True)
def test_a_withdrawal_under_way_says_that_it_is_in_force_and_offers_no_cancel(
    alice: User, client_of: ClientOf
) -> None:
    videos = make_videos(5, owner=alice)
    for video in videos:
        make_consent(video)
    browser = client_of(alice)
    form = form_of(browser.get("/videos/?all=1").text)

    page = browser.post("/consent/turn-off/", {**form, "use": "remix"}, follow=True)

    edit = Edit.objects.latest("pk")
    assert "Remix is off for 5 videos" in page.text
    assert "It is in force already, for every one of them." in page.text
    assert f"/edits/{edit.uuid}/cancel/" not in page.text
    assert {reason_of(video) for video in videos} == {"withdrawn"}
    before = rows()
    answer = browser.post(f"/edits/{edit.uuid}/cancel/")
    refused(answer, status=409, says="in force for all its videos already", before=before)
    assert "they come back by themselves" not in page.text  # which videos is known


@pytest.mark.large_edits(stepwise=True)
def test_a_withdrawal_that_holds_everything_says_that_the_others_come_back(
    alice: User, client_of: ClientOf
) -> None:
    videos = make_videos(8, owner=alice)
    make_consent(videos[0])
    edit = turn_off_matching(alice, but=videos[:1])

    page = client_of(alice).get(f"/edits/{edit.uuid}/")

    assert edit.status == "holding"
    assert "Remix is held back for your other videos too." in " ".join(page.text.split())
    assert "they come back by themselves" in page.text


@pytest.mark.large_edits(stepwise=True)
def test_an_edit_is_cancelled_from_its_page_and_says_what_was_left(
    alice: User, client_of: ClientOf
) -> None:
    videos = make_videos(5, owner=alice)
    edit = make_consent(*videos)
    run(edit)
    browser = client_of(alice)

    page = browser.post(f"/edits/{edit.uuid}/cancel/", {"next": "/videos/"}, follow=True)

    assert "Remix is allowed for 2 videos. Cancelled before the other 3." in page.text
    assert 'href="/videos/"' in page.text
    assert [reason_of(video) for video in videos] == ["allowed"] * 2 + ["undecided"] * 3
    listed = browser.get(f"/edits/{edit.uuid}/?outcome=cancelled")
    assert len(listed.context["items"]) == 3


@pytest.mark.large_edits(stepwise=True)
def test_an_edit_that_stopped_is_tried_again_from_its_page(
    alice: User, client_of: ClientOf
) -> None:
    edit = make_consent(*make_videos(5, owner=alice))
    EditJob.objects.update(state="failed", problem=job.DID_NOT_WORK)
    browser = client_of(alice)

    stopped = browser.get(f"/edits/{edit.uuid}/")
    overview = browser.get("/")
    again = browser.post(f"/edits/{edit.uuid}/retry/", follow=True)
    before = rows()
    twice = browser.post(f"/edits/{edit.uuid}/retry/")

    assert "It stopped." in stopped.text
    assert "An edit stopped before it was done" in overview.text
    assert str(job.DID_NOT_WORK) in stopped.text
    assert "It stopped." not in again.text
    refused(twice, status=409, says="There is nothing to try again here.", before=before)
    assert f'href="/edits/{edit.uuid}/"' in twice.text
    while run(edit).is_live:
        pass
    assert Edit.objects.get().changed == 5


@pytest.mark.large_edits(stepwise=True)
def test_a_confirm_while_another_edit_is_applied_is_a_conflict_that_says_so(
    alice: User, client_of: ClientOf
) -> None:
    make_consent(*make_videos(5, owner=alice))
    [video] = make_videos(1, owner=alice)
    browser = client_of(alice)
    browser.post("/edits/new/", {"use": "remix", "ids": video.uuid})
    waiting = Edit.objects.latest("pk")
    before = rows()

    answer = browser.post(f"/edits/{waiting.uuid}/confirm/", {"key": waiting.uuid})

    refused(answer, status=409, says="Another of your edits is still being applied.", before=before)
    assert (
        browser.post("/consent/turn-off/", {"use": "remix", "ids": video.uuid}).status_code == 303
    )


ADDRESSES = [
    *(("GET", name) for name in ("", "preview/", "progress/", "items.csv", "?outcome=changed")),
    *(("GET", name) for name in ("?outcome=already&after=nonsense", "progress/?said=%00")),
    *(("POST", name) for name in ("confirm/", "cancel/", "retry/", "undo/")),
]


def in_status(status: str, owner: User) -> Edit:
    """An edit of eight videos in this status, brought there by the services."""
    videos = make_videos(8, owner=owner)
    actor = Actor.creator(owner)
    if status == "holding":
        for video in videos:
            make_consent(video)
        chosen = selection.everything(owner)
        return services.turn_off(actor=actor, creator=owner, use="remix", matching=chosen)
    edit = services.draft_edit(
        actor=actor,
        creator=owner,
        use="remix",
        grant=services.Grant(),
        matching=selection.everything(owner),
    )
    if status == "preparing":
        return edit
    while edit.status == "preparing":
        edit = run(edit)
    if status == "expired":
        Edit.objects.filter(pk=edit.pk).update(expires_at=timezone.now())
        services.sweep_edits()
    if status in ("confirmed", "applying", "applied", "cancelled"):
        services.confirm_edit(edit.uuid, actor=actor, creator=owner)
    if status in ("applying", "cancelled"):
        run(edit)
    if status == "cancelled":
        services.cancel_edit(edit.uuid, actor=actor, creator=owner)
    while status == "applied" and run(edit).is_live:
        pass
    edit.refresh_from_db()
    assert edit.status == status
    return edit


@pytest.mark.parametrize("status", Edit.Status.values)
@pytest.mark.parametrize(("method", "name"), ADDRESSES)
@pytest.mark.large_edits(stepwise=True)
def test_an_edit_in_every_status_answers_at_every_address(
    alice: User,
    bob: User,
    client_of: ClientOf,
    *,
    method: str,
    name: str,
    status: str,
) -> None:
    edit = in_status(status, alice)
    address = f"/edits/{edit.uuid}/{name}"
    before = rows()

    stranger = client_of(bob).generic(method, address)
    untouched = rows() == before
    answer: Any = client_of(alice).generic(method, address)

    assert (stranger.status_code, untouched) == (404, True)
    assert answer.status_code in ((200, 303) if method == "GET" else (303, 409))
    if answer.status_code == 409:
        assert answer.context["sentence"].endswith(".")
        assert rows() == before
    if method == "GET":
        b"".join(answer)
        assert rows() == before
    if answer.status_code == 303:
        assert client_of(alice).get(answer["Location"], follow=True).status_code == 200


def test_a_stale_key_or_a_key_of_bytes_that_no_text_holds_is_no_fault_of_ours(
    alice: User, client_of: ClientOf
) -> None:
    [video] = make_videos(1, owner=alice)
    browser = client_of(alice)
    browser.post("/edits/new/", {"use": "remix", "ids": video.uuid})
    edit = Edit.objects.get()

    for key in ("a\0b", "\ud7ff" * 200, "x" * 101):
        answer = browser.post(f"/edits/{edit.uuid}/confirm/", {"key": key})
        assert answer.status_code in (303, 400, 409, 422)

    assert reason_of(video) in ("allowed", "undecided")
    assert Event.objects.count() <= 1


@pytest.mark.parametrize("name", ["preview", "confirm"])
def test_a_preview_that_is_not_there_is_not_found(
    alice: User, client_of: ClientOf, name: str
) -> None:
    before = rows()

    answer = client_of(alice).post(f"/edits/{UUID(int=7)}/{name}/", {"until": ""})

    refused(answer, status=404, says="There is nothing here", before=before)


# renewing, and coming back


def test_what_ends_soon_is_renewed_from_the_overview_through_a_preview(
    alice: User, client_of: ClientOf
) -> None:
    ending, staying = make_videos(2, owner=alice)
    make_consent(ending, until=timezone.now() + timedelta(days=9))
    make_consent(staying, until=timezone.now() + timedelta(days=90))
    browser = client_of(alice)
    [renewal] = browser.get("/").context["renewals"]

    preview = browser.post(
        "/edits/new/",
        {"use": "remix", "matching": renewal["token"], "until": "2099-06-30", "next": "/"},
        follow=True,
    )
    edit = Edit.objects.latest("pk")
    untouched = querysets.ruling(ending, "remix").until
    browser.post(f"/edits/{edit.uuid}/confirm/")

    assert (renewal["state"], renewal["count"]) == ("ending", 1)
    assert "Change Remix for 1 video?" in preview.text
    assert (edit.selected, edit.will_change) == (1, 1)
    until = [querysets.ruling(video, "remix").until for video in (ending, staying)]
    assert untouched
    assert until[0]
    assert until[1]
    assert (until[0].year, until[1].year < 2099) == (2099, True)
    assert browser.get("/").context["renewals"] == []


def test_what_lapsed_by_a_new_text_is_renewed_with_that_text_in_view(
    alice: User, staff: User, client_of: ClientOf
) -> None:
    lapsed, off = make_videos(2, owner=alice)
    make_consent(lapsed)
    turn_off(off)
    notice = services.write_notice(
        Notice(use="remix", title="Newer", text="A newer text"), actor=Actor.staff(staff)
    )
    services.publish_notice(notice, actor=Actor.staff(staff))
    browser = client_of(alice)
    [renewal] = browser.get("/").context["renewals"]

    preview = browser.post(
        "/edits/new/", {"use": "remix", "matching": renewal["token"]}, follow=True
    )
    edit = Edit.objects.latest("pk")
    between = reason_of(lapsed)
    browser.post(f"/edits/{edit.uuid}/confirm/")

    assert renewal["state"] == "notice_changed"
    assert "A newer text" in preview.text
    assert between == "notice_changed"
    assert [reason_of(video) for video in (lapsed, off)] == ["allowed", "off"]


@pytest.mark.parametrize(
    ("restore", "after"), [("previous", ["allowed", "off"]), ("all_off", ["off", "off"])]
)
def test_both_ways_back_stand_side_by_side_and_do_what_they_say(
    alice: User, client_of: ClientOf, restore: str, after: list[str]
) -> None:
    allowed, off = make_videos(2, owner=alice)
    make_consent(allowed)
    turn_off(off)
    browser = client_of(alice)
    page = browser.post("/opt-out/", follow=True)

    back = browser.post("/opt-in/", {"restore": restore}, follow=True)

    assert page.text.count('type="radio"') == 2
    assert "checked" not in page.text
    assert "Remix for 1 video would be allowed again." in page.text
    assert "You are back." in back.text
    assert [reason_of(video) for video in (allowed, off)] == after


def test_a_row_says_its_state_since_when_and_by_whom(
    alice: User, staff: User, client_of: ClientOf
) -> None:
    mine, theirs = make_videos(2, owner=alice)
    make_consent(mine, theirs)
    services.turn_off(
        actor=Actor.staff(staff), creator=alice, use="remix", ids=[theirs.uuid], reason="x"
    )
    browser = client_of(alice)

    states = {video.pk: states[0] for video, states in browser.get("/videos/").context["rows"]}

    assert (states[mine.pk].label, states[mine.pk].who) == ("Remix allowed", "You")
    assert states[mine.pk].shown_since
    assert states[theirs.pk].why == "A moderator of CreatorHub turned it off: x"
    assert states[theirs.pk].shown_since


def test_a_cancelled_undo_can_be_started_again(alice: User, client_of: ClientOf) -> None:
    videos = make_videos(2, owner=alice)
    make_consent(*videos)
    off = turn_off(*videos)
    browser = client_of(alice)
    browser.post(f"/edits/{off.uuid}/undo/")
    first = Edit.objects.filter(undoes=off)
    first.update(status=Edit.Status.CANCELLED, confirmed_at=timezone.now(), idempotency_key="x")
    cancelled = first.get()

    answer = browser.post(f"/edits/{off.uuid}/undo/")
    second = Edit.objects.get(undoes=off)
    browser.post(f"/edits/{second.uuid}/confirm/", {"key": second.uuid})

    assert second.pk != cancelled.pk
    assert answer["Location"].startswith(f"/edits/{second.uuid}/preview/")
    assert [reason_of(video) for video in videos] == ["allowed", "allowed"]


def test_an_undo_says_that_former_terms_have_lapsed(
    alice: User, staff: User, client_of: ClientOf
) -> None:
    videos = make_videos(2, owner=alice)
    make_consent(*videos)
    services.publish_notice(
        Notice.objects.create(use="remix", version=3, title="New", text="New"),
        actor=Actor.staff(staff),
    )
    renewal = make_consent(*videos)
    browser = client_of(alice)

    preview = browser.post(f"/edits/{renewal.uuid}/undo/", follow=True).content.decode()

    draft = Edit.objects.get(undoes=renewal)
    assert (draft.grants, draft.withdraws) == (0, 2)
    assert "2 would be turned off" in preview
    assert "off, its terms have ended or were revised" in preview
    assert "finished memes are hidden" in preview
    assert "Anyone signed in may make memes" not in preview


@pytest.mark.parametrize(("days", "reason"), [(2, "expired"), (0, "allowed")])
def test_the_result_of_an_undo_says_where_it_allows_nothing(
    alice: User, days: int, reason: str
) -> None:
    me, now = Actor.creator(alice), timezone.now()
    (video,) = make_videos(1, owner=alice)
    make_consent(video, until=now + timedelta(days=1))
    off = turn_off(video)

    with time_machine.travel(now + timedelta(days=days)):
        undo = services.undo_edit(off.uuid, actor=me, creator=alice)
        told = summary_of(services.confirm_edit(undo.uuid, actor=me, creator=alice))
        reached = reason_of(video)

    assert told.startswith("Remix is back as it was for 1 video.")
    assert ("It allows nothing." in told) is (reason == "expired")
    assert reached == reason


def test_a_refused_confirm_shows_the_preview_with_its_reason_and_a_way_on(
    alice: User, staff: User, client_of: ClientOf
) -> None:
    videos = make_videos(2, owner=alice)
    browser = client_of(alice)
    browser.post("/edits/new/", {"use": "remix", "ids": [video.uuid for video in videos]})
    draft = Edit.objects.get()
    services.publish_notice(
        Notice.objects.create(use="remix", version=3, title="New", text="The new text"),
        actor=Actor.staff(staff),
    )

    refused = browser.post(f"/edits/{draft.uuid}/confirm/", {"key": draft.uuid})
    again = browser.post(f"/edits/{draft.uuid}/preview/", {"until": ""}, follow=True)

    assert refused.status_code == 409
    assert "Read the new text, for the same videos" in refused.content.decode()
    assert "The new text" in again.content.decode()
    assert Edit.objects.latest("pk").selected == 2


def test_a_preview_says_what_has_changed_since(alice: User, client_of: ClientOf) -> None:
    videos = make_videos(3, owner=alice)
    browser = client_of(alice)
    browser.post("/edits/new/", {"use": "remix", "ids": [video.uuid for video in videos]})
    draft = Edit.objects.get()
    turn_off(videos[0])

    page = browser.get(f"/edits/{draft.uuid}/preview/").content.decode()

    assert "1 of these videos has changed since this was made" in page
