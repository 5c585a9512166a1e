"""How pages describe the state of a meme, and what they advise where remixing is not allowed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from consent.policy import Reason
from consent.wording import SENTENCES
from creatorhub.jobs import State
from remixer.models import Render

LONGEST_SUMMARY = 80  # characters
STALLED = "It has made no progress for a minute. It starts again by itself."

WHAT_TO_DO = dict.fromkeys(
    map(str, Reason), "Choose another video: the gallery shows the videos that you can remix."
) | {
    Reason.PAUSED: "Nothing is lost. Try again later.",
    Reason.VIDEO_UNAVAILABLE: "If it was just added, it may be ready in a few minutes.",
}

# For the creator whose own decision it was.
FOR_CREATOR: dict[str, str] = {
    Reason.OFF: "You turned remixing off for this video.",
    Reason.OPTED_OUT: "Everything is turned off.",
    Reason.EXPIRED: "Your permission has ended.",
    Reason.NOTICE_CHANGED: "The terms changed, and you have not agreed to the new text.",
}


@dataclass(frozen=True, slots=True)
class Status:
    """A pill and the sentence below it. `tone` is a CSS class, `icon` the name of a symbol."""

    tone: str
    icon: str
    label: str
    why: str = ""


def status_of(render: Render, *, ahead: int = 0, hidden: str = "") -> Status:
    """`ahead`: how many memes are made before it. `hidden`: the reason of the decision that hides a
    published meme now, or nothing."""
    if render.state == State.QUEUED:
        return Status("busy", "clock", "Waiting", _place(ahead))
    if render.is_stalled:
        return Status("look", "alert", "Stalled", STALLED)
    if render.state == State.DONE and hidden:
        return Status("", "slash", "Hidden", sentence(hidden))
    tone, icon, label = _PILLS[render.state]
    why = f"{render.progress} % done" if render.state == State.RUNNING else render.problem
    if render.state == Render.REMOVED:
        why = "The person who made it removed it."
    return Status(tone, icon, label, why)


def status_for_creator(render: Render, *, hidden: str = "") -> Status:
    """As status_of, for the creator of the video."""
    status = status_of(render, hidden=hidden)
    if render.state == State.DONE and not hidden:
        return replace(status, label="Live")
    return replace(status, why=FOR_CREATOR.get(hidden or render.ended_for, status.why))


def summary_of(render: Render) -> str:
    """The texts of a meme on one line, by which lists name it."""
    text = " / ".join(" ".join(text.split()) for text in render.captions.values())
    return text if len(text) <= LONGEST_SUMMARY else f"{text[: LONGEST_SUMMARY - 1].rstrip()}…"


_PILLS: dict[str, tuple[str, str, str]] = {
    State.RUNNING: ("busy", "refresh", "Being made"),
    State.DONE: ("yes", "check", "Ready"),
    State.FAILED: ("bad", "alert", "Failed"),
    State.REFUSED: ("", "slash", "Stopped"),
    State.CANCELLED: ("", "x", "Cancelled"),
    Render.TAKEN_DOWN: ("", "slash", "Taken down"),
    Render.REMOVED: ("", "trash", "Removed"),
}


def announcement(render: Render, *, ahead: int) -> str:
    """What a screen reader says while the meme is made. It changes with every tenth of the work,
    not with every second."""
    if render.state == State.QUEUED:
        return f"Waiting. {_place(ahead)}"
    if render.is_stalled:
        return f"Stalled. {STALLED}"
    if render.state == State.RUNNING:
        return f"Being made, {render.progress // 10 * 10} % done"
    if render.state == State.DONE:
        return "Your meme is ready"
    return render.problem or "This meme is gone"


def _place(ahead: int) -> str:
    if not ahead:
        return "Next in line"
    return f"{ahead:,} {'meme is' if ahead == 1 else 'memes are'} made before it"


def sentence(reason: str) -> str:
    """Why a meme may not be made or shown, to anybody. `reason` is a decision's."""
    return str(SENTENCES[Reason(reason)])
