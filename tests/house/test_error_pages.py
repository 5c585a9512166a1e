"""What people see when something went wrong."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import get_template
from django.test import Client, RequestFactory
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from pytest_django import Settings

from consent.models import Edit
from creatorhub import errors
from creatorhub.models import User
from tests.factories import PASSWORD, token_of


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_a_page_for_the_worst_needs_nothing(name: str) -> None:
    """No database: the fixture that opens one is not asked for."""
    assert "CREATOR" in get_template(name).render()


def test_a_fault_of_ours_is_answered_by_the_page_for_it() -> None:
    answer = errors.server_error(RequestFactory().get("/"))

    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text


@pytest.mark.django_db
def test_an_address_that_leads_nowhere_is_answered_on_our_page() -> None:
    answer = Client().get("/nowhere/")

    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


@pytest.mark.django_db
def test_a_form_from_elsewhere_is_answered_on_our_page() -> None:
    browser = Client(enforce_csrf_checks=True)

    answer = browser.post(reverse("account_login"), {"login": "alice", "password": PASSWORD})

    assert answer.status_code == 403
    assert "This form is too old" in answer.text


@pytest.mark.django_db
def test_a_body_that_is_too_large_is_answered_on_our_page() -> None:
    body = "x" * (5 * 1024**2 + 1)

    answer = Client().post(
        reverse("account_login"), body, content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code == 413
    assert "This is too large" in answer.text


FORM = "application/x-www-form-urlencoded"
ABOVE = {
    "more fields": ("&".join(f"ids={n}" for n in range(2001)), FORM),
    "more bytes": ("reason=" + "x" * (5 * 1024**2 + 1), FORM),
    "more parts": (
        encode_multipart(BOUNDARY, {"ids": [str(n) for n in range(2001)]}),
        MULTIPART_CONTENT,
    ),
    "more files": (
        encode_multipart(
            BOUNDARY, {"file": [SimpleUploadedFile(f"{n}.csv", b"x") for n in range(101)]}
        ),
        MULTIPART_CONTENT,
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [True, False], ids=["debug", "no debug"])
@pytest.mark.parametrize("case", ABOVE)
def test_a_form_of_more_than_we_take_in_says_what_to_do(
    case: str, alice: User, settings: Settings, *, debug: bool
) -> None:
    settings.DEBUG = debug
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.force_login(alice)
    body, kind = ABOVE[case]

    answer = browser.generic("POST", "/consent/turn-off/", body, content_type=kind)

    assert answer.status_code == 413
    assert "This is too large" in answer.text
    assert "choose “Select all that match”" in answer.text
    assert "Traceback" not in answer.text
    assert not Edit.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [True, False], ids=["debug", "no debug"])
def test_a_form_in_another_encoding_is_answered_on_our_page(
    alice: User, settings: Settings, *, debug: bool
) -> None:
    settings.DEBUG = debug
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.force_login(alice)

    answer = browser.post("/consent/turn-off/", "x=1", content_type=f"{FORM}; charset=latin-1")

    assert answer.status_code == 400
    assert "CREATOR" in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.django_db
def test_a_form_as_large_as_we_take_in_is_read_and_its_token_still_checked(alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    body = "&".join(f"ids={n}" for n in range(1999))

    answer = browser.post("/consent/turn-off/", body, content_type=FORM)

    assert answer.status_code == 403
    assert "This form is too old" in answer.text


@pytest.mark.django_db
def test_a_program_that_sends_too_much_is_told_what_to_do(alice: User) -> None:
    headers = {"Authorization": f"Token {token_of(alice)}"}
    body = " " * (5 * 1024**2 + 1)

    answer = Client().post("/api/v1/edits/", body, content_type="application/json", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "select by `matching` filters" in answer.json()["detail"]


@pytest.mark.django_db
def test_too_many_tries_are_answered_on_our_page(alice: User) -> None:
    browser, reset = Client(), reverse("account_reset_password")

    answers = [browser.post(reset, {"email": alice.email}) for _ in range(21)]

    assert answers[-1].status_code == 429
    assert "Too many tries" in answers[-1].text


@pytest.mark.django_db
def test_another_method_at_the_documents_of_the_api_is_refused_and_no_fault_of_ours() -> None:
    answer = Client(raise_request_exception=False).options("/api/v1/docs/")

    assert answer.status_code == 405
