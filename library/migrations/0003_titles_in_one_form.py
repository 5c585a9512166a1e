"""Brings titles, collections and file names into the form in which they are stored, and folds the
titles. Collections whose names differed in their form alone become one."""

from typing import Any

from django.db import migrations

from creatorhub.migrations._columns import rewrite
from creatorhub.texts import folded, nfc


def _change(video: Any) -> None:
    video.title, video.collection = nfc(video.title), nfc(video.collection)
    video.original_name = nfc(video.original_name)
    video.folded_title = folded(video.title) or video.title


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("library", "0002_video_folded_title")]

    operations = [
        rewrite(
            "library", "Video", ["title", "folded_title", "collection", "original_name"], _change
        )
    ]
