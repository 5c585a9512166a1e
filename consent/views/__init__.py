"""Pages of consent, by noun. A view reads the form, calls a service, and answers."""

from consent.views.account import account, account_token
from consent.views.activity import activity
from consent.views.edits import (
    edit_confirm,
    edit_draft,
    edit_preview,
    edit_result,
    edit_undo,
    turn_off,
)
from consent.views.standing import opt_in, opt_out, overview
from consent.views.videos import video, video_remove, videos

__all__ = [
    "account",
    "account_token",
    "activity",
    "edit_confirm",
    "edit_draft",
    "edit_preview",
    "edit_result",
    "edit_undo",
    "opt_in",
    "opt_out",
    "overview",
    "turn_off",
    "video",
    "video_remove",
    "videos",
]
