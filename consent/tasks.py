"""Celery's way in: an id, then a service. No rule here."""

from __future__ import annotations

from celery import shared_task

from consent import services


@shared_task(name="consent.run_edit")
def edit(pk: int) -> None:
    services.run_edit(pk)
