"""Why the answer is what it is, in the person of whoever reads it, naming who acted.

Three readings: by the creator in a few words under a status (`in_short`), by the creator in a
sentence, and by anybody else (`Why.told`). Three who may have acted: the creator, staff, or
somebody of whom nothing is known. A test holds that every reason of the policy has all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.policy import Reason
from consent.uses import Text
from creatorhub.actors import Actor
from creatorhub.days import last_day


@dataclass(frozen=True, slots=True)
class Act:
    """What is behind a reason. `by` is the text of an Actor, "" where that is not known; `note` is
    what a member of staff wrote to the creator; `until` is when the permission ends or ended."""

    by: str = ""
    note: str = ""
    until: datetime | None = None

    @property
    def kind(self) -> str:
        """ "creator", "staff", "system", or "" where nobody is known."""
        return Actor.parse(self.by).kind if self.by else ""


NOBODY = Act()
STAFF = Act("staff:somebody")  # where it is known to be staff, and not who


@dataclass(frozen=True, slots=True)
class Why:
    """A no of the policy, and who is behind it."""

    reason: Reason
    act: Act = NOBODY

    def told(self, *, to_creator: bool) -> str:
        """In a sentence: for the creator of the video, or for anybody else."""
        return _told_creator(self) if to_creator else _told_others(self)


class _Words(NamedTuple):
    """By who acted."""

    creator: Text
    staff: Text
    unknown: Text


def _whoever(text: Text) -> _Words:
    """A reason that is nobody's act, or always CreatorHub's own."""
    return _Words(text, text, text)


_SHORT: dict[Reason, _Words] = {
    Reason.RESTORING: _whoever(gettext_lazy("Being restored")),
    Reason.PAUSED: _whoever(gettext_lazy("CreatorHub has paused this")),
    Reason.VIDEO_UNAVAILABLE: _whoever(gettext_lazy("The video is not ready")),
    Reason.OPTED_OUT: _Words(
        gettext_lazy("You turned everything off"),
        gettext_lazy("A moderator of CreatorHub turned everything off"),
        gettext_lazy("Everything is turned off"),
    ),
    Reason.WITHDRAWN: _Words(
        gettext_lazy("You are turning it off"),
        gettext_lazy("A moderator of CreatorHub is turning it off"),
        gettext_lazy("Being turned off"),
    ),
    Reason.UNDECIDED: _whoever(gettext_lazy("Never decided")),
    Reason.OFF: _Words(
        gettext_lazy("You turned it off"),
        gettext_lazy("A moderator of CreatorHub turned it off"),
        gettext_lazy("Turned off"),
    ),
    Reason.EXPIRED: _whoever(gettext_lazy("The permission has ended")),
    Reason.NOTICE_CHANGED: _whoever(gettext_lazy("CreatorHub changed the terms")),
    Reason.NOT_IN_AUDIENCE: _whoever(gettext_lazy("Not for everyone")),
    Reason.APPROVAL_NEEDED: _whoever(gettext_lazy("You are asked each time")),
    Reason.ALLOWED: _whoever(gettext_lazy("No end date")),
    Reason.HELD: _whoever(gettext_lazy("CreatorHub staff hold this")),
    Reason.BLOCKED: _whoever(gettext_lazy("You blocked this person")),
}
_TO_CREATOR: dict[Reason, _Words] = {
    Reason.RESTORING: _whoever(
        gettext_lazy(
            "CreatorHub is being restored from a backup: until it knows what was turned off since, "
            "nothing is allowed."
        )
    ),
    Reason.PAUSED: _whoever(gettext_lazy("CreatorHub has paused this for everyone.")),
    Reason.VIDEO_UNAVAILABLE: _Words(
        gettext_lazy("You removed this video."),
        gettext_lazy("A moderator of CreatorHub removed this video."),
        gettext_lazy("This video is not available."),
    ),
    Reason.OPTED_OUT: _Words(
        gettext_lazy("You turned everything off."),
        gettext_lazy("A moderator of CreatorHub turned everything of yours off."),
        gettext_lazy("Everything is turned off."),
    ),
    Reason.WITHDRAWN: _Words(
        gettext_lazy("You turned this off."),
        gettext_lazy("A moderator of CreatorHub turned this off."),
        gettext_lazy("The permission was withdrawn."),
    ),
    Reason.UNDECIDED: _whoever(gettext_lazy("You have not allowed this for this video.")),
    Reason.OFF: _Words(
        gettext_lazy("You turned this off for this video."),
        gettext_lazy("A moderator of CreatorHub turned this off for this video."),
        gettext_lazy("This is turned off for this video."),
    ),
    Reason.EXPIRED: _whoever(gettext_lazy("Your permission for this video has ended.")),
    Reason.NOTICE_CHANGED: _whoever(
        gettext_lazy("CreatorHub changed the terms, and you have not agreed to the new text.")
    ),
    Reason.NOT_IN_AUDIENCE: _whoever(gettext_lazy("You have not allowed this for everyone.")),
    Reason.APPROVAL_NEEDED: _whoever(gettext_lazy("You are asked each time.")),
    Reason.ALLOWED: _whoever(gettext_lazy("You allow this.")),
    Reason.HELD: _whoever(gettext_lazy("CreatorHub staff have put this on hold.")),
    Reason.BLOCKED: _whoever(gettext_lazy("You blocked the person who made it.")),
}
_TO_OTHERS: dict[Reason, _Words] = {
    Reason.RESTORING: _whoever(
        gettext_lazy(
            "CreatorHub is being restored from a backup: until it knows what was turned off since, "
            "nothing is allowed. Try again later."
        )
    ),
    Reason.PAUSED: _whoever(
        gettext_lazy("CreatorHub has paused this for everyone. Try again later.")
    ),
    Reason.VIDEO_UNAVAILABLE: _Words(
        gettext_lazy("The creator has removed this video."),
        gettext_lazy("CreatorHub staff have removed this video."),
        gettext_lazy("This video is not available."),
    ),
    Reason.OPTED_OUT: _Words(
        gettext_lazy("The creator has turned this off for all of their videos."),
        gettext_lazy("CreatorHub staff have turned this off for all videos of this creator."),
        gettext_lazy("This is turned off for all videos of this creator."),
    ),
    Reason.WITHDRAWN: _Words(
        gettext_lazy("The creator has withdrawn the permission for this video."),
        gettext_lazy("CreatorHub staff have withdrawn the permission for this video."),
        gettext_lazy("The permission for this video was withdrawn."),
    ),
    Reason.UNDECIDED: _whoever(gettext_lazy("The creator has not allowed this for this video.")),
    Reason.OFF: _Words(
        gettext_lazy("The creator has turned this off for this video."),
        gettext_lazy("CreatorHub staff have turned this off for this video."),
        gettext_lazy("This is turned off for this video."),
    ),
    Reason.EXPIRED: _whoever(gettext_lazy("The creator's permission for this video has ended.")),
    Reason.NOTICE_CHANGED: _whoever(
        gettext_lazy(
            "CreatorHub has revised the terms, and the creator has not agreed to the new text yet."
        )
    ),
    Reason.NOT_IN_AUDIENCE: _whoever(
        gettext_lazy("The creator has not allowed this for everyone.")
    ),
    Reason.APPROVAL_NEEDED: _whoever(gettext_lazy("The creator wants to be asked each time.")),
    Reason.ALLOWED: _whoever(gettext_lazy("The creator allows this.")),
    Reason.HELD: _whoever(
        gettext_lazy("CreatorHub staff have put this on hold while they look into it.")
    ),
    Reason.BLOCKED: _whoever(
        gettext_lazy("The creator does not let you do this with their videos.")
    ),
}


def in_short(reason: Reason, act: Act = NOBODY) -> str:
    """Under a status, for the creator: “You turned it off”."""
    if act.until and reason in (Reason.ALLOWED, Reason.EXPIRED):
        day = {"day": date_format(last_day(act.until), "j F Y")}
        return (_("Until %(day)s") if reason is Reason.ALLOWED else _("On %(day)s")) % day
    return _with_note(_words(_SHORT[reason], act), act)


def _told_creator(why: Why) -> str:
    """“You turned this off for this video.”"""
    act = why.act
    if act.until and why.reason is Reason.EXPIRED:
        day = date_format(last_day(act.until), "j F Y")
        return _("Your permission for this video ended on %(day)s.") % {"day": day}
    return _with_note(_words(_TO_CREATOR[why.reason], act), act)


def _told_others(why: Why) -> str:
    """What staff wrote to the creator is not for them."""
    act = why.act
    if act.until and why.reason is Reason.EXPIRED:
        day = date_format(last_day(act.until), "j F Y")
        return _("The creator's permission for this video ended on %(day)s.") % {"day": day}
    return _words(_TO_OTHERS[why.reason], act)


def _words(words: _Words, act: Act) -> str:
    return str({"creator": words.creator, "staff": words.staff}.get(act.kind, words.unknown))


def _with_note(text: str, act: Act) -> str:
    """“A moderator of CreatorHub turned it off: a complaint”."""
    if act.kind not in ("staff", "system") or not act.note:
        return text
    return _("%(what)s: %(reason)s") % {"what": text.removesuffix("."), "reason": act.note}
