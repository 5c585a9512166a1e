"""What later uploads start with, where their creator chose so. It never touches what exists."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from consent.models import Consent, ConsentState, Edit, Notice, UploadDefault
from consent.policy import Reason
from consent.services import journal
from consent.services.consent_state import lock_consent_state
from consent.services.edits import items
from consent.services.edits.confirm import being_turned_off, put_into_force
from consent.services.edits.draft import new_edit, unknown_use
from consent.services.terms import Grant, notice_changed, terms_for
from consent.uses import USES
from creatorhub.actors import RESTORE, Actor
from creatorhub.models import User
from creatorhub.shown import merged
from library.models import Video


def set_upload_default(
    *,
    actor: Actor,
    creator: User,
    use: str,
    grant: Grant | None,
    notice: uuid.UUID | None = None,
    shown: int | None = None,
) -> UploadDefault | None:
    """From now on uploads start with this use allowed so (`grant`), or undecided (None).

    `notice` is the one that the creator had in view: with another in force by now the choice is
    refused. `shown` is the key of the terms that uploads started with on their page, 0 for none: a
    `grant` in place of others raises ChangedMeanwhile; to choose off never does. Imports and
    copies start undecided all the same. Only the creator; a no-op writes nothing. Raises Refused
    as draft_edit does.
    """
    if grant or actor != RESTORE:
        actor.require(creator, sentence=_("Only the creator can choose this."))
    if use not in USES:
        raise unknown_use(use)
    with transaction.atomic(durable=True):
        lock_consent_state(creator)
        before = UploadDefault.objects.filter(creator=creator, use=use).first()
        terms = terms_for(use, grant) if grant else None
        if terms and notice and terms.notice.uuid != notice:
            raise notice_changed()
        now, new = before.terms_id if before else 0, terms.pk if terms else 0
        if terms and shown is not None:
            merged({"terms": now}, {"terms": new}, {"terms": shown})
        if now == new:
            return before
        UploadDefault.objects.filter(creator=creator, use=use).delete()
        choice = None
        if terms:
            newest = Video.objects.filter(owner=creator).order_by("-id").first()
            choice = UploadDefault.objects.create(
                creator=creator,
                use=use,
                terms=terms,
                after_video=newest.pk if newest else 0,
                chosen_at=timezone.now(),
            )
        log.append(
            "upload_default.chosen",
            actor=actor,
            creator=creator,
            use=use,
            to=Edit.Change.ALLOWED if terms else Edit.Change.OFF,
            until=terms.until if terms else None,
            notice=terms.notice.uuid if terms else None,
        )
        if before and not (terms and terms.covers(before.terms)):
            journal.write("default_off", creator=creator, use=use)
    return choice


def apply_upload_defaults(video: Video) -> list[Edit]:
    """Give a video that has just become ready what its creator chose for new uploads: an edit of
    one video for each use, recorded and undone like any. Does nothing for a video that was there
    before the choice, came by an import, or was decided already; nor where the terms have ended or
    lapsed, the creator has opted out, or an edit that is under way turns the video off."""
    creator = video.owner
    if video.via not in ("upload", "api"):
        return []
    chosen = UploadDefault.objects.filter(creator=creator, after_video__lt=video.pk)
    if not chosen.exists():
        return []
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        if state.opted_out:
            return []
        started = [
            _apply(default, video, creator=creator, state=state)
            for default in chosen.select_related("terms__notice")
        ]
    return [edit for edit in started if edit]


def clear(*, actor: Actor, creator: User, correlation_id: uuid.UUID) -> None:
    """Later uploads start undecided again, for who starts from everything off. In the caller's
    transaction, under the lock of the consent state."""
    for default in UploadDefault.objects.filter(creator=creator):
        UploadDefault.objects.filter(pk=default.pk).delete()
        log.append(
            "upload_default.chosen",
            actor=actor,
            creator=creator,
            correlation_id=correlation_id,
            use=default.use,
            to=Edit.Change.OFF,
            until=None,
            notice=None,
        )
        journal.write("default_off", creator=creator, use=default.use)


def is_in_force(default: UploadDefault) -> bool:
    """Whether its terms have neither ended nor lapsed by a material notice. One query."""
    material = Notice.objects.material_versions().get(default.use, 0)
    state = default.terms.state(now=timezone.now(), material=material)
    return state in (Reason.ALLOWED, Reason.APPROVAL_NEEDED)


def _apply(
    default: UploadDefault, video: Video, *, creator: User, state: ConsentState
) -> Edit | None:
    if Consent.objects.filter(video=video, use=default.use).exists() or not is_in_force(default):
        return None
    if being_turned_off(video, creator=creator, use=default.use):
        return None
    actor = Actor.creator(creator)
    edit = new_edit(
        actor=actor,
        creator=creator,
        use=default.use,
        change=Edit.Change.ALLOWED,
        terms=default.terms,
        reason=_("Your choice for new uploads"),
    )
    items.freeze(edit, Video.objects.ready().filter(pk=video.pk))
    items.count(edit)
    if not edit.will_change:
        return None
    return put_into_force(edit, state, actor=actor, waits=False)
