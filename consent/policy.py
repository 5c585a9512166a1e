"""May this be done? The one pure decision, asked everywhere: no Django, no clock, no database.

`consent.querysets` says the same in SQL; a test walks the whole input space and demands that
both agree. A decision is never cached.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why the answer is what it is, in the order in which they are asked. The first one wins."""

    PAUSED = "paused"
    VIDEO_UNAVAILABLE = "video_unavailable"
    OPTED_OUT = "opted_out"
    WITHDRAWN = "withdrawn"
    UNDECIDED = "undecided"
    OFF = "off"
    EXPIRED = "expired"
    NOTICE_CHANGED = "notice_changed"
    NOT_IN_AUDIENCE = "not_in_audience"
    APPROVAL_NEEDED = "approval_needed"
    ALLOWED = "allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the decision depends on, about one video, one use and one asker.

    The last five say something only where `allowed_by_terms` is true: decided, and not off.
    """

    paused: bool
    available: bool
    opted_out: bool
    being_withdrawn: bool
    decided: bool
    allowed_by_terms: bool
    ended: bool
    notice_superseded: bool
    in_audience: bool
    must_ask: bool
    approved: bool


@dataclass(frozen=True, slots=True)
class Decision:
    allowed: bool
    reason: Reason


def decide(facts: Facts) -> Decision:
    """The first fact that says no gives the reason; if none does, the answer is yes."""
    reason = _first_reason(facts)
    return Decision(allowed=reason is Reason.ALLOWED, reason=reason)


def _first_reason(facts: Facts) -> Reason:  # noqa: PLR0911  (one line per row of the table)
    if facts.paused:
        return Reason.PAUSED
    if not facts.available:
        return Reason.VIDEO_UNAVAILABLE
    if facts.opted_out:
        return Reason.OPTED_OUT
    if facts.being_withdrawn:
        return Reason.WITHDRAWN
    if not facts.decided:
        return Reason.UNDECIDED
    if not facts.allowed_by_terms:
        return Reason.OFF
    if facts.ended:
        return Reason.EXPIRED
    if facts.notice_superseded:
        return Reason.NOTICE_CHANGED
    if not facts.in_audience:
        return Reason.NOT_IN_AUDIENCE
    if facts.must_ask and not facts.approved:
        return Reason.APPROVAL_NEEDED
    return Reason.ALLOWED
