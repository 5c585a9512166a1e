"""A creator's own videos: renamed, removed, and made ready once more."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from audit.models import Event
from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Ingest, Video
from tests import factories
from tests.conftest import ApiOf

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(alice: User) -> Video:
    """Alice's, in no collection."""
    return factories.make_video(owner=alice, title="Beach", with_files=False)


def rename(api: APIClient, video: Video, **fields: Any) -> Any:
    return api.patch(f"/api/v1/videos/{video.uuid}/", fields, format="json")


def remove(api: APIClient, video: Video) -> Any:
    return api.delete(f"/api/v1/videos/{video.uuid}/")


def names() -> list[tuple[str, str]]:
    return list(Video.objects.order_by("pk").values_list("title", "collection"))


def actions() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("action", flat=True))


def test_a_title_and_a_collection_are_changed_each_for_itself(api: APIClient, video: Video) -> None:
    title = rename(api, video, title="  Sea  ")
    collection = rename(api, video, collection="Summer")
    both = rename(api, video, title="Attic", collection="")

    assert [one.status_code for one in (title, collection, both)] == [200] * 3
    assert (title.json()["title"], title.json()["collection"]) == ("Sea", "")
    assert (collection.json()["title"], collection.json()["collection"]) == ("Sea", "Summer")
    assert names() == [("Attic", "")]
    assert both.json() == api.get(f"/api/v1/videos/{video.uuid}/").json()


def test_the_same_name_twice_is_one_event(api: APIClient, video: Video) -> None:
    first = rename(api, video, title="Sea")
    second = rename(api, video, title="Sea")
    nothing = rename(api, video)

    assert first.json() == second.json() == nothing.json()
    assert actions() == ["video.renamed"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"title": ""}, "title"),
        ({"title": "   "}, "title"),
        ({"title": None}, "title"),
        ({"title": "t" * 201}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"collection": "c" * 101}, "collection"),
        ({"status": "ready"}, "status"),
    ],
)
def test_a_wrong_name_is_refused_by_field(
    fields: dict[str, Any], wrong: str, api: APIClient, video: Video
) -> None:
    answer = rename(api, video, **fields)

    assert (answer.status_code, set(answer.json())) == (400, {wrong})
    assert names() == [("Beach", "")]


def test_a_stranger_finds_no_video_to_change(bob: User, api_of: ApiOf, video: Video) -> None:
    api = api_of(bob)

    answers = [
        rename(api, video, title="Mine"),
        remove(api, video),
        api.post(f"/api/v1/videos/{video.uuid}/retry/"),
    ]

    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert names() == [("Beach", "")]
    assert not Video.objects.get().removed_at


def test_a_removed_video_is_gone_for_everybody(api: APIClient, video: Video) -> None:
    factories.make_consent(video)

    answer = remove(api, video)
    again = remove(api, video)

    assert (answer.status_code, answer.content) == (204, b"")
    assert (again.status_code, again.json()["code"]) == (404, "not_found")
    assert api.get(f"/api/v1/videos/{video.uuid}/").status_code == 404
    assert api.get("/api/v1/videos/").json()["results"] == []
    assert APIClient().get(f"/api/v1/videos/{video.uuid}/consent/").status_code == 404
    assert actions().count("video.removed") == 1


@pytest.fixture
def failed(alice: User) -> Video:
    """A video that could not be made ready, though its file is there."""
    video = factories.make_video(owner=alice, ready=False, source_key="a")
    Ingest.objects.update(state=State.FAILED, problem="It broke off.")
    Video.objects.update(status=Video.Status.REFUSED, problem="It broke off.")
    return video


def test_a_video_that_failed_is_tried_again(api: APIClient, failed: Video) -> None:
    answer = api.post(f"/api/v1/videos/{failed.uuid}/retry/")
    again = api.post(f"/api/v1/videos/{failed.uuid}/retry/")

    assert (answer.status_code, answer.json()["status"]) == (202, "processing")
    assert answer.json()["problem"] == ""
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_retry")
    assert Ingest.objects.get().state == State.QUEUED
    assert actions() == ["video.retried"]


def test_a_video_that_is_ready_has_nothing_to_retry(api: APIClient, video: Video) -> None:
    answer = api.post(f"/api/v1/videos/{video.uuid}/retry/")

    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_retry")
    assert actions() == []
