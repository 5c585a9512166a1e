"""What makes an edit true: confirming it, turning off at once, undoing, cancelling. A single toggle
is an edit of one video."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from audit import log
from consent import counts, selection
from consent.filters import changed_in
from consent.models import Consent, ConsentState, Edit, EditJob, Item
from consent.policy import Reason
from consent.selection import Matching
from consent.services.consent_state import lock_consent_state, raise_version, withdraw
from consent.services.edits import chunks, items
from consent.services.edits import draft as drafts
from consent.signals import Among, Withdrawn
from consent.uses import USES
from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden
from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Video

Outcome = Item.Outcome
Status = Edit.Status
LIVE = (Status.PREPARING, Status.CONFIRMED, Status.APPLYING)


def confirm_edit(
    edit_uuid: uuid.UUID,
    *,
    actor: Actor,
    creator: User,
    idempotency_key: str | None = None,
) -> Edit:
    """Do what a draft says, once. The same key again returns the edit as it stands; without a key
    the edit's own id is the key.

    Up to INSIDE videos it is applied when this returns. A larger edit is `confirmed`, and a job
    applies it; what it withdraws is withdrawn when this returns, whatever the size. Raises
    NotFound, or Conflict for a draft that is not ready, has expired, was confirmed with another
    key, names a notice or an end that no longer holds, or allows something while another edit of
    this creator is being applied.
    """
    key = idempotency_key or str(edit_uuid)
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        edit = drafts.own_edit(edit_uuid, creator)
        if edit.idempotency_key == key:
            return edit
        if edit.status not in (Status.DRAFT, Status.PREPARING, Status.EXPIRED):
            raise Conflict("This edit was already confirmed.", code="already_confirmed")
        if _with_key(creator, key):
            raise Conflict(
                "This idempotency key was used for another edit. Send a new one.",
                code="idempotency_key_reused",
            )
        drafts.still_holds(edit)
        drafts.may_confirm(edit, actor)
        return confirm(edit, state, actor=actor, key=key, correlation_id=uuid.uuid4())


def turn_off(
    *,
    actor: Actor,
    creator: User,
    use: str,
    ids: Iterable[uuid.UUID] | None = None,
    matching: Matching | None = None,
    reason: str = "",
    idempotency_key: str | None = None,
) -> Edit:
    """Withdraw at once, without a preview: draft and confirm in one transaction. By the creator,
    or by staff with a reason. Raises as draft_edit does.

    The same key again returns the first edit, unless this creator's consent has changed since: a
    word to turn off is never taken for an echo. Of more than EDIT_MAX_FREEZE_INLINE videos the edit returned is
    still `preparing`, and until its videos are written down the use is held back for all that
    this creator has allowed: nothing selected is used for even a moment longer.
    """
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        if idempotency_key and (done := _with_key(creator, idempotency_key)):
            if done.is_live or done.version == state.version:
                return done
            idempotency_key = None
        edit = drafts.start(
            actor=actor,
            creator=creator,
            use=use,
            grant=None,
            ids=ids,
            matching=matching,
            reason=reason,
        )
        key, correlation_id = idempotency_key or str(edit.uuid), uuid.uuid4()
        if edit.status == Status.PREPARING:
            return _hold(edit, state, actor=actor, key=key, correlation_id=correlation_id)
        return confirm(edit, state, actor=actor, key=key, correlation_id=correlation_id)


def undo_or_draft(edit_uuid: uuid.UUID, *, actor: Actor, creator: User) -> Edit:
    """Undo at once what an edit allowed; of anything else, which undoing would allow again, a
    draft to look at. Raises as undo_edit does."""
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        inverse = drafts.start_undo(edit_uuid, actor=actor, creator=creator)
        if not inverse.undoes or drafts.would_allow(inverse.undoes) or inverse.is_holding:
            return inverse
        key, correlation_id = str(inverse.uuid), uuid.uuid4()
        if inverse.status == Status.PREPARING:
            return _hold(inverse, state, actor=actor, key=key, correlation_id=correlation_id)
        return confirm(inverse, state, actor=actor, key=key, correlation_id=correlation_id)


def cancel_edit(edit_uuid: uuid.UUID, *, actor: Actor, creator: User) -> Edit:
    """Stop an edit that is being prepared or applied. What it has allowed stays, and can be
    undone. Raises NotFound; Conflict for one that is not under way, and for a withdrawal: that is
    in force for all its videos already, and taking it back is a decision of its own.
    """
    if actor != Actor.creator(creator):
        raise Forbidden("Only the creator can cancel an edit.", code="not_the_creator")
    with transaction.atomic(durable=True):
        lock_consent_state(creator)
        edit = drafts.own_edit(edit_uuid, creator)
        if edit.status == Status.CANCELLED:
            return edit
        if edit.status == Status.DRAFT:
            raise Conflict(
                "This edit is a draft: nothing has been done that could be stopped.", code="draft"
            )
        if edit.status not in LIVE:
            raise Conflict("This edit is already applied. Undo it instead.", code="already_applied")
        if edit.is_withdrawing:
            raise Conflict(
                "This edit turned things off, and that is in force for all its videos already. "
                "Undo it once it is written down for each.",
                code="in_force",
            )
        return _cancel(edit, actor=actor, correlation_id=uuid.uuid4())


def cancel_grants(*, actor: Actor, creator: User, correlation_id: uuid.UUID) -> None:
    """Stop what is still being allowed, for who turns everything off. In the caller's transaction,
    under the standing's lock. An edit that turns things off as well goes on with that alone: what
    it would still allow is older than the opt-out."""
    live = Edit.objects.filter(creator=creator, status__in=LIVE, confirmed_at__isnull=False)
    for edit in live.select_related("creator"):
        if edit.grants and not edit.withdraws:
            _cancel(edit, actor=actor, correlation_id=correlation_id)


def clear_grants(
    *, actor: Actor, creator: User, state: ConsentState, correlation_id: uuid.UUID
) -> None:
    """Turn off everything that is stored as allowed, one edit for each use, of any size. Runs in
    the caller's transaction, under the standing's lock."""
    for use in USES:
        stored = Consent.objects.filter(
            creator=creator, use=use, terms__isnull=False, video__removed_at=None
        )
        if stored.exists():
            newest = stored.order_by("-video").values_list("video", flat=True)[0]
            edit = drafts.start(
                actor=actor,
                creator=creator,
                use=use,
                grant=None,
                ids=None,
                matching=Matching(query="", upto=newest, under_terms=use),
                reason="",
            )
            take = _hold if edit.status == Status.PREPARING else confirm
            take(edit, state, actor=actor, key=str(edit.uuid), correlation_id=correlation_id)


def confirm(
    edit: Edit,
    state: ConsentState,
    *,
    actor: Actor,
    key: str,
    correlation_id: uuid.UUID,
    waits: bool = True,
) -> Edit:
    """Make a draft true, in the caller's transaction, under the standing's lock. `waits` is for
    what must not be allowed while another edit is under way."""
    if waits:
        _nothing_under_way(edit)
    edit.idempotency_key = key
    edit.confirmed_at = timezone.now()
    if edit.selected <= settings.EDIT_MAX_INLINE:
        return _apply_inside(edit, state, actor=actor, correlation_id=correlation_id)
    if not edit.will_change:
        edit.status, edit.applied_at = Status.APPLIED, edit.confirmed_at
        edit.cursor, edit.version = items.last_of(edit), state.version
        edit.save()
        return edit
    raise_version(state).save()
    edit.status, edit.version = Status.CONFIRMED, state.version
    edit.save()
    if edit.withdraws:
        _take_back(edit, items.withdrawn_soon_by(edit), actor=actor, correlation_id=correlation_id)
    _record_confirmed(edit, actor=actor, correlation_id=correlation_id)
    drafts.queue(edit)
    return edit


def _apply_inside(
    edit: Edit, state: ConsentState, *, actor: Actor, correlation_id: uuid.UUID
) -> Edit:
    """Apply all of it now, as one event. Writes no event and raises no version where nothing
    changes."""
    before = state.version
    raise_version(state)
    edit.version = state.version
    removed = items.withdrawn_by(edit)
    chunk = chunks.apply_next(edit, state, chunks.TermsLines(), most=settings.EDIT_MAX_INLINE)
    edit.status, edit.applied_at = Status.APPLIED, edit.confirmed_at
    if chunk:
        add(edit, chunk)
    if not edit.changed:
        edit.version = before
        edit.save()
        return edit
    state.save()
    edit.save()
    if edit.withdraws:
        _take_back(edit, removed, actor=actor, correlation_id=correlation_id)
    _record_edited(
        edit, state, actor=actor, correlation_id=correlation_id, root=chunk.root if chunk else ""
    )
    return edit


def add(edit: Edit, chunk: chunks.Chunk) -> None:
    """Count what came of a chunk. For what would not change the draft's numbers stand."""
    edit.changed += chunk[Outcome.CHANGED]
    edit.superseded += chunk.left_out[Outcome.SUPERSEDED]
    edit.not_eligible += chunk.left_out[Outcome.NOT_ELIGIBLE]
    edit.parts += 1


def _hold(
    edit: Edit, state: ConsentState, *, actor: Actor, key: str, correlation_id: uuid.UUID
) -> Edit:
    """Confirm a withdrawal whose videos are still to be written down. From here the decision is no
    for all that this creator allows of this use, until the job knows which are meant. Keeps what
    stands above all videos now: an opt-out or a pause that comes before the job must not change
    what matches."""
    raise_version(state).save()
    edit.idempotency_key = key
    edit.confirmed_at = timezone.now()
    edit.version = state.version
    if edit.matching:
        paused = sorted(counts.paused_uses())
        under = {"opted_out": state.opted_out, "paused": paused}
        edit.matching = {**edit.matching, "asked_under": under}
    edit.save()
    meant = _meant(edit).order_by()
    _take_back(
        edit,
        lambda keys: meant.filter(pk__in=keys).values_list("pk", flat=True),
        actor=actor,
        correlation_id=correlation_id,
    )
    _record_confirmed(edit, actor=actor, correlation_id=correlation_id)
    return edit


def _meant(edit: Edit) -> QuerySet[Video]:
    """The videos from which a withdrawal that is not frozen yet takes something allowed."""
    if edit.undoes:
        granted = changed_in(edit.undoes).filter(video=OuterRef("pk"), after__isnull=False)
        stands = Consent.objects.filter(
            video=OuterRef("pk"), use=edit.use, edit=edit.undoes, terms__isnull=False
        )
        return Video.objects.filter(Exists(granted), Exists(stands))
    return selection.videos(edit.creator, selection.of(edit), besides=edit)


def being_turned_off(video: Video, *, creator: User, use: str) -> bool:
    """Whether an edit that is under way is going to turn this use of the video off, though it may
    not be written down yet."""
    live = Edit.objects.filter(
        creator=creator, use=use, status__in=LIVE, confirmed_at__isnull=False
    )
    named = Item.objects.filter(
        edit__in=live, video=video, video__gt=F("edit__cursor"), outcome=Outcome.PENDING, after=None
    )
    holding = live.filter(status=Status.PREPARING).select_related("creator", "undoes")
    return named.exists() or any(_meant(edit).filter(pk=video.pk).exists() for edit in holding)


def _take_back(edit: Edit, videos: Among, *, actor: Actor, correlation_id: uuid.UUID) -> None:
    """Stop what is being made of these videos and take down what was made. Saves the numbers."""
    done: Withdrawn = withdraw(
        actor=actor,
        creator=edit.creator,
        use=edit.use,
        videos=videos,
        reason=Reason.OFF,
        correlation_id=correlation_id,
    )
    edit.stopped += done.stopped
    edit.taken_down += done.taken_down
    edit.save(update_fields=["stopped", "taken_down"])


def take_back_the_rest(edit: Edit, *, actor: Actor) -> None:
    """What a withdrawal turned out to be about, beyond what it was known to be at its confirm."""
    if edit.withdraws:
        _take_back(edit, items.withdrawn_soon_by(edit), actor=actor, correlation_id=edit.uuid)


def _nothing_under_way(edit: Edit) -> None:
    """Allowing waits for what is under way, so that what a person sees allowed is. Turning off
    never waits."""
    if not edit.grants:
        return
    live = Edit.objects.filter(
        creator=edit.creator, status__in=LIVE, confirmed_at__isnull=False
    ).exclude(pk=edit.pk)
    if live.exists():
        raise Conflict(
            "Another of your edits is still being applied. Wait until it is done, then confirm "
            "this one; nothing of it has been done.",
            code="busy",
        )


def _cancel(edit: Edit, *, actor: Actor, correlation_id: uuid.UUID) -> Edit:
    confirmed = edit.confirmed_at is not None
    edit.status = Status.CANCELLED
    if confirmed:
        edit.applied_at = timezone.now()
    edit.save()
    jobs.stop(EditJob.objects.filter(edit=edit), State.CANCELLED, problem="You cancelled it.")
    if confirmed:
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
    return edit


def _with_key(creator: User, key: str) -> Edit | None:
    edits = Edit.objects.select_related("terms__notice", "undoes", "creator")
    return edits.filter(creator=creator, idempotency_key=key).first()


def _what(edit: Edit) -> dict[str, Any]:
    """What every event of an edit says of it."""
    return {
        "edit": edit.uuid,
        "use": edit.use,
        "to": edit.change,
        "until": edit.terms.until if edit.terms else None,
        "notice": edit.terms.notice.uuid if edit.terms else None,
        "undoes": edit.undoes.uuid if edit.undoes else None,
        "reason": edit.reason,
    }


def _came_of_it(edit: Edit) -> dict[str, Any]:
    return {
        "selected": edit.selected,
        "changed": edit.changed,
        "already": edit.already,
        "superseded": edit.superseded,
        "not_eligible": edit.not_eligible,
        "version": edit.version,
        "stopped": edit.stopped,
        "taken_down": edit.taken_down,
    }


def _record_edited(
    edit: Edit, state: ConsentState, *, actor: Actor, correlation_id: uuid.UUID, root: str
) -> None:
    """One event for all items. An edit of one video also says which, for that video's timeline."""
    only = edit.items.values_list("video__uuid", flat=True) if edit.selected == 1 else []
    log.append(
        "consent.edited",
        actor=actor,
        creator=edit.creator,
        correlation_id=correlation_id,
        subject=next(iter(only), None),
        **_what(edit),
        **_came_of_it(edit),
        items_root=root,
    )


def _record_confirmed(edit: Edit, *, actor: Actor, correlation_id: uuid.UUID) -> None:
    """`selected` is None where the job is still to find out."""
    known = edit.status != Status.PREPARING
    log.append(
        "edit.confirmed",
        actor=actor,
        creator=edit.creator,
        correlation_id=correlation_id,
        **_what(edit),
        selected=edit.selected if known else None,
        will_change=edit.will_change if known else None,
        version=edit.version,
        stopped=edit.stopped,
        taken_down=edit.taken_down,
    )


def record_part(edit: Edit, chunk: chunks.Chunk, *, actor: Actor, version: int) -> None:
    """One event for one chunk, with the root over its item lines."""
    log.append(
        "edit.part_applied",
        actor=actor,
        creator=edit.creator,
        correlation_id=edit.uuid,
        edit=edit.uuid,
        use=edit.use,
        part=edit.parts,
        changed=chunk[Outcome.CHANGED],
        already=chunk[Outcome.ALREADY],
        superseded=chunk[Outcome.SUPERSEDED],
        not_eligible=chunk[Outcome.NOT_ELIGIBLE],
        items_root=chunk.root,
        version=version,
    )


def record_applied(edit: Edit, *, actor: Actor) -> None:
    log.append(
        "edit.applied",
        actor=actor,
        creator=edit.creator,
        correlation_id=edit.uuid,
        **_what(edit),
        **_came_of_it(edit),
        parts=edit.parts,
    )
