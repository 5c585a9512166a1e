"""The access log says who asked for what, and tells no secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from creatorhub.models import User
from tests.conftest import ApiOf
from tests.factories import PASSWORD, client_of

pytestmark = pytest.mark.django_db

Lines = list[dict[str, Any]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What is logged while the test runs."""
    found: Lines = []
    logger, handler = logging.getLogger("creatorhub.access"), logging.Handler()
    handler.emit = lambda record: found.append(json.loads(record.getMessage()))  # type: ignore[method-assign]
    before = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield found
    logger.removeHandler(handler)
    logger.setLevel(before)


def test_a_request_is_a_line(lines: Lines, alice: User) -> None:
    client_of(alice).get("/videos/", {"q": "secret title"})

    [line] = lines
    assert line.pop("ms") >= 0
    assert line.pop("at").endswith("Z")
    assert line == {
        "ip": "127.0.0.1",
        "method": "GET",
        "path": "/videos/",
        "query": ["q"],
        "status": 200,
        "user": str(alice.uuid),
    }


def test_the_person_behind_a_token_is_named(lines: Lines, alice: User, api_of: ApiOf) -> None:
    api_of(alice).get("/api/v1/opt-out/")

    assert lines[0]["user"] == str(alice.uuid)


def test_nobody_is_nobody_and_no_secret_is_written(lines: Lines) -> None:
    reset = {"uidb36": "1", "key": "abc-secretlink"}
    Client().get(reverse("account_reset_password_from_key", kwargs=reset))
    Client().post(reverse("account_login"), {"login": "alice", "password": PASSWORD})
    Client().get("/api/v1/opt-out/", headers={"Authorization": "Token creatorhub_secret"})
    Client().get("/nowhere/")

    assert [line["status"] for line in lines] == [200, 200, 401, 404]
    assert {line["user"] for line in lines} == {None}
    for secret in ("secretlink", PASSWORD, "creatorhub_secret"):
        assert secret not in json.dumps(lines)
