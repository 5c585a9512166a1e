"""A video's state for each use, as pages show it: what is in force, in a word, icon and reason,
since when and by whom; and what is stored, where something holds it back. Reads what
querysets.with_reasons annotated; asks nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from consent.counts import FROM_ABOVE, Overview
from consent.policy import Reason
from consent.reasons import STAFF, Act, in_short
from consent.uses import USES, Use
from consent.wording import ICONS, LABELS
from creatorhub.actors import Actor
from creatorhub.models import User
from library.models import Video

TONES = {
    Reason.ALLOWED: "yes",
    Reason.EXPIRED: "ended",
    Reason.NOTICE_CHANGED: "look",
    Reason.HELD: "look",
    Reason.APPROVAL_NEEDED: "look",
}
DECIDED = (Reason.ALLOWED, Reason.OFF)  # states of which it is worth saying who and when
NOTHING = (Reason.UNDECIDED, Reason.OFF, Reason.VIDEO_UNAVAILABLE)  # no permission is stored


@dataclass(frozen=True, slots=True)
class UseState:
    """`reason` is the decision about the video now, `stored` what it would be without a pause, the
    opt-out and holds of staff; `act` and `stored_act` say who is behind each."""

    use: Use
    reason: Reason
    act: Act
    stored: Reason
    stored_act: Act
    since: datetime | None
    who: str

    @property
    def allowed(self) -> bool:
        return self.reason is Reason.ALLOWED

    @property
    def may_turn_off(self) -> bool:
        """Whether turning it off would change something that a page should offer to change."""
        return self.stored not in NOTHING

    @property
    def beneath(self) -> str:
        """What is stored, where that is not in force for a reason that may end by itself."""
        if self.reason not in FROM_ABOVE or self.stored is Reason.VIDEO_UNAVAILABLE:
            return ""
        why = in_short(self.stored, self.stored_act)
        if not self.may_turn_off:
            return _("Nothing is stored: %(why)s") % {"why": why}
        return _("Stored: %(state)s · %(why)s") % {"state": LABELS[self.stored], "why": why}

    @property
    def label(self) -> str:
        if self.allowed:
            return _("%(use)s allowed") % {"use": self.use.label}
        return str(LABELS[self.reason])

    @property
    def icon(self) -> str:
        return ICONS[self.reason]

    @property
    def tone(self) -> str:
        return TONES.get(self.reason, "")

    @property
    def why(self) -> str:
        why = in_short(self.reason, self.act)
        return f"{why} · {self.who}" if self.allowed and self.shown_since else why

    @property
    def shown_since(self) -> datetime | None:
        return self.since if self.reason in DECIDED else None


def states_of(video: Video, *, reader: User, stand: Callable[[], Overview]) -> list[UseState]:
    """One state for each use, for a video of the reader's annotated with every use's reason.
    `stand` is asked where the reason is one of all videos alike, and says who is behind it."""
    states = []
    for use in USES.values():
        stored = Reason(getattr(video, f"stored_{use.id}"))
        states.append(
            UseState(
                use=use,
                reason=Reason(getattr(video, f"reason_{use.id}")),
                act=act_of(video, use.id, stand=stand),
                stored=stored,
                stored_act=act_of(video, use.id, stand=stand, reason=stored),
                since=getattr(video, f"since_{use.id}"),
                who=who(getattr(video, f"by_{use.id}"), reader=reader),
            )
        )
    return states


def act_of(
    video: Video, use: str, *, stand: Callable[[], Overview], reason: Reason | None = None
) -> Act:
    """Who is behind the reason of an annotated video, as `states_of` reads it, or behind another
    `reason` of it."""
    reason = reason or Reason(getattr(video, f"reason_{use}"))
    if reason is Reason.OPTED_OUT:
        overview = stand()
        return Act(overview.opted_out_by, overview.opted_out_note)
    if reason is Reason.WITHDRAWN and (edit := stand().withdrawing.get(use)):
        return Act(edit.actor, edit.reason)
    if reason is Reason.HELD:
        return STAFF
    if reason is Reason.OFF:
        return Act(getattr(video, f"by_{use}") or "", getattr(video, f"note_{use}") or "")
    return Act(until=getattr(video, f"until_{use}"))


def who(actor: str | None, *, reader: User) -> str:
    """Who made a change, to its creator; `actor` is the text of an Actor."""
    kind = Actor.parse(actor).kind if actor else "system"
    if actor == str(Actor.creator(reader)):
        return _("You")
    return _("CreatorHub staff") if kind == "staff" else "CreatorHub"
