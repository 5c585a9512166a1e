"""Appeals: whose thing was held or taken down by staff asks for another look, once."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from audit.models import Event
from audit.personal import About
from consent import services as consent
from consent.models import Hold
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden, Refused
from creatorhub.letters import tell
from creatorhub.models import User
from creatorhub.roles import Power
from remixer.cases import Appeal
from remixer.models import Render
from remixer.services.moderation import BY_STAFF, put_back
from remixer.wording import name_of

MAX_TEXT = 1000
MAX_DECISION = 500


def appeal_hold(hold: Hold, *, actor: Actor, person: User, text: str) -> Appeal:
    """Raises Conflict if they did already, or the hold was lifted."""
    actor.require(hold.creator)
    with transaction.atomic(durable=True):
        row = Hold.objects.select_for_update(no_key=True).get(pk=hold.pk)
        if row.lifted_at:
            raise Conflict(_("This hold was lifted: there is nothing to look at."), code="lifted")
        _require_first(Appeal.objects.filter(hold=row).exists(), text)
        appeal = Appeal.objects.create(person=person, hold=row, against=row.by, text=text.strip())
        _record_made(appeal, actor)
    return appeal


def appeal_takedown(render: Render, *, actor: Actor, person: User, text: str) -> Appeal:
    """For a meme that staff took down, by the person who made it. Raises Conflict if they did
    already."""
    actor.require(render.requester)
    with transaction.atomic(durable=True):
        row = Render.objects.select_for_update(no_key=True).get(pk=render.pk)
        if row.ended_for != BY_STAFF:
            raise Conflict(_("Staff did not take this meme down."), code="not_taken_down")
        _require_first(Appeal.objects.filter(render=row).exists(), text)
        appeal = Appeal.objects.create(
            person=person, render=row, against=_who_took_down(row), text=text.strip()
        )
        _record_made(appeal, actor)
    return appeal


def decide_appeal(appeal: Appeal, *, actor: Actor, granted: bool, decision: str) -> Appeal | None:
    """Granted, the hold is lifted, or the meme comes back if its creator still allows it and its
    files are still there; else the decision says so, and `nothing_back` why. The appeal; None if it
    was decided. Only a moderator who neither decided before nor
    owns the thing."""
    actor.require_staff(Power.MODERATE)
    if not decision.strip():
        raise Refused(_("Say why: the person reads it."), code="reason_needed")
    if str(actor) == appeal.against:
        raise Forbidden(
            _("You decided this yourself. A colleague must judge the appeal."), code="own_decision"
        )
    if actor.is_user(appeal.person.uuid):
        raise Forbidden(
            _("You cannot decide about what is your own. Ask a colleague."), code="own_thing"
        )
    # What it changes comes first: it is safe to do again if this process ends in between.
    appeal = _with_things().get(pk=appeal.pk)
    why = ""
    if granted and appeal.state == Appeal.State.OPEN:
        if appeal.hold:
            consent.lift([appeal.hold], actor=actor, reason=decision)
        if appeal.render:
            why = put_back(appeal.render, actor=actor, reason=decision)
    with transaction.atomic(durable=True):
        locked = _with_things().select_for_update(of=("self",), no_key=True)
        appeal = locked.get(pk=appeal.pk)
        if appeal.state != Appeal.State.OPEN:
            return None
        if why:
            appeal.nothing_back = _("Nothing came back: %(why)s") % {"why": why}
            decision = f"{decision} {appeal.nothing_back}"[:MAX_DECISION]
        appeal.state = Appeal.State.GRANTED if granted else Appeal.State.DENIED
        appeal.decided_at, appeal.decided_by = timezone.now(), str(actor)
        appeal.decision = decision
        appeal.save()
        log.append(
            "appeal.decided",
            actor=actor,
            creator=appeal.person,
            subject=_subject(appeal),
            appeal=appeal.uuid,
            title=_title_in_the_log(appeal),
            outcome=str(appeal.state),
            reason=decision,
        )
        _tell(appeal)
    return appeal


def _tell(appeal: Appeal) -> None:
    words = {"thing": _thing(appeal), "reason": appeal.decision}
    if appeal.state == Appeal.State.GRANTED:
        text = _("You asked for another look at %(thing)s. It was granted.")
    else:
        text = _("You asked for another look at %(thing)s. It was denied: nothing changes.")
    tell(
        appeal.person,
        subject=_("Your appeal about %(thing)s is decided") % words,
        text=f"{text % words}\n\n{_('Why: %(reason)s') % words}",
    )


def _thing(appeal: Appeal) -> str:
    if appeal.render:
        return name_of(appeal.render)
    if title := _title(appeal):
        return _("the hold on “%(title)s”") % {"title": title}
    return _("the hold on everything of yours")


def _with_things() -> QuerySet[Appeal]:
    return Appeal.objects.select_related(
        "person", "hold__creator", "hold__video", "render__video__owner", "render__requester"
    )


def _who_took_down(render: Render) -> str:
    """The member of staff, as the log names them; empty if it does not."""
    events = Event.objects.filter(
        subject=render.video.uuid,
        action__in=("render.taken_down", "render.stopped"),
        actor__startswith="staff:",
    )
    for event in events.order_by("-id").iterator(chunk_size=100):
        if event.written["render"] == str(render.uuid):
            return event.actor
    return ""


def _require_first(made: bool, text: str) -> None:  # noqa: FBT001
    if made:
        raise Conflict(_("You have asked for another look already."), code="already_appealed")
    if not text.strip():
        raise Refused(_("Say why you think that it is wrong."), code="reason_needed")


def _record_made(appeal: Appeal, actor: Actor) -> None:
    log.append(
        "appeal.made",
        actor=actor,
        creator=appeal.person,
        subject=_subject(appeal),
        appeal=appeal.uuid,
        title=_title_in_the_log(appeal),
        reason=appeal.text,
    )


def _subject(appeal: Appeal) -> UUID | None:
    thing = appeal.hold or appeal.render
    return thing.video.uuid if thing and thing.video else None


def _title(appeal: Appeal) -> str | None:
    thing = appeal.hold or appeal.render
    return thing.video.title if thing and thing.video else None


def _title_in_the_log(appeal: Appeal) -> About | None:
    """The record is the appellant's, and the title may be another creator's."""
    title = _title(appeal)
    if title is None:
        return None
    owner = appeal.render.video.owner if appeal.render else appeal.person
    return About(title, owner.uuid)
