"""Where a creator stands: what is allowed, what needs attention, what happened last."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import history
from consent import selection
from consent.counts import Overview, overview_of
from consent.models import Hold
from consent.policy import Reason
from consent.uses import USES, Use
from consent.views.activity import latest_events
from consent.views.upload_defaults import defaults_of
from creatorhub.pages import render_page
from creatorhub.requests import SignedIn, login_required
from library.models import Video

HOLDS_SHOWN = 5


@require_safe
@login_required
def overview(request: SignedIn) -> HttpResponse:
    mine = Video.objects.owned_by(request.user)
    stand = overview_of(request.user)
    cards = [_card(use, stand) for use in USES.values()]
    held = Hold.objects.filter(creator=request.user).standing().select_related("video")
    holds = list(held.order_by("-id")[: HOLDS_SHOWN + 1]) if stand.holds else []
    context = {
        "cards": cards,
        "total": stand.videos,
        "renewals": _renewals(request, cards),
        "next_year": timezone.localdate() + timedelta(days=365),
        "uploads": defaults_of(request.user),
        "processing": mine.filter(status=Video.Status.PROCESSING).count(),
        "refused": mine.filter(status=Video.Status.REFUSED)[:5],
        "under_way": stand.live,
        "holds": holds[:HOLDS_SHOWN],
        "more_holds": len(holds) > HOLDS_SHOWN,
        "lines": history.describe(latest_events(request.user, limit=5), reader=request.user),
        "hour": timezone.localtime().hour,
    }
    return render_page(request, "consent/overview.html", context)


def _card(use: Use, stand: Overview) -> dict[str, Any]:
    """The numbers of one use, and the widths of an SVG bar of 1000."""
    counted, total = stand.uses[use.id], stand.videos
    allowed = stand.allowed(use.id)
    silent = stand.is_silent(use.id)
    ended = 0 if silent else counted.videos[Reason.EXPIRED]
    lapsed = 0 if silent else counted.videos[Reason.NOTICE_CHANGED]
    return {
        "use": use,
        "allowed": allowed,
        "ended": ended,
        "notice_changed": lapsed,
        "ending": 0 if silent else counted.ending,
        "off": max(0, total - allowed - ended - lapsed),
        "allowed_width": 1000 * allowed // total if total else 0,
        "look_width": 1000 * (ended + lapsed) // total if total else 0,
    }


def _renewals(request: SignedIn, cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What ends soon or has lapsed, each with the selection that one edit renews."""
    return [
        {
            "use": card["use"],
            "state": state,
            "count": card[state],
            "token": selection.matching(request.user, {card["use"].id: state}).token(),
        }
        for card in cards
        for state in ("ending", "notice_changed")
        if card[state]
    ]
