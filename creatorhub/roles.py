"""What members of staff may do. Roles are Django groups with fixed names; what a role may do is
this table, in code: no page, and no row, can widen it.

    support      looks at accounts, videos, memes, reports and the log
    moderation   … and watches what is complained about, takes down, holds, turns off, deactivates
    editor       reads and writes notices, publishes those that are not material
    admin        all of it, and: publishes material notices, pauses, gives roles

A superuser, whom only `manage.py` makes, may do what an admin may. An account that is staff and
has no role may do nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from creatorhub.models import User


class Power(StrEnum):
    ENTER = "enter"  # the staff admin, with its notices
    LOOK = "look"  # at people and what is theirs
    MODERATE = "moderate"
    WRITE = "write"  # notices
    ADMINISTER = "administer"


class Role(TextChoices):
    SUPPORT = "support", _("Support: looks")
    MODERATION = "moderation", _("Moderation: takes down, holds, turns off")
    EDITOR = "editor", _("Editor: writes notices")
    ADMIN = "admin", _("Admin: everything, and roles")


ALL = frozenset(Power)
POWERS: dict[str, frozenset[Power]] = {
    Role.SUPPORT: frozenset({Power.ENTER, Power.LOOK}),
    Role.MODERATION: frozenset({Power.ENTER, Power.LOOK, Power.MODERATE}),
    Role.EDITOR: frozenset({Power.ENTER, Power.WRITE}),
    Role.ADMIN: ALL,
}


def roles_of(user: User) -> list[str]:
    """The names of their roles, whether or not they work now. One query."""
    return list(user.groups.filter(name__in=POWERS).order_by("name").values_list("name", flat=True))


def powers_of(user: User) -> frozenset[Power]:
    """What this person may do as staff now. At most one query."""
    if not (user.is_staff and user.is_active):
        return frozenset()
    if user.is_superuser:
        return ALL
    return frozenset().union(*(POWERS[role] for role in roles_of(user)))
