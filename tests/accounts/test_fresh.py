"""A fresh sign-in: what is shown after it, and whose session it makes fresh."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.test import Client
from django.urls import reverse

from creatorhub.models import User
from tests.factories import PASSWORD, client_of, make_user

pytestmark = pytest.mark.django_db

NEW = reverse("accounts:token_new")
AGAIN = reverse("account_reauthenticate")
THEFT = {"name": "of a thief", "scope": "decide", "days": "30"}


@pytest.fixture
def owner(alice: User) -> Client:
    return client_of(alice, signed_in=timedelta(hours=1))


@pytest.fixture
def thief(owner: Client) -> Client:
    """With a copy of the owner's cookie."""
    return copy_of(owner)


def copy_of(browser: Client) -> Client:
    copy = Client()
    copy.cookies[settings.SESSION_COOKIE_NAME] = browser.cookies[settings.SESSION_COOKIE_NAME].value
    return copy


def test_a_form_that_another_sent_is_not_shown_to_who_asked_for_a_page(
    owner: Client, thief: Client
) -> None:
    thief.post(NEW, THEFT)

    asked = owner.get(NEW)
    after = owner.post(asked.headers["Location"], {"password": PASSWORD})

    assert after.status_code == 302
    assert after.headers["Location"] == NEW


@pytest.mark.parametrize("leads_to", ["", "?next=/account/"])
def test_nor_to_who_signs_in_for_something_else(
    owner: Client, thief: Client, leads_to: str
) -> None:
    thief.post(NEW, THEFT)

    after = owner.post(f"{AGAIN}{leads_to}", {"password": PASSWORD})

    assert after.status_code == 302


def test_nor_in_place_of_the_owners_form_to_the_same_address(owner: Client, thief: Client) -> None:
    asked = owner.post(NEW, {**THEFT, "name": "mine"})
    thief.post(NEW, THEFT)

    after = owner.post(asked.headers["Location"], {"password": PASSWORD})

    assert after.status_code == 302
    assert after.headers["Location"].startswith(NEW)


def test_the_page_says_what_will_be_sent_and_where(owner: Client) -> None:
    asked = owner.post(NEW, {**THEFT, "password": "secret"})

    shown = owner.post(asked.headers["Location"], {"password": PASSWORD}).text

    assert f"This will be sent to <code>{NEW}</code>" in shown
    for name, value in THEFT.items():
        assert f"<dt>{name}</dt>" in shown
        assert f"<dd>{value}</dd>" in shown
    assert "secret" not in shown
    assert "autofocus" not in shown


def test_a_copied_cookie_ends_with_the_fresh_sign_in(alice: User) -> None:
    owner = Client()
    owner.post(reverse("account_login"), {"login": "alice", "password": PASSWORD})
    thief = copy_of(owner)
    before = owner.session.session_key

    owner.post(AGAIN, {"password": PASSWORD})

    assert owner.session.session_key != before
    assert owner.get(NEW).status_code == 200
    assert thief.get(NEW).headers["Location"].startswith(reverse("account_login"))
    [listed] = UserSession.objects.filter(user=alice)
    assert listed.session_key == owner.session.session_key
    assert "This one" in owner.get(reverse("accounts:sessions")).text


def test_only_a_confirmed_address_becomes_the_main_one(alice: User) -> None:
    mallory = make_user("mallory", verified=False)
    EmailAddress.objects.create(user=mallory, email=alice.email, verified=False)

    told = client_of(mallory).post(
        reverse("account_email"), {"action_primary": "", "email": alice.email}, follow=True
    )

    assert "Confirm an address before you make it the main one." in told.text
    assert User.objects.get(pk=mallory.pk).email == "mallory@example.com"


def test_staff_see_who_has_an_address_confirmed_and_find_that_account_first(
    alice: User, staff: User
) -> None:
    User.objects.filter(pk=make_user("mallory", verified=False).pk).update(email=alice.email)
    desk = client_of(staff)

    rows = desk.get(reverse("admin:creatorhub_user_changelist"), {"q": alice.email})
    page = desk.get(reverse("admin:creatorhub_user_change", args=[alice.pk]))

    found = [(user.username, user.verified) for user in rows.context["cl"].result_list]
    assert found == [("alice", True), ("mallory", False)]
    assert "Address confirmed" in rows.text
    assert "Address confirmed" in page.text
