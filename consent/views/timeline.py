"""What happened to one video: its events, its part in edits, and what CreatorHub did to all while
the video was allowed for a use."""

from __future__ import annotations

from django.db.models import F, Q
from django.shortcuts import resolve_url
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.activity import of_platform
from audit.models import Event
from consent.events import periods_of_video
from consent.models import Edit, Item
from consent.states import who
from consent.uses import use_of
from consent.views.activity import Entry, entries
from creatorhub.days import last_day
from creatorhub.models import User
from library.models import Video

MOST = 50


def timeline(video: Video, *, reader: User) -> list[Entry]:
    """Newest first, for the owner. The number of queries does not depend on how much there is."""
    platform = of_platform(periods_of_video(video))
    events = Event.objects.filter(Q(subject=video.uuid, creator=reader) | Q(pk__in=platform))
    told = entries(events.exclude(action="consent.edited").order_by("-id")[:MOST], reader=reader)
    ended = [Edit.Status.APPLIED, Edit.Status.CANCELLED, Edit.Status.APPLYING]
    items = Item.objects.filter(video=video, edit__status__in=ended).changed(upto=F("edit__cursor"))
    told += [of_item(item, reader) for item in items.with_details().order_by("-edit")[:MOST]]
    return sorted(told, key=lambda entry: entry.at, reverse=True)[:MOST]


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
