"""Reports by people: made by anybody who can see the thing, decided by moderators."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from audit.personal import About
from consent.services import hold
from consent.uses import USES
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden, Refused
from creatorhub.letters import tell
from creatorhub.models import User
from creatorhub.roles import Power
from library.models import Video
from remixer.cases import OPEN, Report
from remixer.models import Render
from remixer.services.moderation import takedown

PER_DAY = 20  # reports of one person


def report(
    *, actor: Actor, reporter: User, video: Video, render: Render | None, kind: str, text: str
) -> Report:
    """The caller has checked that the person can see it. Locks the reporter's account, so that the
    limits are exact. Raises Conflict where they have reported it and it is not decided, Refused for
    their own thing and for more than PER_DAY in 24 hours."""
    actor.require(reporter)
    if reporter.pk == (render.requester_id if render else video.owner_id):
        raise Refused(_("This is yours: remove it instead of reporting it."), code="own_thing")
    if kind not in Report.Kind.values or (kind == Report.Kind.OTHER and not text.strip()):
        raise Refused(_("Say what is wrong with it."), code="reason_needed")
    with transaction.atomic(durable=True):
        User.objects.select_for_update(no_key=True).get(pk=reporter.pk)
        theirs = Report.objects.filter(reporter=reporter)
        if theirs.filter(video=video, render=render, state__in=OPEN).exists():
            raise Conflict(
                _("You have reported this already. You are told when it is decided."),
                code="already_reported",
            )
        if theirs.filter(created_at__gt=timezone.now() - timedelta(days=1)).count() >= PER_DAY:
            raise Refused(
                _("You have made %(most)d reports in the last 24 hours. Try again tomorrow.")
                % {"most": PER_DAY},
                code="too_many_reports",
                status=429,
            )
        made = Report.objects.create(
            reporter=reporter, video=video, render=render, kind=kind, text=text.strip()
        )
        log.append(
            "report.made",
            actor=actor,
            creator=reporter,
            report=made.uuid,
            kind=kind,
            title=About(video.title, video.owner.uuid),
            render=render.uuid if render else None,
        )
    return made


def take_report(report: Report, *, actor: Actor, person: User) -> bool:
    """This moderator looks into it from now on. False if it is decided, or theirs already."""
    actor.require_staff(Power.MODERATE)
    with transaction.atomic(durable=True):
        row = _locked(report)
        if not row.is_open or row.assigned_to_id == person.pk:
            return False
        row.state, row.assigned_to = Report.State.IN_REVIEW, person
        row.save()
        log.append("report.taken", actor=actor, creator=None, report=row.uuid)
    return True


def decide_report(
    report: Report, *, actor: Actor, upheld: bool, decision: str, measure: str = ""
) -> bool:
    """Say what came of it, to the reporter and to whose thing it is; who reported stays unsaid.
    False if it was decided. Only moderators, and not about what is their own or what they
    reported.

    To uphold it, `measure` (Report.Measure) says what becomes of the thing. That is carried out
    first, by services with transactions of their own: where it is refused, nothing is decided, and
    a process that dies in between leaves the thing hidden and the report waiting.
    """
    actor.require_staff(Power.MODERATE)
    if not decision.strip():
        raise Refused(_("Say why: both sides read it."), code="reason_needed")
    if upheld and measure not in _possible(report):
        raise Refused(_("Say what becomes of what was reported."), code="measure_needed")
    current = _reports().get(pk=report.pk)
    if not current.is_open:
        return False
    _require_stranger(current, actor)
    measure = measure if upheld else ""
    told = _carry_out(measure, current, actor=actor, reason=decision)
    with transaction.atomic(durable=True):
        row = _locked(report)
        if not row.is_open:
            return False
        row.state = Report.State.UPHELD if upheld else Report.State.DISMISSED
        row.decided_at, row.decided_by, row.decision = timezone.now(), str(actor), decision
        row.measure = measure
        row.save()
        fields: dict[str, Any] = {
            "report": row.uuid,
            "title": About(row.video.title, row.video.owner.uuid),
            "render": row.render.uuid if row.render else None,
            "outcome": str(row.state),
            "measure": measure,
            "reason": decision,
        }
        owner = _owner(row)
        log.append("report.decided", actor=actor, creator=owner, subject=row.video.uuid, **fields)
        _tell(row, None if owner == told else owner)
    return True


def _possible(report: Report) -> set[str]:
    """A video cannot be taken down: a hold keeps it for an appeal, and can be lifted."""
    meme = {Report.Measure.TAKEN_DOWN} if report.render_id else set()
    return {Report.Measure.HELD, Report.Measure.LEFT, *meme}


def _carry_out(measure: str, report: Report, *, actor: Actor, reason: str) -> User | None:
    """Returns whom the act itself has told why, by mail."""
    creator = report.video.owner
    if measure == Report.Measure.TAKEN_DOWN and report.render:
        down = takedown(report.render, actor=actor, reason=reason)
        return report.render.requester if down else None
    if measure == Report.Measure.HELD:
        held = [
            hold(actor=actor, creator=creator, use=use, videos=[report.video], reason=reason)
            for use in USES
        ]
        return creator if any(one.holds for one in held) else None
    return None


def _owner(report: Report) -> User:
    return report.render.requester if report.render else report.video.owner


def _require_stranger(report: Report, actor: Actor) -> None:
    for person in (report.reporter, _owner(report), report.video.owner):
        if actor.is_user(person.uuid):
            raise Forbidden(
                _("You cannot decide about what is your own. Ask a colleague."), code="own_thing"
            )


def _reports() -> QuerySet[Report]:
    return Report.objects.select_related("reporter", "video__owner", "render__requester")


def _locked(report: Report) -> Report:
    return _reports().select_for_update(of=("self",), no_key=True).get(pk=report.pk)


def _tell(report: Report, owner: User | None) -> None:
    """`owner` None: the act that hid their thing has told them."""
    upheld = report.state == Report.State.UPHELD
    words = {"title": report.video.title, "reason": report.decision}
    thing = _("a meme of “%(title)s”") if report.render else _("“%(title)s”")
    words["thing"] = thing % words
    found = _("It was upheld.") if upheld else _("It was dismissed: nothing changes.")
    if report.measure:
        found += f" {report.get_measure_display()}."
    why = _("Why: %(reason)s") % words
    tell(
        report.reporter,
        subject=_("Your report is decided"),
        text=_("CreatorHub staff looked into your report about %(thing)s.") % words
        + f" {found}\n\n{why}",
    )
    if owner is None:
        return
    tell(
        owner,
        subject=_("A report about something of yours is decided"),
        text=_("Somebody reported %(thing)s, and CreatorHub staff looked into it.") % words
        + f" {found}\n\n{why}",
    )
