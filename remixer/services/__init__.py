"""The only writer of memes. Locks are taken in one order: the creator's consent state, then the
renders, then the log."""

from remixer.services.appeals import appeal_hold, appeal_takedown, decide_appeal
from remixer.services.erasing import ERASABLE, erase_memes, remove_memes_by
from remixer.services.files import file_of, poster_of, preview_image, thumb_of
from remixer.services.moderation import (
    memes_by,
    put_back,
    takedown,
    takedown_by_creator,
    takedown_of_person,
)
from remixer.services.pause import is_paused, pause, resume
from remixer.services.permission import Permission, require_permission
from remixer.services.records import record_watching
from remixer.services.rendering import run_next_render, run_render
from remixer.services.reports import decide_report, report, take_report
from remixer.services.requests import (
    cancel_render,
    remove_render,
    request_render,
    retry_render,
    template_of,
)
from remixer.services.restoring import hidden_memes, restore
from remixer.services.said_again import say_again_of_memes
from remixer.services.sweeping import Sweep, sweep_renders
from remixer.services.visibility import meme_for, note_hidden, note_seen, why_gone
from remixer.services.withdrawal import stop_and_takedown

__all__ = [
    "ERASABLE",
    "Permission",
    "Sweep",
    "appeal_hold",
    "appeal_takedown",
    "cancel_render",
    "decide_appeal",
    "decide_report",
    "erase_memes",
    "file_of",
    "hidden_memes",
    "is_paused",
    "meme_for",
    "memes_by",
    "note_hidden",
    "note_seen",
    "pause",
    "poster_of",
    "preview_image",
    "put_back",
    "record_watching",
    "remove_memes_by",
    "remove_render",
    "report",
    "request_render",
    "require_permission",
    "restore",
    "resume",
    "retry_render",
    "run_next_render",
    "run_render",
    "say_again_of_memes",
    "stop_and_takedown",
    "sweep_renders",
    "take_report",
    "takedown",
    "takedown_by_creator",
    "takedown_of_person",
    "template_of",
    "thumb_of",
    "why_gone",
]
