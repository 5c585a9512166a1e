"""Trying an edit again whose job gave up: one rule for the page and the API."""

from __future__ import annotations

from consent import services
from consent.models import Edit
from creatorhub.errors import Conflict


def retry_edit(edit: Edit) -> None:
    """Have a worker go on with the edit. Raises Conflict if its job has not failed."""
    if not services.retry_edit(edit):
        raise Conflict("There is nothing to try again here.", code="nothing_to_retry")
