"""What the services say about a render: its events, and whether a ruling still lets it stand."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from audit import log
from consent import querysets
from consent.policy import Reason
from consent.querysets import Ruling
from consent.uses import REMIX
from consent.wording import SENTENCES
from creatorhub.actors import Actor
from remixer.models import Render

WORKER = Actor.system("worker")


def record(
    action: str,
    render: Render,
    *,
    actor: Actor,
    correlation_id: uuid.UUID | None = None,
    **fields: Any,
) -> None:
    """Append an event about this render to the record of the video's creator."""
    record_all(action, [render], actor=actor, correlation_id=correlation_id, **fields)


def record_all(
    action: str,
    renders: Iterable[Render],
    *,
    actor: Actor,
    correlation_id: uuid.UUID | None = None,
    **fields: Any,
) -> None:
    """An event for each render, in the record of its video's creator; the renders of one creator
    stand together. A few queries for each creator."""
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


def why_not(render: Render) -> Reason | None:
    """Why this render may not go on or be shown, asked now; None if it may.

    A withdrawal since the request counts even where a later permission stands: what was
    withdrawn does not come back by itself.
    """
    ruling: Ruling = querysets.ruling(render.video, REMIX.id, asker=render.requester)
    if not ruling.allowed:
        return ruling.reason
    if render.allowed_version < ruling.withdrawn_version:
        return Reason.WITHDRAWN
    return None


def sentence(reason: str) -> str:
    return str(SENTENCES[Reason(reason)])
