"""What the views of consent share: whose edits, and the way back to where a person came from."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

from consent.models import Edit, EditQuerySet
from creatorhub.errors import Refused
from creatorhub.pages import see_other
from creatorhub.requests import SignedIn


def edits_of(request: SignedIn) -> EditQuerySet:
    edits = Edit.objects.filter(creator=request.user).with_parents()
    return edits.select_related("undone_by__undone_by", "job")


def return_url(request: SignedIn) -> str:
    """The address on this site that the request says to return to, or nothing."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    ok = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if ok else ""


def edit_url(request: SignedIn, name: str, edit: Edit) -> str:
    """The address of a page about an edit, which remembers where to return to."""
    url, back = resolve_url(f"consent:{name}", edit.uuid), return_url(request)
    return f"{url}?next={quote(back, safe='/')}" if back else url


def about_an_edit(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A refusal of this view leads back to the edit that it is about."""

    @wraps(view)
    def answer(request: SignedIn, uuid: UUID) -> HttpResponse:
        try:
            return view(request, uuid)
        except Refused as refused:
            if edit := edits_of(request).filter(uuid=uuid).first():
                refused.about = edit_url(request, "edit_result", edit)
            raise

    return answer


def see_edit(request: SignedIn, edit: Edit) -> HttpResponse:
    """303 to the edit's preview while it is a draft, else to its result."""
    name = "edit_preview" if edit.status == Edit.Status.DRAFT else "edit_result"
    return see_other(edit_url(request, name, edit))
