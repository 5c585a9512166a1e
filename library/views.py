"""Pages that upload and rename a video, and its files for its owner."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render, resolve_url
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)
from django_htmx.http import HttpResponseClientRefresh

from audit import history
from creatorhub.actors import Actor
from creatorhub.errors import Refused
from creatorhub.models import User
from creatorhub.pages import see_other
from creatorhub.requests import SignedIn, login_required, takes_bodies
from creatorhub.shown import ChangedMeanwhile
from creatorhub.verified import is_verified
from library import services
from library.forms import NameForm, UploadForm
from library.models import Ingest, Video
from library.serving import serve
from library.uploads import refusal, room_for_video

SIGNED_OUT = _("You were signed out. Sign in, then upload the file again.")


@require_http_methods(["GET", "POST"])
@takes_bodies(room_for_video)
def upload(request: HttpRequest) -> HttpResponse:
    """Upload a video. A browser gets a page; our script gets {"location"}, or {"detail"} on
    failure."""
    script = request.headers.get("Accept", "") == "application/json"
    if not isinstance(request.user, User):
        if script:
            return JsonResponse({"detail": SIGNED_OUT}, status=401)
        return redirect_to_login(request.get_full_path())
    if request.method == "GET":
        form = UploadForm(owner=request.user, initial={"once": uuid4()})
        return _upload_page(request, form)
    form = UploadForm(request.POST, request.FILES, owner=request.user)
    refused = refusal(request)
    if not refused and form.is_valid():
        try:
            video = _add(form)
        except Refused as no:
            refused = no
        else:
            page = resolve_url("consent:video", video.uuid)
            return JsonResponse({"location": page}, status=201) if script else see_other(page)
    if refused:
        form.errors.pop("file", None)  # “Choose a file first”, because a refused file is not kept
        form.add_error("file" if refused.status == 413 else None, refused.sentence)
    status = refused.status if refused else 422
    if script:
        sentence = next(iter(form.errors.values()))[0]
        return JsonResponse({"detail": sentence}, status=status)
    return _upload_page(request, form, status=status)


def _add(form: UploadForm) -> Video:
    file: UploadedFile[Any] = form.cleaned_data["file"]
    once: UUID | None = form.cleaned_data["once"]
    # The file is part of the key: after Back, the same form can be sent with another file.
    key = f"{once} {file.size} {file.name}".encode(errors="replace")
    return services.add_video(
        file,
        owner=form.owner,
        actor=Actor.creator(form.owner),
        title=form.cleaned_data["title"],
        collection=form.cleaned_data["collection"],
        original_name=file.name or "",
        import_key=hashlib.sha256(key).hexdigest() if once else None,
    )


def _upload_page(request: HttpRequest, form: UploadForm, *, status: int = 200) -> HttpResponse:
    most = min(services.quota_left(form.owner), settings.UPLOAD_MAX_BYTES)
    context = {
        "form": form,
        "left_bytes": most,
        "most": services.readable_size(most),
        "verified": is_verified(form.owner),
        "left": services.readable_size(services.quota_left(form.owner)),
        "quota": services.readable_size(settings.QUOTA_BYTES),
        "largest": services.readable_size(settings.UPLOAD_MAX_BYTES),
    }
    return render(request, "library/upload.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def video_rename(request: SignedIn, uuid: UUID) -> HttpResponse:
    video = _owned(request, uuid)
    if request.method == "GET":
        initial = {"title": video.title, "collection": video.collection}
        form = NameForm(owner=video.owner, initial=initial)
        return _rename_page(request, form, video)
    form = NameForm(request.POST, owner=video.owner)
    if form.is_valid():
        try:
            services.rename_video(video, actor=Actor.creator(video.owner), **form.cleaned_data)
        except ChangedMeanwhile as changed:
            acts = ("video.renamed", "video.moved")
            form.show_again(
                changed, how=history.last_of(acts, creator=video.owner, subject=video.uuid)
            )
            return _rename_page(request, form, video, status=409)
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, _("The name and the collection are saved."))
            return see_other("consent:video", video.uuid)
    return _rename_page(request, form, video, status=422)


def _rename_page(
    request: HttpRequest, form: NameForm, video: Video, *, status: int = 200
) -> HttpResponse:
    context = {"form": form, "video": video}
    return render(request, "library/video_rename.html", context, status=status)


@login_required
@require_POST
def video_retry(request: SignedIn, uuid: UUID) -> HttpResponse:
    video = _owned(request, uuid)
    services.retry_ingest(video, actor=Actor.creator(video.owner))
    return see_other("consent:video", video.uuid)


@login_required
@require_GET
def ingest_status(request: SignedIn, uuid: UUID) -> HttpResponse:
    """How far the work on the video is. With `?reload`, the whole page reloads when it has
    ended."""
    video = _owned(request, uuid)
    if not getattr(request, "htmx", False):
        return see_other("consent:video", video.uuid)
    ingest = Ingest.objects.filter(video=video).first()
    context = {"video": video, "ingest": ingest, "reload": "reload" in request.GET}
    if context["reload"] and video.status != Video.Status.PROCESSING:
        return HttpResponseClientRefresh()
    return render(request, "library/ingest_status.html", context)


@login_required
@require_safe
def video_file(request: SignedIn, uuid: UUID) -> HttpResponseBase:
    video = _owned(request, uuid)
    return serve(
        request,
        video.mezzanine_key,
        content_type="video/mp4",
        ask_again=lambda: _owned(request, uuid),
        filename=f"{video.title}.mp4",
        download="download" in request.GET,
    )


@login_required
@require_safe
def poster(request: SignedIn, uuid: UUID) -> HttpResponseBase:
    """With `?small` as lists show it."""
    video = _owned(request, uuid)
    return serve(
        request,
        video.small_picture_key if "small" in request.GET else video.poster_key,
        content_type="image/jpeg",
        ask_again=lambda: _owned(request, uuid),
    )


def _owned(request: SignedIn, uuid: UUID) -> Video:
    """The video with its owner. For anyone else it does not exist: 404."""
    owned = Video.objects.owned_by(request.user).select_related("owner")
    return get_object_or_404(owned, uuid=uuid)
