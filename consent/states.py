"""A video's effective state for each use, as pages show it: word, icon, reason, since when, by
whom. Reads what querysets.with_reason annotated; asks nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from consent.counts import Overview
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


@dataclass(frozen=True, slots=True)
class UseState:
    use: Use
    reason: Reason
    act: Act
    since: datetime | None
    who: str

    @property
    def allowed(self) -> bool:
        return self.reason is Reason.ALLOWED

    @property
    def stored(self) -> bool:
        """Whether turning it off would change something that a page should offer to change."""
        return self.reason not in (Reason.UNDECIDED, Reason.OFF, Reason.VIDEO_UNAVAILABLE)

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
    return [
        UseState(
            use=use,
            reason=Reason(getattr(video, f"reason_{use.id}")),
            act=act_of(video, use.id, stand=stand),
            since=getattr(video, f"since_{use.id}"),
            who=who(getattr(video, f"by_{use.id}"), reader=reader),
        )
        for use in USES.values()
    ]


def act_of(video: Video, use: str, *, stand: Callable[[], Overview]) -> Act:
    """Who is behind the reason of an annotated video, as `states_of` reads it."""
    reason, until = getattr(video, f"reason_{use}"), getattr(video, f"until_{use}")
    if reason == Reason.OPTED_OUT:
        overview = stand()
        return Act(overview.opted_out_by, overview.opted_out_note)
    if reason == Reason.WITHDRAWN and (edit := stand().withdrawing.get(use)):
        return Act(edit.actor, edit.reason)
    if reason == Reason.HELD:
        return STAFF
    if reason == Reason.OFF:
        return Act(getattr(video, f"by_{use}") or "", getattr(video, f"note_{use}") or "")
    return Act(until=until)


def who(actor: str | None, *, reader: User) -> str:
    """Who made a change, to its creator; `actor` is the text of an Actor."""
    kind = Actor.parse(actor).kind if actor else "system"
    if actor == str(Actor.creator(reader)):
        return _("You")
    return _("CreatorHub staff") if kind == "staff" else "CreatorHub"
