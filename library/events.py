"""What the log records of videos, and how it reads."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from audit.vocabulary import Action

ACTIONS = [
    Action("video.added", _("{who} added “{title}”"), ("title", "via"), "film"),
    Action(
        "videos.added",
        ngettext_lazy("{who} added {count:,} video", "{who} added {count:,} videos", "count"),
        ("count", "via"),
        "film",
    ),
    Action("video.ingested", _("“{title}” is ready to play"), ("title", "duration_ms"), "check"),
    Action("video.refused", _("“{title}” was refused: {problem}"), ("title", "problem"), "alert"),
    Action("video.retried", _("{who} asked to try “{title}” again"), ("title",), "refresh"),
    Action(
        "video.renamed", _("{who} renamed “{before}” to “{after}”"), ("before", "after"), "pencil"
    ),
    Action(
        "video.moved",
        _("{who} moved “{title}” from “{before}” to “{after}”"),
        ("title", "before", "after"),
        "arrow",
    ),
    Action("video.watched", _("{who} watched “{title}”, to look into it"), ("title",), "play"),
    Action("video.removed", _("{who} removed “{title}”"), ("title", "reason"), "trash"),
]
