"""`manage.py up`, as a person uses it: it starts, heals, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Up:
    """A running `manage.py up` on its own port and data folder, writing to a file."""

    def __init__(self, data: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.data = data
        self.output = data.with_suffix(".log")

    def start(self) -> subprocess.Popen[bytes]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env={
                    **kept,
                    "CREATORHUB_DATA": str(self.data),
                    "DEBUG": "1",
                    "DEMO_VIDEOS": "1",
                    "PORT": str(self.port),
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self.process

    def text(self) -> str:
        return self.output.read_text(errors="replace")

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()

    def processes(self) -> dict[int, str]:
        """Every process that was given this data folder, by process id."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if f"CREATORHUB_DATA={self.data}\0".encode() in (folder / "environ").read_bytes():
                    argv = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    if argv:  # a zombie has none
                        found[int(folder.name)] = argv
            except OSError:
                continue
        return found

    def worker(self) -> int | None:
        """The process id of the control worker itself, not of its pool."""
        for pid, argv in self.processes().items():
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{pid}/status").read_text()
                if "control@" in argv and f"PPid:\t{self.process.pid}\n" in status:
                    return pid
        return None


def _wait(until: Callable[[], object], *, seconds: float, up: Up) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        if time.monotonic() > deadline:
            pytest.fail(f"Not within {seconds} seconds.\n{up.text()}")
        time.sleep(0.1)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    running = Up(tmp_path / "data")
    process = running.start()
    try:
        yield running
    finally:
        for pid in running.processes():
            os.kill(pid, signal.SIGKILL)
        process.wait(timeout=10)


def _ready(up: Up) -> None:
    def is_ready() -> bool:
        assert up.process.poll() is None, f"It ended by itself.\n{up.text()}"
        return "Press Ctrl-C to stop." in up.text()

    _wait(is_ready, seconds=400, up=up)


@pytest.mark.worker
@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which only Linux has")
def test_it_starts_heals_and_ends_without_a_trace(up: Up) -> None:
    _ready(up)
    status, page = up.get("/account/login/")
    assert status == 200
    assert "password" in page
    assert f"http://localhost:{up.port}/" in up.text()
    assert "alice" in up.text().split("CreatorHub is running at")[1]
    assert up.text().count("(level “") == 1
    assert up.text().count("This runs as root") <= 1

    _wait(up.worker, seconds=60, up=up)
    killed = up.worker()
    assert killed
    os.kill(killed, signal.SIGKILL)
    _wait(lambda: up.worker() not in (None, killed), seconds=120, up=up)
    assert "The control worker ended (status -9); it starts again." in up.text()

    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(timeout=60) == 0
    _wait(lambda: not up.processes(), seconds=60, up=up)


@pytest.mark.worker
@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which only Linux has")
def test_everything_dies_with_it_when_it_is_killed_outright(up: Up) -> None:
    _ready(up)

    up.process.kill()
    up.process.wait()

    _wait(lambda: not up.processes(), seconds=60, up=up)


def test_a_taken_port_is_said_in_a_sentence(tmp_path: Path) -> None:
    up = Up(tmp_path / "data")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", up.port))
        taken.listen()

        status = up.start().wait(timeout=120)

    assert status == 1
    assert f"Port {up.port} is in use by another program." in up.text()
    assert "Traceback" not in up.text()
