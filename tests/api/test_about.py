"""The API's description of itself, and how often it may be asked."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient
from rest_framework.throttling import UserRateThrottle

from creatorhub.models import User


def test_the_schema_is_valid_and_says_everything() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())


@pytest.mark.django_db
def test_the_docs_run_scripts_of_our_own_only() -> None:
    page = Client().get("/api/v1/docs/")
    script = Client().get("/api/v1/docs/?script=")

    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in f"{policy};"
    assert b"<script>" not in page.content
    assert b"swagger-ui-bundle" in page.content
    assert script.headers["Content-Type"].startswith("application/javascript")


def test_asking_too_often_is_429(
    alice: User, api_of: Callable[[User], APIClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    api = api_of(alice)

    answers = [api.get("/api/v1/opt-out/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "throttled"
    assert int(answers[2].headers["Retry-After"]) > 0
