"""How each reason of the decision reads, on pages, in the API and in mail."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.timezone import localtime

from consent.policy import Reason
from consent.uses import USES

if TYPE_CHECKING:
    from consent.models import Edit

LABELS: dict[str, str] = {
    Reason.PAUSED: "Paused",
    Reason.VIDEO_UNAVAILABLE: "Not ready",
    Reason.OPTED_OUT: "Off",
    Reason.WITHDRAWN: "Off",
    Reason.UNDECIDED: "Off",
    Reason.OFF: "Off",
    Reason.EXPIRED: "Ended",
    Reason.NOTICE_CHANGED: "Needs a look",
    Reason.NOT_IN_AUDIENCE: "Off",
    Reason.APPROVAL_NEEDED: "Ask first",
    Reason.ALLOWED: "Allowed",
}

# To the owner, under the status.
WHYS: dict[str, str] = {
    Reason.PAUSED: "CreatorHub has paused this",
    Reason.VIDEO_UNAVAILABLE: "The video is not ready",
    Reason.OPTED_OUT: "Everything is turned off",
    Reason.WITHDRAWN: "Being turned off",
    Reason.UNDECIDED: "Never decided",
    Reason.OFF: "You turned it off",
    Reason.EXPIRED: "The permission has ended",
    Reason.NOTICE_CHANGED: "The terms changed",
    Reason.NOT_IN_AUDIENCE: "Not for everyone",
    Reason.APPROVAL_NEEDED: "You are asked each time",
    Reason.ALLOWED: "No end date",
}

# In the list's filter.
REASON_LABELS: dict[str, str] = {
    Reason.ALLOWED: "Allowed",
    Reason.UNDECIDED: "Never decided",
    Reason.OFF: "Turned off",
    Reason.EXPIRED: "Ended",
    Reason.NOTICE_CHANGED: "Terms changed",
    Reason.OPTED_OUT: "Everything turned off",
    Reason.WITHDRAWN: "Being turned off",
    Reason.VIDEO_UNAVAILABLE: "Not ready",
    Reason.PAUSED: "Paused by CreatorHub",
    Reason.NOT_IN_AUDIENCE: "Not for everyone",
    Reason.APPROVAL_NEEDED: "Ask first",
}

# To anybody who asks.
SENTENCES: dict[str, str] = {
    Reason.PAUSED: "CreatorHub has paused this for everyone. Try again later.",
    Reason.VIDEO_UNAVAILABLE: "This video is not available.",
    Reason.OPTED_OUT: "The creator has turned this off for all of their videos.",
    Reason.WITHDRAWN: "The creator has withdrawn the permission for this video.",
    Reason.UNDECIDED: "The creator has not allowed this for this video.",
    Reason.OFF: "The creator has turned this off for this video.",
    Reason.EXPIRED: "The creator's permission for this video has ended.",
    Reason.NOTICE_CHANGED: (
        "The terms were revised, and the creator has not agreed to the new text yet."
    ),
    Reason.NOT_IN_AUDIENCE: "The creator has not allowed this for everyone.",
    Reason.APPROVAL_NEEDED: "The creator wants to be asked each time.",
    Reason.ALLOWED: "The creator allows this.",
}

# Names of symbols in the icon sprite. A status is never told by colour alone.
ICONS: dict[str, str] = {
    **dict.fromkeys(Reason, "slash"),
    Reason.ALLOWED: "check",
    Reason.EXPIRED: "clock",
    Reason.NOTICE_CHANGED: "page",
    Reason.PAUSED: "pause",
    Reason.APPROVAL_NEEDED: "hand",
}


def last_day(end: datetime) -> date:
    """The last day, in the person's own zone, on which a permission that ends then still holds."""
    return (localtime(end) - timedelta(seconds=1)).date()


def reach(stopped: int, taken_down: int) -> str:
    """How far a withdrawal reached into what was made."""
    renders = "1 render" if stopped == 1 else f"{stopped:,} renders"
    memes = "1 meme" if taken_down == 1 else f"{taken_down:,} memes"
    return f"{renders} stopped, {memes} taken down."


def summary_of(edit: Edit) -> str:
    """What an edit did, in a sentence or two."""
    what = USES[edit.use].label
    videos = "1 video" if edit.changed == 1 else f"{edit.changed:,} videos"
    if edit.status == edit.Status.EXPIRED:
        return "This draft was never confirmed. Nothing changed."
    if not edit.changed:
        told = "Nothing changed."
        if edit.status != edit.Status.CANCELLED and edit.already == edit.selected:
            told = f"Nothing changed: {what} was already so."
    elif edit.change == edit.Change.FORMER:
        told = f"{what} is back as it was for {videos}."
    elif edit.change == edit.Change.LISTED:
        told = f"{what} is set as the file said for {videos}."
    elif edit.is_grant:
        told = f"{what} is allowed for {videos}."
    else:
        told = f"{what} is off for {videos}."
    if edit.left_out:
        told += f" Cancelled before the other {edit.left_out:,}."
    if edit.superseded:
        told += f" {edit.superseded:,} had changed since and were left alone."
    if edit.stopped or edit.taken_down:
        told += f" {reach(edit.stopped, edit.taken_down)}"
    return told
