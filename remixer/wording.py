"""How pages describe the state of a meme, and what they advise where remixing is not allowed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from consent.policy import Reason
from consent.reasons import Act, Why
from creatorhub.jobs import State
from creatorhub.models import User
from remixer.models import Render

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

BY_CREATOR = "taken_down_by_creator"
LONGEST_SUMMARY = 80  # characters
STALLED = gettext_lazy("It has made no progress for a minute. It starts again by itself.")

WHAT_TO_DO: dict[str, StrOrPromise] = {
    **dict.fromkeys(
        Reason,
        gettext_lazy("Choose another video: the gallery shows the videos that you can remix."),
    ),
    Reason.RESTORING: gettext_lazy("Nothing is lost."),
    Reason.PAUSED: gettext_lazy("Nothing is lost."),
    Reason.VIDEO_UNAVAILABLE: gettext_lazy(
        "If it was just added, it may be ready in a few minutes."
    ),
}


@dataclass(frozen=True, slots=True)
class Status:
    """A pill and the sentence below it. `tone` is a CSS class, `icon` the name of a symbol."""

    tone: str
    icon: str
    label: StrOrPromise
    why: StrOrPromise = ""


def status_of(render: Render, *, reader: User, ahead: int = 0, hidden: str = "") -> Status:
    """In the person of the reader. `ahead`: how many memes are made before it. `hidden`: the reason
    of the decision that hides a published meme now, or nothing."""
    if render.state == State.QUEUED:
        return Status("busy", "clock", _("Waiting"), _place(ahead))
    if render.is_stalled:
        return Status("look", "alert", _("Stalled"), STALLED)
    if render.state == State.RUNNING:
        why = _("%(percent)d %% done") % {"percent": render.progress}
        return Status("busy", "refresh", _("Being made"), why)
    if render.state == State.DONE and hidden:
        return Status("", "slash", _("Hidden"), _sentence(hidden, render, reader))
    if render.state == Render.HIDDEN:
        return Status("", "slash", _("Hidden"), _may_come_back(render, reader=reader))
    if render.state == Render.REMOVED:
        return Status("", "trash", _("Removed"), _("The person who made it removed it."))
    return Status(*_ENDS[render.state], why=why_ended(render, reader=reader))


def status_for_creator(render: Render, *, reader: User, hidden: str = "") -> Status:
    """As status_of, in the list of what was made of the reader's videos."""
    status = status_of(render, reader=reader, hidden=hidden)
    if render.state == State.DONE and not hidden:
        return replace(status, label=_("Live"))
    return status


def _may_come_back(render: Render, *, reader: User) -> str:
    """Why it is hidden, and until when that can be undone."""
    why = why_ended(render, reader=reader)
    if render.restorable_until is None or render.restorable_until <= timezone.now():
        return why
    if is_creator(render, reader):
        words = _("%(why)s It is deleted at %(time)s, unless undoing that brings it back before.")
    else:
        words = _(
            "%(why)s It is deleted at %(time)s, unless the creator brings it back before by "
            "undoing that."
        )
    time = date_format(timezone.localtime(render.restorable_until), "H:i")
    return words % {"why": why, "time": time}


def why_ended(render: Render, *, reader: User | None) -> str:
    """Why a meme ended badly, naming who acted; nothing if it did not."""
    if render.ended_for in set(Reason):
        return _sentence(render.ended_for, render, reader)
    if render.ended_for == BY_CREATOR and is_creator(render, reader):
        return _("You took this meme down.")
    return _(render.problem) if render.problem else ""


def why_not_seen(render: Render, *, reader: User) -> str:
    """Why a meme ended badly or is hidden now (`hidden_for`); nothing if it is neither."""
    hidden = _sentence(render.hidden_for, render, reader) if render.hidden_for else ""
    return why_ended(render, reader=reader) or hidden


def is_creator(render: Render, reader: User | None) -> bool:
    """Whether the reader owns the video that the meme was made of."""
    return reader is not None and render.creator_id == reader.pk


def _sentence(reason: str, render: Render, reader: User | None) -> str:
    why = Why(Reason(reason), Act(render.ended_by))
    return why.told(to_creator=is_creator(render, reader))


def summary_of(render: Render) -> str:
    """The texts of a meme on one line, by which lists name it."""
    text = " / ".join(" ".join(text.split()) for text in render.captions.values())
    return text if len(text) <= LONGEST_SUMMARY else f"{text[: LONGEST_SUMMARY - 1].rstrip()}…"


def name_of(render: Render) -> str:
    """As mails to its maker name it."""
    words = {"texts": summary_of(render), "title": render.video.title}
    if not words["texts"]:
        return _("your meme of “%(title)s”") % words
    return _("your meme “%(texts)s” of “%(title)s”") % words


_ENDS: dict[str, tuple[str, str, StrOrPromise]] = {
    State.DONE: ("yes", "check", gettext_lazy("Ready")),
    State.FAILED: ("bad", "alert", gettext_lazy("Failed")),
    State.REFUSED: ("", "slash", gettext_lazy("Stopped")),
    State.CANCELLED: ("", "x", gettext_lazy("Cancelled")),
    Render.TAKEN_DOWN: ("", "slash", gettext_lazy("Taken down")),
}


def announcement(render: Render, *, reader: User, ahead: int) -> str:
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
    return why_ended(render, reader=reader) or _("This meme is gone")


def _place(ahead: int) -> str:
    if not ahead:
        return _("Next in line")
    sentence = ngettext(
        "%(count)s meme is made before it", "%(count)s memes are made before it", ahead
    )
    return sentence % {"count": f"{ahead:,}"}
