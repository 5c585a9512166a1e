"""Celery's way in: a service. No rule here."""

from __future__ import annotations

from celery import shared_task

from operations import sweeping


@shared_task(name="operations.sweep")
def sweep() -> None:
    sweeping.sweep()
