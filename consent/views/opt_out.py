"""Everything at once: opting out and back in."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consent import hidden_memes, services
from consent.context import ConsentBar, consent_bar_of, stand_of
from consent.forms import OptInForm
from consent.models import ConsentState
from consent.wording import reach
from creatorhub.actors import Actor
from creatorhub.fresh import ask_for_fresh_sign_in
from creatorhub.pages import render_page, see_other
from creatorhub.requests import SignedIn, login_required, says_no


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@says_no
def opt_out(request: SignedIn) -> HttpResponse:
    """POST turns everything off, from the bar on every page; GET explains, with the same button."""
    if request.method != "POST":
        return render_page(request, "consent/opt_out.html", {})
    actor = Actor.creator(request.user)
    done = services.opt_out(actor=actor, creator=request.user)
    if done.changed:
        summary = [_("Everything is off."), reach(done.stopped, done.taken_down, by=str(actor))]
        if done.taken_down:
            summary.append(hidden_memes.for_how_long(opted_out=True))
        messages.success(request, " ".join(filter(None, summary)))
    return see_other("consent:opt_in")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def opt_in(request: SignedIn) -> HttpResponse:
    """What would be allowed again, beside starting from all off; neither is chosen beforehand."""
    form = OptInForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        ask_for_fresh_sign_in(request)
        done = services.opt_in(
            actor=Actor.creator(request.user), creator=request.user, **form.cleaned_data
        )
        bar = consent_bar_of(request.user)
        back = [_("You are back. %(sentence)s") % {"sentence": bar.text}]
        if done.memes:
            back += hidden_memes.sentences_of_return(done.memes)
        messages.success(request, " ".join(back))
        return see_other("consent:overview")
    state = ConsentState.objects.filter(creator=request.user).first()
    beneath = ConsentBar(request.user, replace(stand_of(request), opted_out=False))
    context = {
        "form": form,
        "opted_out": bool(state and state.opted_out),
        "since": state.opted_out_at if state else None,
        "again": [(facts.use, facts.in_force) for facts in beneath.facts],
        "held_back": beneath.held_back(),
        "memes": hidden_memes.sentences_of_opt_out(state) if state and state.opted_out else [],
    }
    status = 422 if form.is_bound else 200
    return render_page(request, "consent/opt_in.html", context, status=status)
