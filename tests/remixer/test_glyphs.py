"""Glyphs chosen by HarfBuzz and drawn by their ids: joined, placed, and without a library of the
system's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw

from remixer import glyphs
from remixer.scripts import EMOJI

ARABIC, THAI, LATIN = "noto-sans-arabic-700.ttf", "noto-sans-thai-700.ttf", "anton-latin.ttf"
JOINED = {"محمد": "\ufee3\ufea4\ufee4\ufeaa"}  # meem first, hah and meem in the middle, dal last
ROOT = Path(__file__).resolve().parents[2]

SHAPE_AND_DRAW = """
import hashlib, json, sys
from pathlib import Path
from PIL import features
from remixer import captions, glyphs
from remixer.catalogue import TEMPLATES
arabic = glyphs.shape("محمد", "noto-sans-arabic-700.ttf", right_to_left=True)
thai = glyphs.shape("ที่", "noto-sans-thai-700.ttf", right_to_left=False)
texts = {"top": "محمد ١٢٣", "bottom": "ที่ שלום தமிழ் বাংলা"}
picture = captions.overlay(TEMPLATES["top_bottom"], texts, size=(640, 360), credit="@alice")
json.dump(
    {
        "fribidi": features.check("fribidi") or "fribidi" in Path("/proc/self/maps").read_text(),
        "arabic": [glyph.id for glyph in arabic.glyphs],
        "thai": [glyph.id for glyph in thai.glyphs],
        "picture": hashlib.sha256(picture.tobytes()).hexdigest(),
    },
    sys.stdout,
)
"""


def shape_and_draw(**environ: str) -> dict[str, object]:
    """What a process of its own finds."""
    done = subprocess.run(
        [sys.executable, "-c", SHAPE_AND_DRAW],
        cwd=ROOT,
        env=os.environ | environ,
        capture_output=True,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def ids(text: str, font: str, *, right_to_left: bool = False) -> list[int]:
    return [glyph.id for glyph in glyphs.shape(text, font, right_to_left=right_to_left).glyphs]


def ids_of_characters(text: str, font: str) -> list[int]:
    with TTFont(glyphs.FONTS / font, lazy=True) as opened:
        names = opened.getBestCmap()
        return [opened.getGlyphID(names[ord(character)]) for character in text]


def ink(text: str, font: str, *, stroke: int = 0) -> tuple[int, int, int, int]:
    canvas = Image.new("L", (200, 200))
    drawn = glyphs.shape(text, font, right_to_left=False)
    opened = glyphs.font_file(font, 80)
    on = ImageDraw.Draw(canvas)
    glyphs.draw(on, drawn, opened, left=50, baseline=130, fill="white", stroke=stroke)
    box = canvas.getbbox()
    assert box, "nothing was drawn"
    return box


@pytest.mark.skipif(sys.platform != "linux", reason="what is loaded is read from /proc")
def test_no_fribidi_of_the_system_is_needed(tmp_path: Path) -> None:
    for name in ("libfribidi.so", "libfribidi.so.0"):
        (tmp_path / name).touch()  # found first, and no library

    without = shape_and_draw(LD_LIBRARY_PATH=str(tmp_path))

    assert without["fribidi"] is False
    assert without["arabic"] == ids_of_characters(JOINED["محمد"], ARABIC)[::-1]
    assert without["thai"] == ids("ที่", THAI) != ids_of_characters("ที่", THAI)
    assert without["picture"] == shape_and_draw()["picture"]


def test_a_thai_tone_mark_stands_above_the_vowel() -> None:
    vowel, both = ink("ที", THAI), ink("ที่", THAI)

    assert both[1] < vowel[1] - 5
    assert (both[0], both[3]) == (vowel[0], vowel[3])
    assert both[2] - vowel[2] <= 2


def test_latin_letters_are_kerned() -> None:
    pair, apart = (
        sum(glyphs.shape(text, LATIN, right_to_left=False).width for text in texts)
        for texts in (["AV"], ["A", "V"])
    )

    assert pair < apart


def test_marks_on_a_letter_do_not_widen_it() -> None:
    letter, marked = (
        glyphs.shape(text, "noto-sans-hebrew-700.ttf", right_to_left=True) for text in ("ש", "שָׁ")
    )

    assert marked.width == letter.width


@pytest.mark.parametrize("font", [LATIN, ARABIC, "noto-sans-math-400.ttf"])
def test_each_glyph_can_be_drawn_by_its_id(font: str) -> None:
    """Of a font whose characters reach beyond 16 bits, too."""
    opened = glyphs.font_file(font, 40)
    with TTFont(glyphs.FONTS / font, lazy=True) as plain:
        characters = "".join(map(chr, list(plain.getBestCmap())[5::50]))

    for character, number in zip(characters, ids_of_characters(characters, font), strict=True):
        by_id = opened.getmask(chr(glyphs.FIRST + number))
        assert bytes(by_id) == bytes(opened.getmask(character))


def test_an_outline_is_as_wide_as_asked_on_each_side() -> None:
    left, top, right, bottom = ink("H", LATIN)

    assert ink("H", LATIN, stroke=6) == (left - 6, top - 6, right + 6, bottom + 6)


def test_a_letter_that_the_font_draws_as_a_picture_is_one() -> None:
    (number,) = ids("🎉", EMOJI)
    found = glyphs.picture(EMOJI, number)

    assert found
    picture, width = found
    assert picture.mode == "RGBA"
    assert picture.width > 100
    assert width == pytest.approx(1.25, abs=0.01)


def test_what_shows_nothing_is_no_picture() -> None:
    assert glyphs.picture(EMOJI, *ids("\u200d", EMOJI)) is None
