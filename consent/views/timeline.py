"""What happened to one video: its events, its part in edits, when everything was turned off and on,
and what CreatorHub did to all while the video was allowed for a use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, resolve_url
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from audit.activity import of_platform
from audit.models import Event
from consent.events import periods_of_video
from consent.models import ConsentState, Edit, Item
from consent.states import who
from consent.uses import use_of
from consent.views.activity import Entry, entries
from creatorhub.days import last_day
from creatorhub.models import User
from creatorhub.pages import render_page
from creatorhub.requests import SignedIn, login_required, require_known, without_empty
from library.models import Video

SIZE = 50
FIRST = 20  # on the page of the video
SALT = "timeline"
EVENT, ITEM = 0, 1
EVERYTHING = ("creator.opted_out", "creator.opted_in")

Key = tuple[datetime, int, int]  # when, EVENT or ITEM, and the key of the row


@dataclass(frozen=True, slots=True)
class Told:
    """A page of the timeline, newest first. `next` and `previous` are the values of `after` for the
    pages beside it, empty where there is none."""

    entries: list[Entry]
    next: str
    previous: str


@require_safe
@login_required
@without_empty
def video_timeline(request: SignedIn, uuid: UUID) -> HttpResponse:
    """All of it, in pages; of a video that was removed, too."""
    require_known(request.GET, "after")
    video = get_object_or_404(Video.objects.filter(owner=request.user), uuid=uuid)
    told = timeline(video, reader=request.user, size=SIZE, after=request.GET.get("after", ""))
    context = {
        "video": video,
        "entries": told.entries,
        "next_url": f"?after={told.next}" if told.next else "",
        "previous_url": f"?after={told.previous}" if told.previous else "",
        "first_url": "?" if "after" in request.GET else "",
    }
    return render_page(request, "consent/video_timeline.html", context)


def timeline(video: Video, *, reader: User, size: int, after: str = "") -> Told:
    """For the owner. Two kinds of rows in one order, by when they happened; each is asked for a
    page beyond the last row seen. The number of queries does not depend on how much there is. An
    `after` that we did not make for this video gives the first page."""
    key, back = _read(after, video)
    found: list[tuple[Key, Model]] = []
    for kind, rows in ((EVENT, _events(video, reader)), (ITEM, _items(video))):
        order = ("when", "pk") if back else ("-when", "-pk")
        some = rows.filter(_beyond(key, kind, back=back)) if key else rows
        found += [((row.when, kind, row.pk), row) for row in some.order_by(*order)[: size + 1]]
    found.sort(key=lambda one: one[0], reverse=not back)
    more = len(found) > size
    found = found[:size]
    if back:
        if not more:  # nearer to the start than a page
            return timeline(video, reader=reader, size=size)
        found.reverse()
    further, nearer = (True, more) if back else (more, key is not None)
    return Told(
        _told(found, reader),
        next=_write(video, found[-1][0], back=False) if found and further else "",
        previous=_write(video, found[0][0], back=True) if found and nearer else "",
    )


def _events(video: Video, reader: User) -> QuerySet[Any]:
    """Without those of edits of this video alone, which are told as items are."""
    platform = of_platform(periods_of_video(video))
    wanted = Q(subject=video.uuid, creator=reader) | Q(pk__in=platform)
    state = ConsentState.objects.filter(creator=reader).first()
    if state and (state.opted_out or state.withdrawn_version):  # it has opted out once
        ever = Q(creator=reader, action__in=EVERYTHING, at__gte=video.created_at)
        if video.removed_at:
            ever &= Q(at__lt=video.removed_at)
        mine = Event.objects.filter(ever)
        wanted |= Q(pk__in=list(mine.values_list("pk", flat=True)))
    return Event.objects.filter(wanted).exclude(action="consent.edited").annotate(when=F("at"))


def _items(video: Video) -> QuerySet[Any]:
    ended = [Edit.Status.APPLIED, Edit.Status.CANCELLED, Edit.Status.APPLYING]
    items = Item.objects.filter(video=video, edit__status__in=ended).changed(upto=F("edit__cursor"))
    when = Coalesce("edit__applied_at", "edit__confirmed_at", "edit__created_at")
    return items.with_details().annotate(when=when)


def _beyond(key: Key, kind: int, *, back: bool) -> Q:
    """The rows of this kind after the key, or before it where `back`."""
    when, of, pk = key
    compare = "gt" if back else "lt"
    beyond = Q(**{f"when__{compare}": when})
    if kind == of:
        beyond |= Q(when=when, **{f"pk__{compare}": pk})
    elif (kind > of) is back:
        beyond |= Q(when=when)
    return beyond


def _told(found: list[tuple[Key, Any]], reader: User) -> list[Entry]:
    events = [row for (_when, kind, _pk), row in found if kind == EVENT]
    in_words = dict(zip([one.pk for one in events], entries(events, reader=reader), strict=True))
    return [
        in_words[row.pk] if kind == EVENT else of_item(row, reader)
        for (_when, kind, _pk), row in found
    ]


def _write(video: Video, key: Key, *, back: bool) -> str:
    when, kind, pk = key
    place = [video.pk, when.isoformat(), kind, pk, back]
    return signing.dumps(place, salt=SALT, compress=True)


def _read(after: str, video: Video) -> tuple[Key | None, bool]:
    try:
        of, when, kind, pk, back = signing.loads(after, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None, False
    at = parse_datetime(when)
    return ((at, kind, pk), back) if at and of == video.pk else (None, False)


def of_item(item: Item, reader: User) -> Entry:
    edit = item.edit
    return Entry(
        at=edit.applied_at or edit.confirmed_at or edit.created_at,
        icon="check-check" if item.after_id else "slash",
        text=_sentence(item, reader),
        reason=edit.reason,
        url=resolve_url("consent:edit_result", edit.uuid),
        edit=edit,
        receipt=resolve_url("consent:receipt_of_video", edit.uuid, item.video.uuid),
    )


def _sentence(item: Item, reader: User) -> str:
    """What an edit did to this one of its videos."""
    edit = item.edit
    words = {"who": who(edit.actor, reader=reader), "use": use_of(edit.use).label}
    if item.after and item.after.until:
        words["day"] = date_format(last_day(item.after.until), "j F Y")
        text = _("%(who)s allowed “%(use)s” until %(day)s") % words
    elif item.after:
        text = _("%(who)s allowed “%(use)s”") % words
    elif item.after_decided:
        text = _("%(who)s turned “%(use)s” off") % words
    else:
        text = _("%(who)s put “%(use)s” back to never decided") % words
    others = edit.changed - 1
    if not others:
        return text
    more = ngettext("with %(count)s other video", "with %(count)s other videos", others)
    return f"{text}, {more % {'count': f'{others:,}'}}"
