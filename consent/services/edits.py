"""An edit: draft, confirm, apply, undo. A single toggle is an edit of one video."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from audit import log
from consent.models import Edit, Item, Notice, Standing, Terms
from consent.policy import Reason
from consent.services import items
from consent.services.standing import lock_standing, raise_version, withdraw
from consent.signals import Withdrawn
from consent.uses import USES
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden, NotFound, Refused
from creatorhub.models import User
from library.models import Video

MOST_AT_ONCE = 500  # videos applied within one request
DRAFT_LASTS = timedelta(hours=24)
# Beyond this, a time near the calendar's end could not be shown in every zone.
LONGEST = timedelta(days=36525)
TOO_FAR = "The end is more than a hundred years away. Leave it empty for no end date."
Outcome = Item.Outcome


@dataclass(frozen=True, slots=True)
class Grant:
    """What to allow: always under the notice in force, for everyone; `until` None for no end."""

    until: datetime | None = None


def draft_edit(
    *,
    actor: Actor,
    creator: User,
    use: str,
    grant: Grant | None,
    ids: list[uuid.UUID],
    reason: str = "",
) -> Edit:
    """Freeze a selection and what will come of it; nothing is allowed or withdrawn yet.

    `grant` None turns off. Raises NotFound if any id is not the creator's (and writes nothing),
    Refused for an empty or too large selection, an unknown use or an end in the past, Forbidden
    for a grant by anyone but the creator. The number of queries does not depend on `ids`.
    """
    with transaction.atomic(durable=True):
        lock_standing(creator)
        return _draft(actor=actor, creator=creator, use=use, grant=grant, ids=ids, reason=reason)


def confirm_edit(
    edit_uuid: uuid.UUID,
    *,
    actor: Actor,
    creator: User,
    idempotency_key: str | None = None,
) -> Edit:
    """Apply a draft, once. The same key again returns the edit as it stands; without a key the
    edit's own id is the key. Raises NotFound, or Conflict for a draft that has expired, was
    confirmed with another key, or names a notice or an end that no longer holds."""
    key = idempotency_key or str(edit_uuid)
    with transaction.atomic(durable=True):
        standing = lock_standing(creator)
        edit = _own_edit(edit_uuid, creator)
        if edit.status != Edit.Status.DRAFT:
            if edit.idempotency_key == key:
                return edit
            raise Conflict("This edit was already confirmed.", code="already_confirmed")
        if Edit.objects.filter(creator=creator, idempotency_key=key).exists():
            raise Conflict(
                "This idempotency key was used for another edit. Send a new one.",
                code="idempotency_key_reused",
            )
        _still_holds(edit)
        _may_apply(edit, actor)
        return _apply(edit, standing, actor=actor, key=key, act=uuid.uuid4())


def turn_off(
    *, actor: Actor, creator: User, use: str, ids: list[uuid.UUID], reason: str = ""
) -> Edit:
    """Withdraw at once, without a preview: draft and confirm in one transaction. By the creator,
    or by staff with a reason. Raises as draft_edit does."""
    with transaction.atomic(durable=True):
        standing = lock_standing(creator)
        edit = _draft(actor=actor, creator=creator, use=use, grant=None, ids=ids, reason=reason)
        return _apply(edit, standing, actor=actor, key=str(edit.uuid), act=uuid.uuid4())


def undo_edit(edit_uuid: uuid.UUID, *, actor: Actor, creator: User) -> Edit:
    """A draft of the inverse: exact former states, leaving alone what changed since (counted as
    superseded). Asking twice returns the same draft. Only the creator may; an undo is undone
    like any edit. Raises NotFound, or Conflict for an edit that was never applied."""
    if actor != Actor.creator(creator):
        raise Forbidden("Only the creator can undo an edit.", code="not_the_creator")
    with transaction.atomic(durable=True):
        lock_standing(creator)
        edit = _own_edit(edit_uuid, creator)
        if edit.status not in (Edit.Status.APPLIED, Edit.Status.CANCELLED):
            raise Conflict("This edit was not applied, so there is nothing to undo.", code="stale")
        earlier = Edit.objects.filter(undoes=edit).first()
        if earlier and earlier.status != Edit.Status.DRAFT:
            raise Conflict("This edit was already undone.", code="already_undone")
        if earlier:  # drafted before and never confirmed: what changed since counts again
            earlier.items.all().delete()
            earlier.delete()
        inverse = Edit.objects.create(
            creator=creator,
            actor=f"{actor.kind}:{actor.id}",
            use=edit.use,
            undoes=edit,
            expires_at=timezone.now() + DRAFT_LASTS,
        )
        items.freeze_inverse(inverse, edit)
        return _count_draft(inverse)


def clear_grants(*, actor: Actor, creator: User, standing: Standing, act: uuid.UUID) -> None:
    """Turn off everything that is stored as allowed, one edit for each use, of any size. Runs in
    the caller's transaction, under the standing's lock."""
    for use in USES:
        granted = Video.objects.owned_by(creator).filter(
            consents__use=use, consents__terms__isnull=False
        )
        if granted.exists():
            edit = _new(actor=actor, creator=creator, use=use, terms=None, reason="")
            items.freeze(edit, granted)
            _count_draft(edit)
            _apply(edit, standing, actor=actor, key=str(edit.uuid), act=act)


def _draft(
    *,
    actor: Actor,
    creator: User,
    use: str,
    grant: Grant | None,
    ids: list[uuid.UUID],
    reason: str,
) -> Edit:
    wanted = set(ids)
    if use not in USES:
        raise Refused(
            f"There is no use “{use}”. Choose one of: {', '.join(USES)}.", code="unknown_use"
        )
    if not wanted:
        raise Refused("Nothing is selected. Choose at least one video.", code="empty_selection")
    if len(wanted) > MOST_AT_ONCE:
        raise Refused(
            f"{len(wanted):,} videos are selected; at most {MOST_AT_ONCE} can be changed at once. "
            "Choose fewer.",
            code="too_many",
        )
    own = Actor.creator(creator) == actor
    if grant and not own:
        raise Forbidden("Only the creator can allow a use.", code="not_the_creator")
    if not own and actor.kind != "staff":
        raise Forbidden("Only the creator or staff can do this.", code="not_the_creator")
    videos = Video.objects.owned_by(creator).filter(uuid__in=wanted)
    if videos.count() != len(wanted):
        raise NotFound(
            "One of these videos does not exist or is not yours. Nothing was changed.",
            code="not_found",
        )
    terms = _terms(use, grant) if grant else None
    edit = _new(actor=actor, creator=creator, use=use, terms=terms, reason=reason)
    items.freeze(edit, videos)
    return _count_draft(edit)


def _new(*, actor: Actor, creator: User, use: str, terms: Terms | None, reason: str) -> Edit:
    return Edit.objects.create(
        creator=creator,
        actor=f"{actor.kind}:{actor.id}",
        use=use,
        terms=terms,
        reason=reason[:500],
        expires_at=timezone.now() + DRAFT_LASTS,
    )


def _terms(use: str, grant: Grant) -> Terms:
    """The shared row for these terms under the notice in force. Terms are immutable."""
    if grant.until and grant.until <= timezone.now():
        raise Refused("The end is in the past. Choose a later day.", code="end_in_the_past")
    if grant.until and grant.until > timezone.now() + LONGEST:
        raise Refused(TOO_FAR, code="end_too_far")
    notice = current_notice(use)
    if notice is None:
        raise Refused("There is no notice for this use yet.", code="no_notice")
    same = {
        "use": use,
        "notice": notice,
        "audience": Terms.Audience.EVERYONE,
        "mode": Terms.Mode.ALLOWED,
        "until": grant.until,
    }
    terms = Terms.objects.filter(**same).first()
    if terms is None:
        Terms.objects.bulk_create([Terms(**same)], ignore_conflicts=True)
        terms = Terms.objects.get(**same)
    return terms


def current_notice(use: str, *, language: str = "en") -> Notice | None:
    """The newest published notice of a use: what a grant made now names."""
    published = Notice.objects.filter(use=use, language=language, published_at__isnull=False)
    return published.order_by("-version").first()


def _count_draft(edit: Edit) -> Edit:
    found = items.counts(edit)
    edit.selected = sum(found.values())
    edit.will_change = found[Outcome.PENDING]
    edit.already = found[Outcome.ALREADY]
    edit.superseded = found[Outcome.SUPERSEDED]
    edit.not_eligible = found[Outcome.NOT_ELIGIBLE]
    edit.save()
    return edit


def _own_edit(edit_uuid: uuid.UUID, creator: User) -> Edit:
    edits = Edit.objects.select_related("terms__notice", "undoes")
    edit = edits.filter(uuid=edit_uuid, creator=creator).first()
    if edit is None:
        raise NotFound("There is no such edit.", code="not_found")
    return edit


def _still_holds(edit: Edit) -> None:
    now = timezone.now()
    if edit.expires_at <= now:
        raise Conflict(
            "This preview is more than a day old. Make the selection again.", code="draft_expired"
        )
    if edit.terms:
        if edit.terms.until and edit.terms.until <= now:
            raise Conflict(
                "The end you chose has passed. Choose a later day.", code="end_in_the_past"
            )
        if edit.terms.notice != current_notice(edit.use):
            raise Conflict(
                "The notice was revised after you saw it. Read the new text and try again.",
                code="notice_changed",
            )


def _may_apply(edit: Edit, actor: Actor) -> None:
    """Granting is the creator's alone, and so is confirming an undo, which may grant."""
    own = actor == Actor.creator(edit.creator)
    if not own and (edit.is_grant or edit.undoes_id or actor.kind != "staff"):
        raise Forbidden("Only the creator can confirm this.", code="not_the_creator")


def _apply(edit: Edit, standing: Standing, *, actor: Actor, key: str, act: uuid.UUID) -> Edit:
    """Apply every pending item, in the caller's transaction, under the standing's lock. Writes
    no event and raises no version if nothing changed."""
    items.mark_stale(edit)
    found = items.counts(edit)
    now = timezone.now()
    done = Withdrawn()
    if changed := found[Outcome.PENDING]:
        raise_version(standing).save()
        items.apply_pending(edit, standing)
        withdrawn = edit.items.filter(outcome=Outcome.CHANGED, after=None, before__isnull=False)
        if not edit.is_grant:
            done = withdraw(
                actor=actor,
                creator=edit.creator,
                use=edit.use,
                videos=Video.objects.filter(pk__in=withdrawn.values("video")),
                reason=Reason.OFF,
                act=act,
            )
    edit.status = Edit.Status.APPLIED
    edit.idempotency_key = key
    edit.changed, edit.will_change = changed, changed
    edit.already = found[Outcome.ALREADY]
    edit.superseded = found[Outcome.SUPERSEDED]
    edit.not_eligible = found[Outcome.NOT_ELIGIBLE]
    edit.stopped, edit.taken_down = done.stopped, done.taken_down
    edit.confirmed_at = edit.applied_at = now
    edit.save()
    if changed:
        _record(edit, standing, actor=actor, act=act)
    return edit


def _record(edit: Edit, standing: Standing, *, actor: Actor, act: uuid.UUID) -> None:
    """One event for all items. An edit of one video also says which, for that video's timeline."""
    only = edit.items.values_list("video__uuid", flat=True) if edit.selected == 1 else []
    to = "former" if edit.undoes_id else "allowed" if edit.is_grant else "off"
    log.append(
        "consent.edited",
        actor=actor,
        creator=edit.creator,
        act=act,
        about=next(iter(only), None),
        edit=edit.uuid,
        use=edit.use,
        to=to,
        until=edit.terms.until if edit.terms else None,
        notice=edit.terms.notice.uuid if edit.terms else None,
        undoes=edit.undoes.uuid if edit.undoes else None,
        reason=edit.reason,
        selected=edit.selected,
        changed=edit.changed,
        already=edit.already,
        superseded=edit.superseded,
        not_eligible=edit.not_eligible,
        items_root=items.items_root(edit),
        version=standing.version,
        stopped=edit.stopped,
        taken_down=edit.taken_down,
    )
