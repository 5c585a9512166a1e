"""Whether a person has signed in just now. What could be used to take an account over (a token,
an address, a second factor), opting back in, and what staff send ask for it: a session alone may be
a forgotten or stolen one. Allowing a use, extending one and resuming do not ask."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from creatorhub.errors import Forbidden

View = Callable[..., HttpResponseBase]


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session's person gave a password, a code or a passkey at most
    ACCOUNT_REAUTHENTICATION_TIMEOUT seconds ago."""
    records = get_authentication_records(request, request.user)
    newest = max((record["at"] for record in records), default=0.0)
    return bool(time.time() - newest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def fresh_sign_in(view: View) -> View:
    """For a page that asks for a fresh sign-in first. What was sent is not lost: it is shown once
    more after it, to be confirmed (accounts.middleware)."""

    @wraps(view)
    def ask(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        ask_for_fresh_sign_in(request)
        return view(request, *args, **kwargs)

    return ask


def ask_for_fresh_sign_in(request: HttpRequest) -> None:
    """In a page's view, before it does anything. Raises ReauthenticationRequired."""
    if not is_fresh(request):
        raise ReauthenticationRequired


def require_fresh(request: HttpRequest) -> None:
    """For the API, called with a browser's session. Raises Forbidden."""
    if not is_fresh(request):
        raise Forbidden(
            _("Sign in once more, then do it again. A token with the scope “decide” may do it."),
            code="fresh_sign_in_needed",
        )
