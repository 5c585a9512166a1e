"""Celery tasks: each calls a service and holds no rules. The key in a message says only that there
is something to do: the service takes the job whose turn it is."""

from __future__ import annotations

from celery import shared_task

from library import services


# On a small machine, ten minutes of 4K take longer than the limit for all other tasks.
@shared_task(name="library.ingest", soft_time_limit=1800, time_limit=1860)
def ingest(pk: int) -> None:
    services.run_next_ingest()


@shared_task(name="library.proxy", soft_time_limit=1800, time_limit=1860)
def proxy(pk: int) -> None:
    services.run_proxy(pk)
