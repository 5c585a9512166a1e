"""Withdrawals and their undoing, for other apps to listen to: the one way in which consent calls
those above it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.dispatch import Signal

from consent.models import ConsentState, Edit
from consent.policy import Reason
from creatorhub.actors import Actor
from creatorhub.models import User
from library.models import Video


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a receiver did: renders stopped before they were done, and memes taken down, or hidden
    for as long as the withdrawal can be undone; for what can end again by itself (a hold, a block),
    how many memes it hides."""

    stopped: int = 0
    taken_down: int = 0
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class HiddenMemes:
    """What undoing a withdrawal would do now with the memes that it hid: how many can be
    seen again; how many come back and stay hidden for as long as staff hold their videos or pause
    remixing, or the creator blocks who made them; how many do not, because their videos are not
    allowed again, their makers removed them, or it is too late. `until` is when the first of those
    that can come back no longer can."""

    back: int = 0
    held: int = 0
    paused: int = 0
    blocked: int = 0
    not_allowed: int = 0
    removed: int = 0
    too_late: int = 0
    until: datetime | None = None


# Arguments: those of `announce`. Receivers return Withdrawn.
consent_withdrawn = Signal()
# Arguments: those of `announce_undone`. Receivers return how many memes they brought back.
withdrawal_undone = Signal()
# A no of the withdrawal journal which this app has no rule for: `what`, `body` and `creator`, as
# consent.services.reapplied has them. A receiver says it again, and returns how much that changed.
say_again = Signal()
# Arguments: those of `hidden_memes`. One receiver returns HiddenMemes.
hidden_memes_wanted = Signal()


def announce(
    *,
    actor: Actor,
    creator: User,
    use: str | None,
    videos: QuerySet[Video] | None,
    reason: Reason,
    version: int | None,
    correlation_id: uuid.UUID,
    person: User | None = None,
) -> Withdrawn:
    """Tell the receivers of a withdrawal, inside its transaction, under the lock of the consent
    state, after the consents have changed; returns what they did, added up.

    `use` None is every use. `videos` None is all of the creator's; else filter it by the few keys
    that you know before you evaluate it: it may be a million. `version` is that of the consent
    state by which this withdrawal can be undone; None: it cannot. With `person` it is withdrawn
    from this one alone. An exception undoes the withdrawal.
    """
    answers: list[tuple[Any, Any]] = consent_withdrawn.send(
        sender=ConsentState,
        actor=actor,
        creator=creator,
        use=use,
        videos=videos,
        reason=reason,
        version=version,
        correlation_id=correlation_id,
        person=person,
    )
    return Withdrawn(
        stopped=sum(done.stopped for _, done in answers),
        taken_down=sum(done.taken_down for _, done in answers),
        hidden=sum(done.hidden for _, done in answers),
    )


def announce_undone(
    *,
    actor: Actor,
    creator: User,
    undone: int,
    videos: QuerySet[Video] | None,
    asked_at: datetime,
    version: int,
    correlation_id: uuid.UUID,
) -> int:
    """Tell the receivers that the withdrawal of version `undone` was undone for these videos (None:
    for all), as it was asked at that time. As `announce`, with the consents allowed again; the
    consent state is at `version` now. Returns how many memes can be seen again."""
    answers: list[tuple[Any, Any]] = withdrawal_undone.send(
        sender=ConsentState,
        actor=actor,
        creator=creator,
        undone=undone,
        videos=videos,
        asked_at=asked_at,
        version=version,
        correlation_id=correlation_id,
    )
    return sum(back for _, back in answers)


def hidden_memes(
    *,
    creator: User,
    undone: int,
    videos: QuerySet[Video] | None,
    asked_at: datetime,
    undo: Edit | None = None,
    beneath_opt_out: bool = False,
) -> HiddenMemes:
    """What would become of the memes that the withdrawal of version `undone` hid, if it were undone
    for these videos now. With `undo`, which was done: also what came back by it and is still
    hidden. With `beneath_opt_out` the withdrawal is the opt-out, and only what is stored as allowed
    beneath it comes back. Reads only."""
    answers: list[tuple[Any, Any]] = hidden_memes_wanted.send(
        sender=ConsentState,
        creator=creator,
        undone=undone,
        videos=videos,
        asked_at=asked_at,
        undo=undo,
        beneath_opt_out=beneath_opt_out,
    )
    return next((found for _, found in answers), HiddenMemes())
