"""The access log: who asked for which address. One JSON object a line, to the logger
`creatorhub.access`; where it goes and when it is thrown away is the operator's.

    {"at":"2026-11-26T12:00:00.000Z","ip":"203.0.113.7","method":"GET","ms":41,"path":"/videos/",
     "query":["q","page"],"status":200,"user":"0b1e…"}
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from allauth.core.internal.httpkit import get_client_ip
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

from creatorhub.models import User

log = logging.getLogger("creatorhub.access")
# Parts of an address that let in whoever has them: links to reset a password, to confirm an address
SECRETS = ("key", "token")


class AccessLogMiddleware:
    """Of the query only the names are written, of a body nothing. It asks the database nothing: the
    person is known where the request has asked who it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.monotonic()
        response = self.get_response(request)
        if log.isEnabledFor(logging.INFO):
            line = _line(request, response, time.monotonic() - began)
            log.info(json.dumps(line, separators=(",", ":"), sort_keys=True))
        return response


def _line(request: HttpRequest, response: HttpResponse, seconds: float) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {
        "at": now.replace("+00:00", "Z"),
        "ip": _address(request),
        "method": request.method,
        "ms": round(seconds * 1000),
        "path": _path(request),
        "query": sorted(set(request.GET)),
        "status": response.status_code,
        "user": _user(request),
    }


def _address(request: HttpRequest) -> str | None:
    try:
        return str(get_client_ip(request) or "") or None
    except ImproperlyConfigured:  # fewer proxies than TRUSTED_PROXY_COUNT says
        return None


def _path(request: HttpRequest) -> str:
    path = request.path
    match = request.resolver_match
    for name, value in (match.kwargs if match else {}).items():
        if name in SECRETS:
            path = path.replace(str(value), "…")
    return path


def _user(request: HttpRequest) -> str | None:
    """Who it was, if the request has looked; an API token tells it too."""
    person = getattr(request, "_cached_user", None)
    if not isinstance(person, User):
        person = request.__dict__.get("user")
    return str(person.uuid) if type(person) is User else None
