"""Where a creator stands: what is allowed, what needs attention, what happened last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from consent import selection
from consent.context import stand_of
from consent.counts import FOR_ALL, Overview, UseFacts
from consent.models import Hold
from consent.policy import Reason
from consent.reasons import NOBODY, Act, in_short
from consent.uses import USES, Use
from consent.views.activity import latest_entries
from consent.views.upload_defaults import defaults_of
from creatorhub.pages import render_page
from creatorhub.requests import SignedIn, login_required
from library.models import Video

HOLDS_SHOWN = 5


@require_safe
@login_required
def overview(request: SignedIn) -> HttpResponse:
    mine = Video.objects.owned_by(request.user)
    stand = stand_of(request)
    cards = [_card(use, stand) for use in USES.values()]
    held = Hold.objects.filter(creator=request.user).standing().select_related("video", "appeal")
    holds = list(held.order_by("-id")[: HOLDS_SHOWN + 1]) if stand.holds else []
    context = {
        "cards": cards,
        "total": stand.videos,
        "renewals": _renewals(request, stand),
        "next_year": timezone.localdate() + timedelta(days=365),
        "uploads": defaults_of(request.user),
        "processing": mine.filter(status=Video.Status.PROCESSING).count(),
        "refused": mine.filter(status=Video.Status.REFUSED)[:5],
        "under_way": stand.live,
        "holds": holds[:HOLDS_SHOWN],
        "more_holds": len(holds) > HOLDS_SHOWN,
        "entries": latest_entries(request.user, limit=5),
        "hour": timezone.localtime().hour,
    }
    return render_page(request, "consent/overview.html", context)


def _card(use: Use, stand: Overview) -> dict[str, Any]:
    """The facts of one use, and the widths of an SVG bar of 1000: in force, then what is stored and
    held back, whatever by."""
    facts, total = stand.facts(use.id), stand.videos
    return {
        "use": use,
        "allowed": facts.in_force,
        "ended": facts.held.get(Reason.EXPIRED, 0),
        "notice_changed": facts.held.get(Reason.NOTICE_CHANGED, 0),
        "ending": facts.ending,
        "off": max(0, total - facts.stored),
        "silent": facts.silent,
        "legend": list(_legend(facts, stand)),
        "allowed_width": 1000 * facts.in_force // total if total else 0,
        "look_width": 1000 * (facts.stored - facts.in_force) // total if total else 0,
    }


def _legend(facts: UseFacts, stand: Overview) -> Iterator[tuple[str, str]]:
    """Each number in words, and the state that the list behind it is filtered by, where that list
    has so many videos. Without those that say “of these” they add up to all videos."""
    stored, held = stand.uses[facts.use.id].videos, facts.held

    def behind(state: str, reason: Reason, number: int) -> str:
        return state if stored[reason] == number else ""

    act = Act(stand.opted_out_by, stand.opted_out_note)
    holding = [reason for reason in FOR_ALL if reason in held]
    if facts.in_force or not holding:
        words = _("%(number)s allowed") % {"number": f"{facts.in_force:,}"}
        yield words, behind("allowed", Reason.ALLOWED, facts.in_force)
    for reason in holding:
        sentence = ngettext(
            "%(number)s permission is stored: %(why)s",
            "%(number)s permissions are stored: %(why)s",
            held[reason],
        )
        why = in_short(reason, act if reason is Reason.OPTED_OUT else NOBODY)
        yield sentence % {"number": f"{held[reason]:,}", "why": why}, ""
    if ended := facts.beneath.get(Reason.EXPIRED):
        yield _("of these, %(number)s ended") % {"number": f"{ended:,}"}, ""
    if lapsed := facts.beneath.get(Reason.NOTICE_CHANGED):
        sentence = ngettext(
            "of these, %(number)s waits for you: CreatorHub changed the terms",
            "of these, %(number)s wait for you: CreatorHub changed the terms",
            lapsed,
        )
        yield sentence % {"number": f"{lapsed:,}"}, ""
    if ended := held.get(Reason.EXPIRED):
        words = _("%(number)s ended") % {"number": f"{ended:,}"}
        yield words, behind("expired", Reason.EXPIRED, ended)
    if lapsed := held.get(Reason.NOTICE_CHANGED):
        sentence = ngettext(
            "%(number)s waits for you: CreatorHub changed the terms",
            "%(number)s wait for you: CreatorHub changed the terms",
            lapsed,
        )
        words = sentence % {"number": f"{lapsed:,}"}
        yield words, behind("notice_changed", Reason.NOTICE_CHANGED, lapsed)
    off = max(0, stand.videos - facts.stored)
    not_allowed = stand.videos - stored[Reason.ALLOWED] - stored[Reason.APPROVAL_NEEDED]
    yield _("%(number)s off") % {"number": f"{off:,}"}, "off" if off == not_allowed else ""


def _renewals(request: SignedIn, stand: Overview) -> list[dict[str, Any]]:
    """What ends soon or has lapsed, each with the selection that one edit renews."""
    renewals = []
    for use in USES.values():
        if stand.facts(use.id).silent:
            continue
        counted = stand.uses[use.id]
        lapsed = counted.videos[Reason.NOTICE_CHANGED]
        for state, count in (("ending", counted.ending), ("notice_changed", lapsed)):
            if count:
                token = selection.matching(request.user, {use.id: state}).token()
                renewals.append({"use": use, "state": state, "count": count, "token": token})
    return renewals
