"""The one seam that other apps listen to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.dispatch import Signal


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a receiver did: renders stopped before they were done, and memes taken down."""

    stopped: int = 0
    taken_down: int = 0


# Given keys of videos, those of them that a withdrawal is about. Who listens knows the few videos
# that something was made of; the withdrawal may be about a million.
Among = Callable[[list[int]], Iterable[int]]

# Sent inside the withdrawing transaction, under the standing's lock, after the consent rows
# changed. Arguments: actor, creator (User), use (id, or None for every use), videos (an Among, or
# None for all of the creator's), reason (policy.Reason), act (UUID). Receivers return Withdrawn. An
# exception undoes the withdrawal.
consent_withdrawn = Signal()
