"""Where a creator stands, and everything at once: opting out and back in."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit import history
from consent import services
from consent.context import standing_bar_of
from consent.filters import with_reasons
from consent.forms import OptInForm
from consent.models import Standing
from consent.policy import Reason
from consent.querysets import with_reason
from consent.uses import USES, Use
from consent.views.activity import events_of
from consent.wording import reach
from creatorhub.actors import Actor
from creatorhub.htmx import render_page
from creatorhub.requests import SignedIn, login_required
from library.models import Video

SOON = timedelta(days=30)


@require_safe
@login_required
def overview(request: SignedIn) -> HttpResponse:
    mine = Video.objects.owned_by(request.user)
    total = mine.count()
    cards = []
    for use in USES.values():
        counted = dict(
            with_reason(mine, use.id)
            .order_by()
            .values_list(f"reason_{use.id}")
            .annotate(n=Count("pk"))
        )
        allowed = counted.get(Reason.ALLOWED, 0)
        look = counted.get(Reason.EXPIRED, 0) + counted.get(Reason.NOTICE_CHANGED, 0)
        cards.append(
            {
                "use": use,
                "allowed": allowed,
                "ended": counted.get(Reason.EXPIRED, 0),
                "notice_changed": counted.get(Reason.NOTICE_CHANGED, 0),
                "off": total - allowed - look,
                # Widths of an SVG bar of 1000.
                "allowed_width": 1000 * allowed // total if total else 0,
                "look_width": 1000 * look // total if total else 0,
            }
        )
    now = timezone.now()
    ending = {
        use: with_reason(mine, use)
        .filter(**{f"reason_{use}": Reason.ALLOWED, f"until_{use}__lte": now + SOON})
        .count()
        for use in USES
    }
    context = {
        "cards": cards,
        "total": total,
        "ending": [(USES[use], count) for use, count in ending.items() if count],
        "lapsed": any(card["notice_changed"] for card in cards),
        "processing": mine.filter(status=Video.Status.PROCESSING).count(),
        "refused": mine.filter(status=Video.Status.REFUSED)[:5],
        "lines": history.tell(events_of(request.user).order_by("-id")[:5], reader=request.user),
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
    return HttpResponseRedirect(resolve_url("consent:opt_in"), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def opt_in(request: SignedIn) -> HttpResponse:
    """What would be allowed again, beside starting from all off; neither is chosen beforehand."""
    form = OptInForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        services.opt_in(
            actor=Actor.creator(request.user), creator=request.user, **form.cleaned_data
        )
        bar = standing_bar_of(request.user)
        messages.success(request, f"You are back. {bar.sentence}")
        return HttpResponseRedirect(resolve_url("consent:overview"), status=303)
    standing = Standing.objects.filter(creator=request.user).first()
    context = {
        "form": form,
        "standing": standing,
        "opted_out": bool(standing and standing.opted_out),
        "again": _allowed_beneath(request),
    }
    status = 422 if form.is_bound else 200
    return render_page(request, "consent/opt_in.html", context, status=status)


def _allowed_beneath(request: SignedIn) -> list[tuple[Use, int]]:
    """For each use, how many videos would be allowed if the opt-out ended now."""
    now = timezone.now()
    counts = []
    for use in USES.values():
        mine = with_reasons(Video.objects.ready().filter(owner=request.user))
        stored = mine.filter(
            **{f"consent_{use.id}__terms__isnull": False, f"_{use.id}_notice_superseded": False}
        )
        lasting = Q(**{f"until_{use.id}": None}) | Q(**{f"until_{use.id}__gt": now})
        counts.append((use, stored.filter(lasting).count()))
    return counts
