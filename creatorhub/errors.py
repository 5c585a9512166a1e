"""How the product says no: one exception with a sentence for people and a code for programs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.response import Response
from rest_framework.views import exception_handler


class Refused(Exception):
    """A rule said no. `sentence` says what is wrong and what to do; `code` is stable."""

    status = 400

    def __init__(self, sentence: str, *, code: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.status = status or type(self).status


class NotFound(Refused):
    status = 404


class Forbidden(Refused):
    status = 403


class Conflict(Refused):
    status = 409


class Gone(Refused):
    status = 410


def api_exception(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: a refusal answers {"detail", "code"} with its status."""
    if isinstance(exc, Refused):
        return Response({"detail": exc.sentence, "code": exc.code}, status=exc.status)
    return exception_handler(exc, context)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form is too old, or came from elsewhere."""
    return render(request, "403_csrf.html", {"reason": reason}, status=403)
