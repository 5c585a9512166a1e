"""Repairs what dead workers and lost hints left. All workers ask for it; one at a time does it."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from accounts import services as accounts
from audit import keys, sequencing, signing
from consent import services as consent
from library import services as library
from remixer import services as remixer
from remixer.services import Sweep

logger = logging.getLogger(__name__)

ADVISORY_LOCK = 0x7377656570  # "sweep": one number for all workers of a database


def sweep() -> Sweep | None:
    """One sweep of everything; None if another is running right now."""
    with _lock() as locked:
        if not locked:
            return None
        consent.look_at_journal()
        seal_log()
        library.sweep_ingests()
        library.sweep_proxies()
        library.fold_titles()
        consent.sweep_edits()
        library.sweep_leftovers()
        done = remixer.sweep_renders()
        accounts.sweep_exports()
        accounts.erase_due()
    if any((done.requeued, done.failed, done.stopped)):
        logger.info("Swept: %s", done)
    return done


def seal_log() -> None:
    """Every event into the tree of the log, and a signature if one is due. What is wrong with the
    log stops nothing else."""
    try:
        sequencing.sequence()
        signing.sign()
    except (sequencing.Broken, keys.NoKey) as problem:
        logger.error("%s", problem)


@contextmanager
def _lock() -> Iterator[bool]:
    """Whether we have the lock under which this database is swept. It ends with its process: an
    advisory lock on PostgreSQL, a locked file beside an SQLite database."""
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
