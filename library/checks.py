"""System checks: the programs that read strangers' files are there, and how they are locked in.

The checks start programs, so they run with those of the database, when the product starts.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Info, Tags, register
from django.core.checks import Warning as Caution

from library import ffmpeg, files, sandbox
from library.sandbox import Level
from library.startup import AS_ROOT

HINT = "What the system must allow is in docs/operations.md, at “Locking in”."


@register(Tags.database)
def ffmpeg_runs(*, databases: Sequence[str] | None = None, **_: Any) -> Iterable[CheckMessage]:
    if not databases:
        return
    problem = ""
    try:
        with files.work_folder(f"check-{uuid.uuid4()}") as folder:
            ffmpeg.run(["-version"], folder=folder, timeout=20, quiet_timeout=20)
    except (ffmpeg.FfmpegFailed, ffmpeg.FfmpegTimeout, RuntimeError, OSError) as error:
        problem = str(error)
    if problem:
        yield Error(
            f"ffmpeg does not run: {problem}",
            hint="Set FFMPEG_BINARY to one that does, or install the requirements again.",
            id="library.E001",
        )


@register(Tags.database)
def video_programs_are_locked_in(
    *, databases: Sequence[str] | None = None, **_: Any
) -> Iterable[CheckMessage]:
    if not databases:
        return
    if sandbox.level() == Level.FULL:
        yield Info(sandbox.description(), id="library.I001")
    else:
        yield Caution(sandbox.description(), hint=HINT, id="library.W001")


@register(Tags.database)
def account_is_not_root(
    *, databases: Sequence[str] | None = None, **_: Any
) -> Iterable[CheckMessage]:
    if databases and sandbox.is_root():
        yield Caution(
            AS_ROOT,
            id="library.W002",
        )


@register(Tags.security, deploy=True)
def video_programs_are_locked_in_for_production(**_: Any) -> Iterable[CheckMessage]:
    if sandbox.level() == Level.LIMITS:
        yield Error(sandbox.description(), hint=HINT, id="library.E002")
