"""The one seam that other apps listen to."""

from __future__ import annotations

from dataclasses import dataclass

from django.dispatch import Signal


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a receiver did: renders stopped before they were done, and memes taken down."""

    stopped: int = 0
    taken_down: int = 0


# Sent inside the withdrawing transaction, under the standing's lock, after the consent rows
# changed. Arguments: actor, creator (User), use (id, or None for every use), videos (a queryset
# of library.Video to filter by, or None for all of the creator's), reason (policy.Reason),
# act (UUID). Receivers return Withdrawn. An exception undoes the withdrawal.
consent_withdrawn = Signal()
