"""What was made of a creator's videos: by whom, when, under which terms."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from creatorhub.pages import render_page
from creatorhub.paging import page_of, pager
from creatorhub.requests import SignedIn, login_required
from library.models import Video
from remixer.models import Render, RenderQuerySet
from remixer.views.memes import rows_of
from remixer.views.shared import PAGE

LATEST = 3


@login_required
@require_safe
def uses_of_mine(request: SignedIn) -> HttpResponse:
    """The whole list, or with `?latest` the newest few, for the overview."""
    made = Render.objects.filter(creator=request.user)
    size = LATEST if "latest" in request.GET else PAGE
    return _list(request, made, "remixer/uses_of_mine.html", size=size)


@login_required
@require_safe
def made_of(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Of one video. For its owner only; a part of the video's page where there is script."""
    video = get_object_or_404(Video.objects.owned_by(request.user), uuid=uuid)
    made = Render.objects.filter(video=video)
    return _list(request, made, "remixer/made_of.html", video=video)


def _list(
    request: SignedIn,
    made: RenderQuerySet,
    template: str,
    *,
    video: Video | None = None,
    size: int = PAGE,
) -> HttpResponse:
    """Three queries. What was never published is its maker's own business."""
    page = page_of(
        made.filter(published_at__isnull=False).select_related(
            "video", "requester", "terms__notice"
        ),
        ordering=("-id",),
        size=size,
        after=request.GET.get("after", ""),
    )
    context = {
        "rows": rows_of(page.items, to_creator=True),
        "video": video,
        **(pager(request, page) if size == PAGE else {}),
    }
    return render_page(request, template, context, partial="memes")
