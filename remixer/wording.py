"""How pages describe the state of a meme, and what they advise where remixing is not allowed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from consent.policy import Reason
from consent.wording import SENTENCES
from creatorhub.jobs import State
from remixer.models import Render

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST_SUMMARY = 80  # characters
STALLED = gettext_lazy("It has made no progress for a minute. It starts again by itself.")

WHAT_TO_DO: dict[str, StrOrPromise] = {
    **dict.fromkeys(
        Reason,
        gettext_lazy("Choose another video: the gallery shows the videos that you can remix."),
    ),
    Reason.PAUSED: gettext_lazy("Nothing is lost. Try again later."),
    Reason.VIDEO_UNAVAILABLE: gettext_lazy(
        "If it was just added, it may be ready in a few minutes."
    ),
}

# For the creator whose own decision it was.
FOR_CREATOR: dict[str, StrOrPromise] = {
    Reason.OFF: gettext_lazy("You turned remixing off for this video."),
    Reason.OPTED_OUT: gettext_lazy("Everything is turned off."),
    Reason.HELD: gettext_lazy("CreatorHub staff have put this on hold."),
    Reason.BLOCKED: gettext_lazy("You blocked the person who made it."),
    Reason.EXPIRED: gettext_lazy("Your permission has ended."),
    Reason.NOTICE_CHANGED: gettext_lazy(
        "The terms changed, and you have not agreed to the new text."
    ),
}


@dataclass(frozen=True, slots=True)
class Status:
    """A pill and the sentence below it. `tone` is a CSS class, `icon` the name of a symbol."""

    tone: str
    icon: str
    label: StrOrPromise
    why: StrOrPromise = ""


def status_of(render: Render, *, ahead: int = 0, hidden: str = "") -> Status:
    """`ahead`: how many memes are made before it. `hidden`: the reason of the decision that hides a
    published meme now, or nothing."""
    if render.state == State.QUEUED:
        return Status("busy", "clock", _("Waiting"), _place(ahead))
    if render.is_stalled:
        return Status("look", "alert", _("Stalled"), STALLED)
    if render.state == State.RUNNING:
        why = _("%(percent)d %% done") % {"percent": render.progress}
        return Status("busy", "refresh", _("Being made"), why)
    if render.state == State.DONE and hidden:
        return Status("", "slash", _("Hidden"), sentence(hidden))
    if render.state == Render.HIDDEN:
        return Status("", "slash", _("Hidden"), _may_come_back(render, sentence=_(render.problem)))
    if render.state == Render.REMOVED:
        return Status("", "trash", _("Removed"), _("The person who made it removed it."))
    return Status(*_ENDS[render.state], why=_(render.problem))


def status_for_creator(render: Render, *, hidden: str = "") -> Status:
    """As status_of, for the creator of the video."""
    status = status_of(render, hidden=hidden)
    if render.state == State.DONE and not hidden:
        return replace(status, label=_("Live"))
    why = FOR_CREATOR.get(hidden or render.ended_for)
    if why and render.state == Render.HIDDEN:
        why = _may_come_back(render, sentence=why, own=True)
    return replace(status, why=why or status.why)


def _may_come_back(render: Render, *, sentence: StrOrPromise, own: bool = False) -> str:
    """Why it is hidden, and until when that can be undone; `own` by whom this is read."""
    if render.restorable_until is None or render.restorable_until <= timezone.now():
        return str(sentence)
    if own:
        words = _("%(why)s It is deleted at %(time)s; if you undo that until then, it comes back.")
    else:
        words = _(
            "%(why)s It is deleted at %(time)s; if the creator undoes that until then, it comes "
            "back."
        )
    time = date_format(timezone.localtime(render.restorable_until), "H:i")
    return words % {"why": sentence, "time": time}


def summary_of(render: Render) -> str:
    """The texts of a meme on one line, by which lists name it."""
    text = " / ".join(" ".join(text.split()) for text in render.captions.values())
    return text if len(text) <= LONGEST_SUMMARY else f"{text[: LONGEST_SUMMARY - 1].rstrip()}…"


_ENDS: dict[str, tuple[str, str, StrOrPromise]] = {
    State.DONE: ("yes", "check", gettext_lazy("Ready")),
    State.FAILED: ("bad", "alert", gettext_lazy("Failed")),
    State.REFUSED: ("", "slash", gettext_lazy("Stopped")),
    State.CANCELLED: ("", "x", gettext_lazy("Cancelled")),
    Render.TAKEN_DOWN: ("", "slash", gettext_lazy("Taken down")),
}


def announcement(render: Render, *, ahead: int) -> str:
    """What a screen reader says while the meme is made. It changes with every tenth of the work,
    not with every second."""
    if render.state == State.QUEUED:
        return _("Waiting. %(place)s") % {"place": _place(ahead)}
    if render.is_stalled:
        return _("Stalled. %(why)s") % {"why": STALLED}
    if render.state == State.RUNNING:
        return _("Being made, %(percent)d %% done") % {"percent": render.progress // 10 * 10}
    if render.state == State.DONE:
        return _("Your meme is ready")
    return _(render.problem) or _("This meme is gone")


def _place(ahead: int) -> str:
    if not ahead:
        return _("Next in line")
    sentence = ngettext(
        "%(count)s meme is made before it", "%(count)s memes are made before it", ahead
    )
    return sentence % {"count": f"{ahead:,}"}


def sentence(reason: str) -> str:
    """Why a meme may not be made or shown, for anybody. `reason` is a decision's."""
    return str(SENTENCES[Reason(reason)])
