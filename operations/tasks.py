"""The Celery task: it calls the service and holds no rule."""

from __future__ import annotations

from celery import shared_task

from operations import sweeping


@shared_task(name="operations.sweep")
def sweep() -> None:
    sweeping.sweep()
