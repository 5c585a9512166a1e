"""A creator's record, in words."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from audit import history
from audit.models import Event
from consent.models import Edit
from creatorhub.actors import Actor
from creatorhub.errors import Refused
from creatorhub.models import User
from creatorhub.pages import render_page
from creatorhub.paging import page_of, pager
from creatorhub.requests import SignedIn, login_required

SIZE = 50
PART = "edit.part_applied"  # of a large edit: in the log, but no line of its own here
KINDS = {
    "consent": (
        gettext_lazy("What you allow"),
        ["consent.", "edit.", "creator.opted_", "upload_default."],
    ),
    "videos": (gettext_lazy("Your videos"), ["video."]),
    "memes": (gettext_lazy("Memes"), ["render."]),
}


def events_of(user: User) -> QuerySet[Event]:
    """What belongs to this person's record, and what they did in somebody else's."""
    theirs = Event.objects.filter(Q(creator=user) | Q(actor=str(Actor.creator(user))))
    return theirs.exclude(action=PART)


def latest_events(user: User, *, limit: int) -> QuerySet[Event]:
    return events_of(user).order_by("-id")[:limit]


@require_safe
@login_required
def activity(request: SignedIn) -> HttpResponse:
    events = events_of(request.user)
    kind = request.GET.get("kind", "")
    if kind and kind not in KINDS:
        raise Refused(
            _("There is no kind “%(kind)s”. There are: %(known)s.")
            % {"kind": kind, "known": ", ".join(KINDS)},
            code="unknown_kind",
        )
    if kind:
        wanted = Q()
        for action in KINDS[kind][1]:
            wanted |= Q(action__startswith=action)
        events = events.filter(wanted)
    page = page_of(events, ordering=("-id",), size=SIZE, after=request.GET.get("after", ""))
    lines = history.describe(page.items, reader=request.user)
    edits = _edits(lines)
    context = {
        "lines": [(line, edits.get(line.fields.get("edit", ""))) for line in lines],
        "kinds": [(name, label) for name, (label, _) in KINDS.items()],
        "kind": kind,
        **pager(request, page),
    }
    return render_page(request, "consent/activity.html", context)


def _edits(lines: list[history.Line]) -> dict[str, Edit]:
    """The edits that these lines tell of, each knowing whether it was undone: one query."""
    uuids = [UUID(line.fields["edit"]) for line in lines if line.fields.get("edit")]
    edits = Edit.objects.filter(uuid__in=uuids).select_related("undone_by__undone_by")
    return {str(edit.uuid): edit for edit in edits}
