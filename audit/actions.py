"""The vocabulary of the log: every action, the fields it carries, and how a person reads it.

`sentence` is a format string over the event's fields; `who` is replaced by "You" or a name.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    sentence: str
    fields: tuple[str, ...] = ()
    icon: str = "circle"


ACTIONS: dict[str, Action] = {
    # accounts and videos
    "account.deactivated": Action("{who} closed this account", ("reason",), "slash"),
    "account.updated": Action("{who} changed this account's name or time zone", (), "user"),
    "account.token_made": Action("{who} made a new API token", (), "key"),
    "account.token_revoked": Action("{who} took the API token away", (), "key"),
    "account.reactivated": Action("{who} opened this account again", ("reason",), "undo"),
    "video.added": Action("{who} added “{title}”", ("title", "via"), "film"),
    "video.ingested": Action("“{title}” is ready to play", ("title", "duration_ms"), "check"),
    "video.refused": Action("“{title}” was refused: {problem}", ("title", "problem"), "alert"),
    "video.renamed": Action("{who} renamed “{before}” to “{after}”", ("before", "after"), "pencil"),
    "video.moved": Action(
        "{who} moved “{title}” from “{before}” to “{after}”",
        ("title", "before", "after"),
        "folder",
    ),
    "videos.added": Action("{who} added {count} video{s}", ("count", "via"), "film"),
    "video.removed": Action("{who} removed “{title}”", ("title", "reason"), "trash"),
    "video.retried": Action("{who} asked to try “{title}” again", ("title",), "refresh"),
    # consent
    "consent.edited": Action(
        "{who} {change} for {changed} video{s}",
        (
            "edit",
            "use",
            "to",
            "until",
            "notice",
            "undoes",
            "reason",
            "selected",
            "changed",
            "already",
            "superseded",
            "not_eligible",
            "items_root",
            "version",
            "stopped",
            "taken_down",
        ),
        "check-check",
    ),
    # an edit too large for one transaction: its confirm, each part that was applied, its end
    "edit.confirmed": Action(
        "{who} confirmed an edit: {use_label} {becomes}",
        (
            "edit",
            "use",
            "to",
            "until",
            "notice",
            "undoes",
            "reason",
            "selected",
            "will_change",
            "version",
            "stopped",
            "taken_down",
        ),
        "check",
    ),
    "edit.part_applied": Action(
        "Part {part} of an edit was applied: {changed} video{s} changed",
        (
            "edit",
            "use",
            "part",
            "changed",
            "already",
            "superseded",
            "not_eligible",
            "items_root",
            "version",
        ),
        "check",
    ),
    "edit.applied": Action(
        "{who} {change} for {changed} video{s}",
        (
            "edit",
            "use",
            "to",
            "until",
            "notice",
            "undoes",
            "reason",
            "selected",
            "changed",
            "already",
            "superseded",
            "not_eligible",
            "version",
            "stopped",
            "taken_down",
            "parts",
        ),
        "check-check",
    ),
    "edit.cancelled": Action(
        "{who} cancelled an edit: {changed} video{s} changed, {left_out} left as they were",
        ("edit", "use", "selected", "changed", "left_out"),
        "slash",
    ),
    "uploads.chosen": Action(
        "{who} chose that new uploads start with {use_label} {becomes}",
        ("use", "to", "until", "notice"),
        "upload",
    ),
    "creator.opted_out": Action(
        "{who} turned everything off", ("version", "reason", "stopped", "taken_down"), "slash"
    ),
    "creator.opted_in": Action("{who} turned permissions back on", ("version", "restore"), "undo"),
    # memes
    "render.requested": Action(
        "{requester_name} asked for a meme of “{title}”",
        ("render", "requester", "requester_name", "title", "template", "terms", "version"),
        "sparkles",
    ),
    "render.published": Action(
        "{requester_name} made a meme of “{title}”",
        ("render", "requester", "requester_name", "title", "template", "terms", "version"),
        "sparkles",
    ),
    "render.refused": Action(
        "A meme of “{title}” was refused: {reason}",
        ("render", "requester", "requester_name", "title", "reason"),
        "slash",
    ),
    "render.failed": Action(
        "A meme of “{title}” failed",
        ("render", "requester", "requester_name", "title", "problem"),
        "alert",
    ),
    "render.cancelled": Action(
        "{requester_name} cancelled a meme of “{title}”",
        ("render", "requester", "requester_name", "title"),
        "slash",
    ),
    "render.stopped": Action(
        "A meme of “{title}” by {requester_name} was stopped",
        ("render", "requester", "requester_name", "title", "reason"),
        "slash",
    ),
    "render.taken_down": Action(
        "A meme of “{title}” by {requester_name} was taken down",
        ("render", "requester", "requester_name", "title", "reason"),
        "slash",
    ),
    "render.removed": Action(
        "{requester_name} removed their meme of “{title}”",
        ("render", "requester", "requester_name", "title"),
        "trash",
    ),
    # the platform
    "remixer.paused": Action("{who} paused remixing", ("reason", "stopped"), "pause"),
    "remixer.resumed": Action("{who} resumed remixing", ("reason",), "play"),
    "notice.written": Action(
        "{who} wrote the notice “{title}”, version {version}",
        ("notice", "use", "version", "title"),
        "page",
    ),
    "notice.published": Action(
        "{who} published the notice “{title}”, version {version}",
        ("notice", "use", "version", "material", "title"),
        "page",
    ),
}

# How values read that apps above own: "use.remix" -> "Remix", "reason.opted_out" -> a sentence.
# Each app adds its own when it is ready; the log itself holds only the short names.
WORDS: dict[str, str] = {}
