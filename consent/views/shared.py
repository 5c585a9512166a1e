"""What the views of consent share: whose edits, and the way back to where a person came from."""

from __future__ import annotations

from urllib.parse import quote

from django.db.models import QuerySet
from django.utils.http import url_has_allowed_host_and_scheme

from consent.models import Edit
from creatorhub.requests import SignedIn


def edits_of(request: SignedIn) -> QuerySet[Edit]:
    edits = Edit.objects.filter(creator=request.user)
    return edits.select_related("terms__notice", "undoes", "undone_by__undone_by", "job")


def going_back(request: SignedIn) -> str:
    """The address on this site that the request says to return to, or nothing."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    ok = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if ok else ""


def kept_next(url: str, back: str) -> str:
    """`url`, from which one returns to `back`."""
    return f"{url}?next={quote(back, safe='/')}" if back else url
