"""What the log records of accounts, and how it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from audit.vocabulary import Action, Body, of_creator
from creatorhub.scopes import Scope

if TYPE_CHECKING:
    from creatorhub.models import User


KINDS: dict[str, Any] = {
    "totp": _("an app that makes codes"),
    "webauthn": _("a passkey"),
    "recovery_codes": _("recovery codes"),
    "every": _("all of them"),
}
MEANS: dict[str, Any] = {
    **KINDS,
    "password": _("the password"),
    "password_reset": _("a link from a mail"),
}


def _of_a_factor(body: Body, reader: User | None) -> dict[str, Any]:
    return {"kind": KINDS.get(body.get("kind") or "", "")}


def _of_a_sign_in(body: Body, reader: User | None) -> dict[str, Any]:
    means = [str(MEANS.get(one, one)) for one in body.get("means") or []]
    return {"means": ", ".join(means) or _("a session that was given")}


def _of_sessions(body: Body, reader: User | None) -> dict[str, Any]:
    return {"which": _("all other sessions") if body.get("every") else _("a session")}


def _of_a_token(body: Body, reader: User | None) -> dict[str, Any]:
    expires = parse_datetime(body.get("expires_at") or "")
    labels: dict[str, Any] = dict(Scope.choices)
    return {
        "scope": labels.get(body.get("scope") or "", ""),
        "expires": date_format(timezone.localtime(expires), "j F Y") if expires else "",
    }


def _of_a_deletion(body: Body, reader: User | None) -> dict[str, Any]:
    due = parse_datetime(body.get("erase_after") or "")
    return {"day": date_format(timezone.localtime(due), "j F Y") if due else ""}


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
        personal=of_creator("name"),
    ),
    Action(
        "account.token_ended",
        _("{who} ended the API token “{name}”"),
        ("token", "name"),
        "key",
        personal=of_creator("name"),
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
        personal=of_creator("reason"),
    ),
    Action("account.signed_in", _("{who} signed in: {means}"), ("means",), "user", _of_a_sign_in),
    Action(
        "account.sign_in_failed",
        ngettext_lazy(
            "Somebody tried to sign in and failed: {attempts:,} time within an hour",
            "Somebody tried to sign in and failed: {attempts:,} times within an hour",
            "attempts",
        ),
        ("attempts",),
        "alert",
    ),
    Action("account.read", _("{who} looked at this account"), (), "search"),
    Action("account.sessions_ended", _("{who} ended {which}"), ("every",), "slash", _of_sessions),
    Action("account.address_added", _("{who} added an e-mail address"), (), "user"),
    Action("account.address_removed", _("{who} removed an e-mail address"), (), "user"),
    Action("account.address_confirmed", _("{who} confirmed an e-mail address"), (), "check"),
    Action("account.main_address_changed", _("{who} changed the main e-mail address"), (), "user"),
    Action(
        "account.second_factor_added",
        _("{who} added a second factor: {kind}"),
        ("kind",),
        "key",
        _of_a_factor,
    ),
    Action(
        "account.second_factor_removed",
        _("{who} removed a second factor: {kind}"),
        ("kind",),
        "slash",
        _of_a_factor,
    ),
    Action(
        "account.second_factor_renewed",
        _("{who} renewed a second factor: {kind}"),
        ("kind",),
        "key",
        _of_a_factor,
    ),
    Action(
        "account.deletion_asked",
        _("{who} asked to delete this account. Everything is off; it is erased on {day}"),
        ("erase_after", "reason"),
        "trash",
        _of_a_deletion,
        personal=of_creator("reason"),
    ),
    Action(
        "account.deletion_cancelled",
        _("{who} kept this account. It is not deleted; everything stays off"),
        ("reason",),
        "undo",
        personal=of_creator("reason"),
    ),
    Action(
        "account.exported",
        _("{who} asked for an archive of all data of this account"),
        ("export",),
        "download",
    ),
    Action(
        "account.export_taken",
        _("{who} downloaded the archive of all data of this account"),
        ("export",),
        "download",
    ),
    Action(
        "account.erased",
        _("This account was erased: {videos:,} videos, {memes:,} memes, all personal data"),
        ("videos", "memes"),
        "trash",
    ),
    Action(
        "account.deactivated",
        _("{who} deactivated this account"),
        ("reason",),
        "slash",
        personal=of_creator("reason"),
    ),
    Action(
        "account.reactivated",
        _("{who} reactivated this account"),
        ("reason",),
        "undo",
        personal=of_creator("reason"),
    ),
]
