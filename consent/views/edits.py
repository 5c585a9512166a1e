"""Making an edit: draft, preview, confirm; turning off at once; undo, cancel, try again."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, resolve_url
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent import hidden_memes, services
from consent.forms import GrantForm, SelectionForm
from consent.models import Edit, Item, Terms
from consent.uses import use_of
from consent.views.shared import edit_url, edits_of, return_url, see_edit
from consent.wording import SENTENCES, summary_of
from creatorhub.actors import Actor
from creatorhub.days import last_day
from creatorhub.errors import Refused
from creatorhub.idempotency import checked_key
from creatorhub.pages import render_page, see_other
from creatorhub.requests import SignedIn, login_required, says_no

SHOWN = 5  # videos shown of each group in a preview


@require_POST
@login_required
@says_no
def turn_off(request: SignedIn) -> HttpResponse:
    """Withdraw at once: one POST from a list, a row or a video's page."""
    form = SelectionForm(request.POST)
    if not form.is_valid():
        raise form.refusal()
    edit = services.turn_off(
        actor=Actor.creator(request.user),
        creator=request.user,
        use=form.cleaned_data["use"],
        reason=form.cleaned_data["reason"],
        idempotency_key=form.idempotency_key(),
        **form.selected(),
    )
    back = return_url(request)
    if edit.is_live or not back:
        return see_edit(request, edit)
    link = resolve_url("consent:edit_result", edit.uuid)
    undo = format_html(' <a href="{}">{}</a>', link, _("See or undo")) if edit.changed else ""
    kept = f" {hidden_memes.for_how_long()}" if edit.taken_down else ""
    messages.success(request, format_html("{}{}{}", summary_of(edit), kept, undo))
    return see_other(back)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit_draft(request: SignedIn) -> HttpResponse:
    """Freeze a selection and go to its preview. From a preview it makes the draft again, for the
    same videos with another end. GET, by who returns to the address, leads to the list."""
    if request.method != "POST":
        return see_other("consent:videos")
    form = GrantForm(request.POST)
    actor = Actor.creator(request.user)
    earlier = None
    if again := request.POST.get("again"):
        earlier = get_object_or_404(edits_of(request), uuid=_uuid(again))
    try:
        if not form.is_valid():
            raise form.refusal()
        grant, reason = form.grant(), form.cleaned_data["reason"]
        if earlier:
            edit = services.draft_again(
                earlier.uuid, actor=actor, creator=request.user, grant=grant, reason=reason
            )
        else:
            edit = services.draft_edit(
                actor=actor,
                creator=request.user,
                use=form.cleaned_data["use"],
                grant=grant,
                reason=reason,
                **form.selected(),
            )
    except Refused as refused:
        if not earlier or earlier.status != Edit.Status.DRAFT:
            raise
        if form.is_valid():
            form.say(refused)
        return _preview(request, earlier, form=form)
    return see_other(edit_url(request, "edit_preview", edit))


@require_safe
@login_required
def edit_preview(request: SignedIn, uuid: UUID) -> HttpResponse:
    """What a draft will do, before it does. One that is being prepared, or was confirmed since,
    shows how far it is instead."""
    edit = get_object_or_404(edits_of(request), uuid=uuid)
    if edit.status != Edit.Status.DRAFT:
        return see_edit(request, edit)
    if edit.expires_at <= timezone.now():
        return _preview(request, edit, refused=services.draft_expired())
    return _preview(request, edit)


def _preview(
    request: SignedIn,
    edit: Edit,
    *,
    form: GrantForm | None = None,
    refused: Refused | None = None,
) -> HttpResponse:
    """`form` says why the same videos with another end were refused; the draft stands. `refused`
    is why it could not be confirmed."""
    terms = edit.terms or _terms_in(edit)
    end = edit.terms.until if edit.terms else None
    as_it_is = {"until": end and last_day(end), "reason": edit.reason}
    context = {
        "refused": refused,
        "stale": services.stale_items(edit)
        if edit.selected <= settings.EDIT_MAX_FREEZE_INLINE
        else 0,
        "may_confirm": refused is None or refused.code == "busy",
        "edit": edit,
        "use": use_of(edit.use),
        "groups": _groups(edit),
        "memes": hidden_memes.sentences_of(edit),
        "dead": services.dead_terms(edit),
        "form": form or GrantForm(initial=as_it_is),
        "notice": terms.notice if terms and edit.grants else None,
        "back": return_url(request) or resolve_url("consent:videos"),
    }
    status = refused.status if refused else 422 if form else 200
    return render_page(request, "consent/edit_preview.html", context, status=status)


@require_POST
@login_required
@says_no
def edit_confirm(request: SignedIn, uuid: UUID) -> HttpResponse:
    draft = edits_of(request).filter(uuid=uuid, status=Edit.Status.DRAFT).first()
    try:
        edit = services.confirm_edit(
            uuid,
            actor=Actor.creator(request.user),
            creator=request.user,
            idempotency_key=checked_key(request.POST.get("key", "")),
        )
    except Refused as refused:
        if draft is None:
            raise
        return _preview(request, draft, refused=refused)
    return see_edit(request, edit)


@require_POST
@login_required
def edit_undo(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Undo. What only turns things off happens at once; what would allow is previewed."""
    actor = Actor.creator(request.user)
    return see_edit(request, services.undo_or_draft(uuid, actor=actor, creator=request.user))


@require_POST
@login_required
def edit_cancel(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = Actor.creator(request.user)
    return see_edit(request, services.cancel_edit(uuid, actor=actor, creator=request.user))


@require_POST
@login_required
def edit_retry(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Continue an edit whose job failed."""
    actor = Actor.creator(request.user)
    edit = services.retry_edit(uuid, actor=actor, creator=request.user)
    return see_other(edit_url(request, "edit_result", edit))


def _terms_in(edit: Edit) -> Terms | None:
    """Some terms that a file asks for, or that an undo puts back: the newest notice of them."""
    items = _pending(edit).filter(after__isnull=False).select_related("after__notice")
    item = items.order_by("-after__notice__version", "video_id").first()
    return item.after if item else None


def _pending(edit: Edit) -> QuerySet[Item]:
    return edit.items.filter(outcome=Item.Outcome.PENDING).order_by("video_id")


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
            look = list(items.order_by("video_id")[:SHOWN])
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


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
