"""The list of a creator's videos, and one video."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, resolve_url
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from consent import selection, services, ticks
from consent.context import stand_of
from consent.filters import (
    EDITED,
    MEMES,
    STATE_LABELS,
    VideoFilter,
    counted,
    narrowing,
    ordering,
    refuse_unknown,
)
from consent.forms import FURTHER, TurnForm, filter_fields
from consent.models import Hold, SavedFilter
from consent.querysets import with_reasons
from consent.states import UseState, states_of
from consent.uses import USES
from consent.views.shared import return_url
from consent.views.timeline import FIRST, timeline
from consent.wording import REASON_LABELS, inside
from creatorhub.actors import Actor
from creatorhub.errors import Refused
from creatorhub.jobs import State
from creatorhub.pages import render_page, see_other
from creatorhub.paging import Page, page_of, pager
from creatorhub.requests import SignedIn, login_required, says_no, without_empty
from library.forms import NameForm
from library.models import Video
from library.search import collections_of

SIZES = (25, 50, 100)


@require_safe
@login_required
@without_empty
def videos(request: SignedIn) -> HttpResponse:
    """The table. The query string is its whole state; the number of queries does not depend on
    how many videos there are. What a filter finds is counted so far as a person reads, and to the
    end only where `all` asks for it; for all videos there is a kept count."""
    asked = request.GET
    sizes = {str(one): one for one in SIZES}
    size = sizes.get(asked.get("size") or "", SIZES[1])
    mine = Video.objects.owned_by(request.user)
    chosen = VideoFilter(asked, queryset=mine, creator=request.user)
    fields = filter_fields(chosen.form, collections=collections_of(request.user))
    errors = _errors(chosen)
    found = mine.none() if errors else chosen.qs
    page = _page(found, asked, size=size, few=chosen.few)
    query = asked.copy()
    for name in ("after", "all", "ticks"):
        query.pop(name, None)
    narrowed = {
        name: asked[name] for name in narrowing() if not selection.is_blank(asked.get(name))
    }
    matches = _matches(found, request, narrowed=bool(narrowed))
    saved = list(SavedFilter.objects.filter(creator=request.user).order_by("name"))
    context = {
        "rows": _rows(page.items, request),
        "uses": USES.values(),
        "filter": fields,
        "filter_errors": errors,
        "sizes": SIZES,
        "size": size,
        "narrowed": bool(narrowed),
        "more": sum(name in narrowed for name in FURTHER),
        "chips": list(_chips(narrowed, query)) if not errors else [],
        "saved": saved,
        "saved_tag": services.tag_of(saved),
        "narrowing": _encoded(narrowed),
        "list_url": f"{request.path}?{_with(query, after=asked.get('after', ''))}",
        "key": uuid4(),
        **_ticked(request, {video.pk for video in page.items}, valid=not errors),
        "all_url": f"?{_with(query, all='1')}" if page.next or asked.get("after") else "",
        "clear_url": f"?{query.urlencode()}",
        "matches": matches,
        **pager(request, page),
    }
    return render_page(request, "consent/videos.html", context, status=400 if errors else 200)


def _page(found: QuerySet[Video], asked: QueryDict, *, size: int, few: bool) -> Page[Video]:
    """The keys of a page first, and only then what is shown of each: to describe a row takes
    several joins, which a large library must not do for every row that is passed over."""
    order = ordering(asked.get("sort", ""))
    sorted_by = {name.removeprefix("-") for name in order}
    keys = found.only("id", *sorted_by)
    page = page_of(keys, ordering=order, size=size, after=asked.get("after", ""), few=few)
    described = with_reasons(Video.objects.filter(pk__in=[video.pk for video in page.items]))
    made = Count("renders", filter=Q(renders__state=State.DONE))
    by_key = {video.pk: video for video in described.annotate(memes=made)}
    shown: list[Video] = [by_key[video.pk] for video in page.items if video.pk in by_key]
    return replace(page, items=shown)


def _matches(found: QuerySet[Video], request: SignedIn, *, narrowed: bool) -> dict[str, Any]:
    """`number` videos match, or `more` than so many. One query, where a filter narrows the list."""
    if not narrowed:
        return {"number": stand_of(request).videos, "more": False}
    number, more = counted(found)
    return {"number": number, "more": more}


def _rows(items: Iterable[Video], request: SignedIn) -> list[tuple[Video, Any]]:
    return [(video, _states(video, request)) for video in items]


def _states(video: Video, request: SignedIn) -> list[UseState]:
    return states_of(video, reader=request.user, stand=lambda: stand_of(request))


def _ticked(request: SignedIn, here: set[int], *, valid: bool) -> dict[str, Any]:
    """`ticked`: which of the videos that are `here` are ticked, by key; `elsewhere`: how many are
    on other pages, or, where all that match are selected, how many of those are unticked there; and
    `all`, else None: how many `match`, how many of them are left out and how many selected, and the
    token that means all that match. Raises Refused for ticks that cannot be read. One query where
    there are ticks, and one where all are selected."""
    text, everything = request.GET.get("ticks", ""), valid and bool(request.GET.get("all"))
    keys = ticks.keys_of(request.user, text, everything=everything) if valid else set()
    if not everything:
        mine = Video.objects.owned_by(request.user).filter(pk__in=keys - here)
        elsewhere = mine.count() if keys else 0
        return {"all": None, "ticks": text, "ticked": here & keys, "elsewhere": elsewhere}
    chosen = selection.matching(request.user, request.GET)
    matched = selection.videos(request.user, chosen).order_by()
    match = matched.count()
    elsewhere = matched.filter(pk__in=keys - here).count() if keys else 0
    left_out = elsewhere + len(here & keys)
    numbers = {"match": match, "left_out": left_out, "number": match - left_out}
    told = {**numbers, "token": chosen.token()}
    return {"all": told, "ticks": text, "ticked": here - keys, "elsewhere": elsewhere}


@require_POST
@login_required
def videos_turn(request: SignedIn) -> HttpResponse:
    """Another page of the list, with what is ticked so far: 303 to its address. Raises Refused,
    which leads back to the page as it was shown."""
    form = TurnForm(request.POST)
    if not form.is_valid():
        raise form.refusal()
    to = QueryDict(form.cleaned_data["to"].removeprefix("?"), mutable=True)
    shown = QueryDict(urlsplit(return_url(request)).query, mutable=True)
    try:
        kept = form.marked(request.user)
        to["ticks"] = ticks.token(request.user, kept, everything=form.everything)
    except Refused as refused:
        shown["ticks"] = form.cleaned_data["ticks"]
        shown["all"] = "1" if form.everything else ""
        refused.about = _list_address(shown)
        raise
    return see_other(_list_address(to))


def _list_address(query: QueryDict) -> str:
    """Of the list with this query; what is empty is left out."""
    given = QueryDict(mutable=True)
    for name, values in query.lists():
        given.setlist(name, [value for value in values if value])
    return f"{resolve_url('consent:videos')}?{given.urlencode()}"


def _errors(chosen: VideoFilter) -> list[tuple[str, str]]:
    """(label, sentence) for each filter that cannot be read, or that does not exist."""
    try:
        refuse_unknown(chosen.data, allowed=selection.LIST_PARAMETERS)
    except Refused as refused:
        return [(_("Filters"), refused.sentence)]
    if chosen.is_valid():
        return []
    labels = {name: field.label or name for name, field in chosen.form.fields.items()}
    return [(str(labels[name]), errors[0]) for name, errors in chosen.form.errors.items()]


def _chips(narrowed: dict[str, str], query: QueryDict) -> Iterable[tuple[str, str]]:
    """Each filter in words, and the address of the list without it."""
    for name, value in narrowed.items():
        without = query.copy()
        without.pop(name, None)
        yield _chip(name, value), f"?{without.urlencode()}"


def _chip(name: str, value: str) -> str:
    if name in USES:
        return f"{USES[name].label}: {inside(STATE_LABELS[value])}"
    day = parse_date(value) if name in ("from", "to") else None
    shown = {"value": value, "day": date_format(day, "j F Y") if day else ""}
    words = {
        "q": "“%(value)s”",
        "collection": "%(value)s",
        "from": _("From %(day)s"),
        "to": _("Up to %(day)s"),
        "longer": _("At least %(value)s s"),
        "shorter": _("At most %(value)s s"),
        "reason": _("Because: %(reason)s"),
        "memes": "%(memes)s",
        "edited": _("Last edit: %(edited)s"),
        "edit": _("Changed by one edit"),
    }
    shown["reason"] = inside(REASON_LABELS.get(value, value))
    shown["memes"] = str(MEMES.get(value, value))
    shown["edited"] = inside(EDITED.get(value, value))
    return words.get(name, f"{name}: %(value)s") % shown


def _encoded(narrowed: dict[str, str]) -> str:
    query = QueryDict(mutable=True)
    query.update(narrowed)
    return query.urlencode()


def _with(query: QueryDict, **more: str) -> str:
    """The query string with these set; an empty one is left out."""
    changed = query.copy()
    for name, value in more.items():
        if value:
            changed[name] = value
    return changed.urlencode()


@require_POST
@login_required
def filter_save(request: SignedIn) -> HttpResponse:
    saved = services.save_filter(
        actor=Actor.creator(request.user),
        creator=request.user,
        name=request.POST.get("name", ""),
        asked=QueryDict(request.POST.get("query", "")).dict(),
        shown=request.POST.get("shown", ""),
    )
    messages.success(request, _("“%(name)s” is saved.") % {"name": saved.name})
    return HttpResponseRedirect(f"{resolve_url('consent:videos')}?{saved.query}", status=303)


@require_POST
@login_required
def filter_forget(request: SignedIn, uuid: UUID) -> HttpResponse:
    gone = services.forget_filter(uuid, actor=Actor.creator(request.user), creator=request.user)
    messages.success(request, _("The filter “%(name)s” is removed.") % {"name": gone.name})
    return see_other("consent:videos")


@require_safe
@login_required
def video(request: SignedIn, uuid: UUID) -> HttpResponse:
    """One video of one's own: its states, its player, its history."""
    mine = with_reasons(Video.objects.owned_by(request.user)).select_related("ingest")
    shown = get_object_or_404(mine, uuid=uuid)
    holds = Hold.objects.filter(creator=request.user).select_related("video", "appeal")
    told = timeline(shown, reader=request.user, size=FIRST)
    context = {
        "video": shown,
        "states": _states(shown, request),
        "holds": holds.standing().on(shown.pk),
        "naming": NameForm(
            owner=request.user, initial={"title": shown.title, "collection": shown.collection}
        ),
        "timeline": told.entries,
        "more_happened": bool(told.next),
    }
    return render_page(request, "consent/video.html", context)


@require_POST
@login_required
@says_no
def video_remove(request: SignedIn, uuid: UUID) -> HttpResponse:
    mine = get_object_or_404(Video.objects.owned_by(request.user), uuid=uuid)
    services.remove_video(mine, actor=Actor.creator(request.user))
    messages.success(
        request, _("“%(title)s” is removed. Memes made of it are gone.") % {"title": mine.title}
    )
    return see_other("consent:videos")
