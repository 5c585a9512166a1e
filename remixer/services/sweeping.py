"""Renders in the sweep: what dead workers and lost hints left of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.jobs import OUT_OF_ATTEMPTS
from remixer.models import Render
from remixer.services.files import discard
from remixer.services.records import record
from remixer.services.withdrawal import stop_what_lost_its_consent

SWEEPER = Actor.system("sweeper")
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did to renders."""

    enqueued: int
    requeued: int
    failed: int
    stopped: int
    cleaned: int


def sweep_renders() -> Sweep:
    """Put right what dead workers and lost hints left of renders; part of the sweep."""
    stopped = stop_what_lost_its_consent()
    swept = _sweep_jobs()
    return Sweep(
        enqueued=len(swept.due),
        requeued=swept.requeued,
        failed=len(swept.failed),
        stopped=stopped,
        cleaned=_delete_leftovers(),
    )


def _sweep_jobs() -> jobs.Swept:
    with transaction.atomic(durable=True):
        swept = jobs.sweep(Render)
        failed = Render.objects.filter(pk__in=swept.failed).order_by("video__owner_id", "pk")
        for render in failed.for_events():
            record("render.failed", render, actor=SWEEPER, problem=OUT_OF_ATTEMPTS)
        for pk in swept.due:
            jobs.enqueue("remixer.render", pk)
    return swept


def _delete_leftovers() -> int:
    """Files of memes that were taken down, removed, or never published."""
    left = list(Render.objects.with_files_left().order_by("pk")[:AT_ONCE])
    for render in left:
        discard(render)
        # Compared with what was deleted: a retry may have named new files meanwhile.
        Render.objects.with_files_left().filter(pk=render.pk, file_key=render.file_key).update(
            file_key="", poster_key=""
        )
    return len(left)
