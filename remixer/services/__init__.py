"""The only writer of memes. What decides is asked under the creator's state, locked first;
then renders, then the log."""

from remixer.services.files import file_of, poster_of, preview_image
from remixer.services.moderation import takedown
from remixer.services.pause import pause, resume
from remixer.services.rendering import run_render
from remixer.services.requests import (
    MOST_LIVE,
    cancel_render,
    remove_render,
    request_render,
    retry_render,
    template_of,
)
from remixer.services.sweeping import Sweep, sweep_renders
from remixer.services.withdrawal import stop_and_takedown

__all__ = [
    "MOST_LIVE",
    "Sweep",
    "cancel_render",
    "file_of",
    "pause",
    "poster_of",
    "preview_image",
    "remove_render",
    "request_render",
    "resume",
    "retry_render",
    "run_render",
    "stop_and_takedown",
    "sweep_renders",
    "takedown",
    "template_of",
]
