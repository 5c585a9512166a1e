"""Which glyphs draw a text, where they stand, and how Pillow draws them.

Knows no Django. HarfBuzz chooses and places the glyphs: it joins Arabic letters, puts marks where
they belong and kerns. Pillow would need FriBiDi from the system for that, so it only draws, by the
private-use character that each glyph gets here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

import uharfbuzz as harfbuzz
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from PIL import Image, ImageDraw, ImageFont

FONTS = Path(__file__).resolve().parent.parent / "static" / "fonts"
FIRST = 0xF0000  # the private-use character of glyph 0; no caption has such characters


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph by its id in the font. `x` and `y` are how far to the right of the text's start and
    above its baseline it stands, as multiples of the letters' size."""

    id: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Shaped:
    """The glyphs from left to right, and the text's width as a multiple of the letters' size."""

    glyphs: tuple[Glyph, ...]
    width: float


@lru_cache(maxsize=1024)
def shape(text: str, font: str, *, right_to_left: bool) -> Shaped:
    """A text of one direction in the font with this file name. The first letter that belongs to a
    script says by which script's rules."""
    buffer = harfbuzz.Buffer()
    buffer.add_str(text)
    buffer.direction = "rtl" if right_to_left else "ltr"
    buffer.language = "und"  # else that of the server would choose between forms
    buffer.guess_segment_properties()
    face = _shaper(font)
    harfbuzz.shape(face, buffer)
    em = face.face.upem
    glyphs = []
    at = 0
    for info, place in zip(buffer.glyph_infos, buffer.glyph_positions or (), strict=True):
        x, y = (at + place.x_offset) / em, place.y_offset / em
        glyphs.append(Glyph(info.codepoint, x, y))
        at += place.x_advance
    return Shaped(tuple(glyphs), at / em)


def draw(
    on: ImageDraw.ImageDraw,
    shaped: Shaped,
    font: ImageFont.FreeTypeFont,
    *,
    left: float,
    baseline: float,
    fill: str,
    stroke: int,
) -> None:
    """Draws glyphs of this font; with a `stroke`, also that many pixels around them."""
    for glyph in shaped.glyphs:
        on.text(
            (left + glyph.x * font.size, baseline - glyph.y * font.size),
            chr(FIRST + glyph.id),
            font=font,
            fill=fill,
            anchor="ls",
            stroke_width=stroke,
            stroke_fill=fill,
        )


@lru_cache(maxsize=512)
def font_file(name: str, size: int) -> ImageFont.FreeTypeFont:
    """Draws the font's characters and, by FIRST, its glyphs; shapes nothing."""
    basic = ImageFont.Layout.BASIC
    return ImageFont.truetype(BytesIO(_with_glyphs(name)), size, layout_engine=basic)


@lru_cache(maxsize=64)
def picture(name: str, glyph: int) -> tuple[Image.Image, float] | None:
    """A glyph that is a picture in the font, and its width as a multiple of the letters' size; None
    for one that shows nothing."""
    font = _shaper(name)
    extents = font.get_glyph_extents(glyph)
    png = font.get_glyph_color_png(glyph)
    if not png or extents is None:
        return None
    drawn = Image.open(BytesIO(png.data), formats=("PNG",)).convert("RGBA")
    return drawn, extents.width / font.face.upem


@cache
def _shaper(name: str) -> harfbuzz.Font:
    return harfbuzz.Font(harfbuzz.Face(harfbuzz.Blob.from_file_path(str(FONTS / name))))


@cache
def _with_glyphs(name: str) -> bytes:
    """The font's file, with a character for each glyph beside those that it has."""
    with TTFont(FONTS / name, recalcBBoxes=False, recalcTimestamp=False) as font:
        table = CmapSubtable.newSubtable(12)
        table.platformID, table.platEncID, table.language = 3, 10, 0
        by_id = {FIRST + number: glyph for number, glyph in enumerate(font.getGlyphOrder())}
        table.cmap = font.getBestCmap() | by_id
        font["cmap"].tables = [table]
        font.save(file := BytesIO())
    return file.getvalue()
