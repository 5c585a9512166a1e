"""Each change by which somebody could take an account over is told to the address of before."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from creatorhub.models import User
from tests.factories import PASSWORD, client_of

pytestmark = pytest.mark.django_db

OTHER = "other@example.org"
BETTER = "a much better one"
EMAIL = reverse("account_email")


@pytest.fixture
def browser(alice: User) -> Client:
    return client_of(alice)


def told(mails: list[EmailMessage]) -> list[tuple[str, str]]:
    return [(mail.to[0], mail.subject.removeprefix("[CreatorHub] ")) for mail in mails]


def own_other(alice: User) -> None:
    EmailAddress.objects.create(user=alice, email=OTHER, verified=True)


def test_another_password_is_told(
    browser: Client, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    fields = {"oldpassword": PASSWORD, "password1": BETTER, "password2": BETTER}

    browser.post(reverse("account_change_password"), fields)

    assert told(mailoutbox) == [(alice.email, "Your password was changed")]
    body = str(mailoutbox[0].body)
    assert "from the address 127.0.0.1" in body
    assert f"http://testserver{reverse('account_reset_password')}" in body


def test_a_new_token_is_told(browser: Client, alice: User, mailoutbox: list[EmailMessage]) -> None:
    form = {"name": "Desk & chair", "scope": "decide", "days": "7"}

    browser.post(reverse("accounts:token_new"), form)

    assert told(mailoutbox) == [(alice.email, "A new API token")]
    assert "“Desk & chair”" in mailoutbox[0].body


def test_an_added_address_is_told_to_the_one_before(
    browser: Client, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    browser.post(EMAIL, {"action_add": "", "email": OTHER})

    assert set(told(mailoutbox)) == {
        (OTHER, "Confirm your email address"),
        (alice.email, "An email address was added"),
    }


def test_another_main_address_is_told_to_the_one_before(
    browser: Client, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    own_other(alice)

    browser.post(EMAIL, {"action_primary": "", "email": OTHER})

    assert told(mailoutbox) == [(alice.email, "Your main email address is another one")]
    assert User.objects.get(pk=alice.pk).email == OTHER


def test_a_removed_address_is_told_too(
    browser: Client, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    own_other(alice)

    browser.post(EMAIL, {"action_remove": "", "email": OTHER})

    assert set(told(mailoutbox)) == {
        (alice.email, "An email address was removed"),
        (OTHER, "An email address was removed"),
    }
