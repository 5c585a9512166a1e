"""How views answer: with a page, with the part of it that HTMX asked for, or with a redirect."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_vary_headers


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    partial: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page, or for a request by HTMX its part `template#partial`. The answer varies by
    that header, and says so to caches."""
    name = f"{template}#{partial}" if partial and getattr(request, "htmx", False) else template
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def see_other(to: str, *args: object) -> HttpResponse:
    """303 to a view (with its arguments) or an address: the browser continues with GET, and a
    reload does not send the form again."""
    return HttpResponseRedirect(resolve_url(to, *args), status=303)
