"""Signing up, in and out, resetting a password, and how often one may try."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from creatorhub.models import User
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

LOGIN = reverse("account_login")


def sign_in(browser: Client, login: str, password: str = PASSWORD) -> int:
    return browser.post(LOGIN, {"login": login, "password": password}).status_code


def is_signed_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


def sign_up(browser: Client, **fields: str) -> int:
    form = {
        "username": "dora",
        "email": "dora@example.com",
        "password1": "correct horse battery",
        "password2": "correct horse battery",
        **fields,
    }
    return browser.post(reverse("account_signup"), form).status_code


def test_signing_up_makes_an_account_and_signs_in() -> None:
    browser = Client()

    assert sign_up(browser) == 302

    assert is_signed_in(browser)
    dora = User.objects.get(username="dora")
    assert (dora.email, dora.is_staff, dora.is_superuser) == ("dora@example.com", False, False)


@pytest.mark.parametrize(
    "fields",
    [
        {"username": "Admin"},
        {"username": "alice"},
        {"password1": "12345678", "password2": "12345678"},
        {"password2": "something else"},
        {"email": "no address"},
        {"username": ""},
    ],
)
def test_a_bad_sign_up_makes_nothing(fields: dict[str, str], alice: User) -> None:
    browser = Client()

    sign_up(browser, **fields)

    assert not is_signed_in(browser)
    assert User.objects.count() == 1


@pytest.mark.parametrize("login", ["alice", "alice@example.com"])
def test_signing_in_by_name_or_address(login: str, alice: User) -> None:
    browser = Client()

    assert sign_in(browser, login) == 302

    assert is_signed_in(browser)


def test_signing_out_ends_the_session(alice: User) -> None:
    browser = Client()
    sign_in(browser, "alice")

    browser.post(reverse("account_logout"))

    assert not is_signed_in(browser)


def test_a_closed_account_cannot_sign_in(alice: User) -> None:
    User.objects.update(is_active=False)
    browser = Client()

    sign_in(browser, "alice")

    assert not is_signed_in(browser)


def test_after_signing_in_nobody_is_sent_elsewhere(alice: User) -> None:
    answer = Client().post(
        f"{LOGIN}?next=https://elsewhere.example/", {"login": "alice", "password": PASSWORD}
    )

    assert "elsewhere" not in answer.headers["Location"]


def test_a_password_is_reset_by_mail(alice: User, mailoutbox: list[EmailMessage]) -> None:
    browser = Client()

    browser.post(reverse("account_reset_password"), {"email": alice.email})
    link = re.search(r"https?://[^/]+(/\S+)", str(mailoutbox[0].body))
    assert link
    page = browser.get(link[1], follow=True)
    new = {"password1": "a much better one", "password2": "a much better one"}
    browser.post(page.redirect_chain[-1][0], new)

    assert mailoutbox[0].to == [alice.email]
    assert sign_in(Client(), "alice", "a much better one") == 302
    again = Client().get(link[1], follow=True)
    assert b"password1" not in again.content


def test_an_unknown_address_is_answered_like_a_known_one(
    alice: User, mailoutbox: list[EmailMessage]
) -> None:
    reset = reverse("account_reset_password")

    known = Client().post(reset, {"email": alice.email})
    unknown = Client().post(reset, {"email": "nobody@example.com"})

    assert (known.status_code, known.headers["Location"]) == (
        unknown.status_code,
        unknown.headers["Location"],
    )


def test_guessing_a_password_is_stopped(alice: User) -> None:
    browser = Client()
    for _ in range(5):
        sign_in(browser, "alice", "a wrong one")

    sign_in(browser, "alice")

    assert not is_signed_in(browser)


def test_signing_up_again_and_again_is_stopped() -> None:
    answers = [
        sign_up(Client(), username=f"dora{n}", email=f"dora{n}@example.com") for n in range(21)
    ]

    assert answers[-1] == 429
    assert User.objects.count() == 20


def test_the_cookie_of_a_session_is_out_of_reach_of_scripts_and_other_sites(alice: User) -> None:
    browser = Client()

    sign_in(browser, "alice")

    cookie = browser.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_the_mail_says_in_our_words_what_to_do(alice: User, mailoutbox: list[EmailMessage]) -> None:
    Client().post(reverse("account_reset_password"), {"email": alice.email})

    mail = mailoutbox[0]
    assert mail.subject == "[CreatorHub] Set a new password"
    assert "Your username is alice." in mail.body
    assert "If it was not you, do nothing." in mail.body


def test_an_address_that_is_taken_is_told_by_mail_only(
    alice: User, mailoutbox: list[EmailMessage]
) -> None:
    browser = Client()

    sign_up(browser, email=alice.email)

    assert not is_signed_in(browser)
    assert User.objects.count() == 1


def test_an_address_is_confirmed_from_the_mail(mailoutbox: list[EmailMessage]) -> None:
    browser = Client()
    sign_up(browser)
    link = re.search(r"https?://[^/]+(/\S+)", str(mailoutbox[0].body))
    assert link

    page = browser.get(link[1])
    browser.post(link[1])

    assert "dora@example.com" in page.text
    assert EmailAddress.objects.get(email="dora@example.com").verified


OPEN_TO_ALL = [
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_inactive",
    "account_email_verification_sent",
]
SIGNED_IN = [
    "account_email",
    "account_change_password",
    "account_logout",
    "account_reauthenticate",
]


@pytest.mark.parametrize("name", OPEN_TO_ALL)
def test_a_page_for_everybody_opens(name: str) -> None:
    answer = Client().get(reverse(name))

    assert answer.status_code == 200
    assert 'href="/static/app.css"' in answer.text


@pytest.mark.parametrize("name", SIGNED_IN)
def test_a_page_of_the_account_opens(
    name: str, alice: User, client_of: Callable[[User], Client]
) -> None:
    answer = client_of(alice).get(reverse(name))

    assert answer.status_code == 200
    assert reverse("accounts:account") in answer.text


def test_an_account_without_password_may_set_one(
    alice: User, client_of: Callable[[User], Client]
) -> None:
    alice.set_unusable_password()
    alice.save()
    browser = client_of(alice)

    assert "Set a password" in browser.get(reverse("account_set_password")).text


@pytest.mark.parametrize("name", ["account_login", "account_signup", "account_reset_password"])
def test_every_field_tells_the_browser_what_to_fill_in(name: str) -> None:
    page = Client().get(reverse(name)).text

    fields = re.findall(r'<input type="(?:text|email|password)"[^>]*>', page)
    assert fields
    assert all("autocomplete=" in field for field in fields)


@pytest.mark.parametrize(
    ("said", "kept"), [("Africa/Cairo", "Africa/Cairo"), ("", "UTC"), ("Moon/Base", "UTC")]
)
def test_the_time_zone_of_the_browser_is_taken_at_sign_up(said: str, kept: str) -> None:
    sign_up(Client(), time_zone=said)

    assert User.objects.get(username="dora").time_zone == kept


def test_every_page_names_the_zone_of_its_days(
    alice: User, client_of: Callable[[User], Client]
) -> None:
    User.objects.update(time_zone="Africa/Cairo")

    assert "Days and times: Africa/Cairo" in client_of(alice).get("/videos/").text
