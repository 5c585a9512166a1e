"""The list of a creator's videos, and one video."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, resolve_url
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit import history
from audit.models import Event
from consent import services
from consent.filters import SORT_LABELS, STATE_LABELS, VideoFilter, ordering, with_reasons
from consent.models import Item
from consent.paging import page_of
from consent.states import states_of
from consent.uses import USES
from creatorhub.actors import Actor
from creatorhub.htmx import render_page
from creatorhub.requests import SignedIn, login_required
from library.models import Video

SIZES = (25, 50, 100)
TIMELINE = 50


@require_safe
@login_required
def videos(request: SignedIn) -> HttpResponse:
    """The table. The query string is its whole state; the number of queries does not depend on
    how many videos there are."""
    asked = request.GET
    mine = Video.objects.owned_by(request.user)
    chosen = VideoFilter(asked, queryset=with_reasons(mine))
    sizes = {str(one): one for one in SIZES}
    size = sizes.get(asked.get("size") or "", SIZES[1])
    page = page_of(
        chosen.qs if chosen.is_valid() else mine.none(),
        ordering=ordering(asked.get("sort", "")),
        size=size,
        after=asked.get("after", ""),
    )
    narrowed = any(asked.get(name) for name in ("q", "collection", *USES))
    query = asked.copy()
    query.pop("after", None)
    context = {
        "rows": [(video, states_of(video, reader=request.user)) for video in page.items],
        "uses": USES.values(),
        "chosen": [(use, asked.get(use.id, "")) for use in USES.values()],
        "asked": asked,
        "filter_errors": chosen.form.errors,
        "collections": mine.exclude(collection="")
        .order_by("collection")
        .values_list("collection", flat=True)
        .distinct()[:200],
        "states": STATE_LABELS.items(),
        "sorts": SORT_LABELS.items(),
        "sizes": SIZES,
        "size": size,
        "narrowed": narrowed,
        "here": request.get_full_path(),
        "next_url": f"?{_with(query, after=page.next)}" if page.next else "",
        "first_url": f"?{query.urlencode()}" if asked.get("after") else "",
    }
    status = 200 if chosen.is_valid() else 400
    return render_page(request, "consent/videos.html", context, status=status)


def _with(query: object, *, after: str) -> str:
    changed = query.copy()  # type: ignore[attr-defined]
    changed["after"] = after
    return str(changed.urlencode())


@require_safe
@login_required
def video(request: SignedIn, uuid: UUID) -> HttpResponse:
    """One video of one's own: its states, its player, its history."""
    mine = with_reasons(Video.objects.owned_by(request.user)).select_related("ingest")
    shown = get_object_or_404(mine, uuid=uuid)
    context = {
        "video": shown,
        "states": states_of(shown, reader=request.user),
        "timeline": _timeline(shown, request),
        "today": timezone.localdate(),
    }
    return render_page(request, "consent/video.html", context)


def _timeline(video: Video, request: SignedIn) -> list[dict[str, object]]:
    """What happened to this video, newest first: its events, and its part in larger edits."""
    events = Event.objects.filter(about=video.uuid).exclude(action="consent.edited")
    lines = [
        {"at": line.at, "icon": line.icon, "text": line.text, "reason": line.reason}
        for line in history.tell(events.order_by("-id")[:TIMELINE], reader=request.user)
    ]
    items = Item.objects.filter(video=video, outcome=Item.Outcome.CHANGED).select_related(
        "edit", "before__notice", "after__notice"
    )
    lines += [
        {
            "at": item.edit.applied_at,
            "icon": "check-check" if item.after_id else "slash",
            "text": _told(item, request),
            "reason": item.edit.reason,
            "edit": item.edit,
        }
        for item in items.order_by("-edit")[:TIMELINE]
    ]
    return sorted(lines, key=lambda line: line["at"], reverse=True)[:TIMELINE]  # type: ignore[arg-type,return-value]


def _told(item: Item, request: SignedIn) -> str:
    edit = item.edit
    who = "You" if edit.actor == f"creator:{request.user.uuid}" else "CreatorHub staff"
    use = USES[edit.use].label
    if item.after:
        end = item.after.until
        until = f" until {timezone.localtime(end):%-d %B %Y}" if end else ""
        text = f"{who} allowed “{use}”{until}"
    elif item.after_decided:
        text = f"{who} turned “{use}” off"
    else:
        text = f"{who} put “{use}” back to never decided"
    others = edit.changed - 1
    return f"{text}, with {others:,} other video{'s' if others > 1 else ''}" if others else text


@require_POST
@login_required
def video_remove(request: SignedIn, uuid: UUID) -> HttpResponse:
    mine = get_object_or_404(Video.objects.owned_by(request.user), uuid=uuid)
    services.remove_video(mine, actor=Actor.creator(request.user))
    messages.success(request, f"“{mine.title}” is removed. Memes made of it are gone.")
    return HttpResponseRedirect(resolve_url("consent:videos"), status=303)
