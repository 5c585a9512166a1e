"""The Celery app. Its messages are only hints about job rows (see creatorhub.jobs)."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, bootsteps
from celery.signals import celeryd_after_setup, worker_process_init
from django.conf import settings

from creatorhub import checks, data_folder
from creatorhub.processes import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "creatorhub.settings")

app = Celery("creatorhub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

SWEEP_EVERY = 30.0  # seconds
SEAL_EVERY = 1.0  # seconds until an event is in the tree of the log


def prepare_the_data_folder(**_: Any) -> None:
    """Celery asks for its configuration: if nobody has loaded the settings yet, a Celery command
    is what started this process, and it reads them next."""
    if not settings.configured:
        data_folder.prepare()


app.on_configure.connect(prepare_the_data_folder)


@celeryd_after_setup.connect
def refuse_a_broken_start(**_: Any) -> None:
    """Celery runs the system checks by itself, but without those of the database, and starts
    whatever they find."""
    checks.refuse_a_broken_start()


@worker_process_init.connect
def die_with_the_worker(**_: Any) -> None:
    """Without this a pool process outlives a SIGKILL of its worker, and its ffmpeg with it."""
    end_with_parent()


class AskingTimer(bootsteps.StartStopStep):
    """Asks for a task soon after a worker starts, and from then on every `every` seconds."""

    requires = ("celery.worker.components:Timer",)
    task: str
    every: float

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._entry: Any = None

    def start(self, parent: Any) -> None:
        def ask() -> None:
            app.send_task(self.task, queue="control", expires=self.every, retry=False)

        parent.timer.call_after(2, ask)
        self._entry = parent.timer.call_repeatedly(self.every, ask)

    def stop(self, parent: Any) -> None:
        if self._entry:
            self._entry.cancel()


class SweepTimer(AskingTimer):
    """Every worker asks: one of them is enough for all."""

    task, every = "operations.sweep", SWEEP_EVERY


class SealTimer(AskingTimer):
    """It is often, so only those ask that would do it."""

    task, every = "operations.seal_log", SEAL_EVERY

    def include_if(self, parent: Any) -> bool:
        return "control" in app.amqp.queues.consume_from


app.steps["worker"].add(SweepTimer)
app.steps["worker"].add(SealTimer)
