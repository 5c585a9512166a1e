"""Puts right what dead workers and lost hints left. Every worker asks for it; one does it."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction

from consent import services as consent
from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.jobs import OUT_OF_ATTEMPTS
from library import services as library
from remixer.models import Render
from remixer.services.files import discard
from remixer.services.records import record
from remixer.services.withdrawal import stop_what_lost_its_consent

logger = logging.getLogger(__name__)

SWEEPER = Actor.system("sweeper")
ADVISORY_LOCK = 0x7377656570  # "sweep": one number for all workers of a database
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did to renders."""

    nudged: int
    requeued: int
    failed: int
    stopped: int
    cleaned: int


def sweep() -> Sweep | None:
    """Everything that is to be swept, once; None if another sweep is running right now."""
    with _alone() as alone:
        if not alone:
            return None
        library.sweep_ingests()
        consent.sweep_edits()
        library.sweep_leftovers()
        stopped = stop_what_lost_its_consent()
        swept = _sweep_jobs()
        done = Sweep(
            nudged=len(swept.due),
            requeued=swept.requeued,
            failed=len(swept.failed),
            stopped=stopped,
            cleaned=_delete_leftovers(),
        )
    if any((done.requeued, done.failed, done.stopped)):
        logger.info("Swept: %s", done)
    return done


def _sweep_jobs() -> jobs.Swept:
    with transaction.atomic(durable=True):
        swept = jobs.sweep(Render)
        failed = Render.objects.filter(pk__in=swept.failed).order_by("video__owner_id", "pk")
        for render in failed.select_related("video__owner", "requester"):
            record("render.failed", render, actor=SWEEPER, problem=OUT_OF_ATTEMPTS)
        for pk in swept.due:
            jobs.nudge("remixer.render", pk)
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


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether nobody else sweeps this database now. The lock ends with the process that has it:
    an advisory lock on PostgreSQL, a locked file beside an SQLite database."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
            row = cursor.fetchone()
        try:
            yield bool(row and row[0])
        finally:
            if row and row[0]:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])
        return
    with (settings.DATA_DIR / "sweep.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
