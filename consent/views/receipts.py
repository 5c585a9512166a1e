"""Receipts of what was decided: files that prove it without us."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit import receipts
from consent.receipts import event_with
from consent.views.shared import edits_of
from creatorhub.errors import NotFound
from creatorhub.requests import SignedIn, login_required, require_known


@require_safe
@login_required
def receipt(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Of one event in the reader's own record."""
    require_known(request.GET)
    return _file(request, uuid)


@require_safe
@login_required
def receipt_of_video(request: SignedIn, uuid: UUID, video: UUID) -> HttpResponse:
    """Of what an edit of the reader's did to one video."""
    require_known(request.GET)
    edit = get_object_or_404(edits_of(request), uuid=uuid)
    event = event_with({"edit": str(edit.uuid)}, video)
    if event is None:
        raise NotFound(_("This edit has not changed this video, or not yet."), code="not_in_edit")
    return _file(request, event, video=video)


@require_safe
@login_required
def receipts_archive(request: SignedIn) -> StreamingHttpResponse:
    """All of the reader's record, streamed."""
    require_known(request.GET)
    name, pieces = receipts.archive(creator=request.user, address=request.build_absolute_uri)
    return StreamingHttpResponse(
        pieces,
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _file(request: SignedIn, event: UUID, *, video: UUID | None = None) -> HttpResponse:
    name, data = receipts.of_event(
        event, creator=request.user, address=request.build_absolute_uri, video=video
    )
    return HttpResponse(
        data,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
