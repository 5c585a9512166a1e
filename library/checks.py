"""System checks: the programs that read strangers' files are there, and how well they are confined.

The checks start programs, so they run with those of the database, when the product starts.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution

from library import ffmpeg, limits


@register(Tags.database)
def ffmpeg_runs(*, databases: Sequence[str] | None = None, **_: Any) -> Iterable[CheckMessage]:
    if not databases:
        return
    try:
        done = subprocess.run(
            [ffmpeg.binary(), "-nostdin", "-hide_banner", "-version"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=20,
            check=False,
        )
        problem = "" if done.returncode == 0 else f"it ends with status {done.returncode}"
    except (OSError, RuntimeError, subprocess.TimeoutExpired) as error:
        problem = str(error)
    if problem:
        yield Error(
            f"ffmpeg does not run: {problem}",
            hint="Set FFMPEG_BINARY to one that does, or install the requirements again.",
            id="library.E001",
        )


@register(Tags.database)
def video_programs_are_confined(
    *, databases: Sequence[str] | None = None, **_: Any
) -> Iterable[CheckMessage]:
    if databases:
        for weakness in limits.weaknesses():
            yield Caution(
                weakness,
                hint="Good enough to try things out. Read docs/threat-model.md before production.",
                id="library.W001",
            )
