"""The sweep of renders: repairs what killed workers and lost messages left."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.jobs import OUT_OF_ATTEMPTS
from remixer.models import Render
from remixer.services.files import discard
from remixer.services.records import record
from remixer.services.restoring import take_down_what_is_due
from remixer.services.withdrawal import stop_without_permission

SWEEPER = Actor.system("sweeper")
LEFTOVERS_PER_SWEEP = 500


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did to renders."""

    enqueued: int
    requeued: int
    failed: int
    stopped: int
    taken_down: int
    cleaned: int


def sweep_renders() -> Sweep:
    """Stop what lost its permission, requeue what a killed worker left, take down what cannot come
    back any more, and delete files of memes that nobody may see."""
    stopped = stop_without_permission()
    swept = _sweep_jobs()
    return Sweep(
        enqueued=len(swept.due),
        requeued=swept.requeued,
        failed=len(swept.failed),
        stopped=stopped,
        taken_down=take_down_what_is_due(),
        cleaned=_delete_leftovers(),
    )


def _sweep_jobs() -> jobs.Swept:
    with transaction.atomic(durable=True):
        swept = jobs.sweep(Render)
        failed = Render.objects.filter(pk__in=swept.failed).order_by("video__owner_id", "pk")
        for render in failed.with_people():
            record("render.failed", render, actor=SWEEPER, problem=OUT_OF_ATTEMPTS)
        for pk in swept.due:
            jobs.enqueue("remixer.render", pk)
    return swept


def _delete_leftovers() -> int:
    """Delete the files of memes that were taken down, removed or never published."""
    left = list(Render.objects.with_leftover_files().order_by("pk")[:LEFTOVERS_PER_SWEEP])
    for render in left:
        discard(render)
        # Only if the row still names the deleted files: a retry can have stored new ones since.
        Render.objects.with_leftover_files().filter(pk=render.pk, file_key=render.file_key).update(
            file_key="", poster_key="", thumb_key=""
        )
    return len(left)
