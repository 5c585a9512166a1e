"""The pages of remixing: the gallery, the editor, my memes, and the memes of my videos."""

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
from remixer.views.uses import memes_of_my_videos, memes_of_video

__all__ = [
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
    "preview",
    "remove",
    "retry",
    "source_clip",
    "source_poster",
]
