"""Brings a database that is older than the withdrawal journal up to its end, and keeps everything
off until then.

A few lines that are missing are what a crash loses: a line reaches the disk before its transaction
does. They are applied at once. More than FEW, or a journal that is not there or not this one: the
database was restored, and is held until an operator has the rest applied.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from audit.models import Event
from consent import journal
from consent.journal import JournalProblem, Line, Place
from consent.models import Consent, Journal, JournalLine, UploadDefault
from consent.services.journal import begin_anew, begin_journal, write_what_is_owed
from consent.services.opt_out import opt_out
from consent.services.reapplied import WRITTEN_DOWN, apply_line, is_lost
from creatorhub.actors import RESTORE
from creatorhub.models import User
from library.models import Video

logger = logging.getLogger(__name__)

FEW = 100  # more withdrawals than can be under way at once


def look_at_journal() -> str:
    """Part of every start and of the sweep: apply what a crash has lost, hold where more is missing
    or the journal cannot be trusted, and end a hold whose journal is applied. Returns why it is
    held, "" where it is not. Two queries and the end of the file where nothing is missing."""
    try:
        row = begin_journal()
        if row is None:
            return ""
        _is_ours(row)
        write_what_is_owed()
        anybody = User.objects.exists()
        if anybody:
            first = next(lost(row), None)
            if first and sum(1 for _line in lost(row)) > FEW and is_lost(first):
                raise JournalProblem(
                    _(
                        "This database is older than the withdrawal journal: it ends before line "
                        "%(line)s. Run: manage.py restore --apply-journal"
                    )
                    % {"line": first.end.seq}
                )
            if first:
                _apply(row)
        _forget_what_is_known(row, all_of_it=not anybody)
    except DatabaseError:  # not migrated yet
        return ""
    except JournalProblem as found:
        hold_everything(found.sentence)
        return found.sentence
    if row.held:
        _release(0)
    return ""


def apply_journal(*, tell: Callable[[int], object] = lambda _: None) -> int:
    """Say again whatever this database has lost, then end the hold; returns how many lines changed
    something. `tell` hears how many lines were looked at since it was last told. Raises
    JournalProblem, with everything still off."""
    row = begin_journal()
    if row is None:
        return 0
    _is_ours(row)
    write_what_is_owed()
    changed = _apply(row, tell=tell)
    _forget_what_is_known(row)
    _release(changed)
    return changed


def without_journal(*, tell: Callable[[int], object] = lambda _: None) -> tuple[int, Path | None]:
    """Nobody knows what was withdrawn: everything of everybody is turned off, and each creator
    decides. A new journal begins. Returns how many were opted out, and where the former journal is
    kept, if there is one."""
    hold_everything(_("The withdrawal journal is given up."))
    kept = begin_anew()
    reason = _("CreatorHub was restored from a backup that does not know what you withdrew since")
    changed = 0
    has_any = (
        Q(pk__in=Consent.objects.values("creator"))
        | Q(pk__in=Video.objects.values("owner"))
        | Q(pk__in=UploadDefault.objects.values("creator"))
    )
    for creator in User.objects.filter(has_any).order_by("pk").iterator():
        changed += opt_out(actor=RESTORE, creator=creator, reason=reason).changed
        tell(1)
    row = begin_journal()
    if row:
        _forget_what_is_known(row)
    _release(changed)
    return changed, kept


def hold_everything(problem: str) -> None:
    """From the commit on every decision is no, for everybody, until the journal was applied."""
    with transaction.atomic(durable=True):
        row = Journal.objects.select_for_update(no_key=True).get()
        if row.held and row.problem == problem[:500]:
            return
        was_held, row.held, row.problem = row.held, True, problem[:500]
        row.held_at = row.held_at if was_held else timezone.now()
        row.save(update_fields=["held", "held_at", "problem"])
        if not was_held or not _is_recorded():
            log.append("restore.held", actor=RESTORE, creator=None, problem=problem[:500])
    logger.error("Nothing is allowed: %s", problem)


def _is_recorded() -> bool:
    """Whether the log says that everything is held. A database that `restore` has just put back is
    held, and its log does not say so. One query."""
    turns = Event.objects.filter(creator=None, action__in=("restore.held", "restore.finished"))
    last = turns.order_by("-id").values_list("action", flat=True).first()
    return last == "restore.held"


def _is_ours(row: Journal) -> None:
    """Raises JournalProblem for the journal of another installation, and for none."""
    path = Path(settings.WITHDRAWAL_JOURNAL)
    if journal.installation_of(path) != str(row.installation):
        raise JournalProblem(
            _("The withdrawal journal %(path)s belongs to another installation.") % {"path": path}
        )


def lost(row: Journal) -> Iterator[Line]:
    """The lines that this database does not know, in order. One that is being written just now may
    be among them. Raises JournalProblem."""
    path = Path(settings.WITHDRAWAL_JOURNAL)
    later = JournalLine.objects.filter(seq__gt=row.seq)
    known = {str(key): seq or 0 for key, seq in later.values_list("uuid", "seq")}
    last, seq = max(known.values(), default=row.seq), row.seq
    for line in journal.read(path, after=_known_place(row)):
        seq = line.end.seq
        if line.body["id"] not in known:
            yield line
    if seq < last:
        raise JournalProblem(
            _(
                "The withdrawal journal %(path)s ends at line %(seq)s, and this database knows "
                "line %(last)s: it is older than the database, or its end is missing."
            )
            % {"path": path, "seq": seq, "last": last}
        )


def _known_place(row: Journal) -> Place:
    return Place(row.seq, row.offset, row.digest)


def _apply(row: Journal, *, tell: Callable[[int], object] = lambda _: None) -> int:
    lines = lost(row)
    written_down = {line.body["edit"] for line in lines if line.what == WRITTEN_DOWN}
    changed = 0
    for line in lost(row):
        changed += apply_line(line, written_down=written_down)
        tell(1)
    return changed


def _forget_what_is_known(row: Journal, *, all_of_it: bool = False) -> None:
    """Move the place up to which every line is known, and forget the rows before it. `all_of_it`
    is for a database without accounts, whom no line can be about."""
    later = JournalLine.objects.filter(seq__gt=row.seq).values_list("uuid", flat=True)
    known, place = set(map(str, later)), _known_place(row)
    for line in journal.read(Path(settings.WITHDRAWAL_JOURNAL), after=place):
        if line.body["id"] not in known and line.what != WRITTEN_DOWN and not all_of_it:
            break
        place = line.end
    if place.seq == row.seq:
        return
    with transaction.atomic(durable=True):
        moved = Journal.objects.filter(pk=row.pk, digest=row.digest).update(
            seq=place.seq, offset=place.offset, digest=place.digest
        )
        if moved:
            JournalLine.objects.filter(seq__lte=place.seq).delete()


def _release(changed: int) -> None:
    with transaction.atomic(durable=True):
        row = Journal.objects.select_for_update(no_key=True).get()
        if not row.held:
            return
        row.held, row.held_at, row.problem = False, None, ""
        row.save(update_fields=["held", "held_at", "problem"])
        log.append("restore.finished", actor=RESTORE, creator=None, changed=changed)
