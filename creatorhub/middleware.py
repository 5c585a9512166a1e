"""Activates the person's time zone, and turns refusals and unreadable forms into pages."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone

from creatorhub.errors import Refused, bad_request, refusal_page
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


class RefusalMiddleware:
    """A refusal that a view did not catch becomes a page with its sentence."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refusal_page(request, exception) if isinstance(exception, Refused) else None


class ReadableFormMiddleware:
    """Reads a form before the check of its CSRF token does, and answers with our page if it has
    too many fields or bytes. No view can catch an exception from that check, and under DEBUG it
    shows a traceback. The API reads its own bodies."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *arguments: Any
    ) -> HttpResponse | None:
        if request.method != "POST" or getattr(view, "csrf_exempt", False):
            return None
        try:
            # The client has closed the connection; the check of the token handles that.
            with suppress(UnreadablePostError):
                _ = request.POST
        except (BadRequest, SuspiciousOperation) as unreadable:
            return bad_request(request, unreadable)
        return None
