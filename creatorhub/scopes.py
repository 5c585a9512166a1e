"""What an API token may be used for, and how an operation of the API says what it asks for.

Each scope contains the one before it. A browser's session is the person, so it has all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.permissions import AllowAny, BasePermission

from creatorhub.errors import Forbidden

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class Scope(models.TextChoices):
    """In rising order."""

    READ = "read", gettext_lazy("Look")
    MAKE = "make", gettext_lazy("Upload and make memes")
    DECIDE = "decide", gettext_lazy("Decide what is allowed")

    def contains(self, other: Scope) -> bool:
        order = list(Scope)
        return order.index(self) >= order.index(other)


def scope_of(view: Any, action: str) -> Scope | None:
    """The scope that this action of a view declares in `scopes`, or None: then nobody may call
    it."""
    declared: dict[str, Scope] = getattr(view, "scopes", {})
    return declared.get(action)


class HasScope(BasePermission):
    """The token has the scope that the operation declares. What declares none is refused to
    everybody, so that an operation that forgets it is found at its first call."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        action = getattr(view, "action", None)
        if action in (None, "metadata"):
            return True  # no such method here: it is answered with 405
        needed = scope_of(view, action)
        if needed is None:
            return False
        held = getattr(request.auth, "scope", None)
        if request.auth is not None and not (held and Scope(held).contains(needed)):
            raise Forbidden(
                _(
                    "This token has the scope “%(held)s”, and this needs “%(needed)s”. "
                    "Make another token on your account page."
                )
                % {"held": held or "", "needed": needed.value},
                code="insufficient_scope",
            )
        return True


def is_public(view: Any, action: str) -> bool:
    """Whether this action of a view is open to everybody, without signing in."""
    method = getattr(view, action, None)
    own: list[Any] = getattr(method, "kwargs", {}).get(
        "permission_classes", getattr(view, "permission_classes", [])
    )
    return AllowAny in own
