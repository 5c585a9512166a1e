"""What new uploads start with."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consent import services
from consent.forms import UploadDefaultForm
from consent.models import Notice, UploadDefault
from consent.uses import USES
from creatorhub.actors import Actor
from creatorhub.errors import Refused
from creatorhub.models import User
from creatorhub.pages import render_page, see_other
from creatorhub.requests import SignedIn, login_required


def defaults_of(creator: User) -> list[dict[str, Any]]:
    """For each use what its later uploads start with, and whether that is still in force."""
    chosen = {
        choice.use: choice
        for choice in UploadDefault.objects.filter(creator=creator).select_related("terms__notice")
    }
    return [
        {
            "use": use,
            "choice": chosen.get(use.id),
            "lapsed": use.id in chosen and not services.is_in_force(chosen[use.id]),
        }
        for use in USES.values()
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def upload_defaults(request: SignedIn) -> HttpResponse:
    """Set or take back what later uploads start with, with the notice in view."""
    problem, status = "", 200
    form = UploadDefaultForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        try:
            if not form.is_valid():
                raise form.refusal()
            _choose(request, form)
        except Refused as refused:
            problem, status = refused.sentence, refused.status
        else:
            return see_other("consent:upload_defaults")
    context = {
        "choices": [
            {**one, "notice": Notice.objects.in_force(one["use"].id)}
            for one in defaults_of(request.user)
        ],
        "problem": problem,
        "about": request.POST.get("use", ""),
        "until": request.POST.get("until", ""),
    }
    return render_page(request, "consent/upload_defaults.html", context, status=status)


def _choose(request: SignedIn, form: UploadDefaultForm) -> None:
    data = form.cleaned_data
    allowed = data["start"] == "allowed"
    if allowed and data["notice"] is None:
        raise Refused(
            _("Read the text first, then choose: it is on this page."), code="no_notice", status=422
        )
    services.set_upload_default(
        actor=Actor.creator(request.user),
        creator=request.user,
        use=data["use"],
        grant=form.grant() if allowed else None,
        notice=data["notice"],
    )
    words = {"use": USES[data["use"]].label}
    if allowed:
        sentence = _("New uploads start with %(use)s allowed. Nothing else has changed.")
    else:
        sentence = _("New uploads start with %(use)s off. Nothing else has changed.")
    messages.success(request, sentence % words)
