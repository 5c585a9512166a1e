"""Staff hold a use: of some videos, or of everything of a creator. Only staff lift it."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from audit import log
from consent.models import ConsentState, Hold
from consent.policy import Reason
from consent.services import journal
from consent.services.consent_state import lock_consent_state
from consent.signals import announce
from consent.uses import use_of
from creatorhub.actors import RESTORE, Actor
from creatorhub.errors import Forbidden, Refused
from creatorhub.letters import tell
from creatorhub.models import User
from creatorhub.roles import Power
from library.models import Video


@dataclass(frozen=True, slots=True)
class Held:
    """The holds that were placed, without what was held before; and what they stopped and hid."""

    holds: list[Hold]
    stopped: int = 0
    hidden: int = 0


def hold(
    *, actor: Actor, creator: User, use: str, videos: Collection[Video] | None, reason: str
) -> Held:
    """From the commit on the answer is no for these videos of this creator; `videos` None is all,
    also what comes later. What the creator has stored stays, and so do the files: memes being made
    stop, finished ones are hidden until the hold is lifted. The creator gets a mail with the
    reason. Only moderators, and not for what is their own. Two writes and an event for each video.
    """
    _require_moderator(actor, creator, reason)
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        wanted = _not_held(creator, use, videos)
        if not wanted:
            return Held([])
        version = _next_version(state)
        holds = Hold.objects.bulk_create(
            Hold(
                creator=creator,
                video=video,
                use=use,
                reason=reason,
                by=str(actor),
                version=version,
            )
            for video in wanted
        )
        correlation_id = uuid.uuid4()
        every = wanted == [None]
        reached = None if every else Video.objects.filter(pk__in=[one.video_id for one in holds])
        done = announce(
            actor=actor,
            creator=creator,
            use=use,
            videos=reached,
            reason=Reason.HELD,
            version=None,
            correlation_id=correlation_id,
        )
        _record("hold.placed", holds, actor=actor, reason=reason, correlation_id=correlation_id)
        _tell(creator, holds, _PLACED, reason)
        named = None if every else [str(one.video.uuid) for one in holds if one.video]
        journal.write("held", creator=creator, use=use, videos=named)
    return Held(holds, done.stopped, done.hidden)


def lift(holds: Collection[Hold], *, actor: Actor, reason: str) -> int:
    """End these holds, which are all of one creator and one use; returns how many stood. It turns
    nothing on: what the creator allows counts again, as it is by now. Only moderators, and not for
    what is their own."""
    creator = next(iter(holds)).creator
    actor.require_staff(Power.MODERATE)
    _require_moderator(actor, creator, reason)
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        rows = Hold.objects.filter(pk__in=[one.pk for one in holds], creator=creator).standing()
        standing = list(rows.select_related("video").order_by("pk"))
        if not standing:
            return 0
        version = _next_version(state)
        rows.update(
            lifted_at=timezone.now(),
            lifted_by=str(actor),
            lifted_reason=reason,
            lifted_version=version,
        )
        correlation_id = uuid.uuid4()
        _record("hold.lifted", standing, actor=actor, reason=reason, correlation_id=correlation_id)
        _tell(creator, standing, _LIFTED, reason)
    return len(standing)


def _require_moderator(actor: Actor, creator: User, reason: str) -> None:
    if actor == RESTORE:
        return
    actor.require_staff(Power.MODERATE)
    if actor.is_user(creator.uuid):
        raise Forbidden(
            _("You cannot decide about what is your own. Ask a colleague."), code="own_thing"
        )
    if not reason.strip():
        raise Refused(_("Say why: the creator reads it."), code="reason_needed")


def _not_held(creator: User, use: str, videos: Collection[Video] | None) -> list[Video | None]:
    """Those of the videos that this creator owns and that have no hold of their own; [None] for
    everything, where that is not held."""
    standing = Hold.objects.filter(creator=creator, use=use).standing()
    if videos is None:
        return [] if standing.filter(video=None).exists() else [None]
    held = set(standing.filter(video__in=videos).values_list("video", flat=True))
    return [one for one in videos if one.pk not in held and one.owner_id == creator.pk]


def _next_version(state: ConsentState) -> int:
    state.raise_version()
    state.save()
    return state.version


def _record(
    action: str, holds: list[Hold], *, actor: Actor, reason: str, correlation_id: uuid.UUID
) -> None:
    lines = [
        (
            one.video.uuid if one.video else None,
            {
                "hold": one.uuid,
                "use": one.use,
                "title": one.video.title if one.video else None,
                "reason": reason,
                "version": one.version,
            },
        )
        for one in holds
    ]
    log.append_many(
        action, lines, actor=actor, creator=holds[0].creator, correlation_id=correlation_id
    )


_PLACED = (
    gettext_noop("%(use)s of %(what)s is on hold"),
    gettext_noop(
        "CreatorHub staff have put %(use)s of %(what)s on hold. Until they lift it the answer is "
        "no for everybody, and memes made of it are hidden. What you have allowed stays stored."
        "\n\nWhy: %(reason)s\n\n"
        "If you think that this is wrong, ask for another look: the link is on the overview."
    ),
)
_LIFTED = (
    gettext_noop("%(use)s of %(what)s is no longer on hold"),
    gettext_noop(
        "CreatorHub staff have lifted the hold on %(use)s of %(what)s. What you allow counts again."
        "\n\nWhy: %(reason)s"
    ),
)


def _tell(creator: User, holds: list[Hold], mail: tuple[str, str], reason: str) -> None:
    titles = [one.video.title for one in holds if one.video]
    if not titles:
        what = _("everything of yours")
    elif len(titles) == 1:
        what = _("“%(title)s”") % {"title": titles[0]}
    else:
        what = ngettext("%(count)s video", "%(count)s videos", len(titles)) % {"count": len(titles)}
    words = {"use": use_of(holds[0].use).label, "what": what, "reason": reason}
    subject, text = mail
    tell(creator, subject=_(subject) % words, text=_(text) % words)
