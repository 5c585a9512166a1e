"""The list as a spreadsheet: out, and back in as a draft."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from consent import services, spreadsheets
from consent.filters import VideoFilter, refuse_unknown
from consent.forms import SpreadsheetForm
from consent.uses import USES
from creatorhub.actors import Actor
from creatorhub.errors import NotFound, Refused
from creatorhub.pages import render_page, see_other
from creatorhub.requests import SignedIn, login_required
from library.models import Video
from library.uploads import refusal, takes_files


@require_safe
@login_required
def spreadsheet_export(request: SignedIn) -> HttpResponseBase:
    """The list with its filters as CSV, for one use, streamed."""
    use = request.GET.get("use") or next(iter(USES))
    if use not in USES:
        raise NotFound(_("There is no use “%(use)s”.") % {"use": use}, code="unknown_use")
    refuse_unknown(request.GET, allowed=("use", "sort"))
    mine = Video.objects.owned_by(request.user)
    chosen = VideoFilter(request.GET, queryset=mine, creator=request.user)
    if not chosen.is_valid():
        sentence = next(iter(chosen.form.errors.values()))[0]
        raise Refused(
            _("This filter cannot be read: %(error)s") % {"error": sentence}, code="invalid_filter"
        )
    name = f"{use}-{timezone.localdate():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        _in_zone(spreadsheets.export(chosen.qs, use)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _in_zone(pieces: Any) -> Any:
    """The pieces are made after the request's own zone was put away."""
    zone = timezone.get_current_timezone()

    def made() -> Any:
        with timezone.override(zone):
            yield from pieces

    return made()


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@takes_files(most=spreadsheets.MAX_BYTES, reason=spreadsheets.too_large)
def spreadsheet_draft(request: SignedIn) -> HttpResponse:
    """Send back a file that was exported and changed: it becomes a draft, with its preview."""
    if request.method != "POST":
        return _page(request, SpreadsheetForm())
    form = SpreadsheetForm(request.POST, request.FILES)
    refused = refusal(request)
    if not refused and form.is_valid():
        file: UploadedFile[Any] = form.cleaned_data["file"]
        try:
            use, lines = spreadsheets.read(file, size=file.size or 0)
            edit = services.draft_from_spreadsheet(
                lines,
                actor=Actor.creator(request.user),
                creator=request.user,
                use=use,
                reason=form.cleaned_data["reason"],
            )
        except Refused as no:
            refused = no
        else:
            return see_other("consent:edit_preview", edit.uuid)
    return _page(request, form, refused=refused, status=refused.status if refused else 422)


def _page(
    request: SignedIn, form: SpreadsheetForm, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "refused": refused,
        "problems": getattr(refused, "problems", []),
        "more": getattr(refused, "more", 0),
        "uses": USES.values(),
        "most": spreadsheets.MAX_LINES,
    }
    return render_page(request, "consent/spreadsheet_draft.html", context, status=status)
