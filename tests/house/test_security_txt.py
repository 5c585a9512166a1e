"""Where to report a security problem, for people and for programs (RFC 9116)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

ADDRESS = "/.well-known/security.txt"


@pytest.mark.django_db
def test_it_is_not_there_where_nobody_is_named(settings: Settings) -> None:
    settings.SECURITY_CONTACT = ""

    assert Client().get(ADDRESS).status_code == 404


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        ("security@example.org", "mailto:security@example.org"),
        ("mailto:security@example.org", "mailto:security@example.org"),
        ("https://example.org/report", "https://example.org/report"),
    ],
)
def test_it_names_a_contact_and_a_day_within_the_year(
    settings: Settings, contact: str, shown: str
) -> None:
    settings.SECURITY_CONTACT = contact

    answer = Client().get(ADDRESS)

    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"] == shown
    left = datetime.fromisoformat(fields["Expires"]) - datetime.now(UTC)
    assert timedelta(days=30) < left < timedelta(days=365)
