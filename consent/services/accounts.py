"""What staff may do to an account: keep its person out, and let them in again."""

from __future__ import annotations

from django.db import transaction

from audit import log
from consent.services.standing import lock_standing
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
    if actor.kind != "staff":
        raise Forbidden("Only staff can do this.", code="staff_only")
    with transaction.atomic(durable=True):
        lock_standing(user)
        changed = User.objects.filter(pk=user.pk, is_active=not is_active)
        if not changed.update(is_active=is_active):
            return False
        action = "account.reactivated" if is_active else "account.deactivated"
        log.append(action, actor=actor, creator=user, reason=reason)
    return True
