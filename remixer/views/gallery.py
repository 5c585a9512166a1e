"""Which videos can be remixed now, and their pictures."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from consent import querysets
from consent.models import Journal
from consent.uses import REMIX
from creatorhub.models import User
from creatorhub.pages import render_page
from creatorhub.paging import page_of, pager
from creatorhub.requests import SignedIn, login_required, require_known, without_empty
from creatorhub.texts import line
from library import services as library
from library import serving
from library.models import Video
from remixer import services
from remixer.views.shared import PAGE_SIZE

MAX_QUERY = 100  # characters


@login_required
@require_safe
@without_empty
def gallery(request: SignedIn) -> HttpResponse:
    """At most three queries, however many videos there are; two more where there is none."""
    require_known(request.GET, "q", "after")
    query = line(request.GET.get("q", ""))[:MAX_QUERY]
    videos = querysets.permitting(Video.objects.all(), REMIX.id, asker=request.user)
    if query:
        videos = videos.filter(
            Q(folded_title__contains=query) | Q(owner__folded_name__contains=query)
        )
    page = page_of(
        videos.select_related("owner"),
        ordering=("-id",),
        size=PAGE_SIZE,
        after=request.GET.get("after", ""),
    )
    context = {
        "videos": page.items,
        "query": query,
        "nothing": "" if page.items else _why_nothing(),
        **pager(request, page),
    }
    return render_page(request, "remixer/gallery.html", context, partial="videos")


def _why_nothing() -> str:
    """Why a person sees no video, where it is not that no creator allows it. At most three
    queries."""
    if Journal.objects.are_restoring():
        return "restoring"
    if services.is_paused():
        return "paused"
    return "not_you" if querysets.permitting(Video.objects.all(), REMIX.id).exists() else ""


@login_required
@require_safe
def source_poster(request: SignedIn, uuid: UUID) -> HttpResponseBase:
    """With `?small` as lists show it."""

    def key_of(video: Video) -> str:
        return video.small_picture_key if "small" in request.GET else video.poster_key

    return _file(request, uuid, key_of, content_type="image/jpeg")


@login_required
@require_safe
def source_clip(request: SignedIn, uuid: UUID) -> HttpResponseBase:
    """The proxy: nobody but the owner gets the video itself."""
    return _file(request, uuid, library.proxy_of, content_type="video/mp4")


def _file(
    request: SignedIn, uuid: UUID, key_of: Callable[[Video], str], *, content_type: str
) -> HttpResponseBase:
    def key() -> str:
        return key_of(permitted(uuid, asker=request.user))

    return serving.serve(request, key(), content_type=content_type, ask_again=key)


def permitted(uuid: UUID, *, asker: User) -> Video:
    """A video that this person may remix now. Raises Http404, and Forbidden (code: the reason)."""
    video = get_object_or_404(Video.objects.present(), uuid=uuid)
    services.require_permission(video, asker=asker)
    return video
