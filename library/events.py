"""What the log records of videos, and how it reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import resolve_url
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from audit.vocabulary import Action, Body, of_creator
from creatorhub.models import User
from library.models import Video
from library.search import titled

_TITLE = of_creator("title")

ACTIONS = [
    Action("video.added", _("{who} added “{title}”"), ("title", "via"), "film", personal=_TITLE),
    Action(
        "videos.added",
        ngettext_lazy("{who} added {count:,} video", "{who} added {count:,} videos", "count"),
        ("count", "via"),
        "film",
    ),
    Action(
        "video.ingested",
        _("“{title}” is ready to play"),
        ("title", "duration_ms"),
        "check",
        personal=_TITLE,
    ),
    Action(
        "video.refused",
        _("“{title}” was refused: {problem}"),
        ("title", "problem"),
        "alert",
        personal=_TITLE,
    ),
    Action(
        "video.retried",
        _("{who} asked to try “{title}” again"),
        ("title",),
        "refresh",
        personal=_TITLE,
    ),
    Action(
        "video.renamed",
        _("{who} renamed “{before}” to “{after}”"),
        ("before", "after"),
        "pencil",
        personal=of_creator("before", "after"),
    ),
    Action(
        "video.moved",
        _("{who} moved “{title}” from “{before}” to “{after}”"),
        ("title", "before", "after"),
        "arrow",
        personal=of_creator("title", "before", "after"),
    ),
    Action(
        "video.watched",
        _("{who} watched “{title}”, to look into it"),
        ("title",),
        "play",
        personal=_TITLE,
    ),
    Action(
        "video.removed",
        _("{who} removed “{title}”"),
        ("title", "reason"),
        "trash",
        personal=of_creator("title", "reason"),
    ),
]


def titles_of(subjects: Collection[UUID]) -> dict[UUID, str]:
    """What these videos are called now, removed ones too. One query."""
    return dict(Video.objects.filter(uuid__in=subjects).values_list("uuid", "title"))


def links_of(bodies: Mapping[UUID, Body], *, reader: User) -> dict[UUID, str]:
    """The pages of the reader's own videos. One query."""
    subjects = {key: body["subject"] for key, body in bodies.items() if body.get("subject")}
    mine = Video.objects.owned_by(reader).filter(uuid__in=set(subjects.values()))
    known = {str(video) for video in mine.values_list("uuid", flat=True)}
    return {key: resolve_url("consent:video", one) for key, one in subjects.items() if one in known}


def subjects_called(text: str, *, reader: User) -> QuerySet[Any, Any]:
    return titled(Video.objects.filter(owner=reader), text).values("uuid")
