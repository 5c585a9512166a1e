"""Withdrawals, for other apps to listen to: the one way in which consent calls those above it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.dispatch import Signal

from consent.models import ConsentState
from consent.policy import Reason
from creatorhub.actors import Actor
from creatorhub.models import User
from library.models import Video


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a receiver did: renders stopped before they were done, and memes taken down."""

    stopped: int = 0
    taken_down: int = 0


# Arguments: those of `announce`. Receivers return Withdrawn.
consent_withdrawn = Signal()


def announce(
    *,
    actor: Actor,
    creator: User,
    use: str | None,
    videos: QuerySet[Video] | None,
    reason: Reason,
    correlation_id: uuid.UUID,
) -> Withdrawn:
    """Tell the receivers of a withdrawal, inside its transaction, under the lock of the consent
    state, after the consents have changed; returns what they did, added up.

    `use` None is every use. `videos` None is all of the creator's; else filter it by the few keys
    that you know before you evaluate it: it may be a million. An exception undoes the withdrawal.
    """
    answers: list[tuple[Any, Any]] = consent_withdrawn.send(
        sender=ConsentState,
        actor=actor,
        creator=creator,
        use=use,
        videos=videos,
        reason=reason,
        correlation_id=correlation_id,
    )
    return Withdrawn(
        stopped=sum(done.stopped for _, done in answers),
        taken_down=sum(done.taken_down for _, done in answers),
    )
