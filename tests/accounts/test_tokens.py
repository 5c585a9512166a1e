"""API tokens: hashed, shown once, several, with a name, a scope and an end; and what ends them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts import services
from accounts.models import Token
from audit.models import Event
from consent.models import ConsentState
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden
from creatorhub.models import User
from creatorhub.scopes import Scope
from tests.factories import PASSWORD, client_of, make_user, token_of
from tests.log import newest

pytestmark = pytest.mark.django_db

NEW = reverse("accounts:token_new")
FORM = {"name": "Desk", "scope": "make", "days": "30"}
BETTER = "a much better one"


def works(key: str) -> bool:
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return api.get("/api/v1/opt-out/").status_code == 200


def make(user: User) -> tuple[Token, str]:
    return services.make_token(
        user, actor=Actor.creator(user), name="Desk", scope=Scope.READ, days=7
    )


def key_in(page: str) -> str:
    found = re.search(r">(creatorhub_[\w-]{43})</textarea>", page)
    assert found
    return found[1]


def test_a_key_is_shown_once_and_only_its_hash_is_kept(alice: User) -> None:
    browser = client_of(alice)

    made = browser.post(NEW, FORM)

    key = key_in(made.text)
    assert made.status_code == 201
    assert "no-store" in made.headers["Cache-Control"]
    assert works(key)
    assert key not in browser.get(reverse("accounts:account")).text
    row = Token.objects.values().get()
    assert key not in str(row)
    assert (row["name"], row["scope"]) == ("Desk", "make")
    assert timedelta(days=29) < row["expires_at"] - timezone.now() <= timedelta(days=30)


def test_the_same_form_sent_twice_makes_one_token_even_if_it_has_ended(alice: User) -> None:
    browser = client_of(alice)
    form = FORM | {"once": str(browser.get(NEW).context["form"]["once"].value())}

    first, second = browser.post(NEW, form), browser.post(NEW, form)

    assert (first.status_code, second.status_code) == (201, 409)
    assert "This token was made already; its key was shown once." in second.text
    assert "creatorhub_" not in second.text
    services.end_token(alice, Token.objects.get().uuid, actor=Actor.creator(alice))
    assert browser.post(NEW, form).status_code == 409
    assert not Token.objects.exists()


def test_a_form_of_another_person_does_not_count(alice: User, bob: User) -> None:
    form = FORM | {"once": "11111111-1111-4111-8111-111111111111"}

    assert client_of(alice).post(NEW, form).status_code == 201
    assert client_of(bob).post(NEW, form).status_code == 201


def test_making_a_token_is_recorded_without_its_key(alice: User) -> None:
    token, key = make(alice)

    body = newest("account.token_created")
    assert (body["name"], body["scope"], body["token"]) == ("Desk", "read", str(token.uuid))
    assert key not in str(body)


@pytest.mark.parametrize("scheme", ["Token", "token", "Bearer"])
def test_both_schemes_sign_in(scheme: str, alice: User) -> None:
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"{scheme} {token_of(alice)}")

    assert api.get("/api/v1/opt-out/").status_code == 200


def test_a_token_ends_on_its_day(alice: User) -> None:
    key = token_of(alice, days=7)

    with time_machine.travel(timezone.now() + timedelta(days=6, hours=23), tick=False):
        assert works(key)
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1), tick=False):
        assert not works(key)


def test_its_use_is_noted_once_an_hour(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        key = token_of(alice)
        with django_assert_num_queries(2):  # the token with its person, the consent state
            assert works(key)
    with time_machine.travel(now + timedelta(hours=2), tick=False):
        assert works(key)

    assert Token.objects.get().used_at == now + timedelta(hours=2)


def test_there_are_ten_at_most_and_ended_ones_do_not_count(alice: User) -> None:
    for _ in range(services.TOKENS_MAX):
        make(alice)
    with pytest.raises(Conflict) as refused:
        make(alice)
    Token.objects.filter(pk=Token.objects.earliest("pk").pk).update(expires_at=timezone.now())

    make(alice)

    assert refused.value.code == "too_many_tokens"
    assert Token.objects.count() == services.TOKENS_MAX


def test_a_person_ends_a_token_and_others_go_on(alice: User, bob: User) -> None:
    ended, kept = token_of(alice), token_of(alice)
    uuid = Token.objects.earliest("pk").uuid

    client_of(bob).post(reverse("accounts:token_end", args=[uuid]))
    assert works(ended)
    client_of(alice).post(reverse("accounts:token_end", args=[uuid]))

    assert not works(ended)
    assert works(kept)
    assert newest("account.token_ended")["token"] == str(uuid)


def change(user: User, browser: Client) -> None:
    fields = {"oldpassword": PASSWORD, "password1": BETTER, "password2": BETTER}
    assert browser.post(reverse("account_change_password"), fields).status_code == 302


def reset(user: User, mails: list[EmailMessage]) -> None:
    browser = Client()
    browser.post(reverse("account_reset_password"), {"email": user.email})
    link = re.search(r"https?://[^/]+(/\S+)", str(mails[-1].body))
    assert link
    page = browser.get(link[1], follow=True)
    browser.post(page.redirect_chain[-1][0], {"password1": BETTER, "password2": BETTER})


def signed_in(browser: Client) -> bool:
    return browser.get(reverse("accounts:account")).status_code == 200


def test_a_change_of_password_ends_all_but_the_session_that_made_it(alice: User) -> None:
    key, here, elsewhere = token_of(alice), client_of(alice), client_of(alice)

    change(alice, here)

    assert not works(key)
    assert signed_in(here)
    assert not signed_in(elsewhere)
    assert newest("account.password_changed")["tokens"] == 1


def test_a_reset_of_the_password_ends_all(alice: User, mailoutbox: list[EmailMessage]) -> None:
    key, elsewhere = token_of(alice), client_of(alice)

    reset(alice, mailoutbox)

    assert not works(key)
    assert not signed_in(elsewhere)
    assert User.objects.get(pk=alice.pk).check_password(BETTER)


def test_the_operators_command_ends_all_too(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    key, browser = token_of(alice), client_of(alice)
    monkeypatch.setattr("getpass.getpass", lambda prompt: BETTER)

    call_command("changepassword", "alice", stdout=StringIO())

    assert User.objects.get(pk=alice.pk).check_password(BETTER)
    assert not works(key)
    assert not signed_in(browser)


def test_what_a_deactivation_ended_does_not_revive(alice: User, staff: User) -> None:
    key, browser, desk = token_of(alice), client_of(alice), Actor.staff(staff)

    services.deactivate(alice, actor=desk, reason="Stolen")
    during = works(key), signed_in(browser)
    services.reactivate(alice, actor=desk, reason="Found")

    assert during == (False, False)
    assert not works(key)
    assert not signed_in(browser)
    assert signed_in(client_of(User.objects.get(pk=alice.pk)))


def test_without_a_verified_address_there_is_no_token() -> None:
    dora = make_user("dora", verified=False)

    page = client_of(dora).get(NEW)
    refused = client_of(dora).post(NEW, FORM)

    assert "not confirmed" in page.text
    assert refused.status_code == 403
    assert "Send the mail again" in refused.text
    with pytest.raises(Forbidden):
        make(dora)
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"scope": "all"}, {"days": "100000"}, {"name": "x" * 61}]
)
def test_a_form_that_is_wrong_makes_nothing(fields: dict[str, str], alice: User) -> None:
    assert client_of(alice).post(NEW, {**FORM, **fields}).status_code == 422
    assert not Token.objects.exists()


def test_a_key_of_any_kind_is_refused_calmly(db: None) -> None:
    for key in ("", "x", "creatorhub_", "é" * 50, "a b", "x" * 5000):
        assert not works(key)


Act = Callable[[Client], object]


def test_making_a_token_asks_for_the_password_again(alice: User) -> None:
    browser = client_of(alice, signed_in=timedelta(hours=1))

    asked = browser.get(NEW)
    assert asked.headers["Location"].startswith(reverse("account_reauthenticate"))
    after = browser.post(asked.headers["Location"], {"password": PASSWORD, "next": NEW})

    assert after.headers["Location"] == NEW
    assert browser.get(NEW).status_code == 200


def test_what_was_sent_is_there_after_the_fresh_sign_in(alice: User) -> None:
    browser = client_of(alice, signed_in=timedelta(hours=1))

    asked = browser.post(NEW, {**FORM, "name": 'My "desk"', "password": "secret"})
    assert not Token.objects.exists()
    shown = browser.post(asked.headers["Location"], {"password": PASSWORD})

    assert f'action="{NEW}"' in shown.text
    assert 'name="name" value="My &quot;desk&quot;"' in shown.text
    assert "secret" not in shown.text
    assert not Token.objects.exists()


def test_an_address_is_changed_only_after_a_fresh_sign_in(alice: User) -> None:
    browser = client_of(alice, signed_in=timedelta(hours=1))

    asked = browser.post(reverse("account_email"), {"action_add": "", "email": "x@example.org"})

    assert asked.headers["Location"].startswith(f"{reverse('account_reauthenticate')}?next=")
    assert not EmailAddress.objects.filter(email="x@example.org").exists()


def test_opting_back_in_asks_for_a_fresh_sign_in_and_out_does_not(alice: User) -> None:
    browser = client_of(alice, signed_in=timedelta(hours=1))
    opt_in = reverse("consent:opt_in")

    browser.post(reverse("consent:opt_out"))
    asked = browser.post(opt_in, {"restore": "all_off"})
    before = ConsentState.objects.get(creator=alice).opted_out
    shown = browser.post(asked.headers["Location"], {"password": PASSWORD})
    browser.post(opt_in, {"restore": "all_off"})

    assert before
    assert f'action="{opt_in}"' in shown.text
    assert not ConsentState.objects.get(creator=alice).opted_out


def test_by_the_api_a_session_opts_back_in_only_when_fresh(alice: User) -> None:
    back = {"opted_out": False, "restore": "all_off"}
    path, json = "/api/v1/opt-out/", "application/json"
    old, new = client_of(alice, signed_in=timedelta(hours=1)), client_of(alice)
    old.put(path, {"opted_out": True}, content_type=json)

    refused = old.put(path, back, content_type=json)
    allowed = new.put(path, back, content_type=json)

    assert (refused.status_code, refused.json()["code"]) == (403, "fresh_sign_in_needed")
    assert (allowed.status_code, allowed.json()["opted_out"]) == (200, False)
