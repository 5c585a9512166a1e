"""Undoing an edit: an edit of its own, which puts exact former states back."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from consent.models import ConsentState, Edit
from consent.services.consent_state import lock_consent_state
from consent.services.edits import items
from consent.services.edits.confirm import put_into_force
from consent.services.edits.draft import DRAFT_LIFETIME, new_edit, own_edit, prepare
from creatorhub.actors import Actor
from creatorhub.errors import Conflict
from creatorhub.models import User

Status = Edit.Status


def undo_edit(edit_uuid: uuid.UUID, *, actor: Actor, creator: User, reason: str = "") -> Edit:
    """A draft of the inverse: exact former states, leaving alone what changed since (counted as
    superseded). A second call returns the same draft. Only the creator may; an undo is undone
    like any edit. Raises NotFound, or Conflict for an edit that was never applied."""
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        return _draft_inverse(edit_uuid, state, actor=actor, creator=creator, reason=reason)


def undo_or_draft(edit_uuid: uuid.UUID, *, actor: Actor, creator: User) -> Edit:
    """Undo at once an edit that allowed something; of anything else, which undoing would allow
    again, a draft to look at. Raises as undo_edit does."""
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        inverse = _draft_inverse(edit_uuid, state, actor=actor, creator=creator)
        if inverse.is_live or not inverse.undoes or _would_allow(inverse.undoes):
            return inverse
        if inverse.status == Status.PREPARING:
            inverse.status = Status.HOLDING
        return put_into_force(inverse, state, actor=actor)


def _draft_inverse(
    edit_uuid: uuid.UUID, state: ConsentState, *, actor: Actor, creator: User, reason: str = ""
) -> Edit:
    actor.require(creator, sentence=_("Only the creator can undo an edit."))
    edit = own_edit(edit_uuid, creator)
    if edit.is_live:
        raise Conflict(
            _("This edit is still being applied. Undo it once it is done."), code="still_applying"
        )
    if edit.status not in (Status.APPLIED, Status.CANCELLED) or not edit.changed:
        raise Conflict(_("This edit changed nothing that could be undone."), code="stale")
    inverse = Edit.objects.with_parents().filter(undoes=edit).first()
    if inverse and inverse.confirmed_at and inverse.status == Status.CANCELLED:
        # What it put back stays so, and is found to have changed; another continues with the rest.
        inverse.undoes, inverse.same_as = None, edit
        inverse.save(update_fields=["undoes", "same_as"])
        inverse = None
    if inverse and inverse.status in (Status.PREPARING, Status.HOLDING):
        return inverse
    large = edit.changed > settings.EDIT_MAX_FREEZE_INLINE
    is_fresh = inverse and inverse.expires_at > timezone.now()
    if inverse and large and is_fresh and inverse.status == Status.DRAFT:
        return inverse  # what has changed since is found when it is applied
    if inverse and inverse.confirmed_at:
        raise Conflict(_("This edit was already undone."), code="already_undone")
    if inverse is None:
        inverse = new_edit(
            actor=actor,
            creator=creator,
            use=edit.use,
            change=Edit.Change.FORMER,
            undoes=edit,
            reason=reason,
            version=state.version,
        )
    else:  # drafted before and never confirmed: what changed since counts again
        inverse.items.all().delete()
        inverse.reason = reason[:500]
        inverse.status = Status.DRAFT
        inverse.version = state.version
        inverse.selected = 0  # counted again when its items are written down
        inverse.created_at = timezone.now()
        inverse.expires_at = inverse.created_at + DRAFT_LIFETIME
    if large:
        return prepare(inverse)
    items.freeze_inverse(inverse, edit)
    return items.count(inverse)


def _would_allow(edit: Edit) -> bool:
    """Whether undoing this edit would allow anything again, which wants a preview."""
    return edit.changed_items.filter(before__isnull=False).exists()
