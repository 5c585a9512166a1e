"""One edit: draft, preview, confirm, result, undo; and turning off at once."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, resolve_url
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST, require_safe

from consent import services
from consent.forms import GrantForm, SelectionForm
from consent.models import Edit, Item
from consent.paging import page_of
from consent.uses import USES
from consent.wording import SENTENCES, reach
from creatorhub.actors import Actor
from creatorhub.errors import Refused
from creatorhub.htmx import render_page
from creatorhub.requests import SignedIn, login_required

LOOK = 5  # videos shown of each group in a preview
LISTED = 100


@require_POST
@login_required
def turn_off(request: SignedIn) -> HttpResponse:
    """Withdraw at once: one POST from a list, a row or a video's page."""
    form = SelectionForm(request.POST)
    if not form.is_valid():
        raise _refused(form)
    edit = services.turn_off(
        actor=Actor.creator(request.user), creator=request.user, **form.cleaned_data
    )
    undo = resolve_url("consent:edit_result", edit.uuid)
    see = format_html(' <a href="{}">See or undo</a>', undo) if edit.changed else ""
    messages.success(request, format_html("{}{}", told_of(edit), see))
    return _back(request, edit)


@require_POST
@login_required
def edit_draft(request: SignedIn) -> HttpResponse:
    """Freeze a selection and go to its preview. From a preview it makes the draft again, for the
    same videos with another end."""
    form = GrantForm(request.POST)
    earlier = None
    if again := request.POST.get("again"):
        earlier = get_object_or_404(_drafts(request), uuid=_uuid(again))
    try:
        if not form.is_valid():
            raise _refused(form)
        ids = form.cleaned_data["ids"] if earlier is None else _videos_of(earlier)
        edit = services.draft_edit(
            actor=Actor.creator(request.user),
            creator=request.user,
            use=form.cleaned_data["use"],
            grant=form.grant(),
            ids=ids,
            reason=form.cleaned_data["reason"],
        )
    except Refused as refused:
        if not earlier:
            raise
        return _preview(request, earlier, problem=refused.sentence)
    url = resolve_url("consent:edit_preview", edit.uuid)
    back = _safe(request, request.POST.get("next", ""))
    return _see(f"{url}?next={_quoted(back)}" if back else url)


@require_safe
@login_required
def edit_preview(request: SignedIn, uuid: UUID) -> HttpResponse:
    """What a draft will do, before it does. A draft confirmed since shows its result instead."""
    edit = get_object_or_404(_edits(request), uuid=uuid)
    if edit.status != Edit.Status.DRAFT:
        return _see(resolve_url("consent:edit_result", edit.uuid))
    return _preview(request, edit)


def _preview(request: SignedIn, edit: Edit, *, problem: str = "") -> HttpResponse:
    """`problem` is why the same videos with another end were refused; the draft stands."""
    back = request.POST.get("next") or request.GET.get("next") or ""
    context = {
        "edit": edit,
        "use": USES[edit.use],
        "problem": problem,
        "groups": _groups(edit),
        "form": GrantForm(initial={"until": _last_day(edit), "reason": edit.reason}),
        "grants": edit.items.filter(outcome=Item.Outcome.PENDING, after__isnull=False).exists(),
        "back": _safe(request, back) or resolve_url("consent:videos"),
    }
    status = 422 if problem else 200
    return render_page(request, "consent/edit_preview.html", context, status=status)


@require_POST
@login_required
def edit_confirm(request: SignedIn, uuid: UUID) -> HttpResponse:
    edit = services.confirm_edit(
        uuid,
        actor=Actor.creator(request.user),
        creator=request.user,
        idempotency_key=request.POST.get("key") or None,
    )
    url = resolve_url("consent:edit_result", edit.uuid)
    back = _safe(request, request.POST.get("next", ""))
    return _see(f"{url}?next={_quoted(back)}" if back else url)


@require_safe
@login_required
def edit_result(request: SignedIn, uuid: UUID) -> HttpResponse:
    """What an edit did, video by video."""
    edit = get_object_or_404(_edits(request), uuid=uuid)
    if edit.status == Edit.Status.DRAFT:
        return _see(resolve_url("consent:edit_preview", edit.uuid))
    items = edit.items.select_related("video", "before__notice", "after__notice")
    if (outcome := request.GET.get("outcome")) in Item.Outcome.values:
        items = items.filter(outcome=outcome)
    page = page_of(items, ordering=("video_id",), size=LISTED, after=request.GET.get("after", ""))
    context = {
        "edit": edit,
        "use": USES[edit.use],
        "told": told_of(edit),
        "items": page.items,
        "undo": getattr(edit, "undone_by", None) is None and edit.changed,
        "next_url": f"?after={page.next}" if page.next else "",
        "first_url": "?" if request.GET.get("after") else "",
        "back": _safe(request, request.GET.get("next", "")) or resolve_url("consent:videos"),
    }
    return render_page(request, "consent/edit_result.html", context)


@require_POST
@login_required
def edit_undo(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Undo. What only turns things off happens at once; what would allow is previewed."""
    actor = Actor.creator(request.user)
    inverse = services.undo_edit(uuid, actor=actor, creator=request.user)
    allows = inverse.items.filter(outcome=Item.Outcome.PENDING, after__isnull=False)
    if allows.exists():
        return _see(resolve_url("consent:edit_preview", inverse.uuid))
    inverse = services.confirm_edit(inverse.uuid, actor=actor, creator=request.user)
    return _see(resolve_url("consent:edit_result", inverse.uuid))


def _edits(request: SignedIn) -> QuerySet[Edit]:
    edits = Edit.objects.filter(creator=request.user)
    return edits.select_related("terms__notice", "undoes", "undone_by")


def _drafts(request: SignedIn) -> QuerySet[Edit]:
    return _edits(request).filter(status=Edit.Status.DRAFT)


def _videos_of(edit: Edit) -> list[UUID]:
    return list(edit.items.values_list("video__uuid", flat=True))


def _groups(edit: Edit) -> list[dict[str, object]]:
    """Each outcome that occurs, with its number and a look at the first few videos."""
    groups = []
    for outcome, count in (
        (Item.Outcome.PENDING, edit.will_change),
        (Item.Outcome.ALREADY, edit.already),
        (Item.Outcome.SUPERSEDED, edit.superseded),
        (Item.Outcome.NOT_ELIGIBLE, edit.not_eligible),
    ):
        if count:
            items = edit.items.filter(outcome=outcome).select_related(
                "video", "before__notice", "after__notice"
            )
            look = list(items.order_by("video_id")[:LOOK])
            groups.append(
                {
                    "label": outcome.label,
                    "outcome": outcome.value,
                    "count": count,
                    "look": look,
                    "more": count - len(look),
                    "why": SENTENCES.get(look[0].reason, "") if look else "",
                }
            )
    return groups


def told_of(edit: Edit) -> str:
    """What an edit did, in a sentence or two."""
    what = USES[edit.use].label
    videos = "1 video" if edit.changed == 1 else f"{edit.changed:,} videos"
    if not edit.changed:
        told = f"Nothing changed: {what} was already so."
    elif edit.undoes_id:
        told = f"{what} is back as it was for {videos}."
    elif edit.is_grant:
        told = f"{what} is allowed for {videos}."
    else:
        told = f"{what} is off for {videos}."
    if edit.superseded:
        told += f" {edit.superseded:,} had changed since and were left alone."
    if edit.stopped or edit.taken_down:
        told += f" {reach(edit.stopped, edit.taken_down)}"
    return told


def _last_day(edit: Edit) -> date | None:
    if not edit.terms or not edit.terms.until:
        return None
    return (localtime(edit.terms.until) - timedelta(seconds=1)).date()


def _refused(form: SelectionForm) -> Refused:
    sentence = next(iter(form.errors.values()))[0]
    return Refused(str(sentence), code="invalid", status=422)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _back(request: SignedIn, edit: Edit) -> HttpResponse:
    """To where the person came from, else to the result."""
    back = _safe(request, request.POST.get("next", ""))
    return _see(back or resolve_url("consent:edit_result", edit.uuid))


def _safe(request: SignedIn, url: str) -> str:
    ok = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if ok else ""


def _quoted(url: str) -> str:
    return quote(url, safe="/")


def _see(url: str) -> HttpResponse:
    return HttpResponseRedirect(url, status=303)
