"""The uses agree with each other and with the database, or the start says what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from consent import checks
from consent.uses import REMIX, USES, Use


def test_the_uses_are_well_named() -> None:
    assert checks.uses_are_well_named() == []


@pytest.mark.django_db
def test_every_use_has_a_first_notice() -> None:
    assert [told.msg for told in checks.uses_have_notices(databases=["default"])] == []


@pytest.mark.parametrize(
    ("key", "use", "code"),
    [
        ("dubbing", replace(REMIX, id="voice"), "consent.E001"),
        ("Voice", replace(REMIX, id="Voice"), "consent.E002"),
        ("q", replace(REMIX, id="q"), "consent.E002"),
        ("page_size", replace(REMIX, id="page_size"), "consent.E002"),
        ("voice", replace(REMIX, id="voice", consequence=""), "consent.E003"),
    ],
)
def test_a_use_that_does_not_fit_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, key: str, use: Use, code: str
) -> None:
    monkeypatch.setitem(USES, key, use)

    assert [told.id for told in checks.uses_are_well_named()] == [code]


@pytest.mark.django_db
def test_a_use_without_a_notice_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(USES, "voice", replace(REMIX, id="voice"))

    told = list(checks.uses_have_notices(databases=["default"]))

    assert [warning.id for warning in told] == ["consent.W001"]
    assert "'voice'" in told[0].msg


def test_production_without_a_journal_is_an_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATABASE_URL = "postgres://somewhere"
    settings.DEBUG = False
    monkeypatch.delenv("WITHDRAWAL_JOURNAL")

    [error] = checks.journal_is_outside_the_database()

    assert error.id == "consent.E004"
    monkeypatch.setenv("WITHDRAWAL_JOURNAL", "/shared/withdrawals.journal")
    assert not list(checks.journal_is_outside_the_database())
    settings.DATABASE_URL = ""
    monkeypatch.delenv("WITHDRAWAL_JOURNAL")
    assert not list(checks.journal_is_outside_the_database()), "embedded: in the data folder"
