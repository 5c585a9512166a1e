"""May this be done? The one pure decision, asked everywhere: no Django, no clock, no database.

`RULES` is the whole policy as data. `consent.querysets` builds its twin in SQL from the same
table; a test walks the whole input space and demands that both agree. A decision is never cached.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple


class Reason(StrEnum):
    """Why the answer is what it is, in the order in which the rules are asked."""

    RESTORING = "restoring"
    PAUSED = "paused"
    VIDEO_UNAVAILABLE = "video_unavailable"
    OPTED_OUT = "opted_out"
    HELD = "held"
    WITHDRAWN = "withdrawn"
    UNDECIDED = "undecided"
    OFF = "off"
    EXPIRED = "expired"
    NOTICE_CHANGED = "notice_changed"
    BLOCKED = "blocked"
    NOT_IN_AUDIENCE = "not_in_audience"
    APPROVAL_NEEDED = "approval_needed"
    ALLOWED = "allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the decision depends on, about one video, one use and one asker.

    The last five but `blocked` mean something only where `allowed_by_terms` is true: decided, and
    not off.
    """

    restoring: bool
    paused: bool
    available: bool
    opted_out: bool
    held: bool
    being_withdrawn: bool
    decided: bool
    allowed_by_terms: bool
    ended: bool
    notice_superseded: bool
    blocked: bool
    in_audience: bool
    approval_missing: bool


class Rule(NamedTuple):
    """Where `fact` is `value`, the answer is no, for this reason."""

    fact: str
    value: bool
    reason: Reason


# The first rule that matches gives the reason.
RULES = (
    Rule("restoring", True, Reason.RESTORING),
    Rule("paused", True, Reason.PAUSED),
    Rule("available", False, Reason.VIDEO_UNAVAILABLE),
    Rule("opted_out", True, Reason.OPTED_OUT),
    Rule("held", True, Reason.HELD),
    Rule("being_withdrawn", True, Reason.WITHDRAWN),
    Rule("decided", False, Reason.UNDECIDED),
    Rule("allowed_by_terms", False, Reason.OFF),
    Rule("ended", True, Reason.EXPIRED),
    Rule("notice_superseded", True, Reason.NOTICE_CHANGED),
    Rule("blocked", True, Reason.BLOCKED),
    Rule("in_audience", False, Reason.NOT_IN_AUDIENCE),
    Rule("approval_missing", True, Reason.APPROVAL_NEEDED),
)

# Facts of which none says no, to ask about some of them alone by dataclasses.replace.
ALLOWING = Facts(**{rule.fact: not rule.value for rule in RULES})
# Facts that only hold back, for as long as they last, what a creator has decided about a video.
ABOVE = ("restoring", "paused", "opted_out", "held", "blocked")


@dataclass(frozen=True, slots=True)
class Decision:
    allowed: bool
    reason: Reason


def decide(facts: Facts) -> Decision:
    """The first rule that says no gives the reason; if none does, the answer is yes."""
    for rule in RULES:
        if getattr(facts, rule.fact) is rule.value:
            return Decision(allowed=False, reason=rule.reason)
    return Decision(allowed=True, reason=Reason.ALLOWED)


def stored(facts: Facts) -> Reason:
    """What is stored for the video, whatever holds it back for now."""
    return decide(replace(facts, **dict.fromkeys(ABOVE, False))).reason
