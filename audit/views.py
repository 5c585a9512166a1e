"""The page about the log, for everybody: what it proves and what it cannot, and how to check."""

from __future__ import annotations

import base64

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from audit import keys, receipts
from audit.models import Checkpoint
from creatorhub.pages import render_page
from creatorhub.requests import require_known


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """One query beside those of every page."""
    require_known(request.GET)
    checkpoint = Checkpoint.objects.order_by("size").last()
    context = {
        "checkpoint": checkpoint,
        "root": base64.b64encode(bytes(checkpoint.root)).decode() if checkpoint else "",
        "keys": [str(key) for key in keys.verifiers()],
        "prefix": request.build_absolute_uri("/api/v1/audit"),
    }
    return render_page(request, "audit/log.html", context)


@require_safe
def verifier(request: HttpRequest) -> HttpResponse:
    """The program that checks receipts, as a file."""
    require_known(request.GET)
    return HttpResponse(
        receipts.verifier(),
        content_type="text/x-python; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="verify_receipt.py"'},
    )
