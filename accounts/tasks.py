"""The Celery task: it calls the service and holds no rule."""

from __future__ import annotations

from celery import shared_task

from accounts import services


# A large library takes longer to copy than the limit for all other tasks.
@shared_task(name="accounts.export", soft_time_limit=3600, time_limit=3660)
def export(pk: int) -> None:
    services.run_export(pk)
