"""The job of an edit that is too large for one request: freeze its selection, then apply it, chunk
by chunk, each in one transaction. It may be killed anywhere, and is taken up where it was.

    preparing: freeze AT_ONCE videos ──…──> draft, or (a withdrawal that was confirmed) confirmed
    confirmed: apply settings.EDIT_CHUNK_SIZE items     ──…──> applied
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from consent.models import Edit, EditJob
from consent.services.consent_state import lock_consent_state, raise_version
from consent.services.edits import chunks, items
from consent.services.edits import confirm as edits
from consent.services.edits import draft as drafts
from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.jobs import LeaseLost, State
from creatorhub.models import User

logger = logging.getLogger(__name__)

WAIT = timedelta(seconds=2)
DID_NOT_WORK = "Something kept this edit from being applied. What was done so far stays. Try again."
Status = Edit.Status


def run_edit(job_pk: int) -> None:
    """Go on with an edit if its job is to be had. Any number of calls is harmless."""
    job = jobs.claim(EditJob, job_pk, keep_progress=True)
    if job is None:
        return
    lines = chunks.TermsLines()
    turn_ends = time.monotonic() + settings.EDIT_JOB_TURN
    try:
        while _step(job, lines):
            if time.monotonic() > turn_ends:
                jobs.release(job)
                jobs.enqueue(drafts.TASK, job.pk)
                return
    except LeaseLost:
        logger.info("Left edit job %s: it was stopped, or given to another worker.", job.uuid)
    except OperationalError as error:
        logger.warning("A chunk of edit job %s did not work: %s", job.uuid, error)
        with suppress(LeaseLost):
            jobs.retry(job, problem=DID_NOT_WORK)


def _step(job: EditJob, lines: chunks.TermsLines) -> bool:
    """One chunk; whether there is more to do. Raises LeaseLost, having changed nothing."""
    creator = User.objects.get(edits=job.edit_id)
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        edit = (
            Edit.objects.select_related("terms__notice", "undoes", "same_as__creator", "creator")
            .filter(pk=job.edit_id)
            .get()
        )
        if edit.status == Status.PREPARING:
            return _freeze_some(job, edit)
        if edit.status not in (Status.CONFIRMED, Status.APPLYING):
            jobs.finish(job, State.DONE)
            return False
        if edit.grants and _being_held(edit):
            jobs.release(job, until=timezone.now() + WAIT)
            return False
        newer = _newer_withdrawals(edit) if edit.grants else []
        void = edit.version < state.withdrawn_version
        raise_version(state)
        if chunk := chunks.apply_next(
            edit, state, lines, most=settings.EDIT_CHUNK_SIZE, newer=newer, void=void
        ):
            state.save()
            _went_on(job, edit, chunk, version=state.version)
            return True
        edit.status, edit.applied_at = Status.APPLIED, timezone.now()
        edit.save()
        edits.record_applied(edit, actor=_actor_of(edit))
        jobs.finish(job, State.DONE)
        return False


def _went_on(job: EditJob, edit: Edit, chunk: chunks.Chunk, *, version: int) -> None:
    _commit_soon()
    edits.add(edit, chunk)
    edit.status = Status.APPLYING
    edit.save()
    come_to = min(edit.selected, edit.parts * settings.EDIT_CHUNK_SIZE)
    jobs.beat(job, progress=100 * come_to // edit.selected, attempts=1)
    edits.record_part(edit, chunk, actor=_actor_of(edit), version=version)


def _freeze_some(job: EditJob, edit: Edit) -> bool:
    """The next videos of the selection; then what the edit was waiting for."""
    more = drafts.freeze_next(edit, most=settings.EDIT_MAX_FREEZE_INLINE)
    if more:
        _commit_soon()
        edit.save(update_fields=["selected"])
        jobs.beat(job, progress=_share_frozen(edit), attempts=1)
        return True
    _learn()
    items.count(edit)
    if edit.confirmed_at is None:
        edit.status = Status.DRAFT
        edit.save()
        jobs.finish(job, State.DONE)
        return False
    edit.status = Status.CONFIRMED
    edit.save()
    edits.take_back_the_rest(edit, actor=_actor_of(edit))
    jobs.beat(job, progress=0, attempts=1)
    return True


def _commit_soon() -> None:
    """Let the chunk of this transaction reach the disk with a later one. Should the database lose
    it, it has lost the edit's cursor with it, and the chunk is done again; what an edit withdraws
    is in force by its confirm, which waits for the disk as usual."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")


def _learn() -> None:
    """Tell PostgreSQL what was just written: it plans by figures from before, in which the new
    edit has no items. An account that does not own the table is only warned."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE consent_item")


def _share_frozen(edit: Edit) -> int:
    """Per cent of the keys that may be selected. What matches lies anywhere among them."""
    if edit.undoes:
        return 100 * edit.selected // edit.undoes.changed
    if edit.same_as:
        return 100 * edit.selected // edit.same_as.selected
    first = edit.items.order_by("video").values_list("video", flat=True).first() or 0
    upto = int((edit.matching or {}).get("upto", 0))
    return 100 * (items.last_of(edit) - first) // max(1, upto - first)


def _being_held(edit: Edit) -> bool:
    """Whether a withdrawal of the same use does not know its videos yet."""
    holding = Edit.objects.filter(
        creator=edit.creator, use=edit.use, status=Status.PREPARING, confirmed_at__isnull=False
    )
    return holding.exists()


def _newer_withdrawals(edit: Edit) -> list[int]:
    """Edits confirmed after this one that turn something off: their word is the later one, also
    for a video that was off already when they said it. One that changed nothing raised no
    version: it has that of the edit before it."""
    later = Edit.objects.filter(
        creator=edit.creator,
        use=edit.use,
        version__gte=edit.version,
        status__in=[Status.CONFIRMED, Status.APPLYING, Status.APPLIED],
    ).exclude(Q(change=Edit.Change.ALLOWED) | Q(pk=edit.pk))
    return list(later.values_list("pk", flat=True))


def _actor_of(edit: Edit) -> Actor:
    kind, _, name = edit.actor.partition(":")
    return Actor(kind, name)  # type: ignore[arg-type]


def retry_edit(edit: Edit) -> bool:
    """Take up an edit whose job has failed. False if it had not."""
    job = EditJob.objects.filter(edit=edit, state=State.FAILED).first()
    if job is None or not (edit.is_live or edit.status == Status.PREPARING):
        return False
    with transaction.atomic(durable=True):
        if not jobs.requeue(job):
            return False
        jobs.enqueue(drafts.TASK, job.pk)
    return True


def sweep_edits() -> jobs.Swept:
    """Put right what dead workers and lost hints left; part of the sweep of every worker."""
    swept = jobs.sweep(EditJob)
    for pk in swept.due:
        jobs.enqueue(drafts.TASK, pk)
    drafts.expire()
    return swept
