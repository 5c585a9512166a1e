"""Signs a program in by its token: `Authorization: Token creatorhub_…`, or `Bearer` in its
place."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import services
from accounts.models import USE_NOTED_EVERY, Token
from creatorhub.models import User

SCHEMES = (b"token", b"bearer")


class TokenAuthentication(BaseAuthentication):
    """One query, and a second one at the first use in an hour."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        scheme, _space, key = get_authorization_header(request).partition(b" ")
        if scheme.lower() not in SCHEMES:
            return None
        token = services.token_of_key(key.strip().decode("latin-1"))
        if token is None:
            raise AuthenticationFailed(
                _("This token is unknown, or it has ended. Make another one on your account page.")
            )
        if token.used_at is None or token.used_at < timezone.now() - USE_NOTED_EVERY:
            services.note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Token"
