"""A video's effective state for each use, as pages show it: word, icon, reason, since when, by
whom. Reads what querysets.with_reason annotated; asks nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from consent.policy import Reason
from consent.uses import USES, Use
from consent.wording import ICONS, LABELS, WHYS
from creatorhub.actors import Actor
from creatorhub.days import last_day
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
    until: datetime | None
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
        if self.reason is Reason.OFF:
            return _("%(who)s turned it off") % {"who": self.who}
        why = str(WHYS[self.reason])
        if self.until and self.reason in (Reason.ALLOWED, Reason.EXPIRED):
            day = {"day": date_format(last_day(self.until), "j F Y")}
            why = (_("Until %(day)s") if self.allowed else _("On %(day)s")) % day
        return f"{why} · {self.who}" if self.allowed and self.shown_since else why

    @property
    def shown_since(self) -> datetime | None:
        return self.since if self.reason in DECIDED else None


def states_of(video: Video, *, reader: User) -> list[UseState]:
    """One state for each use, for a video annotated with every use's reason."""
    return [
        UseState(
            use=use,
            reason=Reason(getattr(video, f"reason_{use.id}")),
            until=getattr(video, f"until_{use.id}"),
            since=getattr(video, f"since_{use.id}"),
            who=who(getattr(video, f"by_{use.id}"), reader=reader),
        )
        for use in USES.values()
    ]


def who(actor: str | None, *, reader: User) -> str:
    """Who made a change, to its creator; `actor` is the text of an Actor."""
    kind = Actor.parse(actor).kind if actor else "system"
    if actor == str(Actor.creator(reader)):
        return _("You")
    return _("CreatorHub staff") if kind == "staff" else "CreatorHub"
