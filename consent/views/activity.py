"""A person's record, in words: everything that they did, and what was done to what is theirs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit import history, vocabulary
from audit.activity import events_about
from audit.filters import ActivityFilter
from audit.history import Line
from audit.models import Event
from consent.events import sentence_of
from consent.models import Edit, Item
from creatorhub.models import User
from creatorhub.pages import render_page
from creatorhub.paging import page_of, pager
from creatorhub.requests import SignedIn, login_required, require_known, without_empty
from library.models import Video

SIZE = 50
# Of a large edit, its confirmation stands for all: the line says how far it has come.
CHUNKS = ("edit.part_applied", "edit.applied")
FILTERS = ("kind", "q", "video", "from", "to")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the activity: when, what happened, the reason given, and the address of what it is
    about. Of a withdrawal also what it did to memes and by whom it was; of an edit the edit, and in
    how many parts it was applied;
    `may_undo` says that it is the line to undo it from; `receipt` is the address of the file that
    proves it, if it is in the reader's own record."""

    at: datetime
    icon: str
    text: str
    reason: str
    url: str
    edit: Edit | None = None
    stopped: int = 0
    taken_down: int = 0
    by: str = ""
    parts: int = 0
    may_undo: bool = False
    receipt: str = ""


@require_safe
@login_required
@without_empty
def activity(request: SignedIn) -> HttpResponse:
    """The query string is its whole state. The number of queries does not depend on how much has
    happened."""
    require_known(request.GET, *FILTERS, "after")
    asked = {name: value for name in FILTERS if (value := request.GET.get(name, "").strip())}
    chosen = ActivityFilter(asked, queryset=_listed(request.user), reader=request.user)
    errors = dict(chosen.form.errors) if not chosen.is_valid() else {}
    found = chosen.qs if not errors else Event.objects.none()
    page = page_of(found, ordering=("-id",), size=SIZE, after=request.GET.get("after", ""))
    context = {
        "entries": entries(page.items, reader=request.user),
        "filter": chosen.form,
        "kinds": [(name, label, _with(asked, kind=name)) for name, label in _kinds()],
        "kind": asked.get("kind", ""),
        "about": _about(asked, request.user) if not errors else None,
        "without_video": _with(asked, video=""),
        "narrowed": bool(asked),
        **pager(request, page),
    }
    return render_page(request, "consent/activity.html", context, status=400 if errors else 200)


def latest_entries(user: User, *, limit: int) -> list[Entry]:
    return entries(_listed(user).order_by("-id")[:limit], reader=user)


def entries(events: Iterable[Event], *, reader: User) -> list[Entry]:
    """Each event in words, with what it is about: at most six queries, however many there are."""
    lines = history.describe(events, reader=reader)
    bodies = {line.event.uuid: line.fields for line in lines}
    links = vocabulary.links_of(bodies, reader=reader) if bodies else {}
    edits = _edits(lines, reader)
    only = _only_videos(edits.values())
    return [_entry(line, links, edits, only, reader) for line in lines]


def _entry(
    line: Line,
    links: dict[UUID, str],
    edits: dict[str, Edit],
    only: dict[int, str],
    reader: User,
) -> Entry:
    fields, text = line.fields, line.text
    edit = edits.get(fields.get("edit") or "")
    large = line.event.action == "edit.confirmed"
    if edit and edit.changed and "to" in fields and (large or edit.pk in only):
        video = only.get(edit.pk, "")
        text = sentence_of(fields, who=line.who, changed=edit.changed, video=video)
    done = edit is not None and not edit.is_live
    own = line.event.creator_id == reader.pk
    return Entry(
        at=line.at,
        icon=line.icon,
        text=text,
        reason=line.reason,
        url=links.get(line.event.uuid, ""),
        edit=edit,
        stopped=(edit.stopped if edit and large else fields.get("stopped")) or 0,
        taken_down=(edit.taken_down if edit and large else fields.get("taken_down")) or 0,
        by=line.event.actor,
        parts=edit.parts if edit and large and done else 0,
        may_undo=bool(edit and done and edit.changed and fields.get("to")),
        receipt=resolve_url("consent:receipt", line.event.uuid) if own else "",
    )


def _listed(user: User) -> QuerySet[Event]:
    return events_about(user).exclude(action__in=CHUNKS)


def _edits(lines: list[Line], reader: User) -> dict[str, Edit]:
    """The reader's edits that these lines tell of, each with what undid it: one query."""
    uuids = [UUID(line.fields["edit"]) for line in lines if line.fields.get("edit")]
    edits = Edit.objects.filter(creator=reader, uuid__in=uuids)
    return {str(edit.uuid): edit for edit in edits.select_related("undone_by__undone_by")}


def _only_videos(edits: Iterable[Edit]) -> dict[int, str]:
    """The title of the one video that each of these edits changed, if it was one: one query."""
    single = [edit.pk for edit in edits if edit.changed == 1]
    items = Item.objects.filter(edit__in=single).changed(upto=F("edit__cursor"))
    return dict(items.values_list("edit", "video__title"))


def _kinds() -> Iterable[tuple[str, Any]]:
    return [("", _("Everything")), *vocabulary.KIND_LABELS.items()]


def _with(asked: dict[str, str], **more: str) -> str:
    """The address of this list with these set; an empty one is left out."""
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in {**asked, **more}.items() if value})
    return f"?{query.urlencode()}"


def _about(asked: dict[str, str], user: User) -> Video | None:
    """The video that the list is narrowed to, if it is the person's own. One query."""
    if not asked.get("video"):
        return None
    return Video.objects.filter(owner=user, uuid=asked["video"]).first()
