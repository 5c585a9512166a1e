"""Fills what names look like. Of names that look alike already the oldest account's counts; the others
keep theirs, without a skeleton: new names are compared with the oldest. First all usernames, then the
display names, for a username is there to tell people apart."""

from __future__ import annotations

from typing import Any

from django.db import migrations, transaction
from django.db.models import Q

from creatorhub.lookalikes import skeleton

PART = 1000


def fill(apps: Any, editor: Any) -> None:
    """A thousand accounts in each transaction. It may be stopped and started again."""
    users = apps.get_model("creatorhub", "User")._base_manager.using(editor.connection.alias)
    for name in ("username", "display"):
        last: int | None = 0
        while last is not None:
            last = _part(users, name, last)


def _part(users: Any, name: str, last: int) -> int | None:
    column, text = f"{name}_skeleton", "username" if name == "username" else "display_name"
    with transaction.atomic(using=users.db):
        part = list(users.select_for_update().filter(pk__gt=last).order_by("pk")[:PART])
        shapes = {user.pk: skeleton(getattr(user, text)) for user in part}
        alike = Q(username_skeleton__in=shapes.values())
        if name == "display":
            alike |= Q(display_skeleton__in=shapes.values())
        taken: dict[str, int] = {}
        for user in users.filter(alike).order_by("pk"):
            for shape in (user.username_skeleton, user.display_skeleton):
                if shape:
                    taken.setdefault(shape, user.pk)
        changed = []
        for user in part:
            shape = shapes[user.pk]
            free = taken.get(shape, user.pk) == user.pk
            if shape and free and getattr(user, column) is None:
                setattr(user, column, shape)
                taken[shape] = user.pk
                changed.append(user)
        users.bulk_update(changed, [column], batch_size=200)
    return part[-1].pk if part else None


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("creatorhub", "0010_skeletons_of_names")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
