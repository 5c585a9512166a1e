"""The Celery tasks: they call the service and hold no rule."""

from __future__ import annotations

from celery import shared_task

from operations import sweeping


@shared_task(name="operations.sweep")
def sweep() -> None:
    sweeping.sweep()


@shared_task(name="operations.seal_log")
def seal_log() -> None:
    sweeping.seal_log()
