"""A creator withdraws: memes of their videos are stopped or taken down."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models import QuerySet

from consent.policy import Reason
from consent.signals import Withdrawn
from consent.uses import REMIX
from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.jobs import LIVE, State
from creatorhub.models import User
from library.models import Video
from remixer.models import Render
from remixer.services.permission import ended_because, why_not
from remixer.services.records import WORKER, record, record_all


def stop_and_takedown(
    *,
    actor: Actor,
    creator: User,
    use: str | None,
    videos: QuerySet[Video] | None,
    reason: Reason,
    correlation_id: uuid.UUID,
    **_: object,
) -> Withdrawn:
    """Part of the withdrawing transaction, which holds the lock of the creator's consent state:
    until it commits, no meme of their videos can be published. After it nobody can see one; the
    sweep deletes the files. Two updates, however many memes there are."""
    if use not in (None, REMIX.id):
        return Withdrawn()
    theirs = Render.objects.filter(creator=creator, state__in=[*LIVE, State.DONE])
    if videos is not None:
        # Starts with the memes: there are few of them, and a withdrawal can be about a million
        # videos.
        keys = list(theirs.order_by("video").values_list("video", flat=True).distinct())
        if not keys:
            return Withdrawn()
        theirs = theirs.filter(video__in=_among(videos, keys))
    live = list(theirs.live().locked().order_by("pk"))
    done = list(theirs.filter(state=State.DONE).locked().order_by("pk"))
    stopped = jobs.stop(theirs, State.REFUSED, **ended_because(reason))
    taken_down = theirs.filter(state=State.DONE).update(
        state=Render.TAKEN_DOWN, **ended_because(reason)
    )
    for action, renders in (("render.stopped", live), ("render.taken_down", done)):
        record_all(action, renders, actor=actor, correlation_id=correlation_id, reason=str(reason))
    if stopped or taken_down:
        jobs.enqueue("operations.sweep")
    return Withdrawn(stopped=stopped, taken_down=taken_down)


def _among(videos: QuerySet[Video], keys: list[int]) -> list[int]:
    """Those of the keys whose videos are withdrawn, asked for a thousand at a time."""
    found: list[int] = []
    for start in range(0, len(keys), 1000):
        some = videos.filter(pk__in=keys[start : start + 1000])
        found += some.values_list("pk", flat=True)
    return found


def stop_without_permission(*, limit: int = 200) -> int:
    """Stop queued and running renders whose permission ended without a withdrawal: it expired, or
    its notice was replaced by a new text. One transaction for each. Returns how many."""
    live = Render.objects.live().with_people().order_by("pk")
    stopped = 0
    for render in live[:limit]:
        if reason := why_not(render):
            stopped += _stop(render, reason)
    return stopped


def _stop(render: Render, reason: Reason) -> int:
    with transaction.atomic(durable=True):
        row = Render.objects.filter(pk=render.pk)
        stopped = jobs.stop(row, State.REFUSED, **ended_because(reason))
        if stopped:
            record("render.stopped", render, actor=WORKER, reason=str(reason))
    return stopped
