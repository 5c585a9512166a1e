"""Edits of any size by a program: what matches, 202 and progress, outcomes, cancel and undo."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from consent import querysets, services
from consent.models import Edit, EditJob
from creatorhub.models import User
from tests.acts import turn_off
from tests.conftest import ApiOf
from tests.database import rows
from tests.decisions import reasons
from tests.factories import make_consent, make_video, make_videos

pytestmark = pytest.mark.django_db


def draft(api: APIClient, selection: dict[str, Any], *, state: str = "allowed") -> Any:
    wanted = {"use": "remix", "state": state, "selection": selection}
    return api.post("/api/v1/edits/", wanted, format="json")


def ask(api: APIClient, edit: str) -> dict[str, Any]:
    answer: dict[str, Any] = api.get(f"/api/v1/edits/{edit}/").json()
    return answer


def step(edit: str) -> None:
    services.run_edit(EditJob.objects.get(edit__uuid=edit).pk)


def until(api: APIClient, edit: str, *statuses: str) -> dict[str, Any]:
    while (answer := ask(api, edit))["status"] not in statuses:
        step(edit)
    return answer


def items(api: APIClient, edit: str) -> dict[str, dict[str, Any]]:
    """Every item, page by page, by its video."""
    found, url = [], f"/api/v1/edits/{edit}/items/?page_size=3"
    while url:
        page = api.get(url).json()
        found += page["results"]
        url = page["next"]
    assert len({item["video"] for item in found}) == len(found)
    return {item["video"]: item for item in found}


def refused(answer: Any, *, status: int, code: str, before: list[list[Any]]) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"].endswith(".")
    assert rows() == before


def test_a_selection_is_what_matches_the_words_of_the_list(alice: User, api: APIClient) -> None:
    [beach] = make_videos(1, owner=alice, title="Beach", collection="Sea")
    [short] = make_videos(1, owner=alice, title="Beach, short", duration_ms=500)
    make_videos(1, owner=alice, title="Attic")

    whole = draft(api, {"matching": {}}).json()
    some = draft(api, {"matching": {"q": "beach", "longer": 1, "remix": "undecided"}}).json()
    [late] = make_videos(1, owner=alice, title="Beach, late", collection="Sea")
    done = api.post(f"/api/v1/edits/{some['id']}/confirm/")

    assert whole["counts"]["selected"] == 3
    assert (some["counts"]["selected"], done.status_code) == (1, 200)
    assert reasons(beach, short, late) == ["allowed", "undecided", "undecided"]


def test_a_selection_of_what_matches_leaves_out_what_is_named(
    alice: User, bob: User, api: APIClient
) -> None:
    videos = make_videos(4, owner=alice)
    [foreign] = make_videos(1, owner=bob)
    before = rows()
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({"matching": {}, "except": [str(foreign.uuid)]}, 404, "not_found"),
        ({"matching": {}, "except": [str(uuid4())]}, 404, "not_found"),
    ]
    for asked, status, code in wrong:
        refused(draft(api, asked), status=status, code=code, before=before)
    mixed = draft(api, {"ids": [str(videos[0].uuid)], "except": [str(videos[1].uuid)]})

    but = {"matching": {}, "except": [str(videos[0].uuid), str(videos[2].uuid)]}
    drafted = draft(api, but).json()
    api.post(f"/api/v1/edits/{drafted['id']}/confirm/")

    assert (mixed.status_code, list(mixed.json()["selection"])) == (400, ["except"])
    assert drafted["counts"]["selected"] == 2
    assert reasons(*videos) == ["undecided", "allowed"] * 2


def test_a_key_with_another_exception_is_another_key(alice: User, api: APIClient) -> None:
    videos = make_videos(3, owner=alice)
    make_consent(*videos)

    for left_out in (videos[:1], videos[1:2]):
        selection = {"matching": {}, "except": [str(video.uuid) for video in left_out]}
        answer = api.post(
            "/api/v1/edits/turn-off/",
            {"use": "remix", "selection": selection},
            format="json",
            HTTP_IDEMPOTENCY_KEY="one",
        )
        assert answer.json()["counts"]["selected"] == 2

    assert reasons(*videos) == ["off"] * 3


def test_a_foreign_library_is_never_in_a_selection(alice: User, bob: User, api: APIClient) -> None:
    make_videos(2, owner=alice)
    theirs = make_videos(2, owner=bob)

    drafted = draft(api, {"matching": {}}).json()
    api.post(f"/api/v1/edits/{drafted['id']}/confirm/")

    assert drafted["counts"]["selected"] == 2
    assert reasons(*theirs) == ["undecided"] * 2


@pytest.mark.large_edits(stepwise=True)
def test_a_large_edit_is_prepared_accepted_applied_and_reported(
    alice: User, api: APIClient
) -> None:
    videos = make_videos(8, owner=alice)
    make_consent(videos[0])
    turn_off(videos[1])
    raw = make_video(owner=alice, ready=False)

    drafted = draft(api, {"matching": {}})
    edit = drafted.json()["id"]
    unseen = api.post(f"/api/v1/edits/{edit}/confirm/")
    step(edit)
    preparing = ask(api, edit)
    shown = until(api, edit, "draft")
    confirmed = api.post(f"/api/v1/edits/{edit}/confirm/", HTTP_IDEMPOTENCY_KEY="one")
    step(edit)
    applying_now, partly = (
        ask(api, edit),
        Counter(item["outcome"] for item in items(api, edit).values()),
    )
    echo = api.post(f"/api/v1/edits/{edit}/confirm/", HTTP_IDEMPOTENCY_KEY="one")
    done = until(api, edit, "applied")

    assert (drafted.status_code, drafted.json()["status"]) == (201, "preparing")
    assert (unseen.status_code, unseen.json()["code"]) == (409, "preparing")
    assert (preparing["status"], preparing["counts"]["selected"]) == ("preparing", 6)
    assert 0 < preparing["progress"] < 100
    assert shown["counts"] == {
        "selected": 9,
        "will_change": 7,
        "changed": 0,
        "already": 1,
        "superseded": 0,
        "not_eligible": 1,
        "left_out": 0,
    }
    assert shown["not_eligible"] == {"video_unavailable": 1}
    assert (confirmed.status_code, confirmed.json()["status"]) == (202, "confirmed")
    assert (applying_now["status"], applying_now["progress"]) == ("applying", 22)
    assert partly == {"changed": 1, "already": 1, "pending": 6, "not_eligible": 1}
    assert (echo.status_code, echo.json()["id"]) == (202, edit)
    assert (done["progress"], done["counts"]["changed"]) == (100, 7)
    outcomes = {video: item["outcome"] for video, item in items(api, edit).items()}
    assert outcomes[str(videos[0].uuid)] == "already"
    assert outcomes[str(raw.uuid)] == "not_eligible"
    assert Counter(outcomes.values()) == {"changed": 7, "already": 1, "not_eligible": 1}
    assert items(api, edit)[str(videos[1].uuid)] == {
        "video": str(videos[1].uuid),
        "before": "off",
        "after": "remix/2 allowed everyone -",
        "outcome": "changed",
        "reason": "",
    }
    again = api.post(f"/api/v1/edits/{edit}/confirm/", HTTP_IDEMPOTENCY_KEY="one")
    assert (again.status_code, again.json()["status"]) == (200, "applied")


@pytest.mark.large_edits(stepwise=True)
def test_a_large_withdrawal_is_in_force_when_it_is_accepted(alice: User, api: APIClient) -> None:
    videos = make_videos(5, owner=alice)
    for video in videos:
        make_consent(video)
    edit = draft(api, {"ids": [str(video.uuid) for video in videos]}, state="off").json()["id"]

    accepted = api.post(f"/api/v1/edits/{edit}/confirm/")
    asked = {"use": "remix", "videos": [str(video.uuid) for video in videos]}
    checks = api.post("/api/v1/checks/", asked, format="json").json()["decisions"]
    listed = api.get("/api/v1/videos/?remix=allowed").json()["results"]
    before = rows()
    cancelled = api.post(f"/api/v1/edits/{edit}/cancel/")

    assert accepted.status_code == 202
    assert [(row["allowed"], row["reason"]) for row in checks] == [(False, "withdrawn")] * 5
    assert listed == []
    refused(cancelled, status=409, code="in_force", before=before)


@pytest.mark.large_edits(stepwise=True)
def test_a_large_edit_is_cancelled_and_undone_for_what_it_did(alice: User, api: APIClient) -> None:
    videos = make_videos(5, owner=alice)
    edit = draft(api, {"ids": [str(video.uuid) for video in videos]}).json()["id"]
    api.post(f"/api/v1/edits/{edit}/confirm/")
    step(edit)

    cancelled = api.post(f"/api/v1/edits/{edit}/cancel/")
    outcomes = Counter(item["outcome"] for item in items(api, edit).values())
    undone = api.post(f"/api/v1/edits/{edit}/undo/")
    inverse = undone.json()

    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert (cancelled.json()["counts"]["changed"], cancelled.json()["counts"]["left_out"]) == (2, 3)
    assert outcomes == {"changed": 2, "cancelled": 3}
    assert (undone.status_code, inverse["undoes"]) == (200, edit)
    assert (inverse["counts"]["will_change"], inverse["counts"]["changed"]) == (2, 2)
    assert reasons(*videos) == ["undecided"] * 5


@pytest.mark.large_edits(stepwise=True)
def test_what_a_large_edit_allowed_is_turned_off_at_once_by_its_undo(
    alice: User, api: APIClient
) -> None:
    videos = make_videos(8, owner=alice)
    edit = draft(api, {"matching": {}}).json()["id"]
    until(api, edit, "draft")
    api.post(f"/api/v1/edits/{edit}/confirm/")
    before = rows()
    refused(
        api.post(f"/api/v1/edits/{edit}/undo/"), status=409, code="still_applying", before=before
    )
    until(api, edit, "applied")
    turn_off(videos[0])

    inverse = api.post(f"/api/v1/edits/{edit}/undo/")
    again = api.post(f"/api/v1/edits/{edit}/undo/")
    meanwhile = reasons(*videos)
    done = until(api, inverse.json()["id"], "applied")

    assert (inverse.status_code, inverse.json()["undoes"]) == (202, edit)
    assert (again.status_code, again.json()["id"]) == (202, inverse.json()["id"])
    assert "allowed" not in meanwhile
    assert (done["counts"]["changed"], done["counts"]["superseded"]) == (7, 1)
    assert reasons(*videos) == ["off"] + ["undecided"] * 7
    twice = api.post(f"/api/v1/edits/{edit}/undo/")
    assert (twice.status_code, twice.json()["code"]) == (409, "already_undone")


@pytest.mark.large_edits(stepwise=True)
def test_what_a_large_edit_turned_off_is_undone_in_a_preview_of_its_own(
    alice: User, api: APIClient
) -> None:
    videos = make_videos(8, owner=alice)
    make_consent(*videos)
    until(api, str(Edit.objects.get().uuid), "applied")
    edit = api.post(
        "/api/v1/edits/turn-off/", {"use": "remix", "selection": {"matching": {}}}, format="json"
    ).json()["id"]
    until(api, edit, "applied")
    turn_off(videos[0])
    make_consent(videos[0])

    inverse = api.post(f"/api/v1/edits/{edit}/undo/")
    back = until(api, inverse.json()["id"], "draft")
    accepted = api.post(f"/api/v1/edits/{back['id']}/confirm/")
    done = until(api, back["id"], "applied")

    assert (inverse.status_code, inverse.json()["status"]) == (201, "preparing")
    assert (back["counts"]["will_change"], back["counts"]["superseded"]) == (7, 1)
    assert accepted.status_code == 202
    assert (done["counts"]["changed"], done["counts"]["superseded"]) == (7, 1)
    assert reasons(*videos) == ["allowed"] * 8


@pytest.mark.large_edits(stepwise=True)
def test_allowing_is_refused_while_another_edit_is_applied(alice: User, api: APIClient) -> None:
    videos = make_videos(6, owner=alice)
    first = draft(api, {"ids": [str(video.uuid) for video in videos[:5]]}).json()["id"]
    second = draft(api, {"ids": [str(videos[5].uuid)]}).json()["id"]
    api.post(f"/api/v1/edits/{first}/confirm/")
    before = rows()

    busy = api.post(f"/api/v1/edits/{second}/confirm/")

    refused(busy, status=409, code="busy", before=before)
    until(api, first, "applied")
    assert api.post(f"/api/v1/edits/{second}/confirm/").status_code == 200


def test_a_draft_that_is_too_old_is_refused(alice: User, api: APIClient, time_machine: Any) -> None:
    [video] = make_videos(1, owner=alice)
    edit = draft(api, {"ids": [str(video.uuid)]}).json()["id"]
    time_machine.move_to(timezone.now() + timedelta(days=1))
    before = rows()

    answer = api.post(f"/api/v1/edits/{edit}/confirm/")

    refused(answer, status=409, code="draft_expired", before=before)
    services.sweep_edits()
    assert ask(api, edit)["status"] == "expired"


@pytest.mark.large_edits(stepwise=True)
def test_an_edit_of_somebody_else_is_not_there(alice: User, bob: User, api_of: ApiOf) -> None:
    edit = make_consent(*make_videos(5, owner=alice)).uuid
    stranger = api_of(bob)
    before = rows()

    answers = [
        stranger.get(f"/api/v1/edits/{edit}/"),
        stranger.get(f"/api/v1/edits/{edit}/items/"),
        *(stranger.post(f"/api/v1/edits/{edit}/{act}/") for act in ("confirm", "cancel", "undo")),
    ]

    for answer in answers:
        refused(answer, status=404, code="not_found", before=before)
    assert stranger.get("/api/v1/edits/").json()["results"] == []


@pytest.mark.parametrize(
    ("matching", "says"),
    [
        ({"colour": "red"}, "There is no filter “colour”. There are: q, collection,"),
        ({"sort": "title"}, "There is no filter “sort”."),
        ({"q": {"a": 1}}, "The filter “q” takes one value."),
        ({"from": "soon"}, "The filter “from” cannot be read:"),
        ({"longer": -1}, "The filter “longer” cannot be read:"),
        ({"edit": "7"}, "The filter “edit” cannot be read:"),
        ({"q": "a\0b"}, "The filter “q” cannot be read:"),
        ({"q": None}, "The filter “q” is empty."),
        ({"collection": ""}, "The filter “collection” is empty."),
        ({"q": " "}, "The filter “q” is empty."),
        ({"q": "\u00a0\u2003"}, "The filter “q” is empty."),
        ({"longer": "\t"}, "The filter “longer” is empty."),
        ({"edit": "\n"}, "The filter “edit” is empty."),
        ({"from": "  "}, "The filter “from” is empty."),
        ({"remix": " "}, "The filter “remix” is empty."),
        ({"memes": True}, "The filter “memes” cannot be read:"),
    ],
)
def test_a_filter_that_is_none_or_cannot_be_read_is_named(
    alice: User, api: APIClient, matching: dict[str, Any], says: str
) -> None:
    make_videos(1, owner=alice)
    before = rows()

    answer = draft(api, {"matching": matching})

    refused(answer, status=400, code="invalid_filter", before=before)
    assert answer.json()["detail"].startswith(says)


# exactly what was seen


def test_a_draft_says_what_becomes_of_each_kind(alice: User, api: APIClient) -> None:
    videos = make_videos(5, owner=alice)
    ending = timezone.now().replace(microsecond=0) + timedelta(days=90)
    make_consent(*videos[:2], until=ending)
    make_consent(videos[2])
    selection = {"ids": [str(video.uuid) for video in videos]}

    endless = draft(api, selection).json()
    kept = api.post(
        "/api/v1/edits/",
        {"use": "remix", "state": "allowed", "keeps_ends": True, "selection": selection},
        format="json",
    ).json()

    until = ending.isoformat().replace("+00:00", "Z")
    assert endless["changes"] == [
        {
            "kind": "loses_end",
            "videos": 2,
            "before": {"state": "allowed", "until": until},
            "after": {"state": "allowed", "until": None},
        },
        {
            "kind": "newly_allowed",
            "videos": 2,
            "before": {"state": "undecided", "until": None},
            "after": {"state": "allowed", "until": None},
        },
    ]
    assert (endless["keeps_ends"], kept["keeps_ends"]) == (False, True)
    assert [(one["kind"], one["videos"]) for one in kept["changes"]] == [("newly_allowed", 2)]
    api.post(f"/api/v1/edits/{kept['id']}/confirm/")
    ends = [querysets.ruling(video, "remix").until for video in videos]
    assert ends == [ending, ending, None, None, None]


def test_a_confirm_is_refused_where_another_number_would_change(
    alice: User, api: APIClient
) -> None:
    videos = make_videos(3, owner=alice)
    edit = draft(api, {"ids": [str(video.uuid) for video in videos]}).json()
    turn_off(videos[0])
    address = f"/api/v1/edits/{edit['id']}/confirm/"
    before = rows()

    answer = api.post(address, {"expected": 3}, format="json")

    refused(answer, status=409, code="changed_since", before=before)
    now = ask(api, edit["id"])
    assert (edit["changed_since"], now["changed_since"]) == (0, 1)
    assert [(one["kind"], one["videos"]) for one in now["changes"]] == [("newly_allowed", 2)]
    assert api.post(address, {"expected": 2}, format="json").json()["counts"]["changed"] == 2


def test_a_confirm_names_no_terms_of_its_own(alice: User, api: APIClient) -> None:
    [video] = make_videos(1, owner=alice)
    edit = draft(api, {"ids": [str(video.uuid)]}).json()["id"]
    before = rows()

    answers = [
        api.post(f"/api/v1/edits/{edit}/confirm/", sent, format="json")
        for sent in ({"until": "2097-01-01T00:00:00Z"}, {"expected": -1}, {"expected": "many"})
    ]
    off = api.post(
        "/api/v1/edits/",
        {
            "use": "remix",
            "state": "off",
            "keeps_ends": True,
            "selection": {"ids": [str(video.uuid)]},
        },
        format="json",
    )

    assert [answer.status_code for answer in answers] == [400] * 3
    assert (off.status_code, list(off.json())) == (400, ["keeps_ends"])
    assert rows() == before
