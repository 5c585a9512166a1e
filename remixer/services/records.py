"""The events of memes in the log."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.db import transaction

from audit import log
from creatorhub.actors import Actor
from creatorhub.roles import Power
from remixer.models import Render

WORKER = Actor.system("worker")


def record_watching(render: Render, *, actor: Actor) -> None:
    """Write down that a moderator plays this meme, also one that nobody else may see."""
    actor.require_staff(Power.MODERATE)
    with transaction.atomic(durable=True):
        record("render.watched", render, actor=actor)


def record(
    action: str,
    render: Render,
    *,
    actor: Actor,
    correlation_id: uuid.UUID | None = None,
    **fields: Any,
) -> None:
    """Append an event about this render to the log of the video's creator."""
    record_all(action, [render], actor=actor, correlation_id=correlation_id, **fields)


def record_all(
    action: str,
    renders: Iterable[Render],
    *,
    actor: Actor,
    correlation_id: uuid.UUID | None = None,
    **fields: Any,
) -> None:
    """Append an event about each render to the log of its video's creator. Give the renders ordered
    by creator: a few queries for each group."""
    for creator, theirs in groupby(renders, key=lambda render: render.video.owner):
        lines = [
            (
                render.video.uuid,
                {
                    "render": render.uuid,
                    "requester": render.requester.uuid,
                    "requester_name": render.requester.name,
                    "title": render.video.title,
                    **fields,
                },
            )
            for render in theirs
        ]
        log.append_many(action, lines, actor=actor, creator=creator, correlation_id=correlation_id)
