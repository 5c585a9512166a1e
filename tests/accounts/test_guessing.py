"""Guessing a password is stopped where it comes from, and locks nobody else out."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from accounts import guessing
from audit.models import Event
from creatorhub.models import User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

LOGIN = reverse("account_login")


def attempt(password: str, *, at: str, browser: Client | None = None, login: str = "alice") -> bool:
    """Whether it signs in."""
    browser = browser or Client()
    sent = {"login": login, "password": password}
    return browser.post(LOGIN, sent, REMOTE_ADDR=at).status_code == 302


def guess(times: int, *, at: str, login: str = "alice") -> None:
    for _ in range(times):
        attempt("wrong", at=at, login=login)


@pytest.mark.parametrize("login", ["alice", "ALICE", "alice@example.com"])
def test_five_wrong_ones_stop_the_address_they_come_from(login: str, alice: User) -> None:
    guess(5, at="10.0.0.1", login=login)

    assert not attempt(PASSWORD, at="10.0.0.1")


def test_they_stop_nobody_else(alice: User, bob: User) -> None:
    guess(5, at="10.0.0.1")

    assert attempt(PASSWORD, at="10.0.0.2")
    assert attempt(PASSWORD, at="10.0.0.1", login="bob")


def test_many_addresses_together_stop_new_browsers_and_not_a_known_one(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(guessing.RATES, "account", "8/h/key")
    known = Client()
    assert attempt(PASSWORD, at="10.0.0.9", browser=known)
    known.post(reverse("account_logout"))
    for number in range(8):
        guess(1, at=f"10.0.1.{number}")

    assert not attempt(PASSWORD, at="10.0.2.1")
    assert attempt(PASSWORD, at="10.0.0.9", browser=known)


def test_a_known_browser_is_no_way_around(alice: User) -> None:
    known = Client()
    attempt(PASSWORD, at="10.0.0.9", browser=known)
    known.post(reverse("account_logout"))
    for number in range(5):
        attempt("wrong", at=f"10.0.3.{number}", browser=known)

    assert not attempt(PASSWORD, at="10.0.0.9", browser=known)


def test_a_forged_cookie_makes_no_browser_known(alice: User) -> None:
    forged = Client()
    forged.cookies[guessing.COOKIE] = f"{alice.uuid}:mine:signature"
    guess(5, at="10.0.0.1")

    assert not attempt(PASSWORD, at="10.0.0.1", browser=forged)


@pytest.fixture
def mallory(db: None) -> Client:
    """The browser of one who claimed Alice's address before her, signed in before and known."""
    EmailAddress.objects.create(user=make_user("mallory"), email="alice@example.com")
    browser = Client()
    assert attempt(PASSWORD, at="10.0.4.1", browser=browser, login="mallory")
    browser.post(reverse("account_logout"))
    return browser


def test_a_claim_of_an_address_is_no_way_around(mallory: Client, alice: User) -> None:
    for _ in range(5):
        attempt("wrong", at="10.0.4.1", browser=mallory, login=alice.email)

    assert not attempt(PASSWORD, at="10.0.4.1", login="alice")
    failed = Event.objects.filter(action="account.sign_in_failed")
    assert {event.creator for event in failed} == {alice}


def test_where_nobody_has_it_confirmed_a_guess_counts_for_all_who_claim_it(
    mallory: Client, alice: User
) -> None:
    EmailAddress.objects.create(user=make_user("martin"), email=alice.email)
    EmailAddress.objects.filter(user=alice).update(verified=False)
    for _ in range(5):
        attempt("wrong", at="10.0.4.1", browser=mallory, login=alice.email)

    assert not attempt(PASSWORD, at="10.0.4.1", login="alice")
    assert not attempt(PASSWORD, at="10.0.4.1", login="martin")


def test_a_new_password_forgives_its_own_account_and_not_whose_address_it_claims(
    mallory: Client,
    alice: User,
    mailoutbox: list[EmailMessage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(guessing.RATES, "address", "100/m/ip")
    guess(5, at="10.0.4.1")
    guess(5, at="10.0.4.1", login="mallory")
    asked = {"email": "mallory@example.com"}
    Client().post(reverse("account_reset_password"), asked, REMOTE_ADDR="10.0.4.1")
    link = re.search(r"http://testserver(/\S+)", str(mailoutbox[-1].body))
    assert link

    browser = Client()
    form = browser.get(link[1], follow=True).redirect_chain[-1][0]
    new = {"password1": f"{PASSWORD} 2", "password2": f"{PASSWORD} 2"}
    browser.post(form, new, REMOTE_ADDR="10.0.4.1")

    assert attempt(f"{PASSWORD} 2", at="10.0.4.1", login="mallory")
    assert not attempt(PASSWORD, at="10.0.4.1")


def test_who_is_stopped_may_still_set_a_new_password(
    alice: User, mailoutbox: list[EmailMessage]
) -> None:
    guess(5, at="10.0.0.1")

    Client().post(reverse("account_reset_password"), {"email": alice.email}, REMOTE_ADDR="10.0.0.1")

    assert mailoutbox[0].subject == "[CreatorHub] Set a new password"


def test_a_session_goes_on_while_others_guess(alice: User) -> None:
    here = Client()
    attempt(PASSWORD, at="10.0.0.9", browser=here)
    guess(6, at="10.0.0.9")

    assert here.post(reverse("consent:opt_out")).status_code == 303
