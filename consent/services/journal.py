"""Writes the withdrawal journal: every no, before its commit, into a file outside the database.

A withdrawal must never fail or wait long because of this file. Where it cannot be written (the disk
is full, the file is gone), the no stands all the same: its line is kept in the database, in the
transaction of the withdrawal, and written as soon as it can be. Until then a restored backup would
not know it, which `fsck` says; that needs two losses at once, a refused withdrawal only one.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from consent import journal
from consent.journal import JournalProblem
from consent.models import Journal, JournalLine
from creatorhub.models import User

logger = logging.getLogger(__name__)

WHOSE = "journal"  # in a kept line: the installation whose journal it went into


def write(what: str, *, creator: User | None, **fields: Any) -> None:
    """Note a no, as the last thing in the transaction that says it, under the lock of the creator's
    consent state. Without a creator this locks the journal's own row, and comes before the event.
    `what` and `fields` are those that `consent.services.reapplied` applies to an older database.
    One INSERT, and a lock without a creator. Should the transaction still be rolled back, the sweep
    says this no again. Ids only: nothing that a person wrote, because no line can be deleted."""
    if creator is None:
        Journal.objects.select_for_update(no_key=True).first()
    key, seq, kept = uuid4(), None, None
    body: dict[str, Any] = {
        "at": timezone.now().isoformat(timespec="microseconds"),
        "id": str(key),
        "what": what,
        "creator": str(creator.uuid) if creator else None,
        **fields,
    }
    try:
        written = journal.append(Path(settings.WITHDRAWAL_JOURNAL), body)
        seq, kept = written.seq, {**body, WHOSE: written.installation}
    except OSError as error:
        logger.error("The withdrawal journal cannot be written, and will be: %s", error)
    # A sweep may have said it again already, where no lock keeps it from that.
    JournalLine.objects.bulk_create(
        [JournalLine(uuid=key, seq=seq, body=kept or body)], ignore_conflicts=True
    )


def begin_journal() -> Journal | None:
    """Make the journal of a database that never had one, or take over the one that is there: all of
    its lines are then later than this database. Returns the row, None before its migration. Raises
    JournalProblem for a file that is no journal. Any number of processes may call it at once."""
    row = Journal.objects.first()
    if row is None or row.digest:
        return row
    path, at = Path(settings.WITHDRAWAL_JOURNAL), timezone.now().isoformat()
    with suppress(FileExistsError):
        journal.begin(path, installation=str(row.installation), at=at)
    first = next(journal.read(path))
    place = first.end
    Journal.objects.filter(pk=row.pk, digest="").update(
        installation=first.body["installation"],
        seq=place.seq,
        offset=place.offset,
        digest=place.digest,
    )
    return Journal.objects.first()


def begin_anew() -> Path | None:
    """A new journal in the place of one that cannot be used, which is kept under another name:
    returned, None if there was none. Only for who has turned off what it might have said."""
    path, kept = Path(settings.WITHDRAWAL_JOURNAL), None
    if path.exists():
        kept = path.with_name(f"{path.name}.{timezone.now():%Y%m%d-%H%M%S}")
        path.rename(kept)
    with transaction.atomic(durable=True):
        JournalLine.objects.filter(seq__isnull=False).delete()
        Journal.objects.update(seq=0, offset=0, digest="", installation=uuid4())
    begin_journal()
    return kept


def write_what_is_owed() -> int:
    """Write the lines that could not be written when their withdrawals were made, or that went into
    the journal of another installation, which was in the place of this one; returns how many are
    left. Only for a journal that is ours. One query where nothing is owed."""
    path = Path(settings.WITHDRAWAL_JOURNAL)
    lines = JournalLine.objects.filter(body__isnull=False).order_by("seq")
    kept = list(lines.values_list("pk", "seq", f"body__{WHOSE}"))
    try:
        whose = journal.installation_of(path) if kept else ""
    except JournalProblem:
        return sum(seq is None for _pk, seq, _into in kept)
    owed = [pk for pk, seq, into in kept if seq is None or (into or whose) != whose]
    for done, pk in enumerate(owed):
        line = JournalLine.objects.get(pk=pk)
        body = {name: value for name, value in line.body.items() if name != WHOSE}
        try:
            seq = journal.append(path, body).seq
        except OSError:
            return len(owed) - done
        JournalLine.objects.filter(pk=pk).update(seq=seq, body={**body, WHOSE: whose})
    return 0
