"""Real worker processes on the test database and broker, and what runs on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from tests.processes import PATIENCE, eventually, processes_with

ROOT = Path(__file__).resolve().parents[2]


class Worker:
    """One `celery worker` for one queue, in a process group of its own. `program` is what Python
    runs in Celery's place, before Celery's own arguments; `env` sets more variables."""

    def __init__(self, queue: str, *program: str, env: Mapping[str, str] | None = None) -> None:
        self.log = Path(settings.DATA_DIR) / f"worker-{queue}-{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, *(program or ("-m", "celery"))),
                    *("--app", "creatorhub", "worker"),
                    *("--queues", queue, "--concurrency", "1", "--hostname", f"{queue}@test"),
                    *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
                ],
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": database_url(), **(env or {})},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

        self.was_killed = False

    def is_ready(self) -> bool:
        return " ready." in self.log.read_text()

    def has_ended(self) -> bool:
        """Whether it ended by itself."""
        return not self.was_killed and self.process.poll() is not None

    def kill(self) -> None:
        """SIGKILL to the worker's own process alone, as the kernel does when memory runs out."""
        self.was_killed = True
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """At once: what it may still do is nothing that a test looks at."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def worker(queue: str) -> Iterator[Worker]:
    running = Worker(queue)
    try:
        wait_until(running.is_ready, watched=running)
        yield running
    finally:
        running.end()


def database_url() -> str:
    """The test database, as a worker's environment names it; empty for the data folder's own."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        return ""
    name = connection.settings_dict["NAME"]
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def stop_for_good(word: str) -> None:
    """Stop the processes that have this word on their command line, so that they cannot end by
    themselves: what ends one of them is a SIGKILL."""
    for pid in processes_with(word):
        os.kill(pid, signal.SIGSTOP)


def wait_until(holds: Callable[[], object], *, watched: Worker, seconds: float = PATIENCE) -> None:
    """Fails after so many seconds, and as soon as the worker that is `watched` has ended by
    itself: with what this worker wrote to its log."""
    held = False

    def is_over() -> bool:
        nonlocal held
        held = bool(holds())
        return held or watched.has_ended()

    eventually(is_over, within=seconds)
    assert held, f"not within {seconds} seconds\n{watched.log.read_text()}"
