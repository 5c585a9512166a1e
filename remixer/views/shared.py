"""What the pages of remixing share: addresses of further pages, and the way back after a POST."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

PAGE = 24  # tiles or rows


def next_url(request: HttpRequest, after: str) -> str:
    """This list's following page, with its filters kept; empty at the end."""
    if not after:
        return ""
    query = request.GET.copy()
    query["after"] = after
    return f"?{query.urlencode()}"


def first_url(request: HttpRequest) -> str:
    """This list's first page, for who is further on; else empty."""
    if not request.GET.get("after"):
        return ""
    query = request.GET.copy()
    del query["after"]
    return f"{request.path}?{query.urlencode()}"


def see_other(to: str, uuid: object | None = None) -> HttpResponse:
    """To another page after a POST: 303, so that the browser asks for it by GET."""
    response = redirect(to, uuid=uuid) if uuid else redirect(to)
    response.status_code = 303
    return response
