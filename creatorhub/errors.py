"""How the product says no: one exception with a sentence for people and a code for programs.

Services raise these; HTML views show the sentence, the API answers it as {"detail", "code"}.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

NOTHING_HERE = "There is nothing at this address, or it is not yours to see."
NOT_ALLOWED = "You may not do this."
BROKEN = "Something went wrong on our side. Try again in a moment."
TOO_LARGE = "This request is too large."
API_PREFIX = "/api/"


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
    """DRF's exception handler. Everything answers {"detail", "code"}, except that wrong fields
    answer by field. None (a fault of ours) lets the exception through to handler500."""
    if isinstance(exc, Refused):
        return Response({"detail": exc.sentence, "code": exc.code}, status=exc.status)
    if isinstance(exc, RequestDataTooBig):
        return Response({"detail": TOO_LARGE, "code": "too_large"}, status=413)
    if isinstance(exc, Http404):
        exc = exceptions.NotFound(NOTHING_HERE)
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied(NOT_ALLOWED)
    response = exception_handler(exc, context)
    if response is None or not isinstance(exc, exceptions.APIException):
        return response
    detail = exc.detail
    if isinstance(detail, list):
        detail = detail[0]
    if isinstance(detail, exceptions.ErrorDetail):
        response.data = {"detail": str(detail), "code": detail.code}
    return response


def refusal_page(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The page for a refusal that no view has a better answer to. One query at most."""
    context = {"sentence": refused.sentence, "code": refused.code, "status": refused.status}
    return render(request, "refused.html", context, status=refused.status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form is too old, or came from elsewhere."""
    return render(request, "403_csrf.html", {"reason": reason}, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, status=400, sentence="We could not read this request.", code="invalid")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, status=403, sentence=NOT_ALLOWED, code="permission_denied")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, status=404, sentence=NOTHING_HERE, code="not_found")


def server_error(request: HttpRequest) -> HttpResponse:
    """Renders without a request: no context processor, no query, nothing that may fail again."""
    if request.path.startswith(API_PREFIX):
        return JsonResponse({"detail": BROKEN, "code": "server_error"}, status=500)
    return render(None, "500.html", status=500)


def _page(request: HttpRequest, *, status: int, sentence: str, code: str) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return JsonResponse({"detail": sentence, "code": code}, status=status)
    return render(request, f"{status}.html", {"sentence": sentence, "code": code}, status=status)
