"""What videos say about the person who owns them, and its end."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from creatorhub import erasing
from creatorhub.erasing import Erasable
from creatorhub.models import User
from creatorhub.texts import folded
from library import files
from library.models import Video

ERASED = gettext_noop("(erased)")
ERASABLE = (
    Erasable(
        Video,
        ("owner",),
        {
            "title": ERASED,
            "folded_title": folded(ERASED),
            "collection": "",
            "original_name": "",
            "problem": "",
            "import_key": None,
        },
    ),
)


def erase_videos(owner: User) -> None:
    """Of videos that were removed: the rows stay, for the log, and say nothing. Files that a killed
    worker has left go with them."""
    for uuid in ERASABLE[0].left(owner).values_list("uuid", flat=True).iterator(chunk_size=1000):
        files.delete_all(uuid)
    erasing.erase(ERASABLE, owner)
