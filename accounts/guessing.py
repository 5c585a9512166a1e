"""How often a password may be guessed, so that nobody can lock somebody else out by guessing.

Failures are counted for an account *and* the network address they come from: five in five minutes.
Whoever guesses from many addresses meets a second limit, of the account alone; it is for browsers
that have never signed in to it. One that has, keeps a signed cookie, and is counted by itself.
Counting is allauth's, in the shared cache.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.internal import ratelimit
from django.core.signing import BadSignature
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import get_random_string

from creatorhub.models import User

COOKIE = "known_browser"
YEAR = 365 * 24 * 3600
ACCOUNTS_MAX = 5  # that one browser remembers
RATES = {
    "address": "10/m/ip",
    "here": "5/5m/key",
    "account": "100/h/key",
}


class _Counted:
    """What was counted, to be taken back after the right password."""

    def __init__(self) -> None:
        self.parts: list[Any] = []

    def rollback(self) -> None:
        for part in self.parts:
            part.rollback()


def count(request: HttpRequest, users: Collection[User]) -> _Counted | None:
    """Count an attempt for each of these accounts (none: there is no such account). None if it is
    one too many for one of them."""
    counted = _Counted()
    keys = [key for user in users for key in _keys(request, user)] or [("address", "")]
    for action, key in dict.fromkeys(keys):
        part = ratelimit.consume(
            request, app="allauth.account", action=action, config=RATES, key=key
        )
        if part is None:
            counted.rollback()
            return None
        counted.parts.append(part)
    return counted


def forgive(request: HttpRequest, user: User) -> None:
    """Forget the failures for this account, from here and from everywhere."""
    for action, key in _keys(request, user):
        if action != "address":
            ratelimit.clear(request, app="allauth.account", action=action, config=RATES, key=key)


def remember(request: HttpRequest, user: User, response: HttpResponseBase) -> HttpResponseBase:
    """Let this browser be known to the account."""
    known = _known(request)
    if str(user.uuid) not in known:
        known = {**known, str(user.uuid): get_random_string(12)}
    kept = dict(list(known.items())[-ACCOUNTS_MAX:])
    text = ",".join(f"{uuid}:{number}" for uuid, number in kept.items())
    response.set_signed_cookie(
        COOKIE,
        text,
        salt="accounts.guessing",
        max_age=YEAR,
        httponly=True,
        secure=request.is_secure(),
        samesite="Lax",
    )
    return response


def _keys(request: HttpRequest, user: User) -> list[tuple[str, str]]:
    """What an attempt is counted by. A browser is known to exactly this account, or it is not."""
    address = ratelimit.truncate_ip(get_adapter(request).get_client_ip(request))
    if number := _known(request).get(str(user.uuid)):
        return [("here", f"{user.pk}:{number}")]
    return [("address", ""), ("here", f"{user.pk}:{address}"), ("account", f"{user.pk}")]


def _known(request: HttpRequest) -> dict[str, str]:
    """The accounts that have signed in from this browser, each with the browser's number."""
    try:
        text = request.get_signed_cookie(COOKIE, "", salt="accounts.guessing", max_age=YEAR)
    except BadSignature:
        return {}
    pairs = (part.partition(":") for part in (text or "").split(",") if part)
    return {uuid: number for uuid, _colon, number in pairs}
