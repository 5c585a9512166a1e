"""The preview of a draft: what it would do now, and the form that confirms just that."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, resolve_url
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from consent import held_back, hidden_memes, services
from consent.changes import Change, Kind, changes_of, standing_ends, told
from consent.context import stand_of
from consent.forms import DraftForm
from consent.models import Edit, Item, ItemQuerySet, Terms
from consent.policy import Reason
from consent.reasons import Why
from consent.services import LeftAlone
from consent.uses import use_of
from consent.views.shared import edit_url, edits_of, return_url, see_edit
from creatorhub.actors import Actor
from creatorhub.days import last_day
from creatorhub.errors import Refused
from creatorhub.idempotency import checked_key
from creatorhub.pages import render_page, see_other
from creatorhub.requests import SignedIn, login_required, says_no

SHOWN = 5  # videos shown of each group
Outcome = Item.Outcome
TURNS_ON = (Kind.NEW, Kind.AGAIN)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit_preview(request: SignedIn, uuid: UUID) -> HttpResponse:
    """What a draft will do, before it does; by POST, what the same videos with another end would.
    One that is being prepared, or was confirmed since, shows how far it is or what it did."""
    edit = _draft_or_what_became(request, uuid)
    if edit.status != Edit.Status.DRAFT:
        return see_edit(request, edit)
    if request.method == "POST" and edit.change != Edit.Change.ALLOWED:
        return see_edit(request, edit)  # it has no fields
    if request.method == "POST":
        return _count_again(request, edit, DraftForm(edit, request.POST))
    if edit.expires_at <= timezone.now():
        return _page(request, edit, refused=services.draft_expired())
    return _page(request, edit)


@require_POST
@login_required
@says_no
def edit_confirm(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Do what the preview showed. Where the form says something else, that is counted and shown
    first. One that was confirmed already shows what it did."""
    edit = _draft_or_what_became(request, uuid)
    if edit.status != Edit.Status.DRAFT:
        return see_edit(request, edit)
    form = DraftForm(edit, request.POST)
    if not form.is_valid() or (edit.change == Edit.Change.ALLOWED and form.changes_terms):
        return _count_again(request, edit, form)
    try:
        done = services.confirm_edit(
            uuid,
            actor=Actor.creator(request.user),
            creator=request.user,
            idempotency_key=checked_key(form.cleaned_data["key"]),
            expected=form.cleaned_data["expected"],
            reason=form.note,
        )
    except Refused as refused:
        return _page(request, edit, form=form, refused=refused)
    return see_edit(request, done)


def _draft_or_what_became(request: SignedIn, uuid: UUID) -> Edit:
    """This edit; of a draft that was counted again and then confirmed, the one that was."""
    edit = get_object_or_404(edits_of(request), uuid=uuid)
    latest = edit
    while latest.status == Edit.Status.DRAFT:
        counted_again = edits_of(request).filter(same_as=latest)
        later = counted_again.order_by(F("confirmed_at").desc(nulls_last=True), "-pk").first()
        if later is None:
            return edit
        latest = later
    return latest if latest.confirmed_at or latest is edit else edit


def _count_again(request: SignedIn, edit: Edit, form: DraftForm) -> HttpResponse:
    """To the preview of the same videos with what the form says, or what is wrong with it."""
    if not form.is_valid():
        return _page(request, edit, form=form)
    try:
        another = services.draft_again(
            edit.uuid,
            actor=Actor.creator(request.user),
            creator=request.user,
            grant=form.grant(),
            reason=form.cleaned_data["reason"] if form.note is not None else edit.reason,
        )
    except Refused as refused:
        form.say(refused)
        return _page(request, edit, form=form)
    return see_other(edit_url(request, "edit_preview", another))


def _page(
    request: SignedIn,
    edit: Edit,
    *,
    form: DraftForm | None = None,
    refused: Refused | None = None,
) -> HttpResponse:
    """`form` is what was sent, `refused` why it could not be confirmed. While a field is wrong
    there is no button that confirms."""
    left = services.left_alone(edit)
    number = edit.will_change - left.number
    changes = changes_of(edit, left.alike)
    wrong = bool(form and form.errors)
    grants = sum(one.videos for one in changes if one.becomes == "allowed")
    terms = edit.terms or _terms_in(edit)
    context = {
        "edit": edit,
        "use": use_of(edit.use),
        "number": number,
        "act": _act(edit, changes, number),
        "question": _question(edit, changes, number),
        "told": told(changes),
        "grants": grants,
        "withdraws": sum(one.videos for one in changes if one.kind is Kind.OFF),
        "turns_on": any(one.kind in TURNS_ON for one in changes),
        "left": left,
        "counted_again": "" if form else _counted_again(edit),
        "refused": refused,
        "wrong": wrong,
        "may_confirm": not wrong and (refused is None or refused.code in ("busy", "changed_since")),
        "groups": _groups(edit, left),
        "memes": hidden_memes.sentences_of(edit),
        "held_back": held_back.sentences_of(edit, stand=stand_of(request)) if grants else [],
        "dead": services.dead_terms(edit),
        "form": form or DraftForm(edit),
        "ends": _ends(edit) if edit.change == Edit.Change.ALLOWED else "",
        "notice": terms.notice if terms and grants else None,
        "back": return_url(request) or resolve_url("consent:videos"),
    }
    status = refused.status if refused else 422 if wrong else 200
    return render_page(request, "consent/edit_preview.html", context, status=status)


def _act(edit: Edit, changes: list[Change], number: int) -> str:
    """What the main button does, with the number of videos that it would change now."""
    if edit.undoes:
        act = ngettext("Put %(count)s video back", "Put %(count)s videos back", number)
    elif edit.change == Edit.Change.LISTED:
        act = ngettext(
            "Apply the file to %(count)s video", "Apply the file to %(count)s videos", number
        )
    elif edit.change == Edit.Change.OFF:
        act = ngettext(
            "Turn %(use)s off for %(count)s video", "Turn %(use)s off for %(count)s videos", number
        )
    elif any(one.kind in TURNS_ON or one.lapsed for one in changes):
        act = ngettext(
            "Allow %(use)s for %(count)s video", "Allow %(use)s for %(count)s videos", number
        )
    else:
        act = ngettext(
            "Change %(use)s for %(count)s video", "Change %(use)s for %(count)s videos", number
        )
    return act % {"use": use_of(edit.use).label, "count": f"{number:,}"}


def _question(edit: Edit, changes: list[Change], number: int) -> str:
    words = {"use": use_of(edit.use).label}
    if number and edit.undoes:
        return _("Undo this edit of %(use)s?") % words
    if number:
        return _("%(act)s?") % {"act": _act(edit, changes, number)}
    if edit.change == Edit.Change.ALLOWED and edit.already and edit.already == edit.selected:
        return _("How long is %(use)s allowed?") % words
    return _("%(use)s: nothing would change") % words


def _counted_again(edit: Edit) -> str:
    """Of a draft that was made from another one: how it differs from that."""
    earlier = edit.same_as
    if not earlier or not edit.terms or not earlier.terms:
        return ""
    if edit.terms.notice_id != earlier.terms.notice_id:
        return _("Counted again for the same videos, under the revised notice.")
    if edit.keeps_ends and not earlier.keeps_ends:
        return _("Counted again: what is allowed already keeps the end that it has.")
    day = date_format(last_day(edit.terms.until), "j F Y") if edit.terms.until else ""
    if (edit.terms_id, edit.keeps_ends) == (earlier.terms_id, earlier.keeps_ends):
        return _("Counted again for the same videos.")
    if day:
        return _("Counted again with another last day: %(day)s.") % {"day": day}
    return _("Counted again without an end date.")


def _ends(edit: Edit) -> str:
    """What the ends of those that are allowed already are, where a person can choose to keep them:
    in an edit of several videos."""
    known = standing_ends(edit)
    if edit.selected < 2 or not known:
        return ""
    days = sorted({last_day(end) for end in known if end})
    if not days:
        return _("They have no end date.")
    first, last = (date_format(day, "j F Y") for day in (days[0], days[-1]))
    if None in known:
        return _("Several: some have no end date, some end.")
    if first == last:
        return _("They end after %(day)s.") % {"day": first}
    return _("Several: from %(first)s to %(last)s.") % {"first": first, "last": last}


def _terms_in(edit: Edit) -> Terms | None:
    """Some terms that a file asks for, or that an undo puts back: the newest notice of them."""
    pending = edit.items.filter(outcome=Outcome.PENDING, after__isnull=False)
    item = pending.select_related("after__notice").order_by("-after__notice__version", "video_id")
    first = item.first()
    return first.after if first else None


def _groups(edit: Edit, left: LeftAlone) -> list[dict[str, Any]]:
    """Each outcome that occurs, with its number and a look at the first few videos."""
    items = Item.objects.filter(edit=edit)
    pending = items.filter(outcome=Outcome.PENDING)
    if left.number:
        pending = pending.exclude(pk__in=left.items.values("pk"))
    groups = [
        (Outcome.PENDING, edit.will_change - left.number, pending),
        (Outcome.ALREADY, edit.already, items.filter(outcome=Outcome.ALREADY)),
        (Outcome.SUPERSEDED, left.number, left.items),
        (Outcome.SUPERSEDED, edit.superseded, items.filter(outcome=Outcome.SUPERSEDED)),
        (Outcome.NOT_ELIGIBLE, edit.not_eligible, items.filter(outcome=Outcome.NOT_ELIGIBLE)),
    ]
    return [_group(outcome, number, of) for outcome, number, of in groups if number]


def _group(outcome: Item.Outcome, number: int, items: Any) -> dict[str, Any]:
    described: ItemQuerySet = items.select_related("video", "before__notice", "after__notice")
    look = list(described.order_by("video_id")[:SHOWN])
    return {
        "label": outcome.label,
        "outcome": outcome.value,
        "count": number,
        "look": look,
        "more": number - len(look),
        "why": _why(look[0].reason) if look else "",
    }


def _why(reason: str) -> str:
    return Why(Reason(reason)).told(to_creator=True) if reason else ""
