"""A use that is added to USES, with its notice, works everywhere without another line of code."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient
from waffle.testutils import override_switch

from consent import services
from consent.context import consent_bar_of
from consent.counts import overview_of
from consent.models import Consent, Edit, Notice, UploadDefault
from consent.uses import REMIX, USES, Use
from creatorhub.models import User
from library.models import Video
from operations import fsck
from tests.acts import opt_in, opt_out, publish_notice, turn_off
from tests.conftest import ApiOf, ClientOf
from tests.decisions import reason_of, reasons
from tests.factories import make_consent, make_videos
from tests.log import last_body

pytestmark = pytest.mark.django_db

DUB = Use(
    id="dub",
    label="Dubbing",
    verb="dubbed",
    noun="dub",
    consequence="Others may speak these videos in their own languages.",
)


@pytest.fixture(autouse=True)
def notice(staff: User, monkeypatch: pytest.MonkeyPatch) -> Notice:
    """The first notice of the use that is added here."""
    monkeypatch.setitem(USES, DUB.id, DUB)
    return publish_notice(staff, use="dub")


@pytest.fixture
def videos(alice: User) -> list[Video]:
    """Two of alice's: the first may be dubbed, and neither may be used otherwise."""
    videos = make_videos(2, owner=alice)
    make_consent(videos[0], use="dub")
    return videos


@pytest.fixture
def browser(alice: User, client_of: ClientOf) -> Client:
    """Alice's."""
    return client_of(alice)


@pytest.fixture
def api(alice: User, api_of: ApiOf) -> APIClient:
    """A program with alice's token."""
    return api_of(alice)


def test_it_starts_undecided_and_needs_no_migration(alice: User) -> None:
    assert reasons(*make_videos(2, owner=alice), use="dub") == ["undecided"] * 2

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


# the list


def test_the_list_has_a_column_and_a_filter_for_it(browser: Client, videos: list[Video]) -> None:
    page = browser.get("/videos/?dub=allowed")

    assert [video.pk for video, _ in page.context["rows"]] == [videos[0].pk]
    assert [words for words, _ in page.context["chips"]] == ["Dubbing: allowed"]
    assert '<th scope="col">Dubbing</th>' in page.text
    assert '<select name="dub"' in page.text
    assert '<option value="dub">Dubbing</option>' in page.text


def test_the_filter_narrows_with_others_and_by_every_state(
    browser: Client, videos: list[Video]
) -> None:
    turn_off(videos[1], use="dub")

    found = {
        query: [video for video, _ in browser.get(f"/videos/?{query}").context["rows"]]
        for query in (
            "dub=off",
            "dub=undecided",
            "dub=allowed&remix=off",
            "dub=allowed&remix=allowed",
        )
    }

    assert found == {
        "dub=off": [videos[1]],
        "dub=undecided": [],
        "dub=allowed&remix=off": [videos[0]],
        "dub=allowed&remix=allowed": [],
    }


def test_the_filter_can_be_saved(browser: Client, videos: list[Video]) -> None:
    browser.post("/videos/filters/", {"name": "For dubbing", "query": "dub=allowed"})

    page = browser.get("/videos/")

    assert "For dubbing" in page.text
    assert 'href="?dub=allowed"' in page.text


def test_what_is_nearly_its_name_is_refused_by_name(browser: Client, videos: list[Video]) -> None:
    page = browser.get("/videos/?dubb=allowed")

    assert page.status_code == 400
    assert "dubb" in page.text
    assert page.context["rows"] == []


# edits by pages


def test_it_is_allowed_through_a_preview_and_undone(
    browser: Client, notice: Notice, alice: User
) -> None:
    video, other = make_videos(2, owner=alice)

    drafted = browser.post("/edits/new/", {"use": "dub", "ids": [video.uuid]})
    preview = browser.get(drafted["Location"])
    edit = Edit.objects.get()
    browser.post(f"/edits/{edit.uuid}/confirm/", {"key": edit.uuid})
    result = browser.get(f"/edits/{edit.uuid}/")
    allowed = reasons(video, other, use="dub")
    browser.post(f"/edits/{edit.uuid}/undo/", {"key": edit.uuid})

    assert "Allow Dubbing for 1 video" in preview.text
    assert notice.text in preview.text
    assert str(DUB.consequence) in preview.text
    assert "Dubbing is allowed for 1 video." in result.text
    assert allowed == ["allowed", "undecided"]
    assert reason_of(video, "remix") == "undecided"
    assert reasons(video, other, use="dub") == ["undecided"] * 2


def test_it_is_turned_off_at_once_and_says_so(browser: Client, videos: list[Video]) -> None:
    make_consent(videos[0], use="train")

    page = browser.post(
        "/consent/turn-off/",
        {"use": "dub", "ids": [videos[0].uuid], "next": "/videos/"},
        follow=True,
    )

    assert "Dubbing is off for 1 video." in page.text
    assert reason_of(videos[0], "dub") == "off"
    assert reason_of(videos[0], "train") == "allowed"


def test_a_videos_own_page_shows_it_with_its_history(browser: Client, videos: list[Video]) -> None:
    page = browser.get(f"/videos/{videos[0].uuid}/").text

    assert "Dubbing" in page
    assert "You allowed “Dubbing”" in page


# the API


def test_the_api_lists_filters_and_describes_it(api: APIClient, videos: list[Video]) -> None:
    listed = api.get("/api/v1/videos/?dub=off").json()["results"]
    unknown = api.get("/api/v1/videos/?dubb=off")
    parameters = api.get("/api/v1/schema/?format=json").json()["paths"]["/api/v1/videos/"]["get"]

    assert [one["id"] for one in listed] == [str(videos[1].uuid)]
    assert listed[0]["consent"]["dub"]["reason"] == "undecided"
    assert (unknown.status_code, unknown.json()["code"]) == (400, "unknown_parameter")
    assert "dubb" in unknown.json()["detail"]
    assert "dub" in [one["name"] for one in parameters["parameters"]]


def test_a_program_drafts_confirms_and_undoes_what_matches(
    api: APIClient, videos: list[Video]
) -> None:
    wanted = {"use": "dub", "state": "allowed", "selection": {"matching": {"dub": "off"}}}

    draft = api.post("/api/v1/edits/", wanted, format="json")
    edit = draft.json()["id"]
    items = api.get(f"/api/v1/edits/{edit}/items/").json()["results"]
    confirmed = api.post(f"/api/v1/edits/{edit}/confirm/")
    both = reasons(*videos, use="dub")
    undone = api.post(f"/api/v1/edits/{edit}/undo/")

    assert (draft.status_code, draft.json()["use"]) == (201, "dub")
    assert [item["video"] for item in items] == [str(videos[1].uuid)]
    assert (confirmed.status_code, confirmed.json()["counts"]["changed"]) == (200, 1)
    assert both == ["allowed"] * 2
    assert undone.json()["counts"]["changed"] == 1
    assert reasons(*videos, use="dub") == ["allowed", "undecided"]


def test_an_unknown_filter_in_a_selection_is_refused_by_name(
    api: APIClient, videos: list[Video]
) -> None:
    wanted = {"use": "dub", "state": "off", "selection": {"matching": {"dubb": "off"}}}

    answer = api.post("/api/v1/edits/", wanted, format="json")

    assert answer.status_code == 400
    assert "dubb" in answer.json()["detail"]
    assert Edit.objects.count() == 1


def test_public_answers_and_checks_name_it(bob: User, api_of: ApiOf, videos: list[Video]) -> None:
    asked = {"use": "dub", "videos": [str(video.uuid) for video in videos]}

    public = APIClient().get(f"/api/v1/videos/{videos[0].uuid}/consent/").json()
    checked = api_of(bob).post("/api/v1/checks/", asked, format="json").json()

    dub = public["uses"]["dub"]
    assert (dub["allowed"], dub["reason"]) == (True, "allowed")
    assert public["uses"]["remix"]["allowed"] is False
    assert [(one["allowed"], one["reason"]) for one in checked["decisions"]] == [
        (True, "allowed"),
        (False, "undecided"),
    ]


# spreadsheets


def test_it_goes_through_a_spreadsheet_and_back(browser: Client, videos: list[Video]) -> None:
    exported: Any = browser.get("/videos/spreadsheet.csv?use=dub")
    text = b"".join(exported.streaming_content).decode().removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    states = {row["video"]: (row["use"], row["state"]) for row in rows}
    edited = text.replace("dub,undecided", "dub,allowed")
    file = SimpleUploadedFile("list.csv", edited.encode(), content_type="text/csv")
    sent = browser.post("/videos/spreadsheet/", {"file": file})
    preview = browser.get(sent["Location"])
    edit = Edit.objects.latest("pk")
    browser.post(f"/edits/{edit.uuid}/confirm/", {"key": edit.uuid})

    assert states == {
        str(videos[0].uuid): ("dub", "allowed"),
        str(videos[1].uuid): ("dub", "undecided"),
    }
    assert "The file is about Dubbing." in preview.text
    assert (edit.use, edit.will_change) == ("dub", 1)
    assert reasons(*videos, use="dub") == ["allowed"] * 2
    assert reasons(*videos) == ["undecided"] * 2


# where a creator stands


def test_the_bar_and_the_overview_count_it(
    alice: User, browser: Client, videos: list[Video]
) -> None:
    page = browser.get("/")
    bar = consent_bar_of(alice)
    [card] = [card for card in page.context["cards"] if card["use"] is DUB]

    assert bar.sentence == "1 of 2 videos may be dubbed."
    assert bar.detail == "Nothing else is allowed."
    assert (card["allowed"], card["off"]) == (1, 1)
    assert '<h2 id="use-dub">Dubbing</h2>' in page.text
    assert 'href="/videos/?dub=allowed"' in page.text


def test_new_uploads_may_start_with_it(alice: User, browser: Client, notice: Notice) -> None:
    page = browser.get("/videos/new-uploads/")
    browser.post("/videos/new-uploads/", {"use": "dub", "start": "allowed", "notice": notice.uuid})
    [video] = make_videos(1, owner=alice, via="upload")
    services.apply_upload_defaults(video)

    assert "Start new uploads with Dubbing allowed" in page.text
    assert UploadDefault.objects.get().use == "dub"
    assert reason_of(video, "dub") == "allowed"
    assert reason_of(video) == "undecided"
    assert "Dubbing starts <b>allowed</b>" in browser.get("/").text


def test_an_opt_out_covers_it(alice: User, browser: Client, videos: list[Video]) -> None:
    opt_out(alice)
    out = reasons(*videos, use="dub")
    again = {use.id: number for use, number in browser.get("/opt-in/").context["again"]}
    opt_in(alice, restore="all_off")

    assert out == ["opted_out"] * 2
    assert again["dub"] == 1
    assert reasons(*videos, use="dub") == ["off", "undecided"]
    assert not Consent.objects.filter(terms__isnull=False).exists()


def test_a_new_text_makes_what_was_allowed_lapse(
    staff: User, browser: Client, videos: list[Video]
) -> None:
    publish_notice(staff, use="dub")

    page = browser.get("/?")

    assert reason_of(videos[0], "dub") == "notice_changed"
    assert [(one["use"].id, one["count"]) for one in page.context["renewals"]] == [("dub", 1)]


# staff, and the record


@pytest.mark.parametrize("rows", ["videos", "creators"])
def test_staff_turn_it_off(
    staff: User, client_of: ClientOf, alice: User, videos: list[Video], rows: str
) -> None:
    desk, chosen = client_of(staff), videos[0] if rows == "videos" else alice
    address = reverse(f"admin:{chosen._meta.label_lower.replace('.', '_')}_changelist")
    data = {
        "action": "turn_off_dub",
        "_selected_action": [chosen.pk],
        "confirmed": "1",
        "reason": "A court said so",
        "number": len(videos),
    }

    offered = desk.get(address).text
    desk.post(address, data)

    assert '<option value="turn_off_dub">Turn off Dubbing' in offered
    assert reason_of(videos[0], "dub") == "off"
    assert (last_body()["use"], last_body()["reason"]) == ("dub", "A court said so")


def test_the_log_names_it(browser: Client, videos: list[Video]) -> None:
    turn_off(videos[0], use="dub")

    told = [entry.text for entry in browser.get("/activity/").context["entries"]]

    assert f"You allowed “Dubbing” for “{videos[0].title}”" in told
    assert f"You turned “Dubbing” off for “{videos[0].title}”" in told


def test_nothing_is_out_of_order_with_it(videos: list[Video]) -> None:
    for check in (
        fsck.confirmed_edits_are_applied,
        fsck.counts_match_rows,
        fsck.the_log_is_complete,
    ):
        assert not list(check())


# what two uses share, and what a version does not know


def test_a_switch_pauses_each_use_that_names_it(
    alice: User, videos: list[Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(USES, DUB.id, replace(DUB, pause_switch=REMIX.pause_switch))
    make_consent(videos[0])

    with override_switch(REMIX.pause_switch, active=True):
        overview = overview_of(alice)
        seen = [reason_of(videos[0], use=use) for use in ("remix", "dub")]

    assert overview.paused == {"remix", "dub"}
    assert [overview.allowed(use) for use in ("remix", "dub")] == [0, 0]
    assert seen == ["paused", "paused"]


def test_rows_of_a_use_that_this_version_does_not_have_are_shown_by_its_id(
    alice: User, videos: list[Video], browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit = Edit.objects.get(use="dub")
    monkeypatch.delitem(USES, DUB.id)

    for address in ("/", "/videos/", f"/videos/{videos[0].uuid}/", "/activity/"):
        assert browser.get(address).status_code == 200
    result = browser.get(f"/edits/{edit.uuid}/")

    assert "dub is allowed for 1 video." in result.text


@pytest.mark.parametrize(
    ("address", "code"),
    [("/videos/?dub=off&dub=allowed", None), ("/api/v1/videos/?dub=off&dub=allowed", "repeated")],
)
def test_a_filter_that_is_given_twice_is_refused(
    browser: Client, api: APIClient, address: str, code: str | None
) -> None:
    answer: Any = (api if code else browser).get(address)

    assert answer.status_code == 400
    if code:
        assert answer.json()["code"] == "repeated_parameter"
    else:
        assert "The filter “dub” is given more than once." in answer.text
