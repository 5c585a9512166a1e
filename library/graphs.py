"""ffmpeg's arguments for what the library makes: mezzanines and posters. Decides nothing.

ffmpeg-python builds the graphs; `library.ffmpeg.run` executes them.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import ffmpeg

from library.colour import BT709_TAGS
from library.decision import Facts
from library.ffmpeg import THREADS, input_options

MEZZANINE_BOX = (1920, 1080)  # pixels; 1080 × 1920 for an upright video
MEZZANINE_FPS = 60
MAY_BE_LOST = 0.2  # of the length, and half a second: damage for which the picture stands still
POSTER_WIDTH = 960  # pixels
THUMB_BOX = 320  # pixels of the longer side, at most
SDR_WHITE = 203  # nits: where HDR puts what is white in SDR (ITU-R BT.2408)
# Light up to KNEE of SDR white stays as it is; what is brighter, up to PEAK times white, is pressed
# together above it.
KNEE, PEAK = 0.75, 20

# How the scaler converts colours: by default it is off by several steps.
EXACT = {"flags": "bicubic+accurate_rnd+full_chroma_int"}

AUDIO_ENCODING: dict[str, Any] = {"c:a": "aac", "b:a": "160k", "ac": 2, "ar": 48000}


def mezzanine_size(facts: Facts) -> tuple[int, int]:
    """Width and height, both even, that keep the proportions and fit the box."""
    box = MEZZANINE_BOX if facts.width >= facts.height else MEZZANINE_BOX[::-1]
    factor = min(1.0, box[0] / facts.width, box[1] / facts.height)
    width, height = (max(16, round(side * factor / 2) * 2) for side in (facts.width, facts.height))
    return width, height


def mezzanine_args(facts: Facts, source: Path | str, target: Path | str) -> list[str]:
    """Arguments that turn an upload into the one form from which memes are cut: H.264 and AAC in
    MP4, 4:2:0, BT.709, square pixels, upright, constant frame rate, picture and sound as long as
    the whole. It has a key frame every second, so that seeking is fast, and its index first, so
    that playing starts at once. HDR becomes SDR.
    """
    # One clock for all tracks: ffmpeg must not shift it, and we take the same from each. It must
    # not build the graph anew where the picture changes its size: the filters would begin again.
    options = {"noautorotate": None, "reinit_filter:v": 0}
    opened = ffmpeg.input(f"file:{source}", **input_options(facts.read + 1), **options)
    picture = _timed(_whole(opened[str(facts.video_index)], facts), facts)
    streams = [_coloured(_placed(picture, facts), facts)]
    options = encoding(min(facts.fps, float(MEZZANINE_FPS)))
    if facts.audio_index is not None:
        streams.append(_sound(opened[str(facts.audio_index)], facts))
        options |= AUDIO_ENCODING
    # With more than a quarter of its frames damaged, the file is refused.
    arguments = ["-copyts", "-max_error_rate", "0.25"]
    return [*arguments, *ffmpeg.output(*streams, str(target), **options).get_args()]


def _whole(picture: Any, facts: Facts) -> Any:
    """Every frame in the decided colours and in the size of the first one: a frame of another size
    is fitted into it, with bars. Only filters that allow such changes may come before."""
    width, height = facts.coded_width, facts.coded_height
    colour = facts.colour
    tags = {
        "colorspace": colour.matrix,
        "color_primaries": colour.primaries,
        "color_trc": colour.transfer,
        "range": "pc" if colour.is_full_range else "tv",
    }
    fit = {"force_original_aspect_ratio": "decrease", "eval": "frame"}
    return (
        picture.filter("setparams", **tags)
        .filter("scale", width, height, **fit)
        .filter("pad", width, height, -1, -1, eval="frame")
        .filter("yadif", deint="interlaced")
    )


def _timed(picture: Any, facts: Facts) -> Any:
    """From 0 to the end of the whole, at a constant rate: the first frame stands until the next
    comes, and so does the last one. Where too much is missing, the result is too short."""
    rate = facts.rate if facts.fps <= MEZZANINE_FPS else str(MEZZANINE_FPS)
    stand = facts.hold + facts.duration * MAY_BE_LOST + 0.5
    return (
        picture.filter("setpts", f"PTS-({facts.begin:.6f})/TB")
        .filter("fps", fps=rate, start_time=0, eof_action="pass")
        .filter("tpad", stop_duration=f"{stand:.3f}", stop_mode="clone")
        .filter("trim", end=f"{facts.duration:.3f}")
    )


def _placed(picture: Any, facts: Facts) -> Any:
    """Upright, in the size of the mezzanine, with square pixels. What the file said about its
    frames, such as how to turn them, is no longer so."""
    for name, *arguments in facts.turns:
        picture = picture.filter(name, *arguments)
    picture = picture.filter("scale", *mezzanine_size(facts)).filter("setsar", 1)
    return picture.filter("sidedata", "delete")


def _coloured(picture: Any, facts: Facts) -> Any:
    if facts.colour.is_plain:
        picture = picture.filter("scale", out_color_matrix="bt709", out_range="tv", **EXACT)
    else:
        picture = picture.filter("zscale", t="linear", npl=SDR_WHITE if facts.is_hdr else 100)
        picture = picture.filter("format", "gbrpf32le").filter("zscale", p="bt709")
        if facts.is_hdr:
            picture = picture.filter("tonemap", "mobius", param=KNEE, peak=PEAK, desat=0)
        picture = picture.filter("zscale", t="bt709", m="bt709", r="tv")
    tags = {"colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709", "range": "tv"}
    return picture.filter("format", "yuv420p").filter("setparams", **tags)


def _sound(sound: Any, facts: Facts) -> Any:
    """Silence where it begins late, has a hole or ends early: it stays in time with the picture,
    and a piece from anywhere has sound."""
    length = f"{facts.duration:.3f}"
    return (
        sound.filter("asetpts", f"PTS-({facts.begin:.6f})/TB")
        .filter("aresample", **{"async": 1, "first_pts": 0})
        .filter("apad", whole_dur=length)
        .filter("atrim", end=length)
    )


def encoding(fps: float) -> dict[str, Any]:
    """The options by which the picture of a mezzanine is encoded."""
    return {
        "f": "mp4",
        "c:v": "libx264",
        "preset": "veryfast",
        "crf": 21,
        "maxrate": "12M",
        "bufsize": "24M",
        "profile:v": "high",
        "pix_fmt": "yuv420p",
        "fps_mode": "cfr",
        "g": max(1, math.ceil(fps)),
        "force_key_frames": "expr:gte(t,n_forced)",
        "threads": THREADS,
        "map_metadata": -1,
        "map_chapters": -1,
        "sn": None,
        "dn": None,
        "movflags": "+faststart",
        **BT709_TAGS,
    }


def poster_args(
    source: Path | str, target: Path | str, thumb: Path | str, *, at: float
) -> list[str]:
    """Arguments that save the frame of a mezzanine at `at` seconds as a JPEG, and as a small one
    for lists. A JPEG is BT.601 in the full range, without saying so."""
    opened = ffmpeg.input(f"file:{source}", ss=f"{at:.3f}", **input_options(5))
    colours = {"out_color_matrix": "bt601", "out_range": "pc", **EXACT}
    picture = (
        opened["v:0"]
        .filter("scale", f"min({POSTER_WIDTH},iw)", -2, **colours)
        .filter("format", "yuvj420p")
        .filter_multi_output("split")
    )
    box = {"force_original_aspect_ratio": "decrease", "force_divisible_by": 2}
    small = picture[1].filter("scale", f"min({THUMB_BOX},iw)", f"min({THUMB_BOX},ih)", **box)
    options = {"f": "image2", "update": 1, "frames:v": 1, "c:v": "mjpeg"}
    outputs = (
        ffmpeg.output(picture[0], str(target), **options, **{"q:v": 4}),
        ffmpeg.output(small, str(thumb), **options, **{"q:v": 6}),
    )
    arguments: list[str] = ffmpeg.merge_outputs(*outputs).get_args()
    return arguments


def drawing_args(picture: str, sound: str, target: Path | str, *, seconds: float) -> list[str]:
    """Arguments that make a mezzanine which ffmpeg draws itself, for demos and benchmarks.
    `picture` and `sound` are lavfi graphs; they must never contain a person's text."""
    drawn = ffmpeg.input(picture, f="lavfi", t=seconds)["v:0"]
    streams = [drawn.filter("scale", out_color_matrix="bt709", out_range="tv")]
    options = encoding(30)
    if sound:
        streams.append(ffmpeg.input(sound, f="lavfi", t=seconds)["a:0"])
        options |= AUDIO_ENCODING
    arguments: list[str] = ffmpeg.output(*streams, str(target), **options).get_args()
    return arguments
