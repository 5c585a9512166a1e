"""What people see when something went wrong."""

from __future__ import annotations

import pytest
from django.template.loader import get_template
from django.test import Client, RequestFactory
from django.urls import reverse

from creatorhub import errors
from creatorhub.models import User
from tests.factories import PASSWORD


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


@pytest.mark.django_db
def test_too_many_tries_are_answered_on_our_page(alice: User) -> None:
    browser, reset = Client(), reverse("account_reset_password")

    answers = [browser.post(reset, {"email": alice.email}) for _ in range(21)]

    assert answers[-1].status_code == 429
    assert "Too many tries" in answers[-1].text
