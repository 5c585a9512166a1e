"""My memes, the page of one meme, its files, and what its requester can do with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from creatorhub.actors import Actor
from creatorhub.errors import Gone, Refused
from creatorhub.jobs import State, ahead_of, before
from creatorhub.models import User
from creatorhub.pages import render_page, see_other
from creatorhub.paging import page_of, pager
from creatorhub.requests import SignedIn, login_required, require_known
from library import serving
from remixer import services
from remixer.catalogue import TEMPLATES
from remixer.models import Render
from remixer.views.shared import PAGE_SIZE
from remixer.wording import Status, announcement, status_for_creator, status_of, summary_of


@dataclass(frozen=True, slots=True)
class Row:
    """A meme in a list."""

    render: Render
    state: Status
    summary: str
    template: str
    playable: bool


@login_required
@require_safe
def my_memes(request: SignedIn) -> HttpResponse:
    """Three queries, however many are shown. While a meme is being made the list reloads itself."""
    require_known(request.GET, "after")
    mine = Render.objects.requested_by(request.user).select_related("video__owner")
    page = page_of(mine, ordering=("-id",), size=PAGE_SIZE, after=request.GET.get("after", ""))
    context = {
        "rows": rows_of(page.items, reader=request.user),
        "live": any(render.is_live for render in page.items),
        **pager(request, page),
    }
    return render_page(request, "remixer/my_memes.html", context, partial="memes")


@login_required
@require_safe
def meme(request: SignedIn, uuid: UUID) -> HttpResponse:
    return _page(request, services.meme_for(request.user, uuid))


@login_required
@require_safe
def meme_status(request: SignedIn, uuid: UUID) -> HttpResponse:
    """The part of the meme's page that changes while the meme is made."""
    return _page(request, services.meme_for(request.user, uuid), partial="made")


@login_required
@require_safe
def meme_file(request: SignedIn, uuid: UUID) -> HttpResponseBase:
    """Whether it may be seen is asked for each piece that a player loads, and while it is sent."""
    return _file(request, services.file_of, uuid, content_type="video/mp4")


@login_required
@require_safe
def meme_poster(request: SignedIn, uuid: UUID) -> HttpResponseBase:
    """With `?small` as lists show it."""
    key_of = services.thumb_of if "small" in request.GET else services.poster_of
    return _file(request, key_of, uuid, content_type="image/jpeg")


@login_required
@require_safe
def meme_download(request: SignedIn, uuid: UUID) -> HttpResponseBase:
    return _file(request, services.file_of, uuid, content_type="video/mp4", download=True)


@login_required
@require_POST
def cancel(request: SignedIn, uuid: UUID) -> HttpResponse:
    render = _own(request, uuid)
    if not services.cancel_render(render, actor=Actor.creator(request.user)):
        messages.info(request, _("The meme had already ended, so there was nothing to cancel."))
    return _back(request, uuid)


@login_required
@require_POST
def retry(request: SignedIn, uuid: UUID) -> HttpResponse:
    """A refusal shows the page of the meme, with the reason."""
    render = _own(request, uuid)
    try:
        services.retry_render(render, actor=Actor.creator(request.user))
    except Refused as refused:
        return _page(request, render, refused=refused)
    return _back(request, uuid)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: SignedIn, uuid: UUID) -> HttpResponse:
    """GET asks for a confirmation, because the file cannot be restored."""
    render = _own(request, uuid)
    if request.method != "POST":
        context = {"meme": render, "summary": summary_of(render)}
        return render_page(request, "remixer/remove.html", context)
    services.remove_render(render, actor=Actor.creator(request.user))
    messages.success(request, _("The meme and its file are removed."))
    return see_other("remixer:my_memes")


def _file(
    request: SignedIn,
    key_of: Callable[..., str],
    uuid: UUID,
    *,
    content_type: str,
    download: bool = False,
) -> HttpResponseBase:
    render = services.meme_for(request.user, uuid)
    return serving.serve(
        request,
        key_of(render, reader=request.user),
        content_type=content_type,
        ask_again=lambda: key_of(services.meme_for(request.user, uuid)),
        filename=render.filename if download else "",
        download=download,
    )


def rows_of(renders: list[Render], *, reader: User, for_creator: bool = False) -> list[Row]:
    """The memes with their places in the queue, and whether each may be seen now: two queries."""
    ahead = _ahead(renders)
    services.note_hidden(renders)
    rows = []
    for render in renders:
        reason = render.hidden_for
        if for_creator:
            state = status_for_creator(render, reader=reader, hidden=reason)
        else:
            place = ahead.get(render.pk, 0)
            state = status_of(render, reader=reader, ahead=place, hidden=reason)
        rows.append(
            Row(
                render=render,
                state=state,
                summary=_("A meme") if render.state == Render.REMOVED else summary_of(render),
                template=template_name(render),
                playable=_done(render) and not reason,
            )
        )
    return rows


def template_name(render: Render) -> str:
    """The template's name; its id if there is no such template any more."""
    return TEMPLATES[render.template].name if render.template in TEMPLATES else render.template


def _ahead(renders: list[Render]) -> dict[int, int]:
    """As jobs.ahead_of, for many memes with one query."""
    queued = [render for render in renders if render.state == State.QUEUED]
    if not queued:
        return {}
    counts = {f"before_{render.pk}": Count("pk", filter=before(render)) for render in queued}
    found = Render.objects.filter(state=State.QUEUED).aggregate(**counts)
    return {render.pk: found[f"before_{render.pk}"] for render in queued}


def _own(request: SignedIn, uuid: UUID) -> Render:
    return get_object_or_404(Render.objects.requested_by(request.user).with_details(), uuid=uuid)


def _back(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Back to the list if the button was pressed there, else to the meme."""
    if request.POST.get("back") == "my_memes":
        return see_other("remixer:my_memes")
    return see_other("remixer:meme", uuid)


def _page(
    request: SignedIn, render: Render, *, refused: Refused | None = None, partial: str | None = None
) -> HttpResponse:
    """410 for a meme that was taken down or is hidden now. Its requester and the video's creator
    get the page anyway; others only get the reason."""
    gone = services.why_gone(render, reader=request.user)
    mine = render.requester_id == request.user.pk
    own_video = render.creator_id == request.user.pk
    if mine and render.ended_badly:
        services.note_hidden([render])
    ahead = ahead_of(render)
    announced = announcement(render, reader=request.user, ahead=ahead)
    context = {
        "meme": render,
        "mine": mine,
        "own_video": own_video,
        "state": _state(render, request.user, ahead=ahead, gone=gone),
        "announcement": announced,
        "is_news": request.GET.get("announced") != announced,
        "gone": gone,
        "playable": _done(render) and not gone,
        "summary": summary_of(render),
        "template": template_name(render),
        "texts": _texts(render),
        "refused": refused,
    }
    status = refused.status if refused else 410 if gone else 200
    return render_page(request, "remixer/meme.html", context, partial=partial, status=status)


def _state(render: Render, reader: User, *, ahead: int, gone: Gone | None) -> Status:
    """What hides a published meme now is said as the refusal of its file says it."""
    if gone and _done(render):
        return replace(status_of(render, reader=reader, hidden=gone.code), why=gone.sentence)
    return status_of(render, reader=reader, ahead=ahead)


def _done(render: Render) -> bool:
    return render.state == State.DONE


def _texts(render: Render) -> list[tuple[str, str]]:
    """(label, text) in the order of the template."""
    template = TEMPLATES.get(render.template)
    if template is None:
        return list(render.captions.items())
    return [
        (box.label, render.captions[box.id]) for box in template.boxes if box.id in render.captions
    ]
