"""Fills the keys of usernames. Where two names differ only in the case of their letters, the older
account keeps its name; the other gets a number after it, and is named here, to be told."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from django.db import migrations, transaction

from creatorhub.usernames import username_key

PART = 1000
LONGEST = 140


def fill(apps: Any, editor: Any) -> None:
    """A thousand accounts in each transaction. It may be stopped and started again."""
    users = apps.get_model("creatorhub", "User")._base_manager.using(editor.connection.alias)
    while True:
        with transaction.atomic(using=users.db):
            part = list(users.filter(username_key=None).order_by("pk")[:PART])
            if not part:
                return
            keys = [username_key(user.username) for user in part]
            taken = set(users.filter(username_key__in=keys).values_list("username_key", flat=True))
            for user in part:
                _fill(user, users, taken)
                taken.add(user.username_key)
            users.bulk_update(part, ["username", "username_key", "folded_name"], batch_size=200)


def _fill(user: Any, users: Any, taken: set[str]) -> None:
    before = user.username
    for name in _names(before):
        user.username, user.username_key = name, username_key(name)
        is_new = name != before
        if user.username_key in taken:
            continue
        if is_new and users.filter(username__iexact=name).exists():
            continue
        break
    if user.username != before:
        sys.stdout.write(
            f"\n  The account {user.uuid} is now called {user.username}: {before} was there twice. "
            "Tell its owner; signing in by e-mail address works as before."
        )


def _names(name: str) -> Iterable[str]:
    yield name
    number = 2
    while True:
        yield f"{name[:LONGEST]}-{number}"
        number += 1


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("creatorhub", "0006_username_key")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
