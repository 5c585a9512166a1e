"""The consent state of a creator: the lock that everything about one creator's consent takes first,
its version, and the word to those who listen for withdrawals."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from consent.models import ConsentState
from consent.policy import Reason
from consent.signals import Among, Withdrawn, consent_withdrawn
from creatorhub.actors import Actor
from creatorhub.errors import Forbidden
from creatorhub.models import User


def lock_consent_state(creator: User) -> ConsentState:
    """The creator's state, locked until the transaction ends; made if there is none.

    Must be the first statement of the transaction: a snapshot taken before the lock would show
    what a withdrawal has already changed.
    """
    locked = ConsentState.objects.select_for_update(no_key=True).filter(creator=creator)
    state = locked.first()
    if state is None:
        ConsentState.objects.bulk_create([ConsentState(creator=creator)], ignore_conflicts=True)
        state = locked.get()
    return state


def raise_version(state: ConsentState) -> ConsentState:
    """Count one change of this creator's consent. The caller saves."""
    state.version += 1
    state.changed_at = timezone.now()
    return state


def withdraw(
    *,
    actor: Actor,
    creator: User,
    use: str | None,
    videos: Among | None,
    reason: Reason,
    correlation_id: uuid.UUID,
) -> Withdrawn:
    """Tell the listeners, inside the withdrawing transaction; what they did, added up."""
    answers: list[tuple[Any, Any]] = consent_withdrawn.send(
        sender=ConsentState,
        actor=actor,
        creator=creator,
        use=use,
        videos=videos,
        reason=reason,
        correlation_id=correlation_id,
    )
    done: list[Withdrawn] = [result for _, result in answers]
    return Withdrawn(
        stopped=sum(result.stopped for result in done),
        taken_down=sum(result.taken_down for result in done),
    )


def owner_or_staff(actor: Actor, creator: User) -> None:
    if actor.kind != "staff" and actor != Actor.creator(creator):
        raise Forbidden("Only the creator or staff can do this.", code="not_the_creator")
