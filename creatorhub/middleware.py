"""Keeps what people are shown out of caches, activates their time zone, and turns refusals and
unreadable forms into pages."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.request import UnreadablePostError
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.cache import patch_cache_control

from creatorhub.errors import (
    REFUSED,
    Refused,
    bad_request,
    method_not_allowed,
    not_found,
    refusal,
    refusal_page,
)
from creatorhub.models import User


class PersonTimeZoneMiddleware:
    """Activates the signed-in person's time zone for the templates of this response."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        zone = user.time_zone if isinstance(user, User) else "UTC"
        with timezone.override(zoneinfo.ZoneInfo(zone)):
            return self.get_response(request)


class NotStoredMiddleware:
    """What a signed-in person is shown is stored nowhere, not by their own browser either: after
    Back, a page must not say that something is allowed which was turned off since. Static files
    never come here, and what is public for everybody stays cacheable."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_personal = request.user.is_authenticated or "Authorization" in request.headers
        response = self.get_response(request)
        if is_personal or request.user.is_authenticated:
            patch_cache_control(response, private=True, no_store=True)
        return response


class RefusalMiddleware:
    """Answers on our pages, also under DEBUG, where Django shows its own with the code: a refusal
    that a view did not catch, what is not there, what cannot be read, and a method that an address
    does not have."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.DEBUG and not _leads_somewhere(request):
            return not_found(request, Http404())
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            return method_not_allowed(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refused):
            return refusal_page(request, exception)
        if isinstance(exception, Http404):
            return not_found(request, exception)
        if settings.DEBUG and isinstance(exception, (BadRequest, SuspiciousOperation)):
            return bad_request(request, exception)
        return None


def _leads_somewhere(request: HttpRequest) -> bool:
    """Whether the address has a view. CommonMiddleware adds a missing slash to a 404."""
    try:
        resolve(request.path_info)
    except Resolver404:
        return False
    return True


class ReadableFormMiddleware:
    """Answers for a body that creatorhub.front refused to read. Reads a form before the check of
    its CSRF token does, and answers with our page if it has too many fields or bytes: no view can
    catch an exception from that check, and under DEBUG it shows a traceback. The API reads its own
    bodies."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *arguments: Any
    ) -> HttpResponse | None:
        if refused := getattr(request, "scope", {}).get(REFUSED):
            return refusal(request, refused)
        if request.method != "POST" or getattr(view, "csrf_exempt", False):
            return None
        try:
            # The client has closed the connection; the check of the token handles that.
            with suppress(UnreadablePostError):
                _ = request.POST
        except (BadRequest, SuspiciousOperation) as unreadable:
            return bad_request(request, unreadable)
        return None
