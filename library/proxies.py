"""What a proxy is: the whole video small, of low quality and visibly marked, for everyone who may
choose a cut from it. Makes one from a mezzanine, in a child process. Knows no database."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import ffmpeg as arguments
from PIL import Image, ImageDraw, ImageFont

from library import ffmpeg, graphs
from library.ffmpeg import Limits

LONGEST_SIDE = 480  # pixels
FPS = 25.0
MARK = "PREVIEW"  # in the picture, so it is not translated
QUIET_TIMEOUT = 60.0  # seconds
_OVERLAY = {
    "protocol_whitelist": "file",
    "format_whitelist": "png_pipe",
    "codec_whitelist": "png",
    "f": "png_pipe",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A mezzanine: its size in pixels and its duration in seconds."""

    path: Path
    width: int
    height: int
    duration: float
    has_audio: bool


def make(source: Source, target: Path, *, on_progress: Callable[[float], None]) -> None:
    """Write the proxy to `target`, in whose folder there is nothing else. Raises as ffmpeg.run
    does."""
    mark = source.path.with_name("mark.png")
    mark_for(size_of(source.width, source.height)).save(mark)
    timeout = 60 + 1.5 * source.duration
    ffmpeg.run(
        args(source, mark, target),
        folder=target.parent,
        reads=[source.path, mark],
        timeout=timeout,
        quiet_timeout=QUIET_TIMEOUT,
        limits=Limits(cpu=int(timeout) * (os.cpu_count() or 1)),
        on_progress=on_progress,
    )


def size_of(width: int, height: int) -> tuple[int, int]:
    """Even, in the video's proportions, and never larger than the video."""
    factor = min(1.0, LONGEST_SIDE / max(width, height, 1))
    return _even(width * factor), _even(height * factor)


def args(source: Source, mark: Path, target: Path) -> list[str]:
    """ffmpeg's arguments. A key frame every second, so that seeking is fast."""
    width, height = size_of(source.width, source.height)
    opened = arguments.input(f"file:{source.path}", **ffmpeg.input_options(source.duration + 1))
    marked = arguments.input(f"file:{mark}", **_OVERLAY)
    picture = opened["v:0"].filter("fps", fps=f"min(source_fps,{FPS})")
    picture = picture.filter("scale", width, height).overlay(marked, format="auto")
    streams = [picture.filter("format", "yuv420p")]
    options: dict[str, Any] = {
        **graphs.encoding(FPS),
        "crf": 30,
        "maxrate": "500k",
        "bufsize": "1M",
    }
    if source.has_audio:
        streams.append(opened["a:0"])
        options |= {"c:a": "aac", "b:a": "48k", "ac": 1, "ar": 44100}
    made: list[str] = arguments.output(*streams, f"file:{target}", **options).get_args()
    return made


@cache
def mark_for(size: tuple[int, int]) -> Image.Image:
    """The mark, in rows over the whole picture: no cut is without one."""
    width, height = size
    layer = Image.new("RGBA", size)
    draw = ImageDraw.Draw(layer)
    letters = max(10, min(size) // 9)
    font = ImageFont.load_default(letters)
    across = math.ceil(draw.textlength(MARK, font=font))
    for row, top in enumerate(range(letters // 2, height, letters * 3)):
        start = letters // 2 - (row % 2) * across
        for left in range(start, width, 2 * across):
            draw.text(
                (left, top),
                MARK,
                font=font,
                fill=(255, 255, 255, 110),
                stroke_width=1,
                stroke_fill=(0, 0, 0, 90),
            )
    return layer


def _even(pixels: float) -> int:
    return max(2, round(pixels / 2) * 2)
