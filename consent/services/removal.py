"""Removing a video, which withdraws whatever it allowed."""

from __future__ import annotations

import uuid
from collections import Counter

from django.db import transaction

from consent.models import Consent
from consent.policy import Reason
from consent.services import journal
from consent.services.consent_state import lock_consent_state
from consent.services.edits.chunks import change_counts
from consent.services.letters import tell_removed
from consent.signals import announce
from creatorhub.actors import ERASER, Actor
from library import services as library
from library.models import Video


def remove_video(video: Video, *, actor: Actor, reason: str = "") -> None:
    """Take a video away: whatever is made of it stops and is hidden, its files are deleted after
    the commit. By its owner, by staff with a reason, or with the account of the owner. A second
    call does nothing."""
    creator = video.owner
    if actor != ERASER:
        actor.require(creator, or_staff=True)
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        video.refresh_from_db()
        if video.removed_at:
            return
        state.raise_version()
        state.save()
        announce(
            actor=actor,
            creator=creator,
            use=None,
            videos=Video.objects.filter(pk=video.pk),
            reason=Reason.VIDEO_UNAVAILABLE,
            version=None,
            correlation_id=uuid.uuid4(),
        )
        allowed = Consent.objects.filter(video=video, terms__isnull=False)
        for use, terms in allowed.values_list("use", "terms"):
            change_counts(creator.pk, use, Counter({terms: -1}))
        library.mark_removed(video, actor=actor, reason=reason)
        tell_removed(video, actor=actor, reason=reason)
        journal.write("removed", creator=creator, videos=[str(video.uuid)])
