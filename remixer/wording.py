"""How each state of a meme reads on pages, and what to do where remixing is not allowed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from consent.policy import Reason
from consent.wording import SENTENCES
from creatorhub.jobs import State
from remixer.models import Render

LONGEST_SUMMARY = 80  # characters
STALLED = "Nothing was heard from it for a minute. It is taken up again by itself."

WHAT_TO_DO = dict.fromkeys(
    map(str, Reason), "Choose another video: the gallery shows those that may be remixed."
) | {
    Reason.PAUSED: "Nothing is lost. Come back in a while.",
    Reason.VIDEO_UNAVAILABLE: "If it was just added, it may be ready in a few minutes.",
}

# To the creator whose own decision it was.
TO_CREATOR: dict[str, str] = {
    Reason.OFF: "You turned remixing off for this video.",
    Reason.OPTED_OUT: "Everything is turned off.",
    Reason.EXPIRED: "Your permission has ended.",
    Reason.NOTICE_CHANGED: "The terms changed, and you have not agreed to the new text.",
}


@dataclass(frozen=True, slots=True)
class Status:
    """A pill and the sentence beneath it. `tone` is a class, `icon` a symbol's name."""

    tone: str
    icon: str
    label: str
    why: str = ""


def status_of(render: Render, *, ahead: int = 0, dark: str = "") -> Status:
    """`ahead`: how many are made before it. `dark`: the decision's reason why a finished meme is
    not shown now."""
    if render.state == State.QUEUED:
        return Status("busy", "clock", "Waiting", _place(ahead))
    if render.is_stalled:
        return Status("look", "alert", "Stalled", STALLED)
    if render.state == State.DONE and dark:
        return Status("", "slash", "Dark", sentence(dark))
    tone, icon, label = _PILLS[render.state]
    why = f"{render.progress} % done" if render.state == State.RUNNING else render.problem
    if render.state == Render.REMOVED:
        why = "Its maker removed it."
    return Status(tone, icon, label, why)


def status_for_creator(render: Render, *, dark: str = "") -> Status:
    """As status_of, to the creator of the video."""
    status = status_of(render, dark=dark)
    if render.state == State.DONE and not dark:
        return replace(status, label="Can be seen")
    return replace(status, why=TO_CREATOR.get(dark or render.ended_for, status.why))


def summary_of(render: Render) -> str:
    """A meme is called by its texts."""
    text = " / ".join(" ".join(text.split()) for text in render.captions.values())
    return text if len(text) <= LONGEST_SUMMARY else f"{text[: LONGEST_SUMMARY - 1].rstrip()}…"


_PILLS: dict[str, tuple[str, str, str]] = {
    State.RUNNING: ("busy", "refresh", "Being made"),
    State.DONE: ("yes", "check", "Ready"),
    State.FAILED: ("bad", "alert", "Did not work"),
    State.REFUSED: ("", "slash", "Stopped"),
    State.CANCELLED: ("", "x", "Cancelled"),
    Render.TAKEN_DOWN: ("", "slash", "Taken down"),
    Render.REMOVED: ("", "trash", "Removed"),
}


def announcement(render: Render, *, ahead: int) -> str:
    """What a screen reader is told while it waits: changes with every tenth, not every second."""
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
