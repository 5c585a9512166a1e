"""Celery tasks: each calls a service and holds no rules. The key in a message says only that there
is something to do: the service takes the job whose turn it is."""

from __future__ import annotations

from celery import shared_task

from remixer import services


@shared_task(name="remixer.render")
def render(pk: int) -> None:
    services.run_next_render()
