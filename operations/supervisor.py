"""Keeps a few processes running until it is stopped. Knows nothing about what they do."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field

LOOK_EVERY = 0.1  # seconds
READY_WITHIN = 60.0
STABLE_AFTER = 30.0  # a process that has run for so long is restarted as if for the first time
LONGEST_WAIT = 30.0
GRACE = 1.2  # between asking a process to end and ending it; the next start continues its job


@dataclass
class Child:
    """A process to keep alive: `python` with these arguments, in its own process group."""

    name: str
    argv: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    start_at: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        self.process = subprocess.Popen(
            [*_ending_with_us(), sys.executable, *self.argv],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | {"LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING")},
        )
        self.started = time.monotonic()

    def ended(self) -> int | None:
        """The exit status once it has ended, else None."""
        return self.process.poll() if self.process else None

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        if self.process and self.is_alive():
            self.process.send_signal(number)

    def end_group(self) -> None:
        """Kills it, if it still runs, and everything that it started in its process group."""
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervisor:
    """Starts the children, restarts those that end, and ends them all on stop().

    `problem` says why it gave up, if it did: a child that ends before everything has answered for
    the first time shows a fault in the set-up, and restarting would hide it.
    """

    def __init__(self, children: list[Child], *, say: Callable[[str], None]) -> None:
        self.children = children
        self.problem = ""
        self._say = say
        self._stops = 0

    def stop(self) -> None:
        """Safe in a signal handler: it only sets a mark. The second call ends all at once."""
        self._stops += 1

    def run(self, *, ready: Callable[[], bool], on_ready: Callable[[], None]) -> None:
        """Returns when stop() was called or the start failed, with every child ended."""
        deadline = time.monotonic() + READY_WITHIN
        is_ready = False
        try:
            while not self._stops and not self.problem:
                for child in self.children:
                    self._look_after(child, restart=is_ready)
                if not is_ready and not self.problem:
                    is_ready = ready()
                    if is_ready:
                        on_ready()
                    elif time.monotonic() > deadline:
                        self.problem = f"Nothing answered within {READY_WITHIN:.0f} seconds."
                time.sleep(LOOK_EVERY)
        finally:
            self._end_all()

    def _look_after(self, child: Child, *, restart: bool) -> None:
        now = time.monotonic()
        status = child.ended()
        if status is not None:
            child.end_group()
            child.process = None
            if not restart:
                self.problem = f"The {child.name} did not start (status {status})."
                return
            child.failures = 0 if now - child.started > STABLE_AFTER else child.failures + 1
            wait = min(2.0**child.failures, LONGEST_WAIT) if child.failures else 0.5
            child.start_at = now + wait
            self._say(f"The {child.name} ended (status {status}); it starts again.")
        elif child.process is None and now >= child.start_at:
            child.start()

    def _end_all(self) -> None:
        self._say("\nStopping. Press Ctrl-C again to end it at once.")
        for child in self.children:
            child.send(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while time.monotonic() < deadline and self._stops < 2:
            if not any(child.is_alive() for child in self.children):
                break
            time.sleep(LOOK_EVERY)
        for child in self.children:
            child.end_group()


def _ending_with_us() -> list[str]:
    """Makes the kernel end the child when this process is killed outright (Linux)."""
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


def answers(url: str) -> bool:
    """Whether a GET of this address succeeds."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
