"""What happens without a draft: turning off at once, undoing what was allowed; and trying again."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from audit.models import Event
from consent import services
from consent.models import Consent, Edit, EditJob
from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Video
from tests.acts import turn_off
from tests.conftest import ApiOf, LargeEdits
from tests.decisions import reasons
from tests.factories import make_consent, make_videos

pytestmark = pytest.mark.django_db


def off(api: APIClient, *videos: Video, key: str = "", **body: Any) -> Any:
    wanted = {"use": "remix", "selection": {"ids": [str(one.uuid) for one in videos]}, **body}
    headers = {"Idempotency-Key": key} if key else None
    return api.post("/api/v1/edits/turn-off/", wanted, format="json", headers=headers)


def test_turning_off_is_done_when_it_answers_and_answers_as_a_confirm_does(
    alice: User, api: APIClient
) -> None:
    videos = make_videos(3, owner=alice)
    make_consent(*videos[:2])
    draft = {"use": "train", "state": "off", "selection": {"matching": {}}}
    edit = api.post("/api/v1/edits/", draft, format="json").json()["id"]
    confirmed = api.post(f"/api/v1/edits/{edit}/confirm/").json()

    answer = off(api, *videos, reason="Not now")

    assert (answer.status_code, answer.json()["status"]) == (200, "applied")
    assert set(answer.json()) == set(confirmed)
    assert answer.json()["reason"] == "Not now"
    assert answer.json()["counts"]["changed"] == 3
    assert reasons(*videos) == ["off"] * 3
    assert Event.objects.filter(action="consent.edited").latest("pk").actor == (
        f"creator:{alice.uuid}"
    )


def test_what_matches_is_turned_off_at_once(alice: User, api: APIClient) -> None:
    [beach] = make_videos(1, owner=alice, title="Beach")
    [attic] = make_videos(1, owner=alice, title="Attic")
    make_consent(beach, attic)

    answer = off(api, selection={"matching": {"q": "beach", "remix": "allowed"}})

    assert (answer.status_code, answer.json()["counts"]["changed"]) == (200, 1)
    assert reasons(beach, attic) == ["off", "allowed"]


def test_a_large_withdrawal_is_in_force_when_it_answers(
    alice: User, api: APIClient, large_edits: LargeEdits
) -> None:
    videos = make_videos(5, owner=alice)
    make_consent(*videos)
    large_edits(inline=1, freeze=2)

    answer = off(api, selection={"matching": {}}, key="one")
    meanwhile = reasons(*videos)
    again = off(api, selection={"matching": {}}, key="one")
    services.run_edit(EditJob.objects.get().pk)

    assert answer.status_code == again.status_code == 202
    assert answer.json()["id"] == again.json()["id"]
    assert meanwhile == ["withdrawn"] * 5
    assert api.get(f"/api/v1/edits/{answer.json()['id']}/").json()["status"] == "applied"
    assert reasons(*videos) == ["off"] * 5


def test_a_stranger_turns_nothing_off(alice: User, bob: User, api_of: ApiOf) -> None:
    [mine] = make_videos(1, owner=alice)
    [theirs] = make_videos(1, owner=bob)
    make_consent(mine)
    make_consent(theirs)

    answer = off(api_of(bob), mine, theirs)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert reasons(mine, theirs) == ["allowed"] * 2


def test_the_same_key_turns_off_once(alice: User, api: APIClient) -> None:
    videos = make_videos(2, owner=alice)
    make_consent(*videos)

    first = off(api, *videos, key="one")
    second = off(api, *reversed(videos), key="one")

    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert Event.objects.filter(action="consent.edited").count() == 2  # with the permission


def test_the_same_key_for_another_selection_or_use_is_another_act(
    alice: User, api: APIClient
) -> None:
    one, other = make_videos(2, owner=alice)
    make_consent(one, other)
    make_consent(one, use="train")

    answers = [
        off(api, one, key="k"),
        off(api, other, key="k"),
        off(api, one, key="k", use="train"),
        off(api, key="k", selection={"matching": {"q": "video"}}),
    ]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.json()["id"] for answer in answers}) == 4
    assert reasons(one, other) == ["off"] * 2


def test_the_same_key_turns_off_again_what_was_allowed_in_between(
    alice: User, api: APIClient
) -> None:
    [video] = make_videos(1, owner=alice)
    off(api, video, key="one")
    make_consent(video)

    answer = off(api, video, key="one")

    assert answer.json()["counts"]["changed"] == 1
    assert reasons(video) == ["off"]


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        ({"selection": {"matching": {"colour": "red"}}}, (400, "invalid_filter")),
        ({"selection": {"matching": {"q": "no such title"}}}, (400, "empty_selection")),
        ({"selection": {"ids": [str(uuid4())]}}, (404, "not_found")),
        ({"key": "k" * 101}, (400, "invalid_idempotency_key")),
        ({"key": "a\x07b"}, (400, "invalid_idempotency_key")),
    ],
)
def test_a_refusal_has_its_code_and_changes_nothing(
    sent: Any, refusal: tuple[int, str], alice: User, api: APIClient
) -> None:
    [video] = make_videos(1, owner=alice)

    answer = off(api, video, **sent)

    assert (answer.status_code, answer.json()["code"]) == refusal
    assert answer.json()["detail"].endswith(".")
    assert not Edit.objects.exists()
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"use": "sell"}, "use"),
        ({"state": "off"}, "state"),
        ({"until": "2099-01-01T00:00:00Z"}, "until"),
        ({"selection": {}}, "selection"),
        ({"selection": {"ids": []}}, "selection"),
        ({"reason": "x" * 501}, "reason"),
    ],
)
def test_a_wrong_field_is_named(body: Any, wrong: str, alice: User, api: APIClient) -> None:
    [video] = make_videos(1, owner=alice)

    answer = off(api, video, **body)

    assert (answer.status_code, set(answer.json())) == (400, {wrong})
    assert not Edit.objects.exists()


def undo(api: APIClient, edit: Edit) -> Any:
    return api.post(f"/api/v1/edits/{edit.uuid}/undo/")


def test_what_was_allowed_is_undone_at_once(alice: User, api: APIClient) -> None:
    [video] = make_videos(1, owner=alice)
    edit = make_consent(video)

    answer, again = undo(api, edit), undo(api, edit)

    assert (answer.status_code, answer.json()["status"]) == (200, "applied")
    assert answer.json()["undoes"] == str(edit.uuid)
    assert reasons(video) == ["undecided"]
    assert (again.status_code, again.json()["code"]) == (409, "already_undone")


def test_what_would_be_allowed_again_is_a_draft(alice: User, api: APIClient) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)
    edit = turn_off(video)

    answer, again = undo(api, edit), undo(api, edit)
    meanwhile = reasons(video)
    confirmed = api.post(f"/api/v1/edits/{answer.json()['id']}/confirm/")

    assert (answer.status_code, answer.json()["status"]) == (201, "draft")
    assert answer.json()["id"] == again.json()["id"]
    assert meanwhile == ["off"]
    assert confirmed.status_code == 200
    assert reasons(video) == ["allowed"]


def test_a_stranger_undoes_nothing(alice: User, bob: User, api_of: ApiOf) -> None:
    [video] = make_videos(1, owner=alice)
    edit = make_consent(video)

    answer = undo(api_of(bob), edit)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert reasons(video) == ["allowed"]


def test_an_edit_that_changed_nothing_cannot_be_undone(alice: User, api: APIClient) -> None:
    [video] = make_videos(1, owner=alice)
    turn_off(video)
    edit = turn_off(video)

    answer = undo(api, edit)

    assert (answer.status_code, answer.json()["code"]) == (409, "stale")


@pytest.fixture
def stopped(alice: User, large_edits: LargeEdits) -> Edit:
    """An edit of three videos whose job gave up."""
    large_edits(inline=1)
    edit = make_consent(*make_videos(3, owner=alice))
    EditJob.objects.update(
        state=State.FAILED, attempts=3, problem="It broke off.", finished_at=timezone.now()
    )
    return edit


def test_an_edit_that_stopped_is_tried_again(alice: User, api: APIClient, stopped: Edit) -> None:
    answer = api.post(f"/api/v1/edits/{stopped.uuid}/retry/")
    again = api.post(f"/api/v1/edits/{stopped.uuid}/retry/")
    services.run_edit(EditJob.objects.get().pk)

    assert (answer.status_code, answer.json()["status"]) == (202, "confirmed")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_retry")
    assert api.get(f"/api/v1/edits/{stopped.uuid}/").json()["status"] == "applied"


def test_a_stranger_retries_nothing(bob: User, api_of: ApiOf, stopped: Edit) -> None:
    answer = api_of(bob).post(f"/api/v1/edits/{stopped.uuid}/retry/")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert EditJob.objects.get().state == State.FAILED


def test_an_edit_that_did_not_stop_has_nothing_to_retry(alice: User, api: APIClient) -> None:
    edit = make_consent(*make_videos(1, owner=alice))

    answer = api.post(f"/api/v1/edits/{edit.uuid}/retry/")

    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_retry")
