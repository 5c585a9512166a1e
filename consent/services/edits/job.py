"""The job of an edit that is too large for one request: freeze its selection, then apply it, in
chunks of one transaction each. It may be killed anywhere, and continues where it was.

    preparing  freeze settings.EDIT_MAX_FREEZE_INLINE videos ──…──> draft
    holding    the same                                      ──…──> confirmed
    confirmed  apply settings.EDIT_CHUNK_SIZE items          ──…──> applied
"""

from __future__ import annotations

import logging
import time
import uuid
from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import log
from consent.models import Edit, EditJob, Item
from consent.services import journal
from consent.services.consent_state import lock_consent_state
from consent.services.edits import chunks, items
from consent.services.edits.confirm import bring_back, described, revoke
from consent.services.edits.draft import DRAFT_LIFETIME, TASK, freeze_next, own_edit
from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.errors import Conflict
from creatorhub.jobs import LeaseLost, State
from creatorhub.models import User

logger = logging.getLogger(__name__)

RETRY_HELD_AFTER = timedelta(seconds=2)
DID_NOT_WORK = gettext_lazy(
    "Something kept this edit from being applied. What was done so far stays. Try again."
)
Status = Edit.Status


def run_edit(job_pk: int) -> None:
    """Continue an edit if its job can be claimed. Any number of calls is harmless."""
    job = jobs.claim(EditJob, job_pk, keep_progress=True)
    if job is None:
        return
    lines = chunks.Lines()
    turn_ends = time.monotonic() + settings.EDIT_JOB_TURN
    try:
        while _step(job, lines):
            if time.monotonic() > turn_ends:
                jobs.release(job)
                jobs.enqueue(TASK, job.pk)
                return
    except LeaseLost:
        logger.info("Left edit job %s: it was stopped, or given to another worker.", job.uuid)
    except OperationalError as error:
        logger.warning("A chunk of edit job %s did not work: %s", job.uuid, error)
        with suppress(LeaseLost):
            jobs.retry(job, problem=str(DID_NOT_WORK))


def _step(job: EditJob, lines: chunks.Lines) -> bool:
    """One chunk; whether there is more to do. Raises LeaseLost, having changed nothing."""
    creator = User.objects.get(edits=job.edit_id)
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        edit = Edit.objects.with_parents().get(pk=job.edit_id)
        if edit.status in (Status.PREPARING, Status.HOLDING):
            return _freeze_chunk(job, edit)
        if not edit.is_live:
            jobs.finish(job, State.DONE)
            return False
        if edit.grants and Edit.objects.filter(creator=creator, use=edit.use).holding().exists():
            # That withdrawal does not know its videos yet: it may be about some of these.
            jobs.release(job, until=timezone.now() + RETRY_HELD_AFTER)
            return False
        newer = items.newer_withdrawals(edit) if edit.grants or edit.undoes else []
        dead = items.dead_terms(edit) if newer or edit.undoes else ()
        void = edit.version < state.withdrawn_version
        state.raise_version()
        above = edit.cursor
        chunk = chunks.apply_chunk(
            edit, state, lines, limit=settings.EDIT_CHUNK_SIZE, newer=newer, dead=dead, void=void
        )
        if chunk:
            _commit_soon()
            state.save()
            edit.status = Status.APPLYING
            edit.save()
            reached = min(edit.selected, edit.parts * settings.EDIT_CHUNK_SIZE)
            if edit.undoes and edit.grants:
                who, act = Actor.parse(edit.actor), edit.uuid
                bring_back(edit, state, actor=who, correlation_id=act, above=above)
            jobs.beat(job, progress=100 * reached // edit.selected, attempts=1)
            _record_part(edit, chunk, version=state.version)
            if chunk.lessened:
                journal.write(
                    "off",
                    creator=creator,
                    use=edit.use,
                    edit=str(edit.uuid),
                    videos=chunk.lessened,
                )
            return True
        edit.status, edit.applied_at = Status.APPLIED, timezone.now()
        edit.save()
        _record_applied(edit)
        _analyze("consent_consent")
        jobs.finish(job, State.DONE)
        if edit.withdraws:
            journal.write("written_down", creator=creator, use=edit.use, edit=str(edit.uuid))
        return False


def _freeze_chunk(job: EditJob, edit: Edit) -> bool:
    """The next videos of the selection; at its end, what the edit was waiting for."""
    if freeze_next(edit, limit=settings.EDIT_MAX_FREEZE_INLINE):
        _commit_soon()
        edit.save(update_fields=["selected"])
        jobs.beat(job, progress=_share_frozen(edit), attempts=1)
        return True
    _analyze("consent_item")
    held = edit.status == Status.HOLDING
    edit.status = Status.CONFIRMED if held else Status.DRAFT
    items.count(edit)
    if not held:
        jobs.finish(job, State.DONE)
        return False
    if edit.withdraws:  # beyond what was known to be withdrawn at the confirm
        videos = items.withdrawn_videos(edit, applied=False)
        revoke(edit, videos, actor=Actor.parse(edit.actor), correlation_id=edit.uuid)
    jobs.beat(job, progress=0, attempts=1)
    return True


def _commit_soon() -> None:
    """Let the chunk of this transaction reach the disk with a later one. Should the database lose
    it, it has lost the edit's cursor with it, and the chunk is done again; what an edit withdraws
    is in force by its confirm, which waits for the disk as usual."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")


def _analyze(table: str) -> None:
    """PostgreSQL plans by figures from before, in which the new edit has no items and its videos no
    consents: the list would compare each video with each consent. An account that does not own the
    table is only warned."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {table}")


def _share_frozen(edit: Edit) -> int:
    """Per cent of the keys that may be selected. What matches lies anywhere among them."""
    if edit.undoes:
        return 100 * edit.selected // edit.undoes.changed
    if edit.same_as:
        return 100 * edit.selected // edit.same_as.selected
    first = edit.items.order_by("video").values_list("video", flat=True).first() or 0
    upto = int((edit.matching or {}).get("upto", 0))
    return 100 * (items.last_video(edit) - first) // max(1, upto - first)


def _record_part(edit: Edit, chunk: chunks.Chunk, *, version: int) -> None:
    """One event for one chunk, with the root over its item lines."""
    log.append(
        "edit.part_applied",
        actor=Actor.parse(edit.actor),
        creator=edit.creator,
        correlation_id=edit.uuid,
        edit=edit.uuid,
        use=edit.use,
        part=edit.parts,
        changed=chunk.counts[Item.Outcome.CHANGED],
        already=chunk.counts[Item.Outcome.ALREADY],
        superseded=chunk.counts[Item.Outcome.SUPERSEDED],
        not_eligible=chunk.counts[Item.Outcome.NOT_ELIGIBLE],
        items_root=chunk.root,
        version=version,
    )


def _record_applied(edit: Edit) -> None:
    log.append(
        "edit.applied",
        actor=Actor.parse(edit.actor),
        creator=edit.creator,
        correlation_id=edit.uuid,
        **described(edit, applied=True),
        parts=edit.parts,
    )


def retry_edit(edit_uuid: uuid.UUID, *, actor: Actor, creator: User) -> Edit:
    """Continue an edit whose job has failed. Only its creator may. Raises NotFound, or Conflict if
    it had not failed."""
    actor.require(creator)
    edit = own_edit(edit_uuid, creator)
    job = EditJob.objects.filter(edit=edit, state=State.FAILED).first()
    with transaction.atomic(durable=True):
        if job is None or not edit.is_under_way or not jobs.requeue(job):
            raise Conflict(_("There is nothing to try again here."), code="nothing_to_retry")
        jobs.enqueue(TASK, job.pk)
    return edit


def sweep_edits() -> jobs.Swept:
    """Put right what dead workers and lost hints left; part of the sweep of every worker."""
    swept = jobs.sweep(EditJob)
    for pk in swept.due:
        jobs.enqueue(TASK, pk)
    expire_drafts()
    return swept


def expire_drafts(*, limit: int = 50_000) -> int:
    """Mark drafts that nobody confirmed in time, and delete the items of such drafts, at most
    `limit`: part of the sweep. Returns how many drafts were marked."""
    now = timezone.now()
    stale = Edit.objects.filter(status__in=[Status.DRAFT, Status.PREPARING], expires_at__lte=now)
    marked = 0
    for edit in stale.order_by("expires_at").select_related("creator")[:200]:
        with transaction.atomic(durable=True):
            lock_consent_state(edit.creator)
            marked += stale.filter(pk=edit.pk).update(status=Status.EXPIRED)
            jobs.stop(
                EditJob.objects.filter(edit=edit), State.CANCELLED, problem=_("The draft expired.")
            )
    dead = Item.objects.filter(
        edit__status__in=[Status.EXPIRED, Status.CANCELLED],
        edit__confirmed_at=None,
        edit__expires_at__gte=now - 30 * DRAFT_LIFETIME,
    ).order_by("edit", "video")
    keys = list(dead.values_list("pk", flat=True)[:limit])
    for start in range(0, len(keys), 5000):
        Item.objects.filter(pk__in=keys[start : start + 5000]).delete()
    return marked
