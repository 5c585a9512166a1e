"""The pages of remixing: a gallery and an editor, memes, and what was made of one's videos."""

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
from remixer.views.uses import made_of, uses_of_mine

__all__ = [
    "cancel",
    "editor",
    "gallery",
    "made_of",
    "meme",
    "meme_download",
    "meme_file",
    "meme_poster",
    "meme_status",
    "my_memes",
    "preview",
    "remove",
    "retry",
    "source_clip",
    "source_poster",
    "uses_of_mine",
]
