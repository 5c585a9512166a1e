"""What the API does not know is refused by name: query parameters, fields of a body, filters."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from audit.models import Event
from consent.filters import VideoFilter
from consent.models import Edit
from creatorhub.models import User
from library.models import Video
from tests import factories
from tests.conftest import ApiOf

pytestmark = pytest.mark.django_db

JSON = "application/json"
ANY = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "videos/?colour=red"),
        ("GET", "videos/?remix=allowed&colour=red"),
        ("GET", f"videos/{ANY}/?colour=red"),
        ("GET", f"videos/{ANY}/consent/?colour=red"),
        ("DELETE", f"videos/{ANY}/?colour=red"),
        ("POST", "checks/?colour=red"),
        ("GET", "opt-out/?colour=red"),
        ("PUT", "opt-out/?colour=red"),
        ("GET", "edits/?colour=red"),
        ("POST", "edits/?colour=red"),
        ("POST", "edits/turn-off/?colour=red"),
        ("GET", f"edits/{ANY}/?colour=red"),
        ("GET", f"edits/{ANY}/items/?colour=red"),
        ("POST", f"edits/{ANY}/confirm/?colour=red"),
    ],
)
def test_an_unknown_parameter_is_refused_by_name(
    method: str, path: str, alice: User, api_of: ApiOf
) -> None:
    answer = api_of(alice).generic(method, f"/api/v1/{path}", "", content_type=JSON)

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")
    assert "colour" in answer.json()["detail"]


def test_a_refused_parameter_comes_with_those_that_exist(alice: User, api_of: ApiOf) -> None:
    api = api_of(alice)
    filters = VideoFilter({}, queryset=Video.objects.none(), creator=alice).form.fields

    videos = api.get("/api/v1/videos/?size=10&colour=red").json()["detail"]
    edits = api.get("/api/v1/edits/?remix=off").json()["detail"]
    items = api.get(f"/api/v1/edits/{ANY}/items/?outcome=changed").json()["detail"]
    one = api.get(f"/api/v1/edits/{ANY}/?page_size=3").json()["detail"]

    known = ", ".join([*filters, "cursor", "page_size"])
    assert videos == f"This address has no parameters colour, size. It has: {known}."
    assert edits == "This address has no parameter remix. It has: cursor, page_size."
    assert items == "This address has no parameter outcome. It has: cursor, page_size."
    assert one == "This address has no parameter page_size. It has: none."


def test_the_first_refusal_is_not_being_signed_in(db: None) -> None:
    assert APIClient().get("/api/v1/videos/?colour=red").status_code == 401


SELECTION = {"ids": [ANY]}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "checks/", {"use": "remix", "videos": [ANY], "colour": 1}),
        ("PUT", "opt-out/", {"opted_out": True, "colour": 1}),
        ("POST", "edits/", {"use": "remix", "state": "off", "selection": SELECTION, "colour": 1}),
        ("POST", "edits/turn-off/", {"use": "remix", "selection": SELECTION, "colour": 1}),
        ("POST", f"edits/{ANY}/confirm/", {"colour": 1}),
        ("POST", f"edits/{ANY}/cancel/", {"colour": 1}),
        ("POST", f"edits/{ANY}/undo/", {"colour": 1}),
        ("POST", f"edits/{ANY}/retry/", {"colour": 1}),
        ("POST", f"videos/{ANY}/retry/", {"colour": 1}),
        ("PATCH", "videos/{video}/", {"title": "T", "colour": 1}),
    ],
)
def test_an_unknown_field_is_refused_by_name_and_nothing_is_done(
    method: str, path: str, body: Any, alice: User, api_of: ApiOf
) -> None:
    video = factories.make_video(owner=alice, with_files=False)
    api = api_of(alice)
    address = f"/api/v1/{path}".replace("{video}", str(video.uuid))

    answer = api.generic(method, address, json.dumps(body), content_type=JSON)

    assert (answer.status_code, set(answer.json())) == (400, {"colour"})
    assert answer.json()["colour"][0].endswith(".")
    assert not Event.objects.exists()
    assert not Edit.objects.exists()


def test_an_unknown_field_beside_a_file_is_refused_by_name(alice: User, api_of: ApiOf) -> None:
    with factories.mezzanine().open("rb") as file:
        body = {"file": file, "title": "T", "colour": "red"}
        answer: Any = api_of(alice).post("/api/v1/videos/", body)

    assert (answer.status_code, set(answer.json())) == (400, {"colour"})
    assert not Video.objects.exists()


def test_a_mistyped_field_is_named_together_with_the_one_that_is_missing(
    alice: User, api_of: ApiOf
) -> None:
    body = {"use": "remix", "videoz": [ANY]}

    answer = api_of(alice).post("/api/v1/checks/", body, format="json").json()

    assert answer == {
        "videos": ["This field is required."],
        "videoz": ["There is no such field. There are: use, videos."],
    }


def test_an_unknown_field_of_a_selection_is_refused_by_name(alice: User, api_of: ApiOf) -> None:
    factories.make_videos(1, owner=alice)
    body = {"use": "remix", "selection": {"matching": {}, "excepting": [ANY]}}

    answer = api_of(alice).post("/api/v1/edits/turn-off/", body, format="json")

    assert (answer.status_code, set(answer.json()["selection"])) == (400, {"excepting"})
    assert not Edit.objects.exists()


@pytest.mark.parametrize("path", ["edits/", "edits/turn-off/"])
@pytest.mark.parametrize(
    "matching", [{"colour": "red"}, {"remix": "sometimes"}, {"sort": "title"}, {"\ud800": "x"}]
)
def test_an_unknown_filter_is_refused_and_selects_nothing(
    path: str, matching: dict[str, str], alice: User, api_of: ApiOf
) -> None:
    factories.make_videos(1, owner=alice)
    body: dict[str, Any] = {"use": "remix", "selection": {"matching": matching}}
    if path == "edits/":
        body["state"] = "off"

    answer = api_of(alice).post(f"/api/v1/{path}", json.dumps(body), content_type=JSON)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_filter")
    assert not Edit.objects.exists()


@pytest.mark.parametrize(
    ("body", "wrong"),
    [('{"\\ud800": 1}', {"opted_out", "\ud800"}), ('{"opted_out": "\\ud800"}', {"opted_out"})],
)
def test_half_a_character_is_refused(
    body: str, wrong: set[str], alice: User, api_of: ApiOf
) -> None:
    answer = api_of(alice).put("/api/v1/opt-out/", body, content_type=JSON)

    assert (answer.status_code, set(answer.json())) == (400, wrong)


def test_half_a_character_that_a_refusal_repeats_is_written(alice: User, api_of: ApiOf) -> None:
    body = '{"use": "\\ud800", "videos": ["00000000-0000-4000-8000-000000000000"]}'

    answer = api_of(alice).post("/api/v1/checks/", body, content_type=JSON)

    assert (answer.status_code, answer.json()) == (
        400,
        {"use": ['"\ud800" is not a valid choice.']},
    )
