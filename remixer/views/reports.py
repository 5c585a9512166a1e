"""What people say of memes and videos, and of what staff decided about their own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from consent.models import Hold
from consent.uses import use_of
from creatorhub.actors import Actor
from creatorhub.errors import Refused
from creatorhub.pages import render_page, see_other
from creatorhub.paging import page_of, pager
from creatorhub.requests import SignedIn, login_required
from library.models import Video
from remixer import services
from remixer.cases import Appeal, Report
from remixer.models import Render
from remixer.views.gallery import permitted
from remixer.views.shared import PAGE_SIZE
from remixer.wording import summary_of


class ReportForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("What is wrong?"), choices=Report.Kind.choices, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=gettext_lazy("What should we know?"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Staff read it; the person whose it is does not."),
    )


class AppealForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Why is it wrong?"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("Another member of staff than the one who decided reads it."),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_meme(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Raises Gone to others than its maker and the video's creator if it can no longer be seen."""
    render = services.meme_for(request.user, uuid)
    services.why_gone(render, reader=request.user)
    return _report(request, render.video, render)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_video(request: SignedIn, uuid: UUID) -> HttpResponse:
    return _report(request, permitted(uuid, asker=request.user), None)


def _report(request: SignedIn, video: Video, render: Render | None) -> HttpResponse:
    form = ReportForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.report(
                actor=Actor.creator(request.user),
                reporter=request.user,
                video=video,
                render=render,
                **form.cleaned_data,
            )
        except Refused as refused:
            return _page(request, "report", form, refused, video=video, meme=render)
        messages.success(
            request, _("Thank you. A member of staff looks into it, and you are told the outcome.")
        )
        return see_other("remixer:my_reports")
    return _page(request, "report", form, None, video=video, meme=render)


@login_required
@require_safe
def my_reports(request: SignedIn) -> HttpResponse:
    """What this person reported, newest first, and what they appealed. Six queries."""
    mine = Report.objects.filter(reporter=request.user).select_related("video", "render__video")
    page = page_of(mine, ordering=("-id",), size=PAGE_SIZE, after=request.GET.get("after", ""))
    services.note_seen(page.items, reader=request.user)
    appeals = Appeal.objects.filter(person=request.user).order_by("-id")
    context = {
        "reports": page.items,
        "appeals": appeals.select_related("hold__video", "render__video")[:PAGE_SIZE],
        **pager(request, page),
    }
    return render_page(request, "remixer/my_reports.html", context, partial="reports")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def appeal_hold(request: SignedIn, uuid: UUID) -> HttpResponse:
    holds = Hold.objects.filter(creator=request.user).select_related("video", "creator")
    hold = get_object_or_404(holds, uuid=uuid)
    what = (
        _("“%(title)s”") % {"title": hold.video.title} if hold.video else _("everything of yours")
    )
    return _appeal(
        request,
        services.appeal_hold,
        hold,
        was=_("%(use)s of %(what)s was put on hold")
        % {"use": use_of(hold.use).label, "what": what},
        reason=hold.reason,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def appeal_takedown(request: SignedIn, uuid: UUID) -> HttpResponse:
    render = get_object_or_404(Render.objects.requested_by(request.user).with_people(), uuid=uuid)
    was = _("Your meme “%(name)s” was taken down") % {"name": summary_of(render)}
    return _appeal(request, services.appeal_takedown, render, was=was, reason=render.problem)


def _appeal(request: SignedIn, ask: Any, thing: Any, *, was: str, reason: str) -> HttpResponse:
    form = AppealForm(request.POST if request.method == "POST" else None)
    refused = None
    if form.is_valid():
        try:
            ask(
                thing,
                actor=Actor.creator(request.user),
                person=request.user,
                text=form.cleaned_data["text"],
            )
        except Refused as no:
            refused = no
        else:
            messages.success(request, _("Another member of staff looks at it, and you are told."))
            return see_other("remixer:my_reports")
    return _page(request, "appeal", form, refused, was=was, reason=reason)


def _page(
    request: SignedIn, name: str, form: forms.Form, refused: Refused | None, **context: Any
) -> HttpResponse:
    if refused:
        form.add_error(None, refused.sentence)
    status = 200
    if form.is_bound:
        status = refused.status if refused and refused.status != 400 else 422
    return render_page(request, f"remixer/{name}.html", {**context, "form": form}, status=status)
