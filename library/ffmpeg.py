"""The only place that runs ffmpeg: it gets arguments and makes a file. Knows no database.

`library.graphs` and `remixer.recipe` build the arguments; `run` executes them, locked in
(library.sandbox) and within deadlines.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import imageio_ffmpeg
from django.conf import settings

from library import sandbox
from library.probe import AUDIO_CODECS, CONTAINERS, MAX_STREAMS, VIDEO_CODECS
from library.refusals import MAX_PIXELS
from library.sandbox import Limits

__all__ = [
    "FfmpegFailed",
    "FfmpegTimeout",
    "Limits",
    "binary",
    "input_args",
    "input_options",
    "run",
]

STDERR_KEPT = 64 * 1024  # bytes
TICK = 0.5  # seconds between looks at the deadlines
THREADS = 4  # each needs address space, and a job may use a fixed amount of it
# ffmpeg's names for decoders that come from other libraries. The others are named like the codec.
_DECODERS = ["libdav1d", "libvpx-vp9", "libvpx", "libopus", "mp3float"]
_GLOBALS = ["-nostdin", "-hide_banner", "-v", "error", "-max_alloc", str(256 * 1024**2)]
_GLOBALS += ["-filter_threads", "2", "-filter_complex_threads", "2", "-y"]
_GLOBALS += ["-stats_period", str(TICK), "-progress", "pipe:1"]


class FfmpegFailed(Exception):
    """ffmpeg failed."""

    def __init__(self, stderr_tail: str, *, returncode: int) -> None:
        super().__init__(stderr_tail[-2000:] or f"ffmpeg ended with {returncode}")
        self.stderr_tail = stderr_tail
        self.returncode = returncode

    @property
    def killed(self) -> bool:
        """A signal ended it, or the disk was full: another try may work."""
        return self.returncode < 0 or "No space left on device" in self.stderr_tail


class FfmpegTimeout(Exception):
    """ffmpeg was stopped: it took too long, or made no progress for too long."""


@cache
def _shipped_binary() -> str:
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def binary() -> str:
    """The ffmpeg that the settings name, or the one that is installed with our packages."""
    return settings.FFMPEG_BINARY or _shipped_binary()


def input_options(seconds: float) -> dict[str, Any]:
    """The options before `-i` for a file that came from outside, in the form of ffmpeg-python.

    Without the whitelists, a playlist that is named like a video could read any file. With `-t`
    after `-i` instead of before it, ten hours at one frame per second would be decoded completely.
    """
    return {
        "protocol_whitelist": "file,pipe",
        "format_whitelist": ",".join(name for names in CONTAINERS for name in names.split(",")),
        "codec_whitelist": ",".join([*VIDEO_CODECS, *AUDIO_CODECS, *_DECODERS]),
        "max_pixels": MAX_PIXELS,
        "max_streams": MAX_STREAMS,
        "probesize": 5_000_000,
        "analyzeduration": 5_000_000,
        "threads": THREADS,
        "t": f"{seconds:.3f}",
    }


def input_args(path: Path | str, seconds: float) -> list[str]:
    """`input_options` and the input, as a list of arguments."""
    options = (part for name, value in input_options(seconds).items() for part in (name, value))
    args = [f"-{part}" if i % 2 == 0 else str(part) for i, part in enumerate(options)]
    return [*args, "-i", f"file:{path}"]


def run(
    argv_tail: list[str],
    *,
    folder: Path,
    timeout: float,
    quiet_timeout: float,
    reads: Iterable[Path] = (),
    limits: Limits = Limits(),  # noqa: B008  (frozen)
    on_progress: Callable[[float], None] | None = None,
) -> None:
    """Run ffmpeg in `folder` and wait for its end. `timeout` is for the whole run and
    `quiet_timeout` for a time without progress, both in seconds.

    It can write in `folder` only, and read only that and the files in `reads`. A file of `reads`
    must be outside `folder` if it is a hard link, as what `files.fetch` makes is: ValueError.

    `on_progress` gets the seconds written so far, about twice a second even without progress, so
    that a job can extend its lease there. An exception that it raises stops ffmpeg and is passed
    on. Raises FfmpegFailed and FfmpegTimeout, and NotLockedIn if ffmpeg was not even started.
    ffmpeg dies if the calling thread dies.
    """
    errors = folder / "ffmpeg.stderr"
    with errors.open("wb") as stderr:
        process = sandbox.start(
            [binary(), *_GLOBALS, *argv_tail],
            folder=folder,
            reads=reads,
            limits=limits,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    try:
        _watch(process, timeout=timeout, quiet_timeout=quiet_timeout, on_progress=on_progress)
    finally:
        sandbox.end(process)
    if process.returncode:
        said = _tail(errors)
        sandbox.require_locked_in(process, said.encode())
        raise FfmpegFailed(said, returncode=process.returncode)


def _watch(
    process: subprocess.Popen[bytes],
    *,
    timeout: float,
    quiet_timeout: float,
    on_progress: Callable[[float], None] | None,
) -> None:
    """Wait until ffmpeg has closed its output and ended."""
    assert process.stdout is not None  # noqa: S101  (we asked for a pipe)
    started = moved = time.monotonic()
    seconds, rest = 0.0, b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        is_open = True
        while is_open or process.poll() is None:
            if not is_open:
                time.sleep(0.02)
            elif selector.select(TICK):
                chunk = os.read(process.stdout.fileno(), 65536)
                is_open = bool(chunk)
                *lines, rest = (rest[-1000:] + chunk).split(b"\n")
                written = max([seconds, *map(_seconds, lines)])
                if written > seconds:
                    seconds, moved = written, time.monotonic()
            now = time.monotonic()
            if now - started > timeout:
                raise FfmpegTimeout(f"not done after {timeout:.0f} seconds")
            if now - moved > quiet_timeout:
                raise FfmpegTimeout(f"no progress for {quiet_timeout:.0f} seconds")
            if on_progress:
                on_progress(seconds)


def _seconds(line: bytes) -> float:
    """The time in one line of `-progress`: `out_time_us=1500000`, or N/A at the start."""
    name, _, value = line.partition(b"=")
    return int(value) / 1_000_000 if name == b"out_time_us" and value.strip().isdigit() else 0.0


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - STDERR_KEPT))
        return file.read().decode(errors="replace")
