"""`manage.py sweep`: does at once what every worker does by itself twice a minute."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from operations import sweeping


class Command(BaseCommand):
    help = "Repair what dead workers and lost messages left."

    def handle(self, *args: Any, **options: Any) -> None:
        done = sweeping.sweep()
        if done is None:
            self.stdout.write("Another sweep is running.")
            return
        self.stdout.write(
            f"Memes: {done.enqueued} waiting, {done.requeued} queued again, {done.failed} failed, "
            f"{done.stopped} stopped, files of {done.cleaned} deleted."
        )
