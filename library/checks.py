"""What this machine must have, and what it cannot do, for strangers' files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004

from library import limits


@register(Tags.files)
def ffmpeg_is_there(**_: Any) -> list[CheckMessage]:
    binary = settings.FFMPEG_BINARY
    if not binary or (Path(binary).is_absolute() and shutil.which(binary)):
        return []
    return [
        Error(
            f"FFMPEG_BINARY names {binary}, which is no program.",
            hint="Give the absolute path of an ffmpeg, or leave it out to use the one we bring.",
            id="library.E001",
        )
    ]


@register(Tags.security, deploy=True)
def the_sandbox_is_whole(**_: Any) -> list[CheckMessage]:
    return [Warning(sentence, id="library.W001") for sentence in limits.weaknesses()]
