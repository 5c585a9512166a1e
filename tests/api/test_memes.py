"""Templates and memes in the API: each answer has the keys that the schema names, and a program
can do what a page can do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from creatorhub.actors import Actor
from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Video
from remixer import services
from remixer.catalogue import TEMPLATES
from remixer.models import Render
from tests import factories
from tests.acts import turn_off
from tests.api.schema import differences
from tests.conftest import ApiOf

API = "/api/v1"

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(alice: User) -> Video:
    video = factories.make_video(owner=alice)
    factories.make_consent(video)
    return video


@pytest.fixture
def api(bob: User, api_of: ApiOf) -> APIClient:
    return api_of(bob)


def ask(api: APIClient, video: Video, **wishes: Any) -> Any:
    body = {
        "video": str(video.uuid),
        "template": "top_bottom",
        "captions": {"top": "Hello"},
        "duration": 1,
        **wishes,
    }
    return api.post(f"{API}/memes/", body, format="json")


def published(api: APIClient, video: Video) -> UUID:
    render = Render.objects.get(uuid=ask(api, video).json()["id"])
    services.run_render(render.pk)
    return render.uuid


def test_each_answer_has_the_keys_that_the_schema_names(
    api: APIClient, alice: User, api_of: ApiOf, video: Video
) -> None:
    one = f"{API}/memes/{{uuid}}/"
    meme = published(api, video)
    waiting = ask(api, video).json()["id"]
    answers = {
        ("GET", f"{API}/templates/"): api.get(f"{API}/templates/"),
        ("GET", f"{API}/templates/{{id}}/"): api.get(f"{API}/templates/top_bottom/"),
        ("POST", f"{API}/memes/"): ask(api, video),
        ("GET", f"{API}/memes/"): api.get(f"{API}/memes/"),
        ("GET", one): api.get(f"{API}/memes/{meme}/"),
        ("POST", f"{one}cancel/"): api.post(f"{API}/memes/{waiting}/cancel/"),
        ("POST", f"{one}retry/"): api.post(f"{API}/memes/{waiting}/retry/"),
        ("DELETE", one): api.delete(f"{API}/memes/{waiting}/"),
        ("GET", f"{API}/uses-of-my-videos/"): api_of(alice).get(f"{API}/uses-of-my-videos/"),
    }

    wrong = {
        operation: found
        for operation, answer in answers.items()
        if (found := differences(*operation, answer))
    }

    assert not wrong
    assert answers["GET", f"{API}/uses-of-my-videos/"].json()["results"]


def test_what_a_template_needs_is_said_in_its_answer(api: APIClient) -> None:
    listed = api.get(f"{API}/templates/").json()
    one = api.get(f"{API}/templates/top_bottom/").json()
    none = api.get(f"{API}/templates/nothing/")

    assert [template["id"] for template in listed] == list(TEMPLATES)
    assert one in listed
    assert [box["id"] for box in one["boxes"]] == ["top", "bottom"]
    assert (none.status_code, none.json()["code"]) == (404, "unknown_template")


def test_a_field_that_a_request_does_not_have_is_refused(api: APIClient, video: Video) -> None:
    meme = ask(api, video).json()["id"]

    new = ask(api, video, lenght=2)
    cancel = api.post(f"{API}/memes/{meme}/cancel/", {"now": True}, format="json")

    assert (new.status_code, set(new.json())) == (400, {"lenght"})
    assert (cancel.status_code, set(cancel.json())) == (400, {"now"})


@pytest.mark.parametrize("path", ["templates", "memes", "uses-of-my-videos"])
def test_a_parameter_that_a_list_does_not_know_is_refused(path: str, api: APIClient) -> None:
    answer = api.get(f"{API}/{path}/?status=published")

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")
    assert "status" in answer.json()["detail"]


def test_a_cancelled_meme_can_be_tried_again(api: APIClient, video: Video) -> None:
    meme = ask(api, video).json()["id"]

    cancelled = api.post(f"{API}/memes/{meme}/cancel/").json()
    retried = api.post(f"{API}/memes/{meme}/retry/")

    again = retried.json()
    assert retried.status_code == 202
    assert (cancelled["status"], cancelled["problem"]) == ("cancelled", "You cancelled this meme.")
    assert (again["status"], again["problem"], again["id"]) == ("queued", "", meme)


def test_a_retry_asks_the_creators_consent_again(api: APIClient, video: Video) -> None:
    meme = ask(api, video).json()["id"]
    turn_off(video)

    refused = api.post(f"{API}/memes/{meme}/retry/")

    assert (refused.status_code, refused.json()["code"]) == (403, "off")
    assert Render.objects.get().state == State.REFUSED


def test_a_published_meme_cannot_be_tried_again_and_is_not_cancelled(
    api: APIClient, video: Video
) -> None:
    meme = published(api, video)

    retried = api.post(f"{API}/memes/{meme}/retry/")
    cancelled = api.post(f"{API}/memes/{meme}/cancel/")

    assert (retried.status_code, retried.json()["code"]) == (409, "not_ended")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "published")


def test_a_removed_meme_is_gone_for_everyone(
    api: APIClient, carol: User, api_of: ApiOf, video: Video
) -> None:
    meme = f"{API}/memes/{published(api, video)}/"

    removed = api.delete(meme)

    assert (removed.status_code, removed.content) == (204, b"")
    assert Render.objects.get().state == Render.REMOVED
    for person in (api, api_of(carol)):
        assert person.get(meme).status_code == 404
        assert person.get(f"{meme}file/").status_code == 404
    assert api.delete(meme).status_code == 404
    assert api.get(f"{API}/memes/").json()["results"] == []


def test_what_was_taken_down_tells_strangers_the_reason_alone(
    api: APIClient, alice: User, carol: User, api_of: ApiOf, video: Video
) -> None:
    meme = f"{API}/memes/{published(api, video)}/"
    before = api_of(carol).get(meme).json()
    turn_off(video)

    told = api_of(carol).get(meme)
    known = [client.get(meme).json() for client in (api, api_of(alice))]

    assert before["captions"] == {"top": "Hello"}
    assert (told.status_code, set(told.json()), told.json()["code"]) == (
        410,
        {"detail", "code"},
        "off",
    )
    for answer in known:
        assert answer["captions"] == {"top": "Hello"}
        assert (answer["status"], answer["reason"]) == ("hidden", "off")


def test_what_may_not_be_seen_now_is_hidden_in_every_answer(
    api: APIClient, carol: User, staff: User, api_of: ApiOf, video: Video
) -> None:
    meme = f"{API}/memes/{published(api, video)}/"
    services.pause(actor=Actor.staff(staff), reason="A test.")

    own = api.get(meme).json()
    [listed] = api.get(f"{API}/memes/").json()["results"]
    [used] = api_of(video.owner).get(f"{API}/uses-of-my-videos/").json()["results"]
    told = api_of(carol).get(meme)

    for answer in (own, listed):
        assert (answer["status"], answer["reason"]) == ("hidden", "paused")
        assert answer["problem"]
    assert used["status"] == "hidden"
    assert (told.status_code, told.json()["code"]) == (410, "paused")


def test_a_file_takes_three_queries(
    api: APIClient, video: Video, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    file = f"{API}/memes/{published(api, video)}/file/"

    with django_assert_num_queries(3):  # the token with its person, the meme, the decision
        answer = api.get(file)

    assert answer.status_code == 200


@pytest.mark.parametrize("accepted", ["video/mp4", "text/html", "*/*"])
def test_a_file_and_its_refusal_come_whatever_the_player_accepts(
    accepted: str, api: APIClient, video: Video
) -> None:
    file = f"{API}/memes/{published(api, video)}/file/"

    found = api.get(file, headers={"Accept": accepted})
    turn_off(video)
    gone = api.get(file, headers={"Accept": accepted})

    assert (found.status_code, found["Content-Type"]) == (200, "video/mp4")
    assert (gone.status_code, gone.json()["code"]) == (410, "off")
