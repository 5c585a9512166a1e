"""Drafting an edit: who may, which videos, what will become of each. Changes no consent."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent import counts, selection
from consent.models import Consent, ConsentState, Edit, EditJob, Item, Notice, Terms
from consent.selection import Matching
from consent.services.consent_state import lock_consent_state
from consent.services.edits import items
from consent.services.terms import Grant, notice_changed, terms_for
from consent.uses import USES
from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, NotFound, Refused
from creatorhub.models import User
from library.models import Video

MAX_IDS = 10_000  # ids that one request may name; more are selected by what they match
DRAFT_LIFETIME = timedelta(hours=24)
TASK = "consent.run_edit"
ONLY_CREATOR_ALLOWS = gettext_lazy("Only the creator can allow a use.")


def draft_edit(
    *,
    actor: Actor,
    creator: User,
    use: str,
    grant: Grant | None,
    ids: Iterable[uuid.UUID] | None = None,
    matching: Matching | None = None,
    reason: str = "",
    as_it_stands: bool = False,
) -> Edit:
    """Freeze a selection and what will become of it; nothing is allowed or withdrawn yet.

    The selection is `ids` or what is `matching`; `grant` None turns off. With `as_it_stands` it
    allows with the one end that these videos have already, or lets each keep its own if they have
    several; without an end if none is allowed. Raises NotFound if any
    id is not the creator's (and writes nothing), Refused for an empty or too large selection, an
    unknown use or an end in the past, Forbidden for a grant by anyone but the creator. The number
    of queries does not depend on the selection. Of more than settings.EDIT_MAX_FREEZE_INLINE
    videos the edit returned is `preparing`: a job freezes them.
    """
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        return draft(
            actor=actor,
            creator=creator,
            use=use,
            grant=grant,
            ids=ids,
            matching=matching,
            reason=reason,
            as_it_stands=as_it_stands,
            version=state.version,
        )


def draft_again(
    edit_uuid: uuid.UUID, *, actor: Actor, creator: User, grant: Grant, reason: str = ""
) -> Edit:
    """A draft for the videos of an earlier draft, with another end or reason. The earlier one
    stays until it expires. Raises as draft_edit does, and Conflict if it was confirmed."""
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        earlier = own_edit(edit_uuid, creator)
        if earlier.status != Edit.Status.DRAFT or earlier.change != Edit.Change.ALLOWED:
            raise Conflict(
                _("This preview is no longer there. Make the selection again."), code="stale"
            )
        actor.require(creator, sentence=ONLY_CREATOR_ALLOWS)
        edit = new_edit(
            actor=actor,
            creator=creator,
            use=earlier.use,
            change=Edit.Change.ALLOWED,
            terms=terms_for(earlier.use, grant),
            keeps_ends=grant.keeps_ends,
            reason=reason,
            same_as=earlier,
            version=state.version,
        )
        if earlier.selected > settings.EDIT_MAX_FREEZE_INLINE:
            return prepare(edit)
        items.freeze(edit, videos_of(earlier))
        return items.count(edit)


def draft(
    *,
    actor: Actor,
    creator: User,
    use: str,
    grant: Grant | None,
    ids: Iterable[uuid.UUID] | None = None,
    matching: Matching | None = None,
    reason: str = "",
    as_it_stands: bool = False,
    version: int = 0,
    holding: bool = False,
) -> Edit:
    """draft_edit, in the caller's transaction and under its lock of the consent state, which has
    this `version`. With `holding` a large edit is left for the caller to confirm and to give to a
    job."""
    if use not in USES:
        raise unknown_use(use)
    if grant or as_it_stands:
        actor.require(creator, sentence=ONLY_CREATOR_ALLOWS)
    else:
        actor.require(creator, or_staff=True)
    few = True
    if matching is not None:
        videos: QuerySet[Video] = selection.videos(creator, matching)
        found = videos.order_by()[: settings.EDIT_MAX_FREEZE_INLINE + 1].count()
        few = found <= settings.EDIT_MAX_FREEZE_INLINE
        if not found:
            raise Refused(
                _("No video matches any more. Look at the list again."), code="empty_selection"
            )
    else:
        wanted = set(ids or ())
        if not 0 < len(wanted) <= MAX_IDS:
            raise _too_few_or_many(len(wanted))
        videos = Video.objects.owned_by(creator).filter(uuid__in=wanted)
        if videos.count() != len(wanted):
            raise selection.not_yours()
    if as_it_stands:
        grant = _standing(creator, use, videos if few else None)
    edit = new_edit(
        actor=actor,
        creator=creator,
        use=use,
        change=Edit.Change.ALLOWED if grant else Edit.Change.OFF,
        terms=terms_for(use, grant) if grant else None,
        keeps_ends=bool(grant and grant.keeps_ends),
        version=version,
        reason=reason,
        matching=matching.as_json() if matching else None,
        status=Edit.Status.HOLDING if holding and not few else Edit.Status.DRAFT,
    )
    if few:
        items.freeze(edit, videos)
        return items.count(edit)
    return edit if holding else prepare(edit)


def _standing(creator: User, use: str, videos: QuerySet[Video] | None) -> Grant:
    """What allows these videos and changes no end that any of them has; None stands for more than
    can be looked at, for which the ends of all that the creator allows count. One query."""
    ends = counts.standing_ends(creator, use)
    if videos is not None and ends:
        allowed = Consent.objects.filter(use=use, video__in=videos, terms__isnull=False)
        ends &= set(allowed.order_by().values_list("terms__until", flat=True).distinct())
    if len(ends) > 1:
        return Grant(keeps_ends=True)
    return Grant(until=next(iter(ends), None))


def new_edit(*, actor: Actor, reason: str = "", **fields: Any) -> Edit:
    """A new row, a draft without items; `fields` are those of Edit."""
    now = timezone.now()
    return Edit.objects.create(
        actor=str(actor),
        reason=reason[:500],
        created_at=now,
        expires_at=now + DRAFT_LIFETIME,
        **fields,
    )


def prepare(edit: Edit) -> Edit:
    """Leave the freezing to a job."""
    edit.status = Edit.Status.PREPARING
    edit.save()
    enqueue(edit)
    return edit


def enqueue(edit: Edit) -> None:
    """Have a worker continue this edit, as its status says. A second call is harmless."""
    job = EditJob.objects.filter(edit=edit).first() or EditJob.objects.create(edit=edit)
    jobs.restart(job)
    jobs.enqueue(TASK, job.pk)


def freeze_next(edit: Edit, *, limit: int) -> bool:
    """Freeze the next videos of an edit that a job prepares, at most `limit`; whether there may be
    more. Continues behind the last one that was frozen, so it may be called again after a kill. In
    the caller's transaction. The caller saves the edit, whose `selected` grows."""
    if edit.undoes:
        found = items.freeze_inverse(edit, edit.undoes, first=limit)
    else:
        videos = videos_of(edit.same_as) if edit.same_as else selection.videos_of(edit)
        found = items.freeze(edit, videos, above=items.last_video(edit), first=limit)
    edit.selected += found
    return found == limit


def videos_of(edit: Edit) -> QuerySet[Video]:
    """The videos that an edit's items name."""
    return Video.objects.owned_by(edit.creator).filter(pk__in=edit.items.values("video"))


def unknown_use(use: str) -> Refused:
    return Refused(
        _("There is no use “%(use)s”. Choose one of: %(known)s.")
        % {"use": use, "known": ", ".join(USES)},
        code="unknown_use",
    )


def own_edit(edit_uuid: uuid.UUID, creator: User) -> Edit:
    """Raises NotFound for an edit that is not this creator's."""
    edit = Edit.objects.with_parents().filter(uuid=edit_uuid, creator=creator).first()
    if edit is None:
        raise NotFound(_("There is no such edit."), code="not_found")
    return edit


def check_draft(edit: Edit) -> None:
    """Raises Conflict for a draft that may no longer be confirmed as it was shown."""
    if edit.status == Edit.Status.PREPARING:
        raise Conflict(
            _("This preview is still being prepared. Confirm it once you have seen it."),
            code="preparing",
        )
    now = timezone.now()
    if edit.status == Edit.Status.EXPIRED or edit.expires_at <= now:
        raise draft_expired()
    if edit.change in (Edit.Change.OFF, Edit.Change.FORMER):
        return  # no terms, or exact former ones, whatever has become of them
    allowed = edit.items.filter(outcome=Item.Outcome.PENDING).order_by()
    given: Any = [edit.terms_id]
    if not edit.terms_id or edit.keeps_ends:
        given = allowed.values("after").distinct()
    in_force = Notice.objects.in_force(edit.use)
    for terms in Terms.objects.filter(pk__in=given).select_related("notice"):
        if terms.until and terms.until <= now:
            raise Conflict(
                _("The end you chose has passed. Choose a later day."), code="end_in_the_past"
            )
        if terms.notice != in_force:
            raise notice_changed()


def draft_expired() -> Conflict:
    """The refusal of a draft that nobody confirmed in time."""
    return Conflict(
        _("This preview is more than a day old. Make the selection again."), code="draft_expired"
    )


def left_alone(edit: Edit) -> items.LeftAlone:
    """The videos of a draft that were changed or removed since it was made: a confirm leaves them
    alone. Two queries at most."""
    state = ConsentState.objects.filter(creator=edit.creator).first()
    return items.left_alone(edit, version=state.version if state else 0)


def dead_terms(edit: Edit) -> set[int]:
    """Of the terms that an undo puts back, those that have ended or lapsed: they allow nothing."""
    return items.dead_terms(edit) if edit.change == Edit.Change.FORMER else set()


def _too_few_or_many(number: int) -> Refused:
    if not number:
        return Refused(_("Nothing is selected. Choose at least one video."), code="empty_selection")
    return Refused(
        _(
            "%(count)s videos are named; at most %(limit)s can be at once. "
            "Select everything that matches a filter instead."
        )
        % {"count": f"{number:,}", "limit": f"{MAX_IDS:,}"},
        code="too_many",
        status=413,
    )
