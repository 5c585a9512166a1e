"""Celery's way in: an id, then a service. No rule here."""

from __future__ import annotations

from celery import shared_task

from library import services


# Ten minutes of 4K take longer than the common limit on a small machine.
@shared_task(name="library.ingest", soft_time_limit=1800, time_limit=1860)
def ingest(pk: int) -> None:
    services.run_ingest(pk)
