"""What new uploads start with."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit import history
from consent import services
from consent.forms import UploadDefaultForm
from consent.models import Notice, UploadDefault
from consent.uses import USES
from creatorhub.actors import Actor
from creatorhub.errors import Refused
from creatorhub.models import User
from creatorhub.pages import render_page, see_other
from creatorhub.requests import SignedIn, login_required
from creatorhub.shown import ChangedMeanwhile


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
    """Choose what later uploads start with, with the notice in view."""
    sent = request.POST if request.method == "POST" else None
    about = sent.get("use", "") if sent else ""
    form = _form(about if about in USES else "id", sent)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            _choose(request, form)
        except Refused as refused:
            form.say(refused)
            if isinstance(refused, ChangedMeanwhile):
                acts = ["upload_default.chosen"]
                form.add_error(None, history.last_of(acts, creator=request.user))
            status = refused.status
        else:
            return see_other("consent:upload_defaults")
    context = {
        "choices": [
            {
                **one,
                "notice": Notice.objects.in_force(one["use"].id),
                "form": form if one["use"].id == about else _form(one["use"].id),
            }
            for one in defaults_of(request.user)
        ],
        "form": form,
    }
    return render_page(request, "consent/upload_defaults.html", context, status=status)


def _form(name: str, sent: QueryDict | None = None) -> UploadDefaultForm:
    """With ids that begin with this name: the page has a form for each use."""
    return UploadDefaultForm(sent, auto_id=f"{name}_%s")


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
        shown=data["shown"],
    )
    words = {"use": USES[data["use"]].label}
    if allowed:
        sentence = _("New uploads start with %(use)s allowed. Nothing else has changed.")
    else:
        sentence = _("New uploads start with %(use)s off. Nothing else has changed.")
    messages.success(request, sentence % words)
