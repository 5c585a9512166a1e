"""The log in the API: one's own events, filtered, and what is not known is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from audit import log
from audit.models import Personal
from creatorhub.actors import Actor
from creatorhub.models import User
from tests import factories

pytestmark = pytest.mark.django_db

URL = "/api/v1/audit/events/"

ApiOf = Callable[[User], APIClient]


def test_an_event_is_answered_in_words_and_as_it_was_hashed(alice: User, api_of: ApiOf) -> None:
    event = log.append(
        "video.renamed", actor=Actor.creator(alice), creator=alice, before="Cät", after="Dog"
    )

    [answered] = api_of(alice).get(URL).json()["results"]

    canonical, personal = answered.pop("canonical"), answered.pop("personal")
    assert hashlib.sha256(b"\0" + canonical.encode()).hexdigest() == answered["leaf_hash"]
    assert answered == {
        "id": str(event.uuid),
        "action": "video.renamed",
        "at": event.at.isoformat().replace("+00:00", "Z"),
        "text": "You renamed “Cät” to “Dog”",
        "actor": f"creator:{alice.uuid}",
        "correlation_id": str(event.uuid),
        "kind": "videos",
        "subject": None,
        "creator_seq": 1,
        "body": json.loads(canonical) | {"before": "Cät", "after": "Dog"},
        "leaf_hash": bytes(event.leaf_hash).hex(),
    }
    for field, text in (("before", "Cät"), ("after", "Dog")):
        salted = bytes.fromhex(personal[field]["salt"]) + text.encode()
        assert personal[field]["data"] == text
        assert json.loads(canonical)[field] == {"sha256": hashlib.sha256(salted).hexdigest()}


def test_what_was_erased_has_neither_salt_nor_data(alice: User, api_of: ApiOf) -> None:
    log.append("video.renamed", actor=Actor.creator(alice), creator=alice, before="", after="Dog")
    Personal.objects.all().delete()

    [answered] = api_of(alice).get(URL).json()["results"]

    assert answered["personal"] == {"after": None}
    assert (answered["body"]["before"], answered["body"]["after"]) == ("", "(erased)")


def test_events_are_filtered_by_action_and_subject(alice: User, bob: User, api_of: ApiOf) -> None:
    cat, dog = factories.make_videos(2, owner=alice)
    for video in (cat, dog):
        log.append(
            "video.retried",
            actor=Actor.creator(alice),
            creator=alice,
            subject=video.uuid,
            title=video.title,
        )
    log.append("account.updated", actor=Actor.creator(alice), creator=alice)
    log.append("account.updated", actor=Actor.creator(bob), creator=bob)
    api = api_of(alice)

    def numbers(**query: str | int) -> list[int]:
        return [event["creator_seq"] for event in api.get(URL, query).json()["results"]]

    assert numbers() == [3, 2, 1]
    assert numbers(action="video.retried") == [2, 1]
    assert numbers(action="video.retried", subject=str(cat.uuid)) == [1]
    assert numbers(action="", page_size=2) == [3, 2]


def test_a_parameter_that_is_not_known_is_refused_by_name(alice: User, api_of: ApiOf) -> None:
    answer = api_of(alice).get(URL, {"acton": "video.added"})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")
    assert "acton" in answer.json()["detail"]
