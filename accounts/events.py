"""What the log records of accounts, and how it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from audit.vocabulary import Action, Body
from creatorhub.scopes import Scope

if TYPE_CHECKING:
    from creatorhub.models import User


def _of_a_token(body: Body, reader: User | None) -> dict[str, Any]:
    expires = parse_datetime(body.get("expires_at") or "")
    labels: dict[str, Any] = dict(Scope.choices)
    return {
        "scope": labels.get(body.get("scope") or "", ""),
        "expires": date_format(timezone.localtime(expires), "j F Y") if expires else "",
    }


def _roles(body: Body, reader: User | None) -> dict[str, str]:
    return {"roles": ", ".join(body["after"] or ()) or gettext("no role")}


ACTIONS = [
    Action("account.updated", _("{who} changed this account's name or time zone"), (), "user"),
    Action("account.token_made", _("{who} made a new API token"), (), "key"),
    Action("account.token_revoked", _("{who} revoked the API token"), (), "key"),
    Action(
        "account.token_created",
        _("{who} made the API token “{name}”: {scope}, until {expires}"),
        ("token", "name", "scope", "expires_at"),
        "key",
        _of_a_token,
    ),
    Action(
        "account.token_ended", _("{who} ended the API token “{name}”"), ("token", "name"), "key"
    ),
    Action(
        "account.password_changed",
        ngettext_lazy(
            "{who} set a new password. Every other session ended, and {tokens} API token.",
            "{who} set a new password. Every other session ended, and {tokens} API tokens.",
            "tokens",
        ),
        ("tokens",),
        "key",
    ),
    Action(
        "account.roles_changed",
        _("{who} changed what this account may do as staff: {roles}"),
        ("before", "after", "reason"),
        "key",
        _roles,
    ),
    Action("account.deactivated", _("{who} deactivated this account"), ("reason",), "slash"),
    Action("account.reactivated", _("{who} reactivated this account"), ("reason",), "undo"),
]
