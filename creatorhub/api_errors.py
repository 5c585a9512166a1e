"""How the API refuses. It stands by itself, because DRF's views must not be loaded with models."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from creatorhub.errors import NOT_ALLOWED, NOTHING_HERE, TOO_LARGE, TOO_MUCH, Refused


def api_exception(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. Every refusal answers {"detail", "code"}, except that wrong fields
    answer by field. None, for a fault of ours, passes the exception on to handler500."""
    if isinstance(exc, Refused):
        return Response({"detail": exc.sentence, "code": exc.code}, status=exc.status)
    if isinstance(exc, TOO_MUCH):
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
