"""Accounts: what their people change, and what staff may do: keep somebody out, let them in."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import transaction
from rest_framework.authtoken.models import Token

from audit import log
from consent.services import lock_consent_state
from creatorhub.actors import Actor
from creatorhub.errors import Forbidden
from creatorhub.models import User


def deactivate_account(user: User, *, actor: Actor, reason: str) -> bool:
    """Sessions and tokens of an inactive account stop working at once. Consent stays as it is.
    False if there was nothing to do. Staff do not lock themselves out."""
    if actor.is_user(user.uuid):
        raise Forbidden("You cannot deactivate your own account.", code="own_account")
    return _set_active(user, is_active=False, actor=actor, reason=reason)


def reactivate_account(user: User, *, actor: Actor, reason: str) -> bool:
    """False if the account was active."""
    return _set_active(user, is_active=True, actor=actor, reason=reason)


def _set_active(user: User, *, is_active: bool, actor: Actor, reason: str) -> bool:
    actor.require_staff()
    with transaction.atomic(durable=True):
        lock_consent_state(user)
        changed = User.objects.filter(pk=user.pk, is_active=not is_active)
        if not changed.update(is_active=is_active):
            return False
        action = "account.reactivated" if is_active else "account.deactivated"
        log.append(action, actor=actor, creator=user, reason=reason)
    return True


def update_profile(user: User, *, actor: Actor, display_name: str, time_zone: str) -> None:
    """What other people see, and the zone that pages show times in. A no-op writes nothing."""
    with transaction.atomic(durable=True):
        lock_consent_state(user)
        user.refresh_from_db()
        if (user.display_name, user.time_zone) == (display_name, time_zone):
            return
        user.display_name, user.time_zone = display_name, time_zone
        user.save(update_fields=["display_name", "time_zone"])
        log.append("account.updated", actor=actor, creator=user)


def renew_token(user: User, *, actor: Actor) -> Token:
    """A new key for the API; the one before stops working."""
    with transaction.atomic(durable=True):
        lock_consent_state(user)
        Token.objects.filter(user=user).delete()
        token = Token.objects.create(user=user)
        log.append("account.token_made", actor=actor, creator=user)
    return token


def revoke_token(user: User, *, actor: Actor) -> None:
    with transaction.atomic(durable=True):
        lock_consent_state(user)
        deleted, _ = Token.objects.filter(user=user).delete()
        if deleted:
            log.append("account.token_revoked", actor=actor, creator=user)


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
