"""What comes of an edit: how far it is, and what it did, video by video."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, resolve_url
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from consent import held_back, hidden_memes, spreadsheets
from consent.context import stand_of
from consent.models import Edit, EditJob, Item, ItemQuerySet, UploadDefault
from consent.reasons import Act
from consent.uses import use_of
from consent.views.shared import edit_url, edits_of, return_url, see_edit
from consent.wording import summary_of
from creatorhub.errors import Refused
from creatorhub.jobs import State
from creatorhub.pages import render_page, see_other
from creatorhub.paging import page_of, pager
from creatorhub.requests import SignedIn, login_required

LISTED = 100
# Who made an edit, where it was not the creator whose page it is.
_BY = {
    "staff": gettext_lazy("A moderator of CreatorHub did this."),
    "system": gettext_lazy("CreatorHub did this."),
}
Outcome = Item.Outcome


@require_safe
@login_required
def edit_result(request: SignedIn, uuid: UUID) -> HttpResponse:
    """What an edit did, video by video; of one that is under way, how far it is."""
    edit = get_object_or_404(edits_of(request), uuid=uuid)
    if edit.status == Edit.Status.DRAFT:
        return see_edit(request, edit)
    if edit.is_under_way:
        return _progress_page(request, edit)
    outcome, back = request.GET.get("outcome", ""), return_url(request)
    items = _items_of(edit, outcome).with_details()
    page = page_of(items, ordering=("video_id",), size=LISTED, after=request.GET.get("after", ""))
    context = {
        "edit": edit,
        "use": use_of(edit.use),
        "summary": summary_of(edit),
        "by": _BY.get(Act(edit.actor).kind, ""),
        "items": page.items,
        "outcome": outcome,
        "groups": _groups(edit),
        "memes": hidden_memes.sentences_of(edit),
        "held_back": held_back.sentences_of(edit, stand=stand_of(request)) if edit.changed else [],
        "uploads_start_on": edit.change == Edit.Change.OFF
        and UploadDefault.objects.filter(creator=request.user, use=edit.use).exists(),
        **pager(request, page),
        "back": back or resolve_url("consent:videos"),
        "kept_back": back,
    }
    return render_page(request, "consent/edit_result.html", context)


@require_safe
@login_required
def edit_progress(request: SignedIn, uuid: UUID) -> HttpResponse:
    """The part of the page that changes while an edit is under way; at its end, the next page."""
    edit = get_object_or_404(edits_of(request), uuid=uuid)
    result = edit_url(request, "edit_result", edit)
    if not getattr(request, "htmx", False):
        return see_other(result)
    if not edit.is_under_way:
        return HttpResponseClientRedirect(result)
    return _progress_page(request, edit, partial="progress")


@require_safe
@login_required
def edit_items(request: SignedIn, uuid: UUID) -> StreamingHttpResponse:
    """The result as a file, whole or one outcome of it."""
    edit = get_object_or_404(edits_of(request), uuid=uuid)
    outcome = request.GET.get("outcome", "")
    items = _items_of(edit, outcome)
    day = f"{edit.confirmed_at or edit.created_at:%Y-%m-%d}"
    name = "-".join(part for part in ("edit", day, outcome) if part)
    return StreamingHttpResponse(
        spreadsheets.result(items),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _items_of(edit: Edit, outcome: str) -> ItemQuerySet:
    """The items of one outcome, or all. Raises Refused for an outcome that does not exist."""
    items = Item.objects.filter(edit=edit)
    if not outcome:
        return items
    if outcome not in Outcome.values:
        raise Refused(
            _("There is no outcome “%(outcome)s”. There are: %(known)s.")
            % {"outcome": outcome, "known": ", ".join(Outcome.values)},
            code="unknown_outcome",
        )
    return items.with_result(outcome, cursor=edit.cursor)


def _groups(edit: Edit) -> list[tuple[str, str, int]]:
    """(outcome, label, number) of each that occurs."""
    numbers = (
        (Outcome.CHANGED, edit.changed),
        (Outcome.ALREADY, edit.already),
        (Outcome.SUPERSEDED, edit.superseded),
        (Outcome.NOT_ELIGIBLE, edit.not_eligible),
        (Outcome.CANCELLED, edit.left_out),
    )
    return [(str(outcome), str(outcome.label), number) for outcome, number in numbers if number]


def _progress_page(request: SignedIn, edit: Edit, *, partial: str | None = None) -> HttpResponse:
    job = EditJob.objects.filter(edit=edit).first()
    back = return_url(request)
    percent = job.progress if job else 0
    announced = announcement(edit, job, percent)
    context = {
        "edit": edit,
        "job": job,
        "use": use_of(edit.use),
        "percent": percent,
        "preparing": edit.status == Edit.Status.PREPARING,
        "failed": bool(job and job.state == State.FAILED),
        "stalled": bool(job and job.is_stalled),
        "waiting": bool(job and job.state == State.QUEUED and not edit.parts and not edit.selected),
        "said": announced,
        "news": announced != request.GET.get("said", ""),
        "back": back or resolve_url("consent:videos"),
        "kept_back": back,
    }
    return render_page(request, "consent/edit_progress.html", context, partial=partial)


def announcement(edit: Edit, job: EditJob | None, percent: int) -> str:
    """What is read aloud: a sentence that changes with every tenth, so not more often."""
    if job and job.state == State.FAILED:
        return _("It stopped")
    tenth = {"percent": percent // 10 * 10}
    if edit.status in (Edit.Status.PREPARING, Edit.Status.HOLDING):
        return _("Prepared: %(percent)s per cent") % tenth
    return _("Applied: %(percent)s per cent") % tenth
