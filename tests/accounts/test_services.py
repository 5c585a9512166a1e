"""What the services of accounts change, what they record, and whom they refuse."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection

from accounts import services
from accounts.models import Token
from audit.history import body_of
from audit.models import Event
from creatorhub.actors import Actor
from creatorhub.errors import Forbidden
from creatorhub.models import User
from creatorhub.scopes import Scope
from tests.factories import PASSWORD, token_of

pytestmark = pytest.mark.django_db

TOKEN: dict[str, Any] = {"name": "Desk", "scope": Scope.READ, "days": 7}
PROFILE: dict[str, Any] = {"display_name": "Alice M.", "time_zone": "Europe/Paris"}


def events() -> list[tuple[str, str]]:
    return list(Event.objects.order_by("pk").values_list("action", "actor"))


def test_an_account_is_opened_once() -> None:
    def open_as(name: str) -> tuple[User, bool]:
        return services.open_account(
            "dora", email="dora@example.com", password=PASSWORD, display_name=name
        )

    dora, made = open_as("Dora")
    same, made_again = open_as("Other")

    assert (made, made_again) == (True, False)
    assert same == dora
    assert same.display_name == "Dora"
    assert not dora.is_staff
    assert EmailAddress.objects.get(user=dora).verified


def test_staff_deactivate_and_reactivate_once_each(alice: User, staff: User) -> None:
    actor = Actor.staff(staff)

    done = [
        services.deactivate(alice, actor=actor, reason="Stolen"),
        services.deactivate(alice, actor=actor, reason="Stolen"),
        services.reactivate(alice, actor=actor, reason="Returned"),
        services.reactivate(alice, actor=actor, reason="Returned"),
    ]

    assert done == [True, False, True, False]
    assert User.objects.get(pk=alice.pk).is_active
    assert events() == [("account.deactivated", str(actor)), ("account.reactivated", str(actor))]
    assert body_of(Event.objects.earliest("pk"))["reason"] == "Stolen"


def test_a_profile_is_updated_and_a_second_time_nothing_is_written(alice: User) -> None:
    actor = Actor.creator(alice)

    done = [services.update_profile(alice, actor=actor, **PROFILE) for _ in range(2)]

    changed = User.objects.get(pk=alice.pk)
    assert (changed.display_name, changed.time_zone) == ("Alice M.", "Europe/Paris")
    assert done == [True, False]
    assert events() == [("account.updated", str(actor))]


@pytest.mark.parametrize(
    "act",
    [
        lambda alice, actor: services.update_profile(alice, actor=actor, **PROFILE),
        lambda alice, actor: services.make_token(alice, actor=actor, **TOKEN),
        lambda alice, actor: services.end_token(alice, Token.objects.get().uuid, actor=actor),
        lambda alice, actor: services.deactivate(alice, actor=actor, reason="x"),
        lambda alice, actor: services.reactivate(alice, actor=actor, reason="x"),
    ],
)
def test_a_stranger_changes_nothing(
    alice: User, carol: User, act: Callable[[User, Actor], Any]
) -> None:
    token_of(alice)
    before = events()

    with pytest.raises(Forbidden):
        act(alice, Actor.creator(carol))

    assert Token.objects.filter(user=alice).exists()
    assert User.objects.get(pk=alice.pk).is_active
    assert events() == before


def test_staff_make_no_token_for_others(alice: User, staff: User) -> None:
    with pytest.raises(Forbidden):
        services.make_token(alice, actor=Actor.staff(staff), **TOKEN)

    assert not Token.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_profiles_sent_at_once_each_is_recorded(alice: User) -> None:
    names = ["One", "Two", "Three", "Four"]

    def send(name: str) -> None:
        services.update_profile(
            alice, actor=Actor.creator(alice), display_name=name, time_zone="UTC"
        )
        connection.close()

    threads = [threading.Thread(target=send, args=[name]) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert User.objects.get(pk=alice.pk).display_name in names
    numbers = Event.objects.order_by("pk").values_list("creator_seq", flat=True)
    assert list(numbers) == [1, 2, 3, 4]
