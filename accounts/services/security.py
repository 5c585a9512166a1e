"""What the log records of signing in, and the sessions of a person."""

from __future__ import annotations

from typing import Any, Literal

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.db import transaction

from accounts.services.accounts import end_access, locked
from audit import log
from creatorhub.actors import Actor
from creatorhub.models import User

FAILURES_TOLD = (1, 10, 100, 1000, 10_000)  # of an hour; the others are only counted
HOUR = 3600


AddressChange = Literal["added", "removed", "confirmed", "main"]
FactorChange = Literal["added", "removed", "renewed"]


def record_sign_in(user: User, *, means: list[str]) -> None:
    """The person has signed in, by these means."""
    record("account.signed_in", user, means=means)


def record_address(user: User, change: AddressChange) -> None:
    """allauth has changed an address of the person."""
    actions = {
        "added": "account.address_added",
        "removed": "account.address_removed",
        "confirmed": "account.address_confirmed",
        "main": "account.main_address_changed",
    }
    record(actions[change], user)


def record_factor(user: User, change: FactorChange, *, kind: str) -> None:
    """allauth has changed a second factor of the person, of this kind."""
    actions = {
        "added": "account.second_factor_added",
        "removed": "account.second_factor_removed",
        "renewed": "account.second_factor_renewed",
    }
    record(actions[change], user, kind=kind)


def record(action: str, user: User, *, actor: Actor | None = None, **fields: Any) -> None:
    """One event in the person's record; by default they did it."""
    with transaction.atomic():
        log.append(action, actor=actor or Actor.creator(user), creator=user, **fields)


def record_failure(user: User) -> None:
    """Somebody gave a wrong password or code for this account. Whoever guesses must not fill the
    log: of the failures of an hour it has the first, the tenth, the hundredth and so on."""
    key = f"sign-in-failures:{user.pk}"
    cache.add(key, 0, HOUR)
    try:
        attempts = cache.incr(key)
    except ValueError:  # it ended between the two
        return
    if attempts in FAILURES_TOLD:
        record("account.sign_in_failed", user, actor=Actor.system("sign-in"), attempts=attempts)


def record_reading(user: User, *, actor: Actor) -> None:
    """A member of staff has looked at this person's account. Once an hour for each of the two."""
    if cache.add(f"read:{user.pk}:{actor}", 1, HOUR):
        record("account.read", user, actor=actor)


def end_session(user: User, session: int, *, actor: Actor) -> bool:
    """One session of the person ends. False, and no event, if it has ended already. Only the person
    themselves."""
    actor.require(user)
    with transaction.atomic(durable=True):
        account = locked(user)
        found = UserSession.objects.filter(user=account, pk=session).first()
        if found is None:
            return False
        found.end()
        log.append("account.sessions_ended", actor=actor, creator=account, every=False)
    return True


def move_session(user: User, before: str | None, after: str | None) -> None:
    """The session goes on with another key; the list of the person's sessions follows. No event."""
    UserSession.objects.filter(user=user, session_key=before).update(session_key=after)


def end_all_sessions(user: User, *, actor: Actor) -> None:
    """Every session of the person ends, also one that is in no list; their tokens stay. The view
    lets its own session continue. Only the person themselves."""
    actor.require(user)
    with transaction.atomic(durable=True):
        account = locked(user)
        account.access_ended += 1
        account.save(update_fields=["access_ended"])
        UserSession.objects.filter(user=account).delete()
        log.append("account.sessions_ended", actor=actor, creator=account, every=True)
    user.access_ended = account.access_ended


def remove_second_factors(user: User, *, actor: Actor) -> int:
    """For who has lost them all; by the operator only. Ends every session and token, and says how
    many factors there were."""
    with transaction.atomic(durable=True):
        account = locked(user)
        removed, _models = Authenticator.objects.filter(user=account).delete()
        end_access(account)
        account.save(update_fields=["access_ended"])
        log.append("account.second_factor_removed", actor=actor, creator=account, kind="every")
    return int(removed)
