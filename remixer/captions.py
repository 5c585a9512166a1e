"""Draws the texts of a meme on a transparent picture, the same for the preview and the video.

Knows no Django. Each text is wrapped, and made smaller until it fits its box.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PIL import Image, ImageDraw

from remixer import glyphs, scripts
from remixer.bidi import reads_from_the_right
from remixer.catalogue import Box, Template
from remixer.scripts import EMOJI, Run

LINE, TALL_LINE = 1.2, 1.5  # the height of a line, as a multiple of the letters' size
SMALLEST = 5  # pixels; a text that does not fit even at this size is cut off
SHRINK = 0.94
CREDIT = 0.030  # the size of the credit's letters, as a fraction of the shorter side
LONGEST_NAME = 32  # characters

# Invisible characters that stay, because they join letters and emoji. All others are removed:
# control characters, and those that change the direction and can make a text read as another one
# (Trojan Source).
_KEPT = {"\u200c", "\u200d", *map(chr, range(0xE0020, 0xE0080))}


def clean(text: str) -> str:
    """The text as it will be drawn: in Unicode's composed form (NFC), without control characters,
    empty lines and repeated spaces."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = "".join(
        character
        for character in text.replace("\t", " ")
        if character in _KEPT
        or character == "\n"
        or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    )
    lines = (re.sub(r"\s+", " ", line).strip() for line in kept.split("\n"))
    return "\n".join(line for line in lines if line)


def undrawable(text: str) -> list[str]:
    """The letters of this text that none of our fonts has."""
    return list(scripts.undrawable(text))


def credit_line(username: str) -> str:
    """The line that names the creator on every meme. A very long name is cut off."""
    name = username if len(username) <= LONGEST_NAME else f"{username[: LONGEST_NAME - 1]}…"
    return f"@{name} · CreatorHub"


def overlay(
    template: Template, captions: Mapping[str, str], *, size: tuple[int, int], credit: str
) -> Image.Image:
    """An RGBA picture of `size` pixels, with each text in its box and `credit` at the lower right.
    `captions` is box id to text; clean() the texts first."""
    canvas = Image.new("RGBA", size)
    for box in template.boxes:
        if text := captions.get(box.id, ""):
            _draw_box(canvas, box, text.upper() if box.case == "upper" else text)
    _draw_credit(canvas, credit)
    return canvas


@dataclass(frozen=True, slots=True)
class _Style:
    family: str
    colour: str
    stroke: float  # the outline's width, as a fraction of the letters' size
    stroke_colour: str


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    right_to_left: bool
    width: float


def _draw_box(canvas: Image.Image, box: Box, text: str) -> None:
    width, height = box.width * canvas.width, box.height * canvas.height
    largest = max(round(box.size * min(canvas.size)), SMALLEST)
    size, lines = _fit(text, box, width=width, height=height, largest=largest)
    step = _step(text) * size
    free = height - len(lines) * step
    top = box.y * canvas.height + {"top": 0.0, "middle": free / 2, "bottom": free}[box.valign]
    style = _Style(box.font, box.colour, box.stroke, box.stroke_colour)
    for number, line in enumerate(lines):
        left = box.x * canvas.width + _indent(box, line, width - line.width)
        _draw_line(canvas, line, style, size=size, left=left, top=top + number * step, step=step)


def _indent(box: Box, line: _Line, free: float) -> float:
    if box.align == "centre":
        return free / 2
    return free if (box.align == "end") != line.right_to_left else 0.0


def _fit(
    text: str, box: Box, *, width: float, height: float, largest: int
) -> tuple[int, list[_Line]]:
    """The largest size at which the text fits its box, and its lines. Words are broken only if the
    text does not fit at any size above half of the largest."""
    size = float(largest)
    step = _step(text)
    while True:
        pixels = max(round(size), SMALLEST)
        room = width - 2 * box.stroke * pixels
        breaks = pixels <= max(largest / 2, SMALLEST)
        lines = _wrap(text, box.font, pixels, room, breaks=breaks)
        fits = len(lines) * step * pixels <= height and all(line.width <= room for line in lines)
        if fits:
            return pixels, lines
        if pixels <= SMALLEST:
            return pixels, lines[: max(1, int(height // (step * pixels)))]
        size *= SHRINK


def _step(text: str) -> float:
    """The height of a line, as a multiple of the letters' size. Most scripts have marks above and
    below their letters and need more room than plain Latin; so does a Latin capital with two
    marks."""
    plain = all(letter < "\u0250" or not letter.isalpha() for letter in text)
    return LINE if plain and not any(map(unicodedata.combining, text)) else TALL_LINE


def _wrap(text: str, family: str, size: int, room: float, *, breaks: bool) -> list[_Line]:
    lines: list[_Line] = []
    for paragraph in text.split("\n"):
        from_right = reads_from_the_right(paragraph)

        def measured(line: str, *, from_right: bool = from_right) -> float:
            return sum(
                _width(run, size) for run in scripts.runs(line, family, right_to_left=from_right)
            )

        words = paragraph.split(" ")
        if breaks:
            words = [part for word in words for part in _broken(word, measured, room)]
        line = words[0]
        for word in words[1:]:
            if measured(longer := f"{line} {word}") <= room:
                line = longer
            else:
                lines.append(_Line(line, from_right, measured(line)))
                line = word
        lines.append(_Line(line, from_right, measured(line)))
    return lines


def _broken(word: str, measured: Callable[[str], float], room: float) -> list[str]:
    """The word in pieces that fit into the room, cut between letters."""
    pieces = [""]
    for letter in scripts.letters(word):
        if pieces[-1] and measured(pieces[-1] + letter) > room:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _shape(run: Run) -> glyphs.Shaped:
    return glyphs.shape(run.text, run.font, right_to_left=run.right_to_left)


def _width(run: Run, size: int) -> float:
    return _shape(run).width * size


def _draw_line(
    canvas: Image.Image,
    line: _Line,
    style: _Style,
    *,
    size: int,
    left: float,
    top: float,
    step: float,
) -> None:
    """Draws all outlines, then all letters, so that no outline covers the letter beside it."""
    capital = glyphs.font_file(scripts.FAMILIES[style.family][0], size).getbbox("H", anchor="ls")
    baseline = top + (step - capital[1]) / 2
    placed: list[tuple[Run, float]] = []
    for run in scripts.runs(line.text, style.family, right_to_left=line.right_to_left):
        placed.append((run, left))
        left += _width(run, size)
    draw = ImageDraw.Draw(canvas)
    stroke = round(style.stroke * size)
    for fill, width in ((style.stroke_colour, stroke), (style.colour, 0)):
        if fill is style.stroke_colour and not stroke:
            continue
        for run, x in placed:
            if run.font != EMOJI:
                font = glyphs.font_file(run.font, size)
                glyphs.draw(
                    draw, _shape(run), font, left=x, baseline=baseline, fill=fill, stroke=width
                )
    for run, x in placed:
        if run.font == EMOJI:
            _paste_emoji(canvas, run, size=size, left=x, middle=baseline + capital[1] / 2)


def _paste_emoji(canvas: Image.Image, run: Run, *, size: int, left: float, middle: float) -> None:
    layer = Image.new("RGBA", canvas.size)
    for glyph in _shape(run).glyphs:
        if found := glyphs.picture(run.font, glyph.id):
            picture, width = found
            pixels = max(1, round(width * size))
            height = max(1, round(pixels * picture.height / picture.width))
            picture = picture.resize((pixels, height), Image.Resampling.LANCZOS)
            layer.paste(picture, (round(left + glyph.x * size), round(middle - height / 2)))
    canvas.alpha_composite(layer)


def _draw_credit(canvas: Image.Image, credit: str) -> None:
    style = _Style("inter", "#ffffff", 0.12, "#000000")
    size = max(round(CREDIT * min(canvas.size)), SMALLEST)
    margin = round(size * 0.6)
    while (width := _credit_width(credit, size)) > canvas.width - 2 * margin and size > 1:
        size -= 1
    step = LINE * size
    left, top = canvas.width - margin - width, canvas.height - margin - step
    line = _Line(credit, right_to_left=False, width=width)
    _draw_line(canvas, line, style, size=size, left=left, top=top, step=step)


def _credit_width(credit: str, size: int) -> float:
    return sum(_width(run, size) for run in scripts.runs(credit, "inter", right_to_left=False))
