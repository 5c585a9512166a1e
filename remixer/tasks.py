"""Celery tasks: each gets a key and calls a service. They hold no rules."""

from __future__ import annotations

from celery import shared_task

from remixer import services


@shared_task(name="remixer.render")
def render(pk: int) -> None:
    services.run_render(pk)
