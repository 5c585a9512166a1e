"""What later uploads start with, where their creator chose so. It never touches what exists."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils import timezone

from audit import log
from consent.models import Consent, Edit, Notice, Standing, UploadChoice
from consent.services import drafts, edits, items
from consent.services.drafts import Grant
from consent.services.standing import lock_standing
from consent.tallies import state_of_terms
from creatorhub.actors import Actor
from creatorhub.errors import Forbidden
from creatorhub.models import User
from library.models import Video

REASON = "Your choice for new uploads"


def choose_for_uploads(
    *, actor: Actor, creator: User, use: str, grant: Grant | None, notice: uuid.UUID | None = None
) -> UploadChoice | None:
    """From now on uploads start with this use allowed so (`grant`), or undecided (None).

    `notice` is the one that the creator had in view: with another in force by now the choice is
    refused. Imports and copies start undecided all the same. Only the creator; a no-op writes
    nothing. Raises Refused as draft_edit does.
    """
    if actor != Actor.creator(creator):
        raise Forbidden("Only the creator can choose this.", code="not_the_creator")
    with transaction.atomic(durable=True):
        lock_standing(creator)
        drafts.may_draft(actor, creator, use, grants=grant is not None)
        before = UploadChoice.objects.filter(creator=creator, use=use).first()
        terms = drafts.terms_for(use, grant) if grant else None
        if terms and notice and terms.notice.uuid != notice:
            raise drafts.notice_changed()
        if (before.terms_id if before else None) == (terms.pk if terms else None):
            return before
        UploadChoice.objects.filter(creator=creator, use=use).delete()
        choice = None
        if terms:
            newest = Video.objects.filter(owner=creator).order_by("-id").first()
            choice = UploadChoice.objects.create(
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


def start_upload(video: Video) -> list[Edit]:
    """Give a video that has just become ready what its creator chose for new uploads: an edit of
    one for each use, told and undone like any. Does nothing for a video that was there before the
    choice, came by an import, or was decided already; nor where the terms have ended or lapsed, the
    creator has opted out, or an edit that is under way turns the video off."""
    creator = video.owner
    if video.via not in ("upload", "api"):
        return []
    if not UploadChoice.objects.filter(creator=creator, after_video__lt=video.pk).exists():
        return []
    with transaction.atomic(durable=True):
        standing = lock_standing(creator)
        if standing.opted_out:
            return []
        chosen = UploadChoice.objects.filter(creator=creator, after_video__lt=video.pk)
        started = [
            _start(video, choice, creator=creator, standing=standing)
            for choice in chosen.select_related("terms__notice")
        ]
    return [edit for edit in started if edit]


def forget_choices(*, actor: Actor, creator: User, act: uuid.UUID) -> None:
    """Later uploads start undecided again, for who starts from everything off. In the caller's
    transaction, under the standing's lock."""
    for choice in UploadChoice.objects.filter(creator=creator):
        UploadChoice.objects.filter(pk=choice.pk).delete()
        log.append(
            "uploads.chosen",
            actor=actor,
            creator=creator,
            act=act,
            use=choice.use,
            to=Edit.Change.OFF,
            until=None,
            notice=None,
        )


def _start(video: Video, choice: UploadChoice, *, creator: User, standing: Standing) -> Edit | None:
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
        edit, standing, actor=actor, key=str(edit.uuid), act=uuid.uuid4(), waits=False
    )


def is_in_force(choice: UploadChoice) -> bool:
    """Whether its terms have neither ended nor lapsed by a material notice."""
    published = Notice.objects.filter(
        use=choice.use, material=True, published_at__isnull=False
    ).order_by("-version")
    newest = published.first()
    state = state_of_terms(
        choice.terms, now=timezone.now(), material=newest.version if newest else 0
    )
    return state in ("allowed", "ask")
