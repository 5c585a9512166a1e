"""What comes of an edit: how far it is, and what it did, video by video."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, resolve_url
from django.views.decorators.http import require_safe

from consent import spreadsheets
from consent.models import Edit, EditJob, Item, UploadDefault
from consent.uses import USES
from consent.views.shared import edits_of, going_back, kept_next
from consent.wording import summary_of
from creatorhub.jobs import State
from creatorhub.pages import render_page, see_other
from creatorhub.paging import page_of, pager
from creatorhub.requests import SignedIn, login_required

LISTED = 100
Outcome = Item.Outcome


@require_safe
@login_required
def edit_result(request: SignedIn, uuid: UUID) -> HttpResponse:
    """What an edit did, video by video; of one that is under way, how far it is."""
    edit = get_object_or_404(edits_of(request), uuid=uuid)
    back = going_back(request)
    if edit.status == Edit.Status.DRAFT:
        return see_other(kept_next(resolve_url("consent:edit_preview", edit.uuid), back))
    if is_under_way(edit):
        return _progress_page(request, edit, back=back)
    outcome = request.GET.get("outcome", "")
    items = items_of(edit, outcome).select_related(
        "edit", "video", "before__notice", "after__notice"
    )
    page = page_of(items, ordering=("video_id",), size=LISTED, after=request.GET.get("after", ""))
    context = {
        "edit": edit,
        "use": USES[edit.use],
        "told": summary_of(edit),
        "items": page.items,
        "outcome": outcome if outcome in Outcome.values else "",
        "groups": _groups(edit),
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
    back = going_back(request)
    result = kept_next(resolve_url("consent:edit_result", edit.uuid), back)
    if not getattr(request, "htmx", False):
        return see_other(result)
    if not is_under_way(edit):
        return HttpResponse(headers={"HX-Redirect": result})
    return _progress_page(request, edit, back=back, partial="progress")


@require_safe
@login_required
def edit_items(request: SignedIn, uuid: UUID) -> StreamingHttpResponse:
    """The result as a file, whole or one outcome of it."""
    edit = get_object_or_404(edits_of(request), uuid=uuid)
    outcome = request.GET.get("outcome", "")
    name = f"edit-{edit.confirmed_at or edit.created_at:%Y-%m-%d}{'-' if outcome else ''}"
    name += outcome if outcome in Outcome.values else ""
    return StreamingHttpResponse(
        spreadsheets.result(items_of(edit, outcome)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def is_under_way(edit: Edit) -> bool:
    return edit.is_live or edit.status == Edit.Status.PREPARING


def items_of(edit: Edit, outcome: str) -> QuerySet[Item]:
    """The items of one outcome, as it is told; of all for any other word."""
    if outcome == Outcome.CHANGED:
        return edit.items.filter(outcome=Outcome.PENDING, video__lte=edit.cursor)
    if outcome in (Outcome.PENDING, Outcome.CANCELLED):
        return edit.items.filter(outcome=Outcome.PENDING, video__gt=edit.cursor)
    if outcome in Outcome.values:
        return edit.items.filter(outcome=outcome)
    return edit.items.all()


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


def _progress_page(
    request: SignedIn, edit: Edit, *, back: str, partial: str | None = None
) -> HttpResponse:
    job = EditJob.objects.filter(edit=edit).first()
    percent = job.progress if job else 0
    heard = request.GET.get("said", "")
    said = announcement(edit, job, percent)
    context = {
        "edit": edit,
        "job": job,
        "use": USES[edit.use],
        "percent": percent,
        "preparing": edit.status == Edit.Status.PREPARING,
        "failed": bool(job and job.state == State.FAILED),
        "stalled": bool(job and job.is_stalled),
        "waiting": bool(job and job.state == State.QUEUED and not edit.parts and not edit.selected),
        "said": said,
        "news": said != heard,
        "back": back or resolve_url("consent:videos"),
        "kept_back": back,
    }
    return render_page(request, "consent/edit_progress.html", context, partial=partial)


def announcement(edit: Edit, job: EditJob | None, percent: int) -> str:
    """What is read aloud: a sentence that changes with every tenth, so not more often."""
    if job and job.state == State.FAILED:
        return "It stopped"
    doing = "Prepared" if edit.status == Edit.Status.PREPARING else "Applied"
    return f"{doing}: {percent // 10 * 10} per cent"
