"""Stopping an edit that is being prepared or applied."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from consent.models import Edit, EditJob
from consent.services import journal
from consent.services.consent_state import lock_consent_state
from consent.services.edits.draft import draft_expired, own_edit
from creatorhub import jobs
from creatorhub.actors import RESTORE, Actor
from creatorhub.errors import Conflict
from creatorhub.jobs import State
from creatorhub.models import User

Status = Edit.Status


def cancel_edit(edit_uuid: uuid.UUID, *, actor: Actor, creator: User) -> Edit:
    """What it has allowed stays, and can be undone. A second call returns it as it is. Raises
    NotFound; Conflict for an edit that is not under way, and for a withdrawal: that is in force
    for all its videos already, and allowing them again is an edit of its own."""
    if actor != RESTORE:
        actor.require(creator, sentence=_("Only the creator can cancel an edit."))
    with transaction.atomic(durable=True):
        lock_consent_state(creator)
        edit = own_edit(edit_uuid, creator)
        if edit.status == Status.CANCELLED:
            return edit
        if edit.status == Status.DRAFT:
            raise Conflict(
                _("This edit is a draft: nothing has been done that could be stopped."),
                code="draft",
            )
        if edit.status == Status.EXPIRED:
            raise draft_expired()
        if not edit.is_under_way:
            raise Conflict(
                _("This edit is already applied. Undo it instead."), code="already_applied"
            )
        if edit.is_withdrawing:
            raise Conflict(
                _(
                    "This edit turned things off, and that is in force for all its videos "
                    "already. Undo it once it is written down for each."
                ),
                code="in_force",
            )
        problem = _("You cancelled it.")
        return _cancel(edit, actor=actor, correlation_id=uuid.uuid4(), problem=problem)


def cancel_grants(*, actor: Actor, creator: User, correlation_id: uuid.UUID) -> None:
    """Stop what is still being allowed, for an opt-out. In the caller's transaction, under the
    lock of the consent state. An edit that turns things off as well continues with that alone:
    what it would still allow is older than the opt-out."""
    for edit in Edit.objects.filter(creator=creator).live().with_parents():
        if edit.grants and not edit.withdraws:
            problem = _("Everything was turned off.")
            _cancel(edit, actor=actor, correlation_id=correlation_id, problem=problem)


def cancel_drafts(*, actor: Actor, creator: User, correlation_id: uuid.UUID) -> None:
    """Make an end of previews that would allow something and that nobody has confirmed: everything
    was turned off since they were looked at. In the caller's transaction, under the lock of the
    consent state."""
    would_allow = Q(status=Status.PREPARING) | Q(status=Status.DRAFT, grants__gt=0)
    drafts = Edit.objects.with_parents().filter(would_allow, creator=creator)
    for edit in drafts.exclude(change=Edit.Change.OFF):
        problem = _("Everything was turned off.")
        _cancel(edit, actor=actor, correlation_id=correlation_id, problem=problem)


def _cancel(edit: Edit, *, actor: Actor, correlation_id: uuid.UUID, problem: str) -> Edit:
    was_live = edit.is_live
    edit.status = Status.CANCELLED
    if was_live:
        edit.applied_at = timezone.now()
    edit.save()
    jobs.stop(EditJob.objects.filter(edit=edit), State.CANCELLED, problem=problem)
    if was_live:
        log.append(
            "edit.cancelled",
            actor=actor,
            creator=edit.creator,
            correlation_id=correlation_id,
            edit=edit.uuid,
            use=edit.use,
            selected=edit.selected,
            changed=edit.changed,
            left_out=edit.left_out,
        )
        journal.write("cancelled", creator=edit.creator, use=edit.use, edit=str(edit.uuid))
    return edit
