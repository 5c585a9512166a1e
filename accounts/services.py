"""The only writer of accounts and API tokens. Each service is one durable transaction that locks
the account's row first and writes the log last."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework.authtoken.models import Token

from audit import log
from creatorhub.actors import Actor
from creatorhub.errors import Forbidden
from creatorhub.models import User
from creatorhub.texts import line


def open_account(
    username: str, *, email: str, password: str, display_name: str, is_staff: bool = False
) -> tuple[User, bool]:
    """The account with that username, and whether it was made now; one that exists stays as it is.
    The e-mail address counts as confirmed. Staff get every permission in the admin. Writes no
    event: a sign-up writes none either."""
    with transaction.atomic(durable=True):
        existing = User.objects.filter(username=username).first()
        if existing:
            return existing, False
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


def deactivate(user: User, *, actor: Actor, reason: str) -> bool:
    """Sessions and tokens of the account stop working at once; what it allows stays as it is.
    False if it was not active. Only staff, and not for their own account."""
    if actor.is_user(user.uuid):
        raise Forbidden(_("You cannot deactivate your own account."), code="own_account")
    return _set_active(user, is_active=False, actor=actor, reason=reason)


def reactivate(user: User, *, actor: Actor, reason: str) -> bool:
    """The person can sign in again, and their token works again. False if the account was active.
    Only staff."""
    return _set_active(user, is_active=True, actor=actor, reason=reason)


def _set_active(user: User, *, is_active: bool, actor: Actor, reason: str) -> bool:
    actor.require_staff()
    with transaction.atomic(durable=True):
        account = _locked(user)
        if account.is_active == is_active:
            return False
        account.is_active = is_active
        account.save(update_fields=["is_active"])
        action = "account.reactivated" if is_active else "account.deactivated"
        log.append(action, actor=actor, creator=account, reason=reason)
    return True


def update_profile(user: User, *, actor: Actor, display_name: str, time_zone: str) -> bool:
    """Change the name that others see (empty: the username) and the zone of times on pages. False,
    and no event, if they were the same. Only the person themselves."""
    actor.require(user)
    with transaction.atomic(durable=True):
        account, display_name = _locked(user), line(display_name)
        if (account.display_name, account.time_zone) == (display_name, time_zone):
            return False
        account.display_name, account.time_zone = display_name, time_zone
        account.save(update_fields=["display_name", "folded_name", "time_zone"])
        log.append("account.updated", actor=actor, creator=account)
    return True


def make_token(user: User, *, actor: Actor) -> Token:
    """A new key for the API. The one before stops working. Only the person themselves."""
    actor.require(user)
    with transaction.atomic(durable=True):
        account = _locked(user)
        Token.objects.filter(user=account).delete()
        token = Token.objects.create(user=account)
        log.append("account.token_made", actor=actor, creator=account)
    return token


def revoke_token(user: User, *, actor: Actor) -> bool:
    """The key for the API stops working. False, and no event, without one. Only the person
    themselves."""
    actor.require(user)
    with transaction.atomic(durable=True):
        account = _locked(user)
        deleted, _models = Token.objects.filter(user=account).delete()
        if deleted:
            log.append("account.token_revoked", actor=actor, creator=account)
    return bool(deleted)


def _locked(user: User) -> User:
    """The account's row as it is now, locked until the transaction ends. Of the locks, only the
    log's counter is taken after it, here as in the library."""
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)
