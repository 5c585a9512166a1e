"""The only writer of memes. Locks are taken in one order: the creator's consent state, then the
renders, then the log."""

from remixer.services.files import file_of, poster_of, preview_image
from remixer.services.moderation import takedown
from remixer.services.pause import is_paused, pause, resume
from remixer.services.permission import Permission, require_permission
from remixer.services.rendering import run_next_render, run_render
from remixer.services.requests import (
    cancel_render,
    remove_render,
    request_render,
    retry_render,
    template_of,
)
from remixer.services.restoring import hidden_memes, restore
from remixer.services.sweeping import Sweep, sweep_renders
from remixer.services.visibility import meme_for, note_hidden, why_gone
from remixer.services.withdrawal import stop_and_takedown

__all__ = [
    "Permission",
    "Sweep",
    "cancel_render",
    "file_of",
    "hidden_memes",
    "is_paused",
    "meme_for",
    "note_hidden",
    "pause",
    "poster_of",
    "preview_image",
    "remove_render",
    "request_render",
    "require_permission",
    "restore",
    "resume",
    "retry_render",
    "run_next_render",
    "run_render",
    "stop_and_takedown",
    "sweep_renders",
    "takedown",
    "template_of",
    "why_gone",
]
