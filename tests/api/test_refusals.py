"""How the API says no: a table of requests, and what each must answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from consent.models import Consent, Edit
from creatorhub.models import User
from library.models import Video
from remixer.catalogue import TEMPLATES
from remixer.models import Render
from tests import factories
from tests.conftest import ApiOf

pytestmark = pytest.mark.django_db

TEMPLATE = next(iter(TEMPLATES.values()))
NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Case:
    """`{alice}` and `{bob}` in path and body stand for a video of each; alice asks."""

    id: str
    method: str
    path: str
    body: Any = None
    status: int = 400
    code: str | None = None
    wrong: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


def edit(**change: Any) -> dict[str, Any]:
    return {"use": "remix", "state": "off", "selection": {"ids": ["{alice}"]}, **change}


def meme(**change: Any) -> dict[str, Any]:
    asked = {"video": "{bob}", "template": TEMPLATE.id, "captions": {TEMPLATE.boxes[0].id: "x"}}
    return {**asked, "start": 0, "duration": 1, **change}


YESTERDAY = (timezone.now() - timedelta(days=1)).isoformat()
CASES = [
    Case("no such address", "GET", "nothing/", status=404, code="not_found"),
    Case("no UUID in the path", "GET", "videos/7/", status=404, code="not_found"),
    Case("a foreign video", "GET", "videos/{bob}/", status=404, code="not_found"),
    Case("nobody's video", "GET", f"videos/{NOBODY}/", status=404, code="not_found"),
    Case("nobody's consent", "GET", f"videos/{NOBODY}/consent/", status=404, code="not_found"),
    Case("a wrong method", "DELETE", "videos/", status=405, code="method_not_allowed"),
    Case("options", "OPTIONS", "videos/", status=405, code="method_not_allowed"),
    Case("options of one thing", "OPTIONS", "opt-out/", status=405, code="method_not_allowed"),
    Case("a wrong state", "GET", "videos/?remix=maybe", wrong=("remix",)),
    Case("a wrong order", "GET", "videos/?sort=size", wrong=("sort",)),
    Case("NUL in a search", "GET", "videos/?q=%00", wrong=("q",)),
    Case("a made-up cursor", "GET", "videos/?cursor=cD1hYmM=", status=404, code="not_found"),
    Case("no base64", "GET", "videos/?cursor=%F0%9F", status=404, code="not_found"),
    Case("a number too large", "GET", "edits/?cursor=cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk=",
         status=200),
    Case("JSON that is none", "POST", "checks/", "{", code="parse_error"),
    Case("a list for an object", "POST", "checks/", [], wrong=("non_field_errors",)),
    Case("nested JSON", "POST", "checks/", "[" * 100_000, code="parse_error"),
    Case("too much JSON", "POST", "checks/", " " * 6_000_000, status=413, code="too_large"),
    Case("a form for JSON", "POST", "checks/", "use=remix", status=415,
         code="unsupported_media_type",
         content_type="application/x-www-form-urlencoded"),
    Case("no fields", "POST", "checks/", {}, wrong=("use", "videos")),
    Case("an unknown use", "POST", "checks/", {"use": "sell", "videos": [NOBODY]}, wrong=("use",)),
    Case("no UUID to check", "POST", "checks/", {"use": "remix", "videos": ["7"]},
         wrong=("videos",)),
    Case("nothing to check", "POST", "checks/", {"use": "remix", "videos": []}, wrong=("videos",)),
    Case("too many to check", "POST", "checks/", {"use": "remix", "videos": [NOBODY] * 1001},
         wrong=("videos",)),
    Case("opting in unsaid", "PUT", "opt-out/", {"opted_out": False}, wrong=("restore",)),
    Case("opting in wrongly", "PUT", "opt-out/", {"opted_out": False, "restore": "all_on"},
         wrong=("restore",)),
    Case("opting out of nothing", "PUT", "opt-out/", {}, wrong=("opted_out",)),
    Case("an edit of nothing", "POST", "edits/", edit(selection={"ids": []}),
         wrong=("selection",)),
    Case("an edit without a selection", "POST", "edits/", edit(selection={}),
         wrong=("selection",)),
    Case("an edit of what nothing matches", "POST", "edits/",
         edit(selection={"matching": {"q": "no such title"}}), code="empty_selection"),
    Case("a filter that is none", "POST", "edits/",
         edit(selection={"matching": {"colour": "red"}}), code="invalid_filter"),
    Case("a filter that cannot be read", "POST", "edits/",
         edit(selection={"matching": {"remix": "sometimes"}}), code="invalid_filter"),
    Case("a filter of many values", "POST", "edits/",
         edit(selection={"matching": {"q": ["a", "b"]}}), code="invalid_filter"),
    Case("ids and filters at once", "POST", "edits/",
         edit(selection={"ids": ["{alice}"], "matching": {}}), wrong=("selection",)),
    Case("an edit of too many", "POST", "edits/", edit(selection={"ids": [NOBODY] * 10_001}),
         wrong=("selection",)),
    Case("an edit of a million", "POST", "edits/",
         edit(selection={"ids": [NOBODY] * 1_000_001}), status=413, code="too_large"),
    Case("a foreign video among mine", "POST", "edits/",
         edit(selection={"ids": ["{alice}", "{bob}"]}), status=404, code="not_found"),
    Case("asking each time", "POST", "edits/", edit(state="ask"), wrong=("state",)),
    Case("another audience", "POST", "edits/", edit(audience="friends"), wrong=("audience",)),
    Case("an end to nothing", "POST", "edits/", edit(until=YESTERDAY), wrong=("until",)),
    Case("an end in the past", "POST", "edits/", edit(state="allowed", until=YESTERDAY),
         code="end_in_the_past"),
    Case("an end beyond the calendar", "POST", "edits/",
         edit(state="allowed", until="9999-12-31T23:59:59Z"), code="end_too_far"),
    Case("an end that is none", "POST", "edits/", edit(state="allowed", until="soon"),
         wrong=("until",)),
    Case("nobody's edit", "GET", f"edits/{NOBODY}/", status=404, code="not_found"),
    Case("nobody's items", "GET", f"edits/{NOBODY}/items/", status=404, code="not_found"),
    Case("confirming nothing", "POST", f"edits/{NOBODY}/confirm/", status=404, code="not_found"),
    Case("an endless key", "POST", f"edits/{NOBODY}/confirm/", code="invalid_idempotency_key",
         headers={"Idempotency-Key": "k" * 101}),
    Case("undoing nothing", "POST", f"edits/{NOBODY}/undo/", status=404, code="not_found"),
    Case("cancelling nothing", "POST", f"edits/{NOBODY}/cancel/", status=404, code="not_found"),
    Case("a meme not allowed", "POST", "memes/", meme(), status=403, code="undecided"),
    Case("a meme of nothing", "POST", "memes/", meme(video=NOBODY), status=404,
         code="not_found"),
    Case("no such template", "POST", "memes/", meme(template="../x"), wrong=("template",)),
    Case("captions that are none", "POST", "memes/", meme(captions="x"), wrong=("captions",)),
    Case("half a character", "POST", "memes/", meme(captions={"top": "\ud800"}),
         wrong=("captions",)),
    Case("a negative start", "POST", "memes/", meme(start=-1), wrong=("start",)),
    Case("no number", "POST", "memes/", meme(duration="NaN"), wrong=("duration",)),
    Case("without end", "POST", "memes/", meme(duration="Infinity"), wrong=("duration",)),
    Case("nobody's meme", "GET", f"memes/{NOBODY}/", status=404, code="not_found"),
    Case("nobody's file", "GET", f"memes/{NOBODY}/file/", status=404, code="not_found"),
    Case("events of no kind", "GET", "audit/events/?action=x", wrong=("action",)),
    Case("events about no id", "GET", "audit/events/?subject=x", wrong=("subject",)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_bad_request_is_refused_in_words(
    case: Case, alice: User, bob: User, api_of: ApiOf
) -> None:
    videos = {
        "alice": str(factories.make_video(owner=alice, with_files=False).uuid),
        "bob": str(factories.make_video(owner=bob, with_files=False).uuid),
    }

    def filled(text: str) -> str:
        return text.replace("{alice}", videos["alice"]).replace("{bob}", videos["bob"])

    data = case.body if isinstance(case.body, str) else json.dumps(case.body)

    answer = api_of(alice).generic(
        case.method,
        f"/api/v1/{filled(case.path)}",
        filled(data) if case.body is not None else "",
        content_type=case.content_type,
        headers=case.headers,
    )

    assert answer.status_code == case.status, answer.content
    if case.code:
        assert set(answer.json()) == {"detail", "code"}
        assert answer.json()["code"] == case.code
    if case.wrong:
        assert set(answer.json()) == set(case.wrong)
    assert not Edit.objects.exists()
    assert not Consent.objects.exists()
    assert not Render.objects.exists()


@pytest.mark.parametrize("authorization", [None, "Token wrong", "Token"])
def test_without_a_token_everything_is_401(authorization: str | None, db: None) -> None:
    client = APIClient()
    if authorization:
        client.credentials(HTTP_AUTHORIZATION=authorization)

    answer = client.get("/api/v1/videos/")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Token"
    assert set(answer.json()) == {"detail", "code"}


def test_a_closed_account_has_no_api(alice: User, api_of: ApiOf) -> None:
    api = api_of(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert api.get("/api/v1/videos/").status_code == 401


def test_a_browser_session_needs_its_csrf_token(alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)

    answer = browser.put("/api/v1/opt-out/", '{"opted_out": true}', content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert browser.get("/api/v1/opt-out/").json()["opted_out"] is False


def upload(api: APIClient, content: bytes, **fields: Any) -> Any:
    file = SimpleUploadedFile("a.mp4", content, content_type="video/mp4")
    return api.post("/api/v1/videos/", {"file": file, "title": "T", **fields})


def test_an_upload_says_which_field_is_wrong(alice: User, api_of: ApiOf) -> None:
    api = api_of(alice)

    assert set(api.post("/api/v1/videos/", {"title": "T"}).json()) == {"file"}
    assert set(upload(api, b"x", title="").json()) == {"title"}
    assert set(upload(api, b"x", title="t" * 201).json()) == {"title"}
    assert set(upload(api, b"x", collection="c" * 101).json()) == {"collection"}
    assert set(upload(api, b"x", title="a\0b").json()) == {"title"}
    assert not Video.objects.exists()


def test_an_upload_above_the_limit_is_refused_with_a_code(
    alice: User, api_of: ApiOf, settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 1000

    answer = upload(api_of(alice), b"x" * 1001)

    assert answer.status_code == 413
    assert set(answer.json()) == {"detail", "code"}
    assert not Video.objects.exists()


def test_an_upload_beyond_the_quota_is_refused_with_a_code(
    alice: User, api_of: ApiOf, settings: Settings
) -> None:
    settings.QUOTA_BYTES = 1000

    answer = upload(api_of(alice), b"x" * 1001)

    assert answer.status_code in (400, 409, 413)
    assert set(answer.json()) == {"detail", "code"}
    assert not Video.objects.exists()


def test_an_applied_edit_cannot_be_cancelled_or_confirmed_by_another_key(
    alice: User, api_of: ApiOf
) -> None:
    done = factories.make_consent(factories.make_video(owner=alice, with_files=False))
    api = api_of(alice)

    cancelled = api.post(f"/api/v1/edits/{done.uuid}/cancel/")
    confirmed = api.post(f"/api/v1/edits/{done.uuid}/confirm/", HTTP_IDEMPOTENCY_KEY="other")

    assert (cancelled.status_code, cancelled.json()["code"]) == (409, "already_applied")
    assert (confirmed.status_code, confirmed.json()["code"]) == (409, "already_confirmed")


def test_an_unknown_id_in_a_check_is_unavailable_and_keeps_its_place(
    alice: User, bob: User, api_of: ApiOf
) -> None:
    allowed, undecided = factories.make_videos(2, owner=alice)
    factories.make_consent(allowed)
    asked = [str(undecided.uuid), NOBODY, str(allowed.uuid), str(undecided.uuid)]

    body = {"use": "remix", "videos": asked}
    answer = api_of(bob).post("/api/v1/checks/", body, format="json").json()["decisions"]

    assert [(row["video"], row["reason"]) for row in answer] == [
        (asked[0], "undecided"),
        (NOBODY, "video_unavailable"),
        (asked[2], "allowed"),
        (asked[3], "undecided"),
    ]


@pytest.mark.parametrize("count", [1, 1000])
def test_a_check_of_any_size_takes_the_same_queries(
    count: int,
    alice: User,
    bob: User,
    api_of: ApiOf,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    videos = factories.make_videos(count // 2 + 1, owner=alice)
    known = [str(video.uuid) for video in videos][:count]
    unknown = [str(uuid4()) for _ in range(count - len(known))]
    api = api_of(bob)

    with django_assert_num_queries(2):  # the token, and all decisions
        body = {"use": "remix", "videos": known + unknown}
        answer = api.post("/api/v1/checks/", body, format="json")

    assert len(answer.json()["decisions"]) == count


@pytest.mark.parametrize("count", [1, 120])
@pytest.mark.parametrize(
    "path_queries",
    # The token and the page; for memes also whether they may be seen now.
    [("videos/", 2), ("edits/", 2), ("memes/", 4), ("uses-of-my-videos/", 4)],
    ids=lambda case: case[0],
)
def test_a_list_of_any_length_takes_the_same_queries(
    path_queries: tuple[str, int],
    count: int,
    alice: User,
    api_of: ApiOf,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    path, queries = path_queries
    videos = factories.make_videos(count, owner=alice)
    edit = factories.make_consent(*videos)
    terms = edit.terms
    assert terms
    Render.objects.bulk_create(
        Render(
            requester=alice,
            video=video,
            creator=video.owner,
            template=TEMPLATE.id,
            length_ms=1000,
            terms=terms,
            allowed_version=1,
            state="done",
            published_at=timezone.now(),
        )
        for video in videos
    )
    api = api_of(alice)

    with django_assert_num_queries(queries):
        answer = api.get(f"/api/v1/{path}?page_size=100")

    assert len(answer.json()["results"]) == (1 if path == "edits/" else min(count, 100))


def test_events_of_any_number_are_told_with_the_same_queries(
    alice: User, api_of: ApiOf, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for video in factories.make_videos(5, owner=alice):
        factories.make_consent(video)
    api = api_of(alice)

    # The token; for which uses and since when she is concerned; her events and those of the
    # platform; the names of people and of videos.
    with django_assert_num_queries(7):
        answer = api.get("/api/v1/audit/events/")

    assert len(answer.json()["results"]) == 5
