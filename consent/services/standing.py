"""The standing: the lock that everything about one creator's consent takes first, the global
opt-out, and removing a video, which withdraws it."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

from django.db import transaction
from django.utils import timezone

from audit import log
from consent.models import Consent, Standing
from consent.policy import Reason
from consent.signals import Among, Withdrawn, consent_withdrawn
from creatorhub.actors import Actor
from creatorhub.errors import Forbidden, Refused
from creatorhub.models import User
from library import services as library
from library.models import Video


@dataclass(frozen=True, slots=True)
class OptedOut:
    """`changed` is False where the creator had opted out before: nothing was written."""

    standing: Standing
    stopped: int
    taken_down: int
    changed: bool


def lock_standing(creator: User) -> Standing:
    """The creator's standing, locked until the transaction ends; made if there is none.

    Must be the first statement of the transaction: a snapshot taken before the lock would show
    what a withdrawal has already changed.
    """
    locked = Standing.objects.select_for_update(no_key=True).filter(creator=creator)
    standing = locked.first()
    if standing is None:
        Standing.objects.bulk_create([Standing(creator=creator)], ignore_conflicts=True)
        standing = locked.get()
    return standing


def raise_version(standing: Standing) -> Standing:
    """Count one change of this creator's consent. The caller saves."""
    standing.version += 1
    standing.changed_at = timezone.now()
    return standing


def withdraw(
    *,
    actor: Actor,
    creator: User,
    use: str | None,
    videos: Among | None,
    reason: Reason,
    act: uuid.UUID,
) -> Withdrawn:
    """Tell the listeners, inside the withdrawing transaction; what they did, added up."""
    answers: list[tuple[Any, Any]] = consent_withdrawn.send(
        sender=Standing,
        actor=actor,
        creator=creator,
        use=use,
        videos=videos,
        reason=reason,
        act=act,
    )
    done: list[Withdrawn] = [result for _, result in answers]
    return Withdrawn(
        stopped=sum(result.stopped for result in done),
        taken_down=sum(result.taken_down for result in done),
    )


def opt_out(*, actor: Actor, creator: User, reason: str = "") -> OptedOut:
    """Turn everything off for all of this creator's videos: one row and one event, whatever the
    size of the library. Grants stay stored beneath; an edit that is still allowing videos stops.
    By the creator, or by staff with a reason."""
    from consent.services import edits

    _owner_or_staff(actor, creator)
    with transaction.atomic(durable=True):
        standing = lock_standing(creator)
        if standing.opted_out:
            return OptedOut(standing, stopped=0, taken_down=0, changed=False)
        standing.opted_out = True
        raise_version(standing)
        standing.withdrawn_version = standing.version
        standing.opted_out_at = standing.changed_at
        standing.save()
        act = uuid.uuid4()
        edits.cancel_grants(actor=actor, creator=creator, act=act)
        done = withdraw(
            actor=actor,
            creator=creator,
            use=None,
            videos=None,
            reason=Reason.OPTED_OUT,
            act=act,
        )
        log.append(
            "creator.opted_out",
            actor=actor,
            creator=creator,
            act=act,
            version=standing.version,
            reason=reason,
            stopped=done.stopped,
            taken_down=done.taken_down,
        )
    return OptedOut(standing, done.stopped, done.taken_down, changed=True)


def opt_in(*, actor: Actor, creator: User, restore: Literal["previous", "all_off"]) -> Standing:
    """End the opt-out: with what was allowed before, or with every video off, new uploads too.
    Only the creator."""
    from consent.services import edits, uploads

    if actor != Actor.creator(creator):
        raise Forbidden("Only the creator can turn permissions back on.", code="not_the_creator")
    if restore not in ("previous", "all_off"):
        raise Refused(
            "Say what to start from: “previous” for what was allowed before, or “all_off”.",
            code="restore_needed",
        )
    with transaction.atomic(durable=True):
        standing = lock_standing(creator)
        if not standing.opted_out:
            return standing
        act = uuid.uuid4()
        if restore == "all_off":
            edits.clear_grants(actor=actor, creator=creator, standing=standing, act=act)
            uploads.forget_choices(actor=actor, creator=creator, act=act)
        standing.opted_out, standing.opted_out_at = False, None
        raise_version(standing)
        standing.save()
        log.append(
            "creator.opted_in",
            actor=actor,
            creator=creator,
            act=act,
            version=standing.version,
            restore=restore,
        )
    return standing


def remove_video(video: Video, *, actor: Actor, reason: str = "") -> None:
    """Take a video away: whatever is made of it stops and goes dark, its files are deleted after
    the commit. By its owner, or by staff with a reason. A second call does nothing."""
    from consent.services import chunks

    creator = video.owner
    _owner_or_staff(actor, creator)
    with transaction.atomic(durable=True):
        standing = lock_standing(creator)
        video.refresh_from_db()
        if video.removed_at:
            return
        raise_version(standing).save()
        withdraw(
            actor=actor,
            creator=creator,
            use=None,
            videos={video.pk}.intersection,
            reason=Reason.VIDEO_UNAVAILABLE,
            act=uuid.uuid4(),
        )
        allowed = Consent.objects.filter(video=video, terms__isnull=False)
        for use, terms in allowed.values_list("use", "terms"):
            chunks.change_tally(creator.pk, use, Counter({terms: -1}))
        library.mark_removed(video, actor=actor, reason=reason)


def _owner_or_staff(actor: Actor, creator: User) -> None:
    if actor.kind != "staff" and actor != Actor.creator(creator):
        raise Forbidden("Only the creator or staff can do this.", code="not_the_creator")
