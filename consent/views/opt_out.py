"""Where a creator stands, and everything at once: opting out and back in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit import history
from audit.models import Event
from consent import selection, services
from consent.context import consent_bar_of
from consent.counts import Stand, of_uses, stand_of
from consent.forms import OptInForm
from consent.models import ConsentState
from consent.uses import USES, Use
from consent.views.activity import PART, events_of
from consent.views.upload_defaults import choices_of
from consent.wording import reach
from creatorhub.actors import Actor
from creatorhub.pages import render_page, see_other
from creatorhub.requests import SignedIn, login_required
from library.models import Video


@require_safe
@login_required
def overview(request: SignedIn) -> HttpResponse:
    mine = Video.objects.owned_by(request.user)
    stand = stand_of(request.user)
    total = stand.videos
    cards = [_card(use, stand) for use in USES.values()]
    context = {
        "cards": cards,
        "total": total,
        "renewals": _renewals(request, cards),
        "next_year": timezone.localdate() + timedelta(days=365),
        "uploads": choices_of(request.user),
        "processing": mine.filter(status=Video.Status.PROCESSING).count(),
        "refused": mine.filter(status=Video.Status.REFUSED)[:5],
        "under_way": stand.live,
        "lines": history.describe(_latest(request), reader=request.user),
        "hour": timezone.localtime().hour,
    }
    return render_page(request, "consent/overview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def opt_out(request: SignedIn) -> HttpResponse:
    """POST turns everything off, from the bar on every page; GET explains, with the same button."""
    if request.method != "POST":
        return render_page(request, "consent/opt_out.html", {})
    done = services.opt_out(actor=Actor.creator(request.user), creator=request.user)
    if done.changed:
        told = "Everything is off."
        if done.stopped or done.taken_down:
            told += f" {reach(done.stopped, done.taken_down)}"
        messages.success(request, told)
    return see_other("consent:opt_in")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def opt_in(request: SignedIn) -> HttpResponse:
    """What would be allowed again, beside starting from all off; neither is chosen beforehand."""
    form = OptInForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        services.opt_in(
            actor=Actor.creator(request.user), creator=request.user, **form.cleaned_data
        )
        bar = consent_bar_of(request.user)
        messages.success(request, f"You are back. {bar.sentence}")
        return see_other("consent:overview")
    state = ConsentState.objects.filter(creator=request.user).first()
    context = {
        "form": form,
        "opted_out": bool(state and state.opted_out),
        "since": state.opted_out_at if state else None,
        "again": _allowed_beneath(request),
    }
    status = 422 if form.is_bound else 200
    return render_page(request, "consent/opt_in.html", context, status=status)


def _card(use: Use, stand: Stand) -> dict[str, Any]:
    """The numbers of one use, and the widths of an SVG bar of 1000."""
    counted, total = stand.uses[use.id], stand.videos
    allowed = stand.allowed(use.id)
    silent = stand.opted_out or use.id in stand.paused
    look = 0 if silent else counted.expired + counted.notice_changed
    return {
        "use": use,
        "allowed": allowed,
        "ended": 0 if silent else counted.expired,
        "notice_changed": 0 if silent else counted.notice_changed,
        "ending": 0 if silent else counted.ending,
        "off": max(0, total - allowed - look),
        "allowed_width": 1000 * allowed // total if total else 0,
        "look_width": 1000 * look // total if total else 0,
    }


def _renewals(request: SignedIn, cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What ends soon or has lapsed, each with the selection that one edit renews."""
    return [
        {
            "use": card["use"],
            "state": state,
            "count": card[number],
            "token": selection.matching(request.user, {card["use"].id: state}).token(),
        }
        for card in cards
        for state, number in (("ending", "ending"), ("notice_changed", "notice_changed"))
        if card[number]
    ]


def _latest(request: SignedIn) -> QuerySet[Event]:
    return events_of(request.user).exclude(action=PART).order_by("-id")[:5]


def _allowed_beneath(request: SignedIn) -> list[tuple[Use, int]]:
    """For each use, how many videos would be allowed if the opt-out ended now."""
    counted = of_uses(request.user)
    return [(use, counted[use.id].allowed) for use in USES.values()]
