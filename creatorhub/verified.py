"""Whether one of a person's e-mail addresses is known to be theirs. Only such an account may hold a
token or an upload: else nobody can be told when something happens to it."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.utils.translation import gettext as _

from creatorhub.errors import Forbidden
from creatorhub.models import User


def is_verified(user: User) -> bool:
    """One query."""
    return bool(EmailAddress.objects.filter(user=user, verified=True).exists())


def not_verified() -> Forbidden:
    return Forbidden(
        _(
            "Confirm your e-mail address first. Open the link in the mail that we sent you, or "
            "have it sent again on your account page."
        ),
        code="address_not_verified",
    )


def require_verified(user: User) -> None:
    """Raises Forbidden where no address of the person is verified."""
    if not is_verified(user):
        raise not_verified()
