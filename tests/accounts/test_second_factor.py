"""Second factors: setting one up, signing in with it, what staff must have, and the sessions."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts import services
from audit.models import Event
from creatorhub.actors import Actor
from creatorhub.models import User
from tests.admin.test_admin import act
from tests.factories import PASSWORD, client_of
from tests.log import newest

pytestmark = pytest.mark.django_db

LOGIN = reverse("account_login")
ADMIN = reverse("admin:index")


def code_for(secret: str) -> str:
    """What an app with this secret shows now."""
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


def set_up(browser: Client) -> tuple[str, list[str]]:
    """Turn an app on: its secret, and the recovery codes."""
    page = browser.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    done = browser.post(reverse("mfa_activate_totp"), {"code": code_for(secret)}, follow=True)
    return secret, done.context["unused_codes"]


def signed_in(browser: Client) -> bool:
    return browser.get(reverse("accounts:account")).status_code == 200


def give_password(person: str) -> Client:
    browser = Client()
    answer = browser.post(LOGIN, {"login": person, "password": PASSWORD})
    assert answer.headers["Location"] == reverse("mfa_authenticate")
    return browser


@pytest.mark.django_db(transaction=True)
def test_an_app_is_set_up_told_and_recorded(alice: User, mailoutbox: list[EmailMessage]) -> None:
    secret, codes = set_up(client_of(alice))

    assert len(codes) == 10
    assert {mail.subject for mail in mailoutbox} == {"[CreatorHub] Codes by an app are on"}
    assert newest("account.second_factor_added")["kind"] in {"totp", "recovery_codes"}
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored


def test_signing_in_asks_for_the_code(alice: User) -> None:
    secret, _codes = set_up(client_of(alice))

    browser = give_password("alice")
    before = signed_in(browser)
    wrong = browser.post(reverse("mfa_authenticate"), {"code": "000000"})
    browser.post(reverse("mfa_authenticate"), {"code": code_for(secret)})

    assert not before
    assert "This code is not right" in wrong.text
    assert signed_in(browser)
    assert newest("account.sign_in_failed")["attempts"] == 1


def test_a_recovery_code_works_once(alice: User) -> None:
    _secret, codes = set_up(client_of(alice))

    for works in (True, False):
        browser = give_password("alice")
        browser.post(reverse("mfa_authenticate"), {"code": codes[0]})
        assert signed_in(browser) is works


def test_a_second_factor_is_changed_only_after_a_fresh_sign_in(alice: User) -> None:
    asked = client_of(alice, signed_in=timedelta(hours=1)).get(reverse("mfa_activate_totp"))

    assert asked.headers["Location"].startswith(reverse("account_reauthenticate"))


def test_staff_without_a_second_factor_are_led_to_one(staff: User, settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = True
    desk = client_of(staff)

    led = desk.get(ADMIN)
    set_up(desk)
    after = desk.get(ADMIN)

    assert led.headers["Location"] == reverse("mfa_index")
    assert after.status_code == 200


def test_the_demo_does_without() -> None:
    assert django_settings.DEBUG or not django_settings.STAFF_SECOND_FACTOR


def test_what_staff_do_asks_for_a_fresh_sign_in_and_looking_does_not(
    staff: User, alice: User
) -> None:
    desk = client_of(staff, signed_in=timedelta(hours=1))
    page = reverse("admin:creatorhub_user_changelist")
    sent = {
        "action": "deactivate",
        "_selected_action": [alice.pk],
        "confirmed": "1",
        "reason": "Stolen",
    }

    looked = desk.get(page)
    asked = desk.post(f"{page}?q=alice", sent)
    shown = desk.post(asked.headers["Location"], {"password": PASSWORD})

    assert looked.status_code == 200
    assert User.objects.get(pk=alice.pk).is_active
    assert f'action="{page}?q=alice"' in shown.text
    assert 'name="reason" value="Stolen"' in shown.text
    act(desk, [alice], "deactivate", reason="Stolen")
    assert not User.objects.get(pk=alice.pk).is_active


def test_leaving_the_admin_asks_for_nothing(staff: User) -> None:
    desk = client_of(staff, signed_in=timedelta(hours=1))

    desk.post(reverse("admin:logout"))

    assert not signed_in(desk)


def sign_in(person: str, **headers: str) -> Client:
    browser = Client(headers=headers)
    browser.post(LOGIN, {"login": person, "password": PASSWORD})
    return browser


def test_a_person_sees_and_ends_their_sessions(alice: User, bob: User) -> None:
    here, there = sign_in("alice", user_agent="Here"), sign_in("alice", user_agent="There")
    strange = sign_in("bob")
    page = reverse("accounts:sessions")

    listed = here.get(page).text
    there_row = UserSession.objects.get(user_agent="There")
    bobs = UserSession.objects.get(user=bob)
    here.post(reverse("accounts:session_end", args=[there_row.pk]))
    here.post(reverse("accounts:session_end", args=[bobs.pk]))

    assert "Here" in listed
    assert "There" in listed
    assert (signed_in(here), signed_in(there), signed_in(strange)) == (True, False, True)
    assert newest("account.sessions_ended")["every"] is False


def test_all_other_sessions_end_also_those_in_no_list(alice: User) -> None:
    here, unlisted = sign_in("alice"), client_of(alice)

    here.post(reverse("accounts:sessions"))

    assert signed_in(here)
    assert not signed_in(unlisted)
    assert "This one" in here.get(reverse("accounts:sessions")).text


def test_a_stranger_ends_no_session(alice: User, bob: User) -> None:
    with pytest.raises(Exception, match="Only the creator"):
        services.end_all_sessions(alice, actor=Actor.creator(bob))


def test_signing_in_is_recorded_and_guessing_does_not_fill_the_log(alice: User) -> None:
    sign_in("alice")
    for _ in range(12):
        services.record_failure(alice)

    assert newest("account.signed_in")["means"] == ["password"]
    failures = Event.objects.filter(action="account.sign_in_failed")
    assert failures.count() == 2
    assert newest("account.sign_in_failed")["attempts"] == 10


def test_a_wrong_password_is_recorded_and_an_unknown_name_is_not(alice: User) -> None:
    for login in ("alice", "nobody", "Alice@example.com"):
        Client().post(LOGIN, {"login": login, "password": "wrong"})

    assert Event.objects.filter(action="account.sign_in_failed").count() == 1


def test_what_staff_read_of_a_person_is_recorded_once_an_hour(staff: User, alice: User) -> None:
    desk = client_of(staff)
    for person in (alice, alice, staff):
        desk.get(reverse("admin:creatorhub_user_change", args=[person.pk]))

    [event] = Event.objects.filter(action="account.read")
    assert (event.creator, event.actor) == (alice, str(Actor.staff(staff)))


def test_the_operator_removes_lost_factors(alice: User) -> None:
    browser = client_of(alice)
    set_up(browser)

    call_command("remove_second_factors", "ALICE", stdout=StringIO())

    assert not Authenticator.objects.exists()
    assert not signed_in(browser)
    assert signed_in(sign_in("alice"))
    with pytest.raises(CommandError, match="no account"):
        call_command("remove_second_factors", "nobody")
