"""Usernames that nobody can take for another person's."""

from __future__ import annotations

import re
import threading
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from creatorhub.lookalikes import skeleton
from creatorhub.models import User
from creatorhub.usernames import scripts, username_key
from tests.factories import PASSWORD, client_of, make_user

SIGN_UP = reverse("account_signup")
LOGIN = reverse("account_login")


def sign_up(username: str, email: str = "dora@example.com") -> Any:
    form = {"username": username, "email": email, "password1": PASSWORD, "password2": PASSWORD}
    return Client().post(SIGN_UP, form)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["Alice", "ALICE", "alice@home", "аlice", "ａlice", "alice b", ""])
def test_a_name_like_anothers_or_not_one_at_all_is_refused(name: str, alice: User) -> None:
    answer = sign_up(name)

    assert "error" in answer.text
    assert User.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["dora", "Éva", "мария", "佐藤さくら", "김철수", "dora.b-2", "ʻokina"]
)
def test_a_name_in_one_script_is_taken(name: str) -> None:
    assert sign_up(name).status_code == 302
    assert User.objects.get().username == name


@pytest.mark.django_db
def test_a_name_is_stored_in_one_form() -> None:
    sign_up("ｄｏｒａ")

    assert User.objects.get().username == "dora"


def test_scripts_are_told_apart() -> None:
    assert scripts("alice") == {"LATIN"}
    assert scripts("аlice") == {"CYRILLIC", "LATIN"}
    assert username_key("ÉVA") == username_key("éva") == username_key("E\u0301va")


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["éva", "ÉVA", "E\u0301VA"])
def test_signing_in_does_not_ask_for_the_case(typed: str) -> None:
    make_user("Éva")

    assert Client().post(LOGIN, {"login": typed, "password": PASSWORD}).status_code == 302


@pytest.mark.django_db
def test_the_database_keeps_names_apart(alice: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="ALICE")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_name_at_once_the_second_is_told() -> None:
    answers: list[Any] = []
    start = threading.Barrier(2)

    def sign(number: int) -> None:
        start.wait()
        answers.append(sign_up("dora" if number else "Dora", f"dora{number}@example.com"))
        connection.close()

    threads = [threading.Thread(target=sign, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert User.objects.count() == 1
    assert sum(answer.status_code == 302 for answer in answers) == 1
    refused = next(answer for answer in answers if answer.status_code != 302)
    assert "This username is taken." in refused.text


@pytest.mark.django_db
def test_a_name_taken_since_it_was_looked_up_is_refused_with_422(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race, made certain: the form's own look finds nothing."""
    monkeypatch.setattr("accounts.adapter.Adapter.clean_username", lambda self, name: name)

    answer = sign_up("ALICE")

    assert answer.status_code == 422
    assert "This username is taken." in answer.text
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_of_names_that_were_there_twice_the_older_stays(capsys: pytest.CaptureFixture[str]) -> None:
    older, younger, third = make_user("Maria"), make_user("x"), make_user("maria-2")
    User.objects.update(username_key=None)
    User.objects.filter(pk=younger.pk).update(username="maria")
    fill = import_module("creatorhub.migrations.0007_fill_username_keys").fill

    fill(apps, type("Editor", (), {"connection": connection}))

    names = dict(User.objects.values_list("pk", "username"))
    assert names == {older.pk: "Maria", younger.pk: "maria-3", third.pk: "maria-2"}
    assert User.objects.filter(username_key=None).count() == 0
    assert f"The account {younger.uuid} is now called maria-3" in capsys.readouterr().out


# look-alikes


def test_a_skeleton_is_what_a_name_looks_like() -> None:
    alike = [
        ("alice", "alıce", "ALICE", "аlісе", "al\u200dice"),
        ("paypal", "раураl", "PAYPA1", "paypaI"),
        ("modern", "rnodern"),
        ("bob0", "bobo"),
        ("éva", "E\u0301VA"),
    ]

    for names in alike:
        assert len({skeleton(name) for name in names}) == 1, names
    apart = ["alice", "alicia", "éva", "eva", "мария", "佐藤さくら", "dora-2", "dora-3", "user1"]
    assert len({skeleton(name) for name in apart}) == len(apart)


def test_a_skeleton_is_its_own_skeleton() -> None:
    """So that it does not count which of two look-alikes came first."""
    shapes = {char: skeleton(char) for char in map(chr, range(0x250, 0x600)) if char.isalpha()}

    assert [char for char, shape in shapes.items() if skeleton(shape) != shape] == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["alıce", "aIice", "ALıCE", "bob", "B0B", "paypa", "PAYPA"])
def test_a_name_that_looks_like_anothers_is_refused(name: str) -> None:
    make_user("alice", display_name="Bob")
    make_user("раура")  # Cyrillic throughout

    answer = sign_up(name)

    # Of a letter whose capital is the same PostgreSQL says itself that the name is taken.
    assert re.search("This username (looks like the name of somebody else|is taken)", answer.text)
    assert User.objects.count() == 2


@pytest.mark.django_db
def test_a_display_name_does_not_look_like_anothers_name(alice: User) -> None:
    other = make_user("dora", display_name="Studio One")
    page, saved = reverse("accounts:account"), {"time_zone": "UTC"}
    browser = client_of(alice)

    answers = [
        browser.post(page, {"display_name": name, **saved})
        for name in ("Dora", "dоrа", "Studio 0ne", "Alice")
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 422, 303]
    assert "This name looks like the name of somebody else." in answers[0].text
    alice.refresh_from_db()
    assert (alice.display_name, alice.display_skeleton) == ("Alice", "alice")
    other.refresh_from_db()
    assert browser.post(page, {"display_name": "", **saved}).status_code == 303
    alice.refresh_from_db()
    assert alice.display_skeleton is None


@pytest.mark.django_db
def test_the_database_keeps_look_alikes_apart(alice: User) -> None:
    """Whatever was looked up before: of two at once the second fails, and is told so."""
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="alıce")
    make_user("dora", display_name="Studio")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="eva", display_name="Ѕtudio")


@pytest.mark.django_db
def test_a_name_that_looks_taken_since_it_was_looked_up_is_refused_with_422(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.adapter.Adapter.clean_username", lambda self, name: name)

    answer = sign_up("alıce")

    assert answer.status_code == 422
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_of_names_that_looked_alike_already_all_are_kept() -> None:
    _older, younger = make_user("maria", display_name="dora"), make_user("x", display_name="Eva")
    late = make_user("y", display_name="z")
    User.objects.update(username_skeleton=None, display_skeleton=None)
    User.objects.filter(pk=younger.pk).update(username="mаriа")
    User.objects.filter(pk=late.pk).update(username="dora", display_name="еvа")
    fill = import_module("creatorhub.migrations.0011_fill_skeletons_of_names").fill

    for _ in range(2):  # it may be started again
        fill(apps, type("Editor", (), {"connection": connection}))

    kept = User.objects.values_list("username", "username_skeleton", "display_skeleton")
    assert list(kept.order_by("pk")) == [
        ("maria", skeleton("maria"), None),  # whose display name is the username of another
        ("mаriа", None, "eva"),
        ("dora", "dora", None),
    ]
    User.objects.get(pk=younger.pk).save()
    assert sign_up("mariа").status_code != 302
