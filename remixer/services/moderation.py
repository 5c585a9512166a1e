"""Memes are taken down by staff, whatever their creator allows, and by the creator, whose video
stays as it is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from consent import policy, querysets
from consent import services as consent
from consent.models import Consent
from consent.policy import Facts, Reason
from consent.reasons import Act, Why
from consent.services import journal
from consent.uses import REMIX
from creatorhub import jobs
from creatorhub.actors import RESTORE, Actor
from creatorhub.jobs import LIVE, State
from creatorhub.letters import tell
from creatorhub.models import User
from creatorhub.roles import Power
from remixer.models import Render, RenderQuerySet
from remixer.services.permission import ended_because
from remixer.services.records import record, record_all
from remixer.wording import BY_CREATOR, name_of

BY_STAFF = "taken_down_by_staff"
APPEAL_WITHIN = timedelta(days=14)  # so long the files of what staff took down are kept


@dataclass(frozen=True, slots=True)
class MemesBy:
    """What one person has made of a creator's videos."""

    seen: int
    making: int


def memes_by(person: User, *, of: User) -> MemesBy:
    """Two queries."""
    theirs = Render.objects.filter(creator=of, requester=person)
    return MemesBy(seen=theirs.filter(state=State.DONE).count(), making=theirs.live().count())


def takedown(render: Render, *, actor: Actor, reason: str) -> bool:
    """Hide the meme for good: nobody can see it after the commit, and its requester cannot try
    again. Its files are kept for APPEAL_WITHIN, so that an appeal can bring it back; then the sweep
    deletes them. Only for moderators. False, and nothing is written, if it was neither being made
    nor published, nor hidden for a while."""
    actor.require_staff(Power.MODERATE)
    down = _take_down(
        Render.objects.filter(pk=render.pk),
        creator=render.video.owner,
        actor=actor,
        reason=reason,
        problem=_by_staff(reason),
        ended_for=BY_STAFF,
        until=timezone.now() + APPEAL_WITHIN,
    )
    if down:
        _tell_maker(render, reason=reason)
    return bool(down)


def takedown_by_creator(render: Render, *, actor: Actor, reason: str) -> bool:
    """As takedown, by the creator of the video: what they allow does not change, and the files are
    deleted. Also of what staff took down before: no appeal brings it back then. False, and nothing
    is written, if it could not be seen any more for another reason."""
    creator = render.video.owner
    actor.require(creator)
    down = _take_down(
        Render.objects.filter(pk=render.pk),
        creator=creator,
        actor=actor,
        reason=reason,
        problem=_by_creator(reason),
        ended_for=BY_CREATOR,
    )
    return bool(down)


def takedown_again(memes: RenderQuerySet, *, creator: User, by_creator: bool, reason: str) -> int:
    """Take down what was, before a database was restored that does not know it. Returns how many.
    Nobody gets a mail; an appeal can still be made against what staff did."""
    return _take_down(
        memes.filter(creator=creator),
        creator=creator,
        actor=RESTORE,
        reason=reason,
        problem=_by_creator("") if by_creator else _by_staff(reason),
        ended_for=BY_CREATOR if by_creator else BY_STAFF,
        until=None if by_creator else timezone.now() + APPEAL_WITHIN,
    )


def takedown_of_person(person: User, *, actor: Actor, creator: User) -> int:
    """As takedown_by_creator, for all that this person has made of the creator's videos. Returns
    how many. A few queries, however many there are."""
    actor.require(creator)
    return _take_down(
        Render.objects.filter(creator=creator, requester=person),
        creator=creator,
        actor=actor,
        reason="",
        problem=_by_creator(""),
        ended_for=BY_CREATOR,
    )


def put_back(render: Render, *, actor: Actor, reason: str) -> str:
    """Undo a takedown by staff, where an appeal was granted. Returns why nothing came back, in a
    sentence; nothing where it did.

    Published again, it may still be hidden by what can end: a pause, a hold, a block. An opt-out
    hides it until the creator opts back in, at most as long as an appeal could have come. Where the
    permission itself is gone, it stays down for that reason.
    """
    actor.require_staff(Power.MODERATE)
    with transaction.atomic(durable=True):
        state = consent.lock_consent_state(render.video.owner)
        taken = Render.objects.filter(pk=render.pk, state=Render.TAKEN_DOWN, ended_for=BY_STAFF)
        row = taken.locked().first()
        if row is None:
            back = Render.objects.filter(pk=render.pk, state__in=[State.DONE, Render.HIDDEN])
            return "" if back.exists() else _("It was taken down or removed by others since.")
        until = row.restorable_until
        if not row.file_key or until is None or until <= timezone.now():
            return _("Its files are deleted.") if row.published_at else _("It was never finished.")
        facts = querysets.facts([row.video_id], REMIX.id)[row.video_id]
        if gone := _permission_gone(row, facts):
            taken.update(restorable_until=None, **ended_because(gone))
            return gone.told(to_creator=False)
        if facts.opted_out:
            opted_out = Why(Reason.OPTED_OUT, Act(state.opted_out_by))
            taken.update(
                state=Render.HIDDEN,
                hidden_version=state.withdrawn_version,
                **ended_because(opted_out),
            )
        else:
            taken.update(
                state=State.DONE, problem="", ended_for="", ended_by="", restorable_until=None
            )
        pair = (row.creator_id, row.requester_id)
        stands = replace(facts, blocked=bool(querysets.blocked([pair])))
        if (hidden_by := policy.decide(stands).reason) is Reason.ALLOWED:
            record("render.put_back", row, actor=actor, reason=reason)
        else:
            still = "render.put_back_hidden"
            record(still, row, actor=actor, reason=reason, hidden_by=hidden_by)
    return ""


def _permission_gone(render: Render, facts: Facts) -> Why | None:
    """Why this meme may not come back even where nothing hides it any more. Two queries."""
    if (stored := policy.stored(facts)) is not Reason.ALLOWED:
        return Why(stored)
    ruling = querysets.ruling(render.video, REMIX.id)
    withdrawn = ruling.withdrawn_version
    if facts.opted_out:  # which is a withdrawal of everything, until they opt back in
        consents = Consent.objects.filter(video=render.video_id, use=REMIX.id)
        withdrawn = consents.values_list("withdrawn_version", flat=True).get()
    return Why(Reason.WITHDRAWN) if render.allowed_version < withdrawn else None


def _tell_maker(render: Render, *, reason: str) -> None:
    words = {"meme": name_of(render), "reason": reason, "days": APPEAL_WITHIN.days}
    tell(
        render.requester,
        subject=_("CreatorHub staff took down %(meme)s") % words,
        text=_(
            "CreatorHub staff took down %(meme)s. Nobody can see it now.\n\nWhy: %(reason)s\n\n"
            "If you think that this is wrong, ask for another look: the link is on the page of the "
            "meme, in “My memes”. After %(days)s days its files are deleted."
        )
        % words,
    )


def _by_staff(reason: str) -> str:
    return _("CreatorHub staff took this meme down: %(reason)s") % {"reason": reason}


def _by_creator(reason: str) -> str:
    if reason:
        return _("The creator of the video took this meme down: %(reason)s") % {"reason": reason}
    return _("The creator of the video took this meme down.")


def _take_down(
    renders: RenderQuerySet,
    *,
    creator: User,
    actor: Actor,
    reason: str,
    problem: str,
    ended_for: str,
    until: datetime | None = None,
) -> int:
    with transaction.atomic(durable=True):
        consent.lock_consent_state(creator)
        reach = Q(state__in=[*LIVE, State.DONE, Render.HIDDEN])
        if ended_for == BY_CREATOR:  # stays down, whatever staff decide about their own takedown
            reach |= Q(state=Render.TAKEN_DOWN, ended_for=BY_STAFF)
        reached = list(renders.filter(reach).locked().order_by("pk"))
        if not reached:
            return 0
        Render.objects.filter(pk__in=[one.pk for one in reached]).update(
            state=Render.TAKEN_DOWN,
            problem=problem,
            ended_for=ended_for,
            ended_by=str(actor),
            lease_token=None,
            lease_until=None,
            hidden_version=None,
            restorable_until=until,
        )
        correlation_id = uuid.uuid4()
        for action, live in (("render.stopped", True), ("render.taken_down", False)):
            some = [one for one in reached if one.is_live is live]
            record_all(action, some, actor=actor, correlation_id=correlation_id, reason=reason)
        jobs.enqueue("operations.sweep")
        journal.write(
            "meme_taken_down",
            creator=creator,
            memes=[str(one.uuid) for one in reached],
            by_creator=ended_for == BY_CREATOR,
        )
    return len(reached)
