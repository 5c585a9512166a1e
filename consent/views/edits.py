"""Making an edit: draft, turning off at once; undo, cancel, try again. `previews` has the rest."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import resolve_url
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from consent import hidden_memes, services
from consent.forms import GrantForm, SelectionForm
from consent.views.shared import about_an_edit, edit_url, return_url, see_edit
from consent.wording import summary_of
from creatorhub.actors import Actor
from creatorhub.pages import see_other
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
        **form.selected(request.user),
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
    """Freeze a selection and go to its preview. GET, by who returns to the address, leads to the
    list."""
    if request.method != "POST":
        return see_other("consent:videos")
    form = GrantForm(request.POST)
    if not form.is_valid():
        raise form.refusal()
    edit = services.draft_edit(
        actor=Actor.creator(request.user),
        creator=request.user,
        use=form.cleaned_data["use"],
        grant=form.grant(),
        as_it_stands=not form.says_until,
        reason=form.cleaned_data["reason"],
        **form.selected(request.user),
    )
    return see_other(edit_url(request, "edit_preview", edit))


@require_POST
@login_required
@about_an_edit
def edit_undo(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Undo. What only turns things off happens at once; what would allow is previewed."""
    actor = Actor.creator(request.user)
    return see_edit(request, services.undo_or_draft(uuid, actor=actor, creator=request.user))


@require_POST
@login_required
@about_an_edit
def edit_cancel(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = Actor.creator(request.user)
    return see_edit(request, services.cancel_edit(uuid, actor=actor, creator=request.user))


@require_POST
@login_required
@about_an_edit
def edit_retry(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Continue an edit whose job failed."""
    actor = Actor.creator(request.user)
    edit = services.retry_edit(uuid, actor=actor, creator=request.user)
    return see_other(edit_url(request, "edit_result", edit))
