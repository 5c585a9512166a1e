"""Which font draws which letters, and in which order do they stand on the line?

Knows no Django. A line is split into runs of one font and one direction, in the order in which
remixer.bidi puts them. Which font has which character is read from the fonts' character maps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby

from fontTools.ttLib import TTFont

from remixer.bidi import visual
from remixer.glyphs import FONTS, font_file

OTHER_SCRIPTS = (
    "inter-700-cyrillic.ttf",
    "inter-700-greek.ttf",
    "noto-sans-arabic-700.ttf",
    "noto-sans-hebrew-700.ttf",
    "noto-sans-devanagari-700.ttf",
    "noto-sans-bengali-700.ttf",
    "noto-sans-tamil-700.ttf",
    "noto-sans-thai-700.ttf",
    "noto-sans-symbols-700.ttf",
    "noto-sans-math-400.ttf",
)
INTER = ("inter-700-latin.ttf", "inter-700-latin-ext.ttf", "inter-700-vietnamese.ttf")
FAMILIES: dict[str, tuple[str, ...]] = {
    "anton": (
        *("anton-latin.ttf", "anton-latin-ext.ttf", "anton-vietnamese.ttf"),
        *INTER,
        *OTHER_SCRIPTS,
    ),
    "inter": (*INTER, *OTHER_SCRIPTS),
}
EMOJI = "noto-color-emoji.ttf"

# One letter as a reader sees it: a flag, or a base with its marks, selectors and joined parts.
_MARKS = (
    r"[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0903"
    r"\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc\u09be-\u09cd\u09d7\u09e2\u09e3"
    r"\u09fe\u0b82\u0bbe-\u0bcd\u0bd7\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u20d0-\u20ff\ufe0e\ufe0f"
    r"\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
)
_LETTER = re.compile(
    rf"[\U0001f1e6-\U0001f1ff]{{2}}|.{_MARKS}*(?:[\u200c\u200d](?:.{_MARKS}*)?)*", re.DOTALL
)
_AS_EMOJI = re.compile(
    r"\ufe0f|\u20e3|[\U0001f000-\U0001faff]|[\u2600-\u27bf\u2b00-\u2bff\u231a-\u23ff]"
)
_INVISIBLE = re.compile(r"[\s\u200b-\u200d\ufe0e\ufe0f]+")


@dataclass(frozen=True, slots=True)
class Run:
    """Text in one font and one direction. `font` is the name of its file."""

    text: str
    font: str
    right_to_left: bool


def letters(text: str) -> list[str]:
    return _LETTER.findall(text)


def font_for(letter: str, family: str) -> str | None:
    """The first font of the family that has every character of this letter; None if no font has."""
    if _AS_EMOJI.search(letter) and "\ufe0e" not in letter and _has(EMOJI, letter):
        return EMOJI
    fonts = FAMILIES[family]
    return next((font for font in (*fonts, EMOJI) if _has(font, letter)), None)


@cache
def _characters(name: str) -> frozenset[int]:
    """The character map of a font: what it has a glyph for."""
    with TTFont(FONTS / name, lazy=True) as font:
        return frozenset(font.getBestCmap())


@lru_cache(maxsize=8192)
def _has(name: str, letter: str) -> bool:
    """Whether the font has every character of the letter that is seen."""
    seen = [character for character in letter if not _INVISIBLE.fullmatch(character)]
    in_map = all(ord(character) in _characters(name) for character in seen)
    return in_map and (name == EMOJI or all(_can_be_drawn(name, character) for character in seen))


@lru_cache(maxsize=8192)
def _can_be_drawn(name: str, character: str) -> bool:
    """FreeType gives up on the most intricate outlines, at any size: U+FDFD is one."""
    try:
        font_file(name, 24).getmask(character)
    except OSError:
        return False
    return True


def runs(line: str, family: str, *, right_to_left: bool) -> list[Run]:
    """The line's runs from left to right. `right_to_left` is the paragraph's direction."""
    parts = tuple(letters(line))
    fonts = _fonts(parts, family)
    placed = visual(parts, right_to_left=right_to_left)
    found = []
    for (from_right, font), group in groupby(
        placed, key=lambda one: (one.right_to_left, fonts[one.index])
    ):
        indexes = [one.index for one in group]
        text = "".join(parts[index] for index in (indexes[::-1] if from_right else indexes))
        found.append(Run(text, font, from_right))
    return found


def _fonts(parts: Sequence[str], family: str) -> list[str]:
    """The font of each letter. A space has that of the letter before it."""
    plain = FAMILIES[family][0]
    fonts: list[str] = []
    for letter in parts:
        before = fonts[-1] if fonts else plain
        if letter.isspace():
            fonts.append(plain if before == EMOJI else before)
        else:
            fonts.append(font_for(letter, family) or before)
    return fonts


def undrawable(text: str) -> Iterator[str]:
    """The letters that none of our fonts has, each once, in order."""
    for letter in dict.fromkeys(letters(text)):
        if not letter.isspace() and font_for(letter, "anton") is None:
            yield letter
