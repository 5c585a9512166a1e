"""Other processes of this machine, and waiting for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PATIENCE = 100.0  # seconds; a worker asks for a sweep, and so for a lost hint, every 30


def processes_with(word: str) -> list[int]:
    """The processes that have this word on their command line, defunct ones left out."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if word.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def eventually(holds: Callable[[], object], *, within: float = PATIENCE) -> bool:
    """Whether it becomes true in so many seconds. For what other processes do."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
