"""What later uploads start with, where their creator chose so. It never touches what exists."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils import timezone

from audit import log
from consent.counts import state_of_terms
from consent.models import Consent, ConsentState, Edit, Notice, UploadDefault
from consent.services.consent_state import lock_consent_state
from consent.services.edits import confirm as edits
from consent.services.edits import draft as drafts
from consent.services.edits import items
from consent.services.edits.draft import Grant
from creatorhub.actors import Actor
from creatorhub.errors import Forbidden
from creatorhub.models import User
from library.models import Video

REASON = "Your choice for new uploads"


def set_upload_default(
    *, actor: Actor, creator: User, use: str, grant: Grant | None, notice: uuid.UUID | None = None
) -> UploadDefault | None:
    """From now on uploads start with this use allowed so (`grant`), or undecided (None).

    `notice` is the one that the creator had in view: with another in force by now the choice is
    refused. Imports and copies start undecided all the same. Only the creator; a no-op writes
    nothing. Raises Refused as draft_edit does.
    """
    if actor != Actor.creator(creator):
        raise Forbidden("Only the creator can choose this.", code="not_the_creator")
    with transaction.atomic(durable=True):
        lock_consent_state(creator)
        drafts.may_draft(actor, creator, use, grants=grant is not None)
        before = UploadDefault.objects.filter(creator=creator, use=use).first()
        terms = drafts.terms_for(use, grant) if grant else None
        if terms and notice and terms.notice.uuid != notice:
            raise drafts.notice_changed()
        if (before.terms_id if before else None) == (terms.pk if terms else None):
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
            "uploads.chosen",
            actor=actor,
            creator=creator,
            use=use,
            to=Edit.Change.ALLOWED if terms else Edit.Change.OFF,
            until=terms.until if terms else None,
            notice=terms.notice.uuid if terms else None,
        )
    return choice


def apply_upload_defaults(video: Video) -> list[Edit]:
    """Give a video that has just become ready what its creator chose for new uploads: an edit of
    one for each use, told and undone like any. Does nothing for a video that was there before the
    choice, came by an import, or was decided already; nor where the terms have ended or lapsed, the
    creator has opted out, or an edit that is under way turns the video off."""
    creator = video.owner
    if video.via not in ("upload", "api"):
        return []
    if not UploadDefault.objects.filter(creator=creator, after_video__lt=video.pk).exists():
        return []
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        if state.opted_out:
            return []
        chosen = UploadDefault.objects.filter(creator=creator, after_video__lt=video.pk)
        started = [
            _start(video, choice, creator=creator, state=state)
            for choice in chosen.select_related("terms__notice")
        ]
    return [edit for edit in started if edit]


def clear_upload_defaults(*, actor: Actor, creator: User, correlation_id: uuid.UUID) -> None:
    """Later uploads start undecided again, for who starts from everything off. In the caller's
    transaction, under the standing's lock."""
    for choice in UploadDefault.objects.filter(creator=creator):
        UploadDefault.objects.filter(pk=choice.pk).delete()
        log.append(
            "uploads.chosen",
            actor=actor,
            creator=creator,
            correlation_id=correlation_id,
            use=choice.use,
            to=Edit.Change.OFF,
            until=None,
            notice=None,
        )


def _start(
    video: Video, choice: UploadDefault, *, creator: User, state: ConsentState
) -> Edit | None:
    if Consent.objects.filter(video=video, use=choice.use).exists() or not is_in_force(choice):
        return None
    if edits.being_turned_off(video, creator=creator, use=choice.use):
        return None
    actor = Actor.creator(creator)
    edit = drafts.new(
        actor=actor,
        creator=creator,
        use=choice.use,
        change=Edit.Change.ALLOWED,
        terms=choice.terms,
        reason=REASON,
    )
    items.freeze(edit, Video.objects.ready().filter(pk=video.pk))
    items.count(edit)
    if not edit.will_change:
        return None
    return edits.confirm(
        edit, state, actor=actor, key=str(edit.uuid), correlation_id=uuid.uuid4(), waits=False
    )


def is_in_force(choice: UploadDefault) -> bool:
    """Whether its terms have neither ended nor lapsed by a material notice."""
    published = Notice.objects.filter(
        use=choice.use, material=True, published_at__isnull=False
    ).order_by("-version")
    newest = published.first()
    state = state_of_terms(
        choice.terms, now=timezone.now(), material=newest.version if newest else 0
    )
    return state in ("allowed", "ask")
