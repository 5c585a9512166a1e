"""Accounts that are opened without the sign-up page."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import transaction

from creatorhub.models import User


def open_account(
    username: str, *, email: str, password: str, display_name: str, is_staff: bool = False
) -> tuple[User, bool]:
    """The account of that name, and whether it was made now. One that exists is left as it is.
    Staff get every permission in the admin."""
    with transaction.atomic(durable=True):
        known = User.objects.filter(username=username).first()
        if known:
            return known, False
        user = User.objects.create_user(
            username,
            email,
            password,
            display_name=display_name,
            is_staff=is_staff,
            is_superuser=is_staff,
        )
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    return user, True
