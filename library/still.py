"""One picture of a video of ours. Knows no Django: it is decoded in a child process that is locked
in (library.sandbox), which sends back bare pixels.

python -m library.still FILE SECONDS WIDTH HEIGHT     →     one line of JSON, then RGB
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from library import sandbox
from library.sandbox import Limits

TIMEOUT = 15.0  # seconds: somebody waits for it
LIMITS = Limits(cpu=20, memory=2 * 1024**3, file=1024**2, nice=0)


class NoPicture(Exception):
    """The file has no picture that can be decoded."""


@dataclass(frozen=True, slots=True)
class Still:
    """`pixels` are RGB, three bytes each. `seconds` is the length of the whole file."""

    width: int
    height: int
    pixels: bytes
    seconds: float


def still(path: Path | str, *, at: float, size: tuple[int, int] | None = None) -> Still:
    """The first frame at or after `at` seconds, or else the last one, at its own size or another.
    Takes TIMEOUT seconds at most. Raises NoPicture, and NotLockedIn."""
    width, height = size or (0, 0)
    numbers = (f"{at:.3f}", str(width), str(height))
    try:
        child = sandbox.run_python(
            "still", str(path), *numbers, reads=[path], limits=LIMITS, timeout=TIMEOUT
        )
    except subprocess.TimeoutExpired:
        raise NoPicture(f"not done after {TIMEOUT:.0f} seconds") from None
    if child.returncode:
        last = child.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise NoPicture(last or f"status {child.returncode}")
    head, _, pixels = child.stdout.partition(b"\n")
    try:
        facts = json.loads(head)
        made = Still(int(facts[0]), int(facts[1]), pixels, float(facts[2]))
    except (ValueError, TypeError, LookupError, RecursionError):
        raise NoPicture("the answer makes no sense") from None
    if len(pixels) != made.width * made.height * 3 or (size and size != (made.width, made.height)):
        raise NoPicture("the answer makes no sense")
    return made


def decode(path: str, *, at: float, size: tuple[int, int] | None) -> tuple[Any, float]:
    """What `still` does, but in this process: the frame in RGB, and the file's length."""
    with av.open(f"file:{path}", "r", format="mp4", metadata_errors="replace") as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        container.seek(round(max(at, 0.0) * av.time_base))
        frame: Any = None
        for frame in container.decode(stream):
            if frame.time is not None and frame.time >= at - 0.001:
                break
        if frame is None:
            raise NoPicture("no frame")
        width, height = size or (frame.width, frame.height)
        rgb = frame.reformat(width, height, "rgb24", interpolation="BICUBIC")
        return rgb, (container.duration or 0) / av.time_base


def main(path: str, at: str, width: str, height: str) -> None:
    av.logging.set_level(None)
    size = (int(width), int(height)) if int(width) else None
    frame, seconds = decode(path, at=float(at), size=size)
    plane = frame.planes[0]
    row, rows = frame.width * 3, memoryview(plane)
    head = json.dumps([frame.width, frame.height, seconds])
    sys.stdout.buffer.write(head.encode() + b"\n")
    for start in range(0, plane.line_size * frame.height, plane.line_size):
        sys.stdout.buffer.write(rows[start : start + row])


if __name__ == "__main__":
    main(*sys.argv[1:5])
