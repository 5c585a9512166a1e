"""The recipe, pure: the arguments that ffmpeg gets, and what no request can change about them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from remixer.catalogue import TEMPLATES
from remixer.recipe import Canvas, Facts, argv_for, canvas_for, span

TOP_BOTTOM, BAR = TEMPLATES["top_bottom"], TEMPLATES["caption_bar"]
FACTS = Facts(width=1920, height=1080, duration=12.0, has_audio=True)


def argv(template: str = "top_bottom", facts: Facts = FACTS, **wishes: float) -> list[str]:
    times = {"start": 1.0, "length": 3.0} | wishes
    return argv_for(
        TEMPLATES[template],
        facts,
        source="/job/in",
        overlay="/job/o.png",
        output="/job/out",
        **times,
    )


def graph(arguments: list[str]) -> str:
    return arguments[arguments.index("-filter_complex") + 1]


def options_before(arguments: list[str], path: str) -> dict[str, str]:
    """The options of one input."""
    end = arguments.index(f"file:{path}") - 1
    inputs = [i for i, argument in enumerate(arguments) if argument == "-i" and i < end]
    part = arguments[inputs[-1] + 2 if inputs else 0 : end]
    return dict(zip(part[::2], part[1::2], strict=True))


def test_the_whole_of_it() -> None:
    assert graph(argv("caption_bar")) == (
        "[0:v:0]scale=1280:720:in_color_matrix=bt709:out_color_matrix=bt709:out_range=tv[s0];"
        "[s0]setsar=1[s1];[s1]pad=1280:892:0:172:0xffffff[s2];"
        "[s2][1]overlay=eof_action=repeat:format=auto[s3];[s3]format=yuv420p[s4]"
    )
    assert options_before(argv(), "/job/in") == {
        "-ss": "1.000",
        "-t": "3.000",
        "-protocol_whitelist": "file",
        "-format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2",
        "-codec_whitelist": "h264,aac",
    }
    assert options_before(argv(), "/job/o.png") == {
        "-f": "png_pipe",
        "-protocol_whitelist": "file",
        "-format_whitelist": "png_pipe",
        "-codec_whitelist": "png",
    }
    assert argv()[-1] == "file:/job/out"


@pytest.mark.parametrize(
    ("width", "height", "canvas"),
    [
        (1920, 1080, Canvas(1280, 720)),
        (1080, 1920, Canvas(720, 1280)),
        (640, 360, Canvas(1280, 720)),
        (1279, 719, Canvas(1280, 720)),
        (321, 181, Canvas(1276, 720)),
        (176, 144, Canvas(880, 720)),
        (4096, 2, Canvas(1280, 2)),
        (1, 1, Canvas(720, 720)),
        (0, 0, Canvas(2, 2)),
    ],
)
def test_the_canvas_is_even_and_neither_too_large_nor_too_small(
    width: int, height: int, canvas: Canvas
) -> None:
    assert canvas_for(TOP_BOTTOM, width=width, height=height) == canvas


def test_a_bar_adds_to_the_height() -> None:
    assert canvas_for(BAR, width=640, height=360) == Canvas(1280, 892, bar=172)


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        (1.0, 3.0, (1.0, 3.0)),
        (0.0, 99.0, (0.0, 12.0)),
        (11.0, 3.0, (9.0, 3.0)),
        (-5.0, 3.0, (0.0, 3.0)),
        (0.0, -1.0, (0.0, 0.2)),
        (1e300, 1e300, (0.0, 12.0)),
        (math.inf, 2.0, (10.0, 2.0)),
    ],
)
def test_times_are_clamped(start: float, length: float, expected: tuple[float, float]) -> None:
    assert span(TOP_BOTTOM, FACTS, start=start, length=length) == pytest.approx(expected)


def test_the_template_limits_the_length() -> None:
    long = replace(FACTS, duration=600.0)

    assert span(TEMPLATES["big_centre"], long, start=0.0, length=60.0) == (0.0, 10.0)


def test_sound_is_mapped_only_where_there_is_some() -> None:
    silent = argv(facts=replace(FACTS, has_audio=False))

    assert "0:a:0" in argv()
    assert not {"0:a:0", "-c:a"} & set(silent)


def test_nothing_of_the_source_beside_picture_and_sound_comes_along() -> None:
    arguments = argv()

    maps = [arguments[i + 1] for i, word in enumerate(arguments) if word == "-map"]
    assert maps == ["[s3]", "0:a:0"]
    assert arguments[arguments.index("-map_metadata") + 1] == "-1"
    assert arguments[arguments.index("-map_chapters") + 1] == "-1"
