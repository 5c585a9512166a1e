"""Which font draws which letters, and in which order do they stand on the line?

Knows no Django. A line is split into runs of one font and one direction. The runs are put in
visual order by the implicit part of the Unicode Bidirectional Algorithm (UAX #9: a short form of
W1-W7, then N1-N2, I1-I2, L2). captions.clean has removed explicit embeddings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from PIL import ImageFont

FONTS = Path(__file__).resolve().parent.parent / "static" / "fonts"
OTHER_SCRIPTS = (
    "inter-700-cyrillic.woff2",
    "inter-700-greek.woff2",
    "noto-sans-arabic-700.woff2",
    "noto-sans-hebrew-700.woff2",
    "noto-sans-devanagari-700.woff2",
)
INTER = ("inter-700-latin.woff2", "inter-700-latin-ext.woff2", "inter-700-vietnamese.woff2")
FAMILIES: dict[str, tuple[str, ...]] = {
    "anton": (
        *("anton-latin.woff2", "anton-latin-ext.woff2", "anton-vietnamese.woff2"),
        *INTER,
        *OTHER_SCRIPTS,
    ),
    "inter": (*INTER, *OTHER_SCRIPTS),
}
EMOJI = "noto-color-emoji.ttf"
EMOJI_SIZE = 109  # pixels: the only size in which this font has its bitmaps

# One letter as a reader sees it: a flag, or a base with its marks, selectors and joined parts.
_MARKS = r"[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0903"
_MARKS += r"\u093a-\u094f\u0951-\u0957\u0962\u0963\u20d0-\u20ff\ufe0e\ufe0f\U0001f3fb-\U0001f3ff"
_MARKS += r"\U000e0020-\U000e007f]"
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


@lru_cache(maxsize=512)
def font_file(name: str, size: int) -> ImageFont.FreeTypeFont:
    engine = ImageFont.Layout.RAQM
    return ImageFont.truetype(str(FONTS / name), size, layout_engine=engine)


@lru_cache(maxsize=8192)
def _has(name: str, letter: str) -> bool:
    """Whether the font has every character of the letter. Pillow does not show a font's character
    map, so each character is drawn and compared with the font's picture of a character that
    cannot exist."""
    size = EMOJI_SIZE if name == EMOJI else 24
    font = font_file(name, size)

    def drawn(character: str) -> bytes:
        mask = font.getmask(character)
        return bytes(mask) + repr(mask.size).encode()

    unknown = drawn("\uffff")
    return all(
        _INVISIBLE.fullmatch(character) or drawn(character) != unknown for character in letter
    )


def reads_from_the_right(text: str) -> bool:
    """The paragraph's direction: that of the first letter that has one (UAX #9, P2-P3)."""
    strong = (unicodedata.bidirectional(character) for character in text)
    return next((kind != "L" for kind in strong if kind in ("L", "R", "AL")), False)


def runs(line: str, family: str, *, right_to_left: bool) -> list[Run]:
    """The line's runs from left to right. `right_to_left` is the paragraph's direction."""
    base = 1 if right_to_left else 0
    parts = letters(line)
    levels = _levels(parts, base)
    pieces: list[tuple[int, str, str]] = []
    for level, letter in zip(levels, parts, strict=True):
        same_font = pieces[-1][1] if pieces else FAMILIES[family][0]
        # A space is drawn in the font of the letter before it.
        font = same_font if letter.isspace() else font_for(letter, family) or same_font
        if font == EMOJI and letter.isspace():
            font = FAMILIES[family][0]
        if pieces and pieces[-1][:2] == (level, font):
            pieces[-1] = (level, font, pieces[-1][2] + letter)
        else:
            pieces.append((level, font, letter))
    return [Run(text, font, level % 2 == 1) for level, font, text in _visual(pieces)]


def _levels(parts: list[str], base: int) -> list[int]:
    """The embedding level of each letter: even reads from the left, odd from the right."""
    kinds = [_kind(part) for part in parts]
    start = "R" if base else "L"
    last = start
    for i, kind in enumerate(kinds):
        if kind in "LR":
            last = kind
        elif kind == "1" and last == "L":
            kinds[i] = "L"  # W7: a number after Latin belongs to it
    levels = []
    for i, kind in enumerate(kinds):
        direction = kind if kind != " " else _around(kinds, i, start)
        if direction == "1":
            levels.append(2 if base or _before(kinds, i, start) != "L" else 0)
        elif direction == "L":
            levels.append(base + base % 2)
        else:
            levels.append(1)
    return levels


def _kind(letter: str) -> str:
    """L for letters that read from the left, R from the right, 1 for digits, " " for the rest."""
    kind = unicodedata.bidirectional(letter[0])
    return {"L": "L", "R": "R", "AL": "R", "EN": "1", "AN": "1"}.get(kind, " ")


def _around(kinds: list[str], at: int, start: str) -> str:
    """N1-N2: between two letters of one direction it is that direction, else the paragraph's."""
    after = next((kind for kind in kinds[at:] if kind != " "), start)
    before, after = _before(kinds, at, start), "R" if after == "1" else after
    return before if before == after else start


def _before(kinds: Iterable[str], at: int, start: str) -> str:
    before = next((kind for kind in reversed(list(kinds)[:at]) if kind != " "), start)
    return "R" if before == "1" else before


def _visual(pieces: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """L2: for each level from the highest down to 1, reverse every sequence of pieces at that level
    or above."""
    for level in range(max((piece[0] for piece in pieces), default=0), 0, -1):
        reordered: list[tuple[int, str, str]] = []
        for deep, group in groupby(pieces, key=_at_least(level)):
            sequence = list(group)
            reordered += sequence[::-1] if deep else sequence
        pieces = reordered
    return pieces


def _at_least(level: int) -> Callable[[tuple[int, str, str]], bool]:
    return lambda piece: piece[0] >= level


def undrawable(text: str) -> Iterator[str]:
    """The letters that none of our fonts has, each once, in order."""
    for letter in dict.fromkeys(letters(text)):
        if not letter.isspace() and font_for(letter, "anton") is None:
            yield letter
