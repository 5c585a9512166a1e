"""A creator withdraws: memes of their videos are stopped, and hidden or taken down."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from consent.policy import Reason
from consent.reasons import Act, Why
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

HIDES = (Reason.HELD, Reason.BLOCKED)  # these can end again, and what was made then comes back


def stop_and_takedown(
    *,
    actor: Actor,
    creator: User,
    use: str | None,
    videos: QuerySet[Video] | None,
    reason: Reason,
    version: int | None,
    correlation_id: uuid.UUID,
    person: User | None = None,
    **_: object,
) -> Withdrawn:
    """Part of the withdrawing transaction, which holds the lock of the creator's consent state:
    until it commits, no meme of their videos can be published. After it nobody can see one.

    What the creator's own withdrawal, of this version, reaches is hidden for as long as they may
    undo it; what staff withdraw, or goes with its video, is taken down, also if it was hidden, and
    the sweep deletes the files. What can end again by itself (HIDES) changes no finished meme: the
    decision hides it until then. Two updates, however many memes there are.
    """
    if use not in (None, REMIX.id):
        return Withdrawn()
    kept = timedelta(seconds=settings.WITHDRAWN_MEMES_KEPT)
    for_a_while = actor.kind == "creator" and version is not None and bool(kept)
    ends = [State.DONE] if for_a_while else [State.DONE, Render.HIDDEN]
    theirs = Render.objects.filter(creator=creator, state__in=[*LIVE, *ends])
    if person:
        theirs = theirs.filter(requester=person)
    if videos is not None:
        # Starts with the memes: there are few of them, and a withdrawal can be about a million
        # videos.
        keys = list(theirs.order_by("video").values_list("video", flat=True).distinct())
        if not keys:
            return Withdrawn()
        theirs = theirs.filter(video__in=among(videos, keys))
    ended = ended_because(Why(reason, Act(str(actor))))
    live = list(theirs.live().locked().order_by("pk"))
    if reason in HIDES:
        jobs.stop(theirs, State.REFUSED, **ended)
        record_all(
            "render.stopped", live, actor=actor, correlation_id=correlation_id, reason=reason
        )
        return Withdrawn(stopped=len(live), hidden=theirs.filter(state=State.DONE).count())
    done = list(theirs.filter(state__in=ends).locked().order_by("pk"))
    stopped = jobs.stop(theirs, State.REFUSED, **ended)
    changes: dict[str, Any] = {"state": Render.TAKEN_DOWN, "restorable_until": None}
    if version is not None:  # what undoing it cannot bring back is told with its number
        changes["hidden_version"] = Coalesce(F("hidden_version"), Value(version))
    if for_a_while:
        until = timezone.now() + kept
        changes = {"state": Render.HIDDEN, "hidden_version": version, "restorable_until": until}
    taken_down = theirs.filter(state__in=ends).update(**changes, **ended)
    went = "render.hidden" if for_a_while else "render.taken_down"
    for action, renders in (("render.stopped", live), (went, done)):
        record_all(action, renders, actor=actor, correlation_id=correlation_id, reason=reason)
    if stopped or taken_down:
        jobs.enqueue("operations.sweep")
    return Withdrawn(stopped=stopped, taken_down=taken_down)


def among(videos: QuerySet[Video], keys: list[int]) -> list[int]:
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
        if why := why_not(render):
            stopped += _stop(render, why)
    return stopped


def _stop(render: Render, why: Why) -> int:
    with transaction.atomic(durable=True):
        row = Render.objects.filter(pk=render.pk)
        stopped = jobs.stop(row, State.REFUSED, **ended_because(why))
        if stopped:
            record("render.stopped", render, actor=WORKER, reason=why.reason)
    return stopped
