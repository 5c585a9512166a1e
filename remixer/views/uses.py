"""The memes of a creator's videos: by whom, when, under which permission."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from creatorhub.pages import render_page
from creatorhub.paging import page_of, pager
from creatorhub.requests import SignedIn, login_required, require_known
from library.models import Video
from remixer.models import Render, RenderQuerySet
from remixer.views.memes import rows_of
from remixer.views.shared import PAGE_SIZE

LATEST = 3


@login_required
@require_safe
def memes_of_my_videos(request: SignedIn) -> HttpResponse:
    """The whole list; with `?latest` only the newest few, for the overview."""
    require_known(request.GET, "after", "latest")
    made = Render.objects.filter(creator=request.user)
    size = LATEST if "latest" in request.GET else PAGE_SIZE
    return _list(request, made, "remixer/memes_of_my_videos.html", size=size)


@login_required
@require_safe
def memes_of_video(request: SignedIn, uuid: UUID) -> HttpResponse:
    """The memes of one video, for its owner. The video's page loads it as a part of itself."""
    require_known(request.GET, "after")
    video = get_object_or_404(Video.objects.owned_by(request.user), uuid=uuid)
    made = Render.objects.filter(video=video)
    return _list(request, made, "remixer/memes_of_video.html", video=video)


def _list(
    request: SignedIn,
    made: RenderQuerySet,
    template: str,
    *,
    video: Video | None = None,
    size: int = PAGE_SIZE,
) -> HttpResponse:
    """Three queries. Memes that were never published are shown to nobody but their requesters."""
    page = page_of(
        made.published().with_details(),
        ordering=("-id",),
        size=size,
        after=request.GET.get("after", ""),
    )
    context = {
        "rows": rows_of(page.items, reader=request.user, for_creator=True),
        "video": video,
        **(pager(request, page) if size == PAGE_SIZE else {}),
    }
    return render_page(request, template, context, partial="memes")
