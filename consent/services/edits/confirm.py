"""What puts an edit into force: confirming a draft, and turning off at once. A single switch is
an edit of one video."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit import log
from consent import counts, selection
from consent.models import Consent, ConsentState, Edit, Item, Journal, Terms
from consent.policy import Reason
from consent.selection import Matching
from consent.services import journal
from consent.services.consent_state import lock_consent_state
from consent.services.edits import chunks, items
from consent.services.edits.draft import check_draft, draft, enqueue, own_edit
from consent.services.letters import tell_turned_off
from consent.signals import announce, announce_undone
from consent.uses import USES
from creatorhub.actors import Actor
from creatorhub.errors import Conflict
from creatorhub.models import User
from library.models import Video

Status = Edit.Status


def confirm_edit(
    edit_uuid: uuid.UUID,
    *,
    actor: Actor,
    creator: User,
    idempotency_key: str | None = None,
    expected: int | None = None,
    reason: str | None = None,
) -> Edit:
    """Do what a draft says, once. The same key again returns the edit as it is now; without a key
    the edit's own id is the key. The terms are those of the draft; `reason` replaces its note.

    Up to settings.EDIT_MAX_INLINE videos it is applied when this returns. A larger edit is
    `confirmed`, and a job applies it; what it withdraws is withdrawn when this returns, whatever
    the size. Raises NotFound, or Conflict for a draft that is not ready, has expired, was confirmed
    with another key, names a notice or an end that no longer holds, would change another number of
    videos than is `expected`, or allows something while another edit of this creator is being
    applied.
    """
    key = idempotency_key or str(edit_uuid)
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        edit = own_edit(edit_uuid, creator)
        if edit.idempotency_key == key:
            return edit
        if edit.status == Status.CANCELLED and not edit.confirmed_at:
            raise Conflict(
                _("This edit was cancelled before it was confirmed. Make the selection again."),
                code="cancelled",
            )
        if edit.status not in (Status.DRAFT, Status.PREPARING, Status.EXPIRED):
            raise Conflict(_("This edit was already confirmed."), code="already_confirmed")
        if Edit.objects.filter(creator=creator, idempotency_key=key).exists():
            raise Conflict(
                _("This idempotency key was used for another edit. Send a new one."),
                code="idempotency_key_reused",
            )
        check_draft(edit)
        if expected is not None:
            _check_number(edit, state, expected)
        if reason is not None:
            edit.reason = reason[:500]
        # Only the creator confirms what may allow something: a grant, an undo, a spreadsheet.
        actor.require(creator, or_staff=edit.change == Edit.Change.OFF)
        edit = put_into_force(edit, state, actor=actor, key=key)
        if actor.kind == "staff":
            tell_turned_off(edit)
        return edit


def _check_number(edit: Edit, state: ConsentState, expected: int) -> None:
    """Raises Conflict where a confirm would change more or fewer videos than the person saw."""
    number = edit.will_change - items.left_alone(edit, version=state.version).number
    if number == expected:
        return
    sentence = ngettext(
        "Something changed after you looked at this: it would change %(number)s video now, not "
        "%(expected)s. Nothing was done. Look at it again.",
        "Something changed after you looked at this: it would change %(number)s videos now, not "
        "%(expected)s. Nothing was done. Look at it again.",
        number,
    )
    words = {"number": f"{number:,}", "expected": f"{expected:,}"}
    raise Conflict(sentence % words, code="changed_since")


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

    The same key again returns the first edit, unless this creator's consent has changed since:
    then it may have been turned on in between, and is turned off again. Of more than
    settings.EDIT_MAX_FREEZE_INLINE videos the edit returned is `holding`: until its videos are
    written down, the use is off for everything that this creator has allowed.
    """
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        if idempotency_key:
            earlier = Edit.objects.with_parents().filter(
                creator=creator, idempotency_key=idempotency_key
            )
            if (done := earlier.first()) and (done.is_live or done.version == state.version):
                return done
            if done:
                idempotency_key = None
        edit = draft(
            actor=actor,
            creator=creator,
            use=use,
            grant=None,
            ids=ids,
            matching=matching,
            reason=reason,
            holding=True,
        )
        edit = put_into_force(edit, state, actor=actor, key=idempotency_key)
        if actor.kind == "staff":
            tell_turned_off(edit)
        return edit


def put_into_force(
    edit: Edit,
    state: ConsentState,
    *,
    actor: Actor,
    key: str | None = None,
    correlation_id: uuid.UUID | None = None,
    waits: bool = True,
) -> Edit:
    """Confirm a draft, or an unsaved `holding` withdrawal, in the caller's transaction, under the
    lock of the consent state. `waits` is for what must not be allowed while another edit is under
    way."""
    allows = edit.grants or edit.change == Edit.Change.ALLOWED
    if waits and allows and Edit.objects.filter(creator=edit.creator).live().exists():
        # So that what a person sees allowed is allowed, also where it was allowed already and is
        # being turned off. Turning off never waits.
        raise Conflict(
            _(
                "Another of your edits is still being applied. Wait until it is done, then confirm "
                "this one; nothing of it has been done."
            ),
            code="busy",
        )
    edit.idempotency_key = key or str(edit.uuid)
    edit.confirmed_at = timezone.now()
    correlation_id = correlation_id or uuid.uuid4()
    if edit.status == Status.HOLDING:
        return _hold(edit, state, actor=actor, correlation_id=correlation_id)
    if edit.selected <= settings.EDIT_MAX_INLINE:
        return _apply_inline(edit, state, actor=actor, correlation_id=correlation_id)
    if not edit.will_change:
        edit.status, edit.applied_at = Status.APPLIED, edit.confirmed_at
        edit.cursor, edit.version = items.last_video(edit), state.version
        edit.save()
        return edit
    state.raise_version()
    state.save()
    edit.status, edit.version = Status.CONFIRMED, state.version
    edit.save()
    if edit.withdraws:
        videos = items.withdrawn_videos(edit, applied=False)
        revoke(edit, videos, actor=actor, correlation_id=correlation_id)
    _record_confirmed(edit, actor=actor, correlation_id=correlation_id)
    enqueue(edit)
    if edit.withdraws:
        _note(edit, some=edit.selected <= settings.EDIT_MAX_FREEZE_INLINE)
    return edit


def _note(edit: Edit, *, some: bool) -> None:
    """In the withdrawal journal, which videos this edit is going to turn off: by name if they are
    only `some`; else each chunk names those that it turned off, and until the last has, a restored
    database takes it for everything that is allowed of this use."""
    named = None
    if some:
        withdrawn = items.withdrawn_videos(edit, applied=False).order_by("pk")
        named = [str(one) for one in withdrawn.values_list("uuid", flat=True)]
    journal.write("off", creator=edit.creator, use=edit.use, edit=str(edit.uuid), videos=named)


def _apply_inline(
    edit: Edit, state: ConsentState, *, actor: Actor, correlation_id: uuid.UUID
) -> Edit:
    """Apply all of it now, as one event, which names the video if it is only one. Writes no event
    and raises no version where nothing changes."""
    before = state.version
    state.raise_version()
    edit.version = state.version
    newer = items.newer_withdrawals(edit) if edit.undoes else []
    chunk = chunks.apply_chunk(
        edit,
        state,
        chunks.Lines(),
        limit=settings.EDIT_MAX_INLINE,
        newer=newer,
        dead=items.dead_terms(edit) if edit.undoes else (),
    )
    edit.status, edit.applied_at = Status.APPLIED, edit.confirmed_at
    if chunk is None or not edit.changed:
        edit.version = before
        edit.save()
        return edit
    state.save()
    edit.save()
    if edit.withdraws:
        videos: QuerySet[Video]
        if edit.change == Edit.Change.OFF:
            videos = Video.objects.filter(uuid__in=chunk.lessened)
        else:
            videos = items.withdrawn_videos(edit, applied=True)
        revoke(edit, videos, actor=actor, correlation_id=correlation_id)
    if edit.undoes and edit.grants:
        bring_back(edit, state, actor=actor, correlation_id=correlation_id)
    only = edit.items.values_list("video__uuid", flat=True) if edit.selected == 1 else []
    fields = described(edit, applied=True) | {"items_root": chunk.root}
    log.append_many(
        "consent.edited",
        [(next(iter(only), None), fields)],
        actor=actor,
        creator=edit.creator,
        correlation_id=correlation_id,
    )
    if chunk.lessened:
        journal.write(
            "off",
            creator=edit.creator,
            use=edit.use,
            edit=str(edit.uuid),
            videos=chunk.lessened,
        )
    return edit


def _hold(edit: Edit, state: ConsentState, *, actor: Actor, correlation_id: uuid.UUID) -> Edit:
    """Confirm a withdrawal whose videos are still to be written down. From here the decision is no
    for all that this creator allows of this use, until the job knows which are meant. Keeps what
    applies to all videos now: an opt-out or a pause before the job must not change what matches.
    """
    state.raise_version()
    state.save()
    edit.version = state.version
    edit.confirmed_under = {
        "opted_out": state.opted_out,
        "paused": sorted(counts.paused_uses()),
        "restoring": Journal.objects.are_restoring(),
    }
    edit.save()
    revoke(edit, intended_videos(edit), actor=actor, correlation_id=correlation_id)
    _record_confirmed(edit, actor=actor, correlation_id=correlation_id)
    enqueue(edit)
    _note(edit, some=False)
    return edit


def intended_videos(edit: Edit) -> QuerySet[Video]:
    """The videos from which a withdrawal takes something allowed, before its items say so."""
    if not edit.undoes:
        return selection.videos_of(edit)
    granted = edit.undoes.changed_items.filter(video=OuterRef("pk"), after__isnull=False)
    stands = Consent.objects.filter(
        video=OuterRef("pk"), use=edit.use, edit=edit.undoes, terms__isnull=False
    )
    return Video.objects.filter(Exists(granted), Exists(stands))


def being_turned_off(video: Video, *, creator: User, use: str) -> bool:
    """Whether a live edit is going to turn this use of the video off, though it may not be written
    down yet."""
    live = Edit.objects.filter(creator=creator, use=use).live()
    named = Item.objects.filter(edit=OuterRef("pk"), video=video, after=None)
    if live.filter(Exists(named.to_change(after=OuterRef("cursor")))).exists():
        return True
    holding = live.holding().with_parents()
    return any(intended_videos(edit).filter(pk=video.pk).exists() for edit in holding)


def revoke_all(
    *, actor: Actor, creator: User, state: ConsentState, correlation_id: uuid.UUID
) -> None:
    """Turn off everything that is stored as allowed, one edit for each use, of any size. In the
    caller's transaction, under the lock of the consent state."""
    for use in USES:
        stored = Consent.objects.filter(
            creator=creator, use=use, terms__isnull=False, video__removed_at=None
        )
        newest = stored.order_by("-video").values_list("video", flat=True).first()
        if newest:
            everything = Matching(query="", upto=newest, under_terms=use)
            edit = draft(
                actor=actor,
                creator=creator,
                use=use,
                grant=None,
                matching=everything,
                holding=True,
            )
            put_into_force(edit, state, actor=actor, correlation_id=correlation_id)


def revoke(edit: Edit, videos: QuerySet[Video], *, actor: Actor, correlation_id: uuid.UUID) -> None:
    """Stop what is being made of these videos and take down what was made. Saves the numbers."""
    done = announce(
        actor=actor,
        creator=edit.creator,
        use=edit.use,
        videos=videos,
        reason=Reason.OFF,
        version=edit.version,
        correlation_id=correlation_id,
    )
    edit.stopped += done.stopped
    edit.taken_down += done.taken_down
    edit.save(update_fields=["stopped", "taken_down"])


def bring_back(
    edit: Edit,
    state: ConsentState,
    *,
    actor: Actor,
    correlation_id: uuid.UUID,
    above: int = 0,
) -> None:
    """Bring back the memes that the undone edit hid, of the videos that this undo has allowed again
    with keys above `above`. Saves their number. Under the lock of the consent state."""
    assert edit.undoes  # noqa: S101  (a confirmed undo)
    assert edit.confirmed_at  # noqa: S101
    allowed = Consent.objects.filter(
        video=OuterRef("pk"), use=edit.use, edit=edit, terms__isnull=False
    )
    edit.restored += announce_undone(
        actor=actor,
        creator=edit.creator,
        undone=edit.undoes.version,
        videos=Video.objects.filter(Exists(allowed), pk__gt=above),
        asked_at=edit.confirmed_at,
        version=state.version,
        correlation_id=correlation_id,
    )
    edit.save(update_fields=["restored"])


def _kept(edit: Edit) -> str:
    """What an edit that keeps ends gives: `kept`, or `kept_and_new` where others are newly allowed;
    where no end is kept `endless`, or `allowed` until the end of its terms. One query."""
    if edit.kinds is None:
        return "kept"
    rows = [dict(zip(Item.ALIKE, row, strict=False)) for row in edit.kinds]
    given = {row["after"] for row in rows if row["outcome"] == Item.Outcome.PENDING}
    new, own = edit.terms_id in given, given - {edit.terms_id}
    if Terms.objects.filter(pk__in=own, until__isnull=False).exists():
        return "kept_and_new" if new else "kept"
    return edit.change if new and edit.terms and edit.terms.until else "endless"


def described(edit: Edit, *, applied: bool = False) -> dict[str, Any]:
    """What every event of an edit says of it, and of one that is applied."""
    fields = {
        "edit": edit.uuid,
        "use": edit.use,
        "to": _kept(edit) if edit.keeps_ends else edit.change,
        "until": edit.terms.until if edit.terms else None,
        "notice": edit.terms.notice.uuid if edit.terms else None,
        "undoes": edit.undoes.uuid if edit.undoes else None,
        "reason": edit.reason,
    }
    if not applied:
        return fields
    return fields | {
        "selected": edit.selected,
        "changed": edit.changed,
        "already": edit.already,
        "superseded": edit.superseded,
        "not_eligible": edit.not_eligible,
        "version": edit.version,
        "stopped": edit.stopped,
        "taken_down": edit.taken_down,
    }


def _record_confirmed(edit: Edit, *, actor: Actor, correlation_id: uuid.UUID) -> None:
    """`selected` is None where the job is still to find out."""
    known = edit.status != Status.HOLDING
    log.append(
        "edit.confirmed",
        actor=actor,
        creator=edit.creator,
        correlation_id=correlation_id,
        **described(edit),
        selected=edit.selected if known else None,
        will_change=edit.will_change if known else None,
        version=edit.version,
        stopped=edit.stopped,
        taken_down=edit.taken_down,
    )
