"""The main path as programs walk it: upload, ask, allow, make a meme, opt out, gone."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from consent.uses import USES
from creatorhub.models import User
from library import services as library
from library.models import Ingest
from remixer import services as remixer
from remixer.models import Render
from tests import factories
from tests.acts import turn_off
from tests.conftest import ApiOf

pytestmark = pytest.mark.django_db


def upload(api: APIClient, **fields: Any) -> Any:
    with factories.mezzanine().open("rb") as file:
        return api.post("/api/v1/videos/", {"file": file, "title": "Bars", **fields})


def check(api: APIClient, video: str) -> tuple[bool, str]:
    asked = {"use": "remix", "videos": [video]}
    answer = api.post("/api/v1/checks/", asked, format="json").json()["decisions"][0]
    return answer["allowed"], answer["reason"]


def allow(api: APIClient, *videos: str, **change: Any) -> dict[str, Any]:
    wanted = {"use": "remix", "state": "allowed", "selection": {"ids": videos}, **change}
    draft = api.post("/api/v1/edits/", wanted, format="json")
    assert draft.status_code == 201, draft.json()
    done = api.post(f"/api/v1/edits/{draft.json()['id']}/confirm/")
    assert done.status_code == 200, done.json()
    result: dict[str, Any] = done.json()
    return result


def ask_for_meme(api: APIClient, video: str, *, headers: Any = None) -> Any:
    template = api.get("/api/v1/templates/").json()[0]
    asked = {
        "video": video,
        "template": template["id"],
        "captions": {template["boxes"][0]["id"]: "hello"},
        "start": 0,
        "duration": 1,
    }
    return api.post("/api/v1/memes/", asked, format="json", headers=headers)


def test_the_whole_path_by_token(alice: User, bob: User, api_of: ApiOf) -> None:
    creator, maker = api_of(alice), api_of(bob)

    brought = upload(creator, collection="Tests")
    assert brought.status_code == 201
    video = brought.json()["id"]
    assert brought.json()["status"] == "processing"
    library.run_ingest(Ingest.objects.get(video__uuid=video).pk)
    shown = creator.get(f"/api/v1/videos/{video}/").json()
    assert (shown["status"], shown["width"], shown["height"]) == ("ready", 320, 180)
    assert shown["consent"]["remix"] == {
        "state": "off",
        "reason": "undecided",
        "stored": "undecided",
        "by": None,
        "why": "You have not allowed this for this video.",
        "since": None,
        "until": None,
        "last_day": None,
    }

    assert check(maker, video) == (False, "undecided")
    refused = ask_for_meme(maker, video)
    assert (refused.status_code, refused.json()["code"]) == (403, "undecided")

    applied = allow(creator, video)
    assert applied["status"] == "applied"
    assert applied["counts"]["changed"] == applied["counts"]["selected"] == 1
    assert check(maker, video) == (True, "allowed")

    asked = ask_for_meme(maker, video)
    assert (asked.status_code, asked.json()["status"]) == (201, "queued")
    meme = asked.json()["id"]
    remixer.run_render(Render.objects.get(uuid=meme).pk)
    assert maker.get(f"/api/v1/memes/{meme}/").json()["status"] == "published"
    file: Any = maker.get(f"/api/v1/memes/{meme}/file/", HTTP_ACCEPT="video/mp4")
    assert file.status_code == 200
    assert file["Content-Type"] == "video/mp4"
    assert b"ftyp" in b"".join(file.streaming_content)[:16]
    part: Any = maker.get(f"/api/v1/memes/{meme}/file/", HTTP_RANGE="bytes=0-99")
    assert (part.status_code, len(b"".join(part.streaming_content))) == (206, 100)
    made = creator.get("/api/v1/uses-of-my-videos/").json()["results"]
    assert [(use["id"], use["by"], use["status"]) for use in made] == [(meme, "bob", "published")]

    out = creator.put("/api/v1/opt-out/", {"opted_out": True}, format="json").json()
    assert (out["opted_out"], out["taken_down"]) == (True, 1)
    assert check(maker, video) == (False, "opted_out")
    gone = maker.get(f"/api/v1/memes/{meme}/file/")
    assert (gone.status_code, gone.json()["code"]) == (410, "opted_out")
    assert maker.get(f"/api/v1/memes/{meme}/").json()["status"] == "hidden"

    events = creator.get("/api/v1/audit/events/").json()["results"]
    assert [event["action"] for event in events] == [
        "creator.opted_out",
        "render.hidden",
        "render.published",
        "render.started",
        "render.requested",
        "consent.edited",
        "video.ingested",
        "video.added",
    ]
    assert events[5]["text"] == "You allowed “Remix” for “Bars”"
    told = [event["action"] for event in maker.get("/api/v1/audit/events/").json()["results"]]
    assert told == [
        "render.hidden",
        "render.published",
        "render.started",
        "render.requested",
    ]


def test_the_time_of_the_opt_out_stays_while_videos_are_turned_off(
    alice: User, api_of: ApiOf
) -> None:
    video = factories.make_video(owner=alice, with_files=False)
    factories.make_consent(video)
    api = api_of(alice)
    since = api.put("/api/v1/opt-out/", {"opted_out": True}, format="json").json()["since"]

    turn_off(video)

    now = api.get("/api/v1/opt-out/").json()
    assert since == now["since"]
    assert now["version"] == 3


def test_opting_in_again_soon_brings_back_the_permission_and_the_meme(
    alice: User, bob: User, api_of: ApiOf
) -> None:
    video = factories.make_video(owner=alice)
    factories.make_consent(video)
    creator, maker = api_of(alice), api_of(bob)
    meme = ask_for_meme(maker, str(video.uuid)).json()["id"]
    remixer.run_render(Render.objects.get(uuid=meme).pk)
    creator.put("/api/v1/opt-out/", {"opted_out": True}, format="json")

    back = {"opted_out": False, "restore": "previous"}
    answer = creator.put("/api/v1/opt-out/", back, format="json").json()

    assert (answer["opted_out"], answer["since"], answer["restored"]) == (False, None, 1)
    assert check(maker, str(video.uuid)) == (True, "allowed")
    assert maker.get(f"/api/v1/memes/{meme}/file/").status_code == 200


def test_an_edit_is_shown_undone_and_listed(alice: User, api_of: ApiOf) -> None:
    ready, other = factories.make_videos(2, owner=alice)
    raw = factories.make_video(owner=alice, ready=False)
    api = api_of(alice)
    factories.make_consent(other)

    wanted = [str(video.uuid) for video in (ready, other, raw)]
    body = {"use": "remix", "state": "allowed", "selection": {"ids": wanted}}
    draft = api.post("/api/v1/edits/", body, format="json").json()

    assert draft["status"] == "draft"
    assert draft["counts"]["selected"] == 3
    assert draft["counts"]["will_change"] == 1
    assert draft["counts"]["already"] == 1
    assert draft["counts"]["not_eligible"] == 1
    assert draft["not_eligible"] == {"video_unavailable": 1}
    assert draft["notice"]["use"] == "remix"
    assert "remixing" in draft["notice"]["text"]

    edit = f"/api/v1/edits/{draft['id']}/"
    done = api.post(f"{edit}confirm/", HTTP_IDEMPOTENCY_KEY="once")
    again = api.post(f"{edit}confirm/", HTTP_IDEMPOTENCY_KEY="once")
    assert done.json() == again.json()
    items = {item["video"]: item for item in api.get(f"{edit}items/").json()["results"]}
    assert items[str(ready.uuid)]["outcome"] == "changed"
    assert items[str(ready.uuid)]["before"] == "undecided"
    assert items[str(ready.uuid)]["after"] == "remix/2 allowed everyone -"
    assert items[str(raw.uuid)]["outcome"] == "not_eligible"

    inverse = api.post(f"{edit}undo/")
    assert (inverse.status_code, inverse.json()["undoes"]) == (200, draft["id"])
    assert (inverse.json()["state"], inverse.json()["status"]) == ("former", "applied")
    assert check(api, str(ready.uuid)) == (False, "undecided")
    listed = api.get("/api/v1/edits/").json()["results"]
    assert [row["id"] for row in listed[:2]] == [inverse.json()["id"], draft["id"]]


def test_a_meme_asked_for_twice_with_one_key_is_made_once(
    alice: User, bob: User, api_of: ApiOf
) -> None:
    video = factories.make_video(owner=alice, with_files=False)
    factories.make_consent(video)
    api = api_of(bob)
    key = {"Idempotency-Key": "one"}

    first = ask_for_meme(api, str(video.uuid), headers=key).json()
    second = ask_for_meme(api, str(video.uuid), headers=key).json()

    assert first["id"] == second["id"]
    assert Render.objects.count() == 1


def test_a_meme_can_be_cancelled_while_it_waits(alice: User, bob: User, api_of: ApiOf) -> None:
    video = factories.make_video(owner=alice, with_files=False)
    factories.make_consent(video)
    api = api_of(bob)
    meme = ask_for_meme(api, str(video.uuid)).json()["id"]

    answer = api.post(f"/api/v1/memes/{meme}/cancel/")

    assert answer.json()["status"] == "cancelled"
    assert api.get("/api/v1/memes/").json()["results"][0]["status"] == "cancelled"


def test_anybody_may_ask_about_a_video_without_signing_in(alice: User) -> None:
    video = factories.make_video(owner=alice, with_files=False)
    factories.make_consent(video, use="train")

    answer = APIClient().get(f"/api/v1/videos/{video.uuid}/consent/")

    undecided = {
        "allowed": False,
        "reason": "undecided",
        "by": None,
        "why": "The creator has not allowed this for this video.",
    }
    allowed = {
        "allowed": True,
        "reason": "allowed",
        "by": None,
        "why": "The creator allows this.",
    }
    assert answer.json() == {
        "video": str(video.uuid),
        "version": 1,
        "uses": dict.fromkeys(USES, undecided) | {"train": allowed},
    }


def test_the_list_answers_the_pages_query_string(alice: User, bob: User, api_of: ApiOf) -> None:
    beach = factories.make_video(owner=alice, title="Beach", collection="Sea", with_files=False)
    factories.make_video(owner=alice, title="Attic", with_files=False)
    factories.make_video(owner=bob, title="Bob's beach", with_files=False)
    factories.make_consent(beach)
    api = api_of(alice)

    def titles(query: str) -> list[str]:
        found = api.get(f"/api/v1/videos/?{query}").json()["results"]
        return [video["title"] for video in found]

    assert titles("") == ["Attic", "Beach"]
    assert titles("sort=title") == ["Attic", "Beach"]
    assert titles("sort=oldest") == ["Beach", "Attic"]
    assert titles("q=beac") == ["Beach"]
    assert titles("collection=Sea") == ["Beach"]
    assert titles("remix=allowed") == ["Beach"]
    assert titles("remix=off") == titles("remix=undecided") == ["Attic"]
    assert titles("train=off") == ["Attic", "Beach"]


def test_pages_of_the_list_meet_without_gap_or_double(alice: User, api_of: ApiOf) -> None:
    factories.make_videos(7, owner=alice, title="Same title")
    api = api_of(alice)
    seen: list[str] = []

    page = api.get("/api/v1/videos/?page_size=3&sort=title").json()
    while page:
        seen += [video["id"] for video in page["results"]]
        page = api.get(page["next"]).json() if page["next"] else None

    assert len(seen) == len(set(seen)) == 7
