"""Drafting an edit: who may, what is selected, what will come of it. Changes no consent."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from consent import selection
from consent.filters import changed_in
from consent.models import Edit, EditJob, Item, Notice, Terms
from consent.selection import Matching
from consent.services.consent_state import lock_consent_state
from consent.services.edits import items
from consent.uses import USES
from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden, NotFound, Refused
from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Video

MOST_IDS = 10_000  # ids that one request may name; more are selected by what they match
DRAFT_LASTS = timedelta(hours=24)
# Beyond this, a time near the calendar's end could not be shown in every zone.
LONGEST = timedelta(days=36525)
TOO_FAR = "The end is more than a hundred years away. Leave it empty for no end date."
TASK = "consent.run_edit"


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
    ids: Iterable[uuid.UUID] | None = None,
    matching: Matching | None = None,
    reason: str = "",
) -> Edit:
    """Freeze a selection and what will come of it; nothing is allowed or withdrawn yet.

    The selection is `ids` or what is `matching`; `grant` None turns off. Raises NotFound if any
    id is not the creator's (and writes nothing), Refused for an empty or too large selection, an
    unknown use or an end in the past, Forbidden for a grant by anyone but the creator. The number
    of queries does not depend on the selection. Of more than settings.EDIT_MAX_FREEZE_INLINE videos the edit returned is
    `preparing`: a job freezes them.
    """
    with transaction.atomic(durable=True):
        lock_consent_state(creator)
        return start(
            actor=actor,
            creator=creator,
            use=use,
            grant=grant,
            ids=ids,
            matching=matching,
            reason=reason,
        )


def draft_again(
    edit_uuid: uuid.UUID, *, actor: Actor, creator: User, grant: Grant, reason: str = ""
) -> Edit:
    """A draft for the videos of an earlier draft, with another end or reason. The earlier one
    stands until it expires. Raises as draft_edit does, and Conflict if it was confirmed."""
    with transaction.atomic(durable=True):
        lock_consent_state(creator)
        earlier = own_edit(edit_uuid, creator)
        if earlier.status != Edit.Status.DRAFT or earlier.change != Edit.Change.ALLOWED:
            raise Conflict(
                "This preview is no longer there. Make the selection again.", code="stale"
            )
        may_draft(actor, creator, earlier.use, grants=True)
        terms = terms_for(earlier.use, grant)
        edit = new(
            actor=actor,
            creator=creator,
            use=earlier.use,
            change=Edit.Change.ALLOWED,
            terms=terms,
            reason=reason,
            same_as=earlier,
        )
        return _freeze(
            edit, videos_of(earlier), few=earlier.selected <= settings.EDIT_MAX_FREEZE_INLINE
        )


def undo_edit(edit_uuid: uuid.UUID, *, actor: Actor, creator: User, reason: str = "") -> Edit:
    """A draft of the inverse: exact former states, leaving alone what changed since (counted as
    superseded). Asking twice returns the same draft. Only the creator may; an undo is undone
    like any edit. Raises NotFound, or Conflict for an edit that was never applied."""
    with transaction.atomic(durable=True):
        lock_consent_state(creator)
        return start_undo(edit_uuid, actor=actor, creator=creator, reason=reason)


def start(
    *,
    actor: Actor,
    creator: User,
    use: str,
    grant: Grant | None,
    ids: Iterable[uuid.UUID] | None,
    matching: Matching | None,
    reason: str,
) -> Edit:
    """draft_edit, within the caller's transaction and under its lock of the state."""
    may_draft(actor, creator, use, grants=grant is not None)
    videos = _named(creator, set(ids)) if ids is not None else None
    if matching is not None:
        videos = selection.videos(creator, matching)
        few = videos.order_by()[: settings.EDIT_MAX_FREEZE_INLINE + 1].count()
        if not few:
            raise Refused(
                "No video matches any more. Look at the list again.", code="empty_selection"
            )
    if videos is None:
        raise Refused("Nothing is selected. Choose at least one video.", code="empty_selection")
    edit = new(
        actor=actor,
        creator=creator,
        use=use,
        change=Edit.Change.ALLOWED if grant else Edit.Change.OFF,
        terms=terms_for(use, grant) if grant else None,
        reason=reason,
        matching=matching.as_json() if matching else None,
    )
    return _freeze(edit, videos, few=matching is None or few <= settings.EDIT_MAX_FREEZE_INLINE)


def start_undo(edit_uuid: uuid.UUID, *, actor: Actor, creator: User, reason: str = "") -> Edit:
    """undo_edit, within the caller's transaction and under its lock of the state."""
    if actor != Actor.creator(creator):
        raise Forbidden("Only the creator can undo an edit.", code="not_the_creator")
    edit = own_edit(edit_uuid, creator)
    if edit.is_live:
        raise Conflict(
            "This edit is still being applied. Undo it once it is done.", code="still_applying"
        )
    if edit.status not in (Edit.Status.APPLIED, Edit.Status.CANCELLED) or not edit.changed:
        raise Conflict("This edit changed nothing that could be undone.", code="stale")
    inverse = Edit.objects.filter(undoes=edit).first()
    if inverse and inverse.confirmed_at and inverse.status == Edit.Status.CANCELLED:
        # What it put back stays so, and is found to have changed; another goes on with the rest.
        inverse.undoes, inverse.same_as = None, edit
        inverse.save(update_fields=["undoes", "same_as"])
        inverse = None
    if inverse and inverse.status == Edit.Status.PREPARING:
        return inverse
    large = edit.changed > settings.EDIT_MAX_FREEZE_INLINE
    is_fresh = inverse and inverse.expires_at > timezone.now()
    if inverse and large and is_fresh and inverse.status == Edit.Status.DRAFT:
        return inverse  # what has changed since is found when it is applied
    if inverse and inverse.confirmed_at:
        raise Conflict("This edit was already undone.", code="already_undone")
    if inverse is None:
        inverse = new(
            actor=actor,
            creator=creator,
            use=edit.use,
            change=Edit.Change.FORMER,
            undoes=edit,
            reason=reason,
        )
    else:  # drafted before and never confirmed: what changed since counts again
        inverse.items.all().delete()
        inverse.reason = reason[:500]
        inverse.status = Edit.Status.DRAFT
        inverse.created_at = timezone.now()
        inverse.expires_at = inverse.created_at + DRAFT_LASTS
    if large:
        return prepare(inverse)
    items.freeze_inverse(inverse, edit)
    items.count(inverse)
    inverse.save()
    return inverse


def new(
    *,
    actor: Actor,
    creator: User,
    use: str,
    change: str,
    terms: Terms | None = None,
    reason: str = "",
    undoes: Edit | None = None,
    same_as: Edit | None = None,
    matching: dict[str, object] | None = None,
) -> Edit:
    now = timezone.now()
    return Edit.objects.create(
        creator=creator,
        actor=str(actor),
        use=use,
        change=change,
        terms=terms,
        undoes=undoes,
        same_as=same_as,
        matching=matching,
        reason=reason[:500],
        created_at=now,
        expires_at=now + DRAFT_LASTS,
    )


def _freeze(edit: Edit, videos: QuerySet[Video], *, few: bool) -> Edit:
    if not few:
        return prepare(edit)
    items.freeze(edit, videos)
    items.count(edit)
    edit.save()
    return edit


def prepare(edit: Edit) -> Edit:
    """Leave the freezing to a job."""
    edit.status = Edit.Status.PREPARING
    edit.save()
    queue(edit)
    return edit


def queue(edit: Edit) -> None:
    """Have a worker go on with this edit, as its status says. A second call is harmless."""
    job = EditJob.objects.filter(edit=edit).first() or EditJob.objects.create(edit=edit)
    jobs.restart(job)
    jobs.enqueue(TASK, job.pk)


def freeze_next(edit: Edit, *, most: int) -> bool:
    """Freeze the next `most` videos of an edit that is preparing; whether there may be more.

    Takes up behind the last that was frozen, so it may be called again after a kill. In the
    caller's transaction. The caller saves the edit, whose `selected` goes along.
    """
    if edit.undoes:
        found = items.freeze_inverse(edit, edit.undoes, most=most)
    else:
        if edit.same_as:
            videos = videos_of(edit.same_as)
        else:
            videos = selection.videos(edit.creator, selection.of(edit), besides=edit)
        found = items.freeze(edit, videos, above=items.last_of(edit), most=most)
    edit.selected += found
    return found == most


def videos_of(edit: Edit) -> QuerySet[Video]:
    """The videos that an edit is about."""
    return Video.objects.owned_by(edit.creator).filter(pk__in=edit.items.values("video"))


def _named(creator: User, wanted: set[uuid.UUID]) -> QuerySet[Video]:
    if not wanted:
        raise Refused("Nothing is selected. Choose at least one video.", code="empty_selection")
    if len(wanted) > MOST_IDS:
        raise Refused(
            f"{len(wanted):,} videos are named; at most {MOST_IDS:,} can be at once. "
            "Select everything that matches a filter instead.",
            code="too_many",
            status=413,
        )
    videos = Video.objects.owned_by(creator).filter(uuid__in=wanted)
    if videos.count() != len(wanted):
        raise NotFound(
            "One of these videos does not exist or is not yours. Nothing was changed.",
            code="not_found",
        )
    return videos


def may_draft(actor: Actor, creator: User, use: str, *, grants: bool) -> None:
    """Raises Refused for a use that does not exist, Forbidden for who may not."""
    if use not in USES:
        raise Refused(
            f"There is no use “{use}”. Choose one of: {', '.join(USES)}.", code="unknown_use"
        )
    own = Actor.creator(creator) == actor
    if grants and not own:
        raise Forbidden("Only the creator can allow a use.", code="not_the_creator")
    if not own and actor.kind != "staff":
        raise Forbidden("Only the creator or staff can do this.", code="not_the_creator")


def may_confirm(edit: Edit, actor: Actor) -> None:
    """Granting is the creator's alone, and so is confirming an undo or a file, which may grant."""
    own = actor == Actor.creator(edit.creator)
    if not own and (edit.change != Edit.Change.OFF or actor.kind != "staff"):
        raise Forbidden("Only the creator can confirm this.", code="not_the_creator")


def own_edit(edit_uuid: uuid.UUID, creator: User) -> Edit:
    edits = Edit.objects.select_related("terms__notice", "undoes", "same_as", "creator")
    edit = edits.filter(uuid=edit_uuid, creator=creator).first()
    if edit is None:
        raise NotFound("There is no such edit.", code="not_found")
    return edit


def still_holds(edit: Edit) -> None:
    """Raises Conflict for a draft that may no longer be confirmed as it was shown."""
    if edit.status == Edit.Status.PREPARING:
        raise Conflict(
            "This preview is still being prepared. Confirm it once you have seen it.",
            code="preparing",
        )
    if edit.status == Edit.Status.EXPIRED or edit.expires_at <= timezone.now():
        raise draft_expired()
    if edit.change in (Edit.Change.OFF, Edit.Change.FORMER):
        return  # no terms, or exact former ones, whatever has become of them
    allowed = edit.items.filter(outcome=Item.Outcome.PENDING).order_by()
    given: Any = [edit.terms_id] if edit.terms_id else allowed.values("after").distinct()
    now = timezone.now()
    for terms in Terms.objects.filter(pk__in=given).select_related("notice"):
        if terms.until and terms.until <= now:
            raise Conflict(
                "The end you chose has passed. Choose a later day.", code="end_in_the_past"
            )
        if terms.notice != current_notice(edit.use):
            raise notice_changed()


def draft_expired() -> Conflict:
    """The refusal of a draft that nobody confirmed in time."""
    return Conflict(
        "This preview is more than a day old. Make the selection again.", code="draft_expired"
    )


def dead_terms(edit: Edit) -> set[int]:
    """Of the terms that an undo would put back, those that have ended or lapsed: they allow
    nothing."""
    if edit.change != Edit.Change.FORMER:
        return set()
    afterwards = edit.items.order_by().values_list("after", flat=True).distinct()
    return items.dead_terms({key for key in afterwards if key})


def stale_items(edit: Edit) -> int:
    """How many videos of a draft were changed since it was made: they will be left alone."""
    return items.stale(edit).count()


def notice_changed() -> Conflict:
    """The refusal of terms whose notice is no longer the one in force."""
    return Conflict(
        "The notice was revised after you saw it. Read the new text and try again.",
        code="notice_changed",
    )


def terms_for(use: str, grant: Grant) -> Terms:
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


def would_allow(edit: Edit) -> bool:
    """Whether undoing this edit would allow anything again, which wants a preview."""
    return changed_in(edit).filter(before__isnull=False).exists()


def expire(*, most: int = 50_000) -> int:
    """Mark drafts that nobody confirmed in time, and delete the items of such, so many at the
    most: part of the sweep. Returns how many drafts were marked."""
    now = timezone.now()
    stale = Edit.objects.filter(
        status__in=[Edit.Status.DRAFT, Edit.Status.PREPARING],
        expires_at__lte=now,
        confirmed_at=None,
    )
    marked = 0
    for edit in stale.order_by("expires_at").select_related("creator")[:200]:
        with transaction.atomic(durable=True):
            lock_consent_state(edit.creator)
            marked += stale.filter(pk=edit.pk).update(status=Edit.Status.EXPIRED)
            jobs.stop(
                EditJob.objects.filter(edit=edit), State.CANCELLED, problem="The draft expired."
            )
    never = [Edit.Status.EXPIRED, Edit.Status.CANCELLED]
    dead = Item.objects.filter(
        edit__status__in=never,
        edit__confirmed_at=None,
        edit__expires_at__gte=now - 30 * DRAFT_LASTS,
    ).order_by("edit", "video")
    keys = list(dead.values_list("pk", flat=True)[:most])
    for start_at in range(0, len(keys), 5000):
        Item.objects.filter(pk__in=keys[start_at : start_at + 5000]).delete()
    return marked
