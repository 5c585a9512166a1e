"""How is a meme cut from its video? Pure: from a template, facts and paths to ffmpeg's arguments.

No text that a person typed gets into a filter: captions come as a picture. Numbers are clamped.
"""

from __future__ import annotations

from dataclasses import dataclass

import ffmpeg

from library.colour import BT709_TAGS, matrix_of_mezzanine
from remixer.catalogue import Template

LONGEST_SIDE = 1280  # pixels of the picture, without the bar
SHORTER_SIDE = 720  # pixels that it has at least, where the longest side allows it
SHORTEST = 0.2  # seconds

# Both inputs are files that we made. A demuxer or decoder that they do not need stays off, so that
# nobody can reach its faults through them.
MEZZANINE = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2",
    "codec_whitelist": "h264,aac",
}
OVERLAY = {
    "protocol_whitelist": "file",
    "format_whitelist": "png_pipe",
    "codec_whitelist": "png",
    "f": "png_pipe",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The mezzanine's size in pixels and its duration in seconds."""

    width: int
    height: int
    duration: float
    has_audio: bool


@dataclass(frozen=True, slots=True)
class Canvas:
    """The size of the finished picture in pixels; its topmost `bar` pixels are a band above the
    video's own picture."""

    width: int
    height: int
    bar: int = 0

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height


def canvas_for(template: Template, *, width: int, height: int) -> Canvas:
    """The finished size for a video of this size. Sides are even. A small video is enlarged until
    its shorter side has SHORTER_SIDE pixels: letters set on fewer cannot be read."""
    enlarged = max(1.0, SHORTER_SIDE / max(min(width, height), 1))
    scale = min(enlarged, LONGEST_SIDE / max(width, height, 1))
    picture = _even(height * scale)
    bar = _even(picture * template.bar) if template.bar else 0
    return Canvas(width=_even(width * scale), height=picture + bar, bar=bar)


def span(template: Template, facts: Facts, *, start: float, length: float) -> tuple[float, float]:
    """Start and length in seconds, clamped to the template and the video."""
    length = _clamp(length, SHORTEST, max(min(template.max_length, facts.duration), SHORTEST))
    return _clamp(start, 0.0, max(facts.duration - length, 0.0)), length


def argv_for(
    template: Template,
    facts: Facts,
    *,
    source: str,
    overlay: str,
    output: str,
    start: float,
    length: float,
) -> list[str]:
    """ffmpeg's arguments after its global options. `start` and `length` are in seconds; the overlay
    must have the size that canvas_for() gives. No path may come from a person."""
    canvas = canvas_for(template, width=facts.width, height=facts.height)
    start, length = span(template, facts, start=start, length=length)
    video = ffmpeg.input(f"file:{source}", ss=f"{start:.3f}", t=f"{length:.3f}", **MEZZANINE)
    captions = ffmpeg.input(f"file:{overlay}", **OVERLAY)
    colours = {
        "in_color_matrix": matrix_of_mezzanine(facts.width, facts.height),
        "out_color_matrix": "bt709",
        "out_range": "tv",
    }
    picture = (
        video["v:0"]
        .filter("scale", canvas.width, canvas.height - canvas.bar, **colours)
        .filter("setsar", 1)
    )
    if canvas.bar:
        colour = f"0x{template.bar_colour.removeprefix('#')}"
        picture = picture.filter("pad", canvas.width, canvas.height, 0, canvas.bar, colour)
    picture = picture.overlay(captions, format="auto").filter("format", "yuv420p")
    streams = [picture, video["a:0"]] if facts.has_audio else [picture]
    options: dict[str, str | int] = {
        "c:v": "libx264",
        "preset": "veryfast",
        "crf": 21,
        "profile:v": "high",
        "threads": 2,
        "t": f"{length:.3f}",
        "map_metadata": -1,
        "map_chapters": -1,
        "movflags": "+faststart",
        "f": "mp4",
        **BT709_TAGS,
    }
    if facts.has_audio:
        options |= {"c:a": "aac", "b:a": "128k", "ac": 2, "ar": 48000}
    argv: list[str] = ffmpeg.output(*streams, f"file:{output}", **options).compile()
    return argv[1:]


def _even(pixels: float) -> int:
    return max(2, round(pixels / 2) * 2)


def _clamp(value: float, least: float, most: float) -> float:
    return max(least, min(value, most))
