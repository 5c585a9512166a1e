"""What the log records of accounts, and how it reads."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit.vocabulary import Action

ACTIONS = [
    Action("account.updated", _("{who} changed this account's name or time zone"), (), "user"),
    Action("account.token_made", _("{who} made a new API token"), (), "key"),
    Action("account.token_revoked", _("{who} revoked the API token"), (), "key"),
    Action("account.deactivated", _("{who} deactivated this account"), ("reason",), "slash"),
    Action("account.reactivated", _("{who} reactivated this account"), ("reason",), "undo"),
]
