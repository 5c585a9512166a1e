"""Shows times in the person's own zone, and what is refused as pages."""

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
    """A refusal that a page's view did not answer itself becomes a page with its sentence."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refusal_page(request, exception) if isinstance(exception, Refused) else None


class ReadableFormMiddleware:
    """Reads a form before the check of its CSRF token would, and answers on our page if it has
    more fields or bytes than are taken in: an exception there is one that no view can answer, and
    under DEBUG it shows its traceback. The API reads its own bodies."""

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
            # Who hung up gets no answer; the check of the token deals with it.
            with suppress(UnreadablePostError):
                _ = request.POST
        except (BadRequest, SuspiciousOperation) as unreadable:
            return bad_request(request, unreadable)
        return None
