"""The pages of remixing: the gallery, the editor, my memes, and the memes of my videos."""

from remixer.views.blocking import block_maker, blocked, take_down, unblock
from remixer.views.editing import editor, preview
from remixer.views.gallery import gallery, source_clip, source_poster
from remixer.views.memes import (
    cancel,
    meme,
    meme_download,
    meme_file,
    meme_poster,
    meme_status,
    my_memes,
    remove,
    retry,
)
from remixer.views.reports import (
    appeal_hold,
    appeal_takedown,
    my_reports,
    report_meme,
    report_video,
)
from remixer.views.uses import memes_of_my_videos, memes_of_video

__all__ = [
    "appeal_hold",
    "appeal_takedown",
    "block_maker",
    "blocked",
    "cancel",
    "editor",
    "gallery",
    "meme",
    "meme_download",
    "meme_file",
    "meme_poster",
    "meme_status",
    "memes_of_my_videos",
    "memes_of_video",
    "my_memes",
    "my_reports",
    "preview",
    "remove",
    "report_meme",
    "report_video",
    "retry",
    "source_clip",
    "source_poster",
    "take_down",
    "unblock",
]
