"""In which order do the letters of a line stand, and which read from the right?

Knows no Django. The order is that of the Unicode Bidirectional Algorithm (UAX #9) as the library
python-bidi has it. It returns a line of characters and not their levels, so each letter is followed
by a mark that occurs once: marks take the direction of their letter (rule W1), and where the mark
is then tells where the letter went, and on which side of it, how the letter reads. Separators in
numbers would be two after W1 and break the number (W4), so these are exchanged for others of their
class instead.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from bidi import get_display

SEPARATORS = ("CS", "ES")
NEUTRAL = "*"  # for a character without a direction or a width of its own (class BN)


@dataclass(frozen=True, slots=True)
class Placed:
    """The letter with this index, and whether it reads from the right."""

    index: int
    right_to_left: bool


def reads_from_the_right(text: str) -> bool:
    """The paragraph's direction: that of the first letter that has one (P2-P3)."""
    strong = (unicodedata.bidirectional(character) for character in text)
    return next((kind != "L" for kind in strong if kind in ("L", "R", "AL")), False)


@lru_cache(maxsize=4096)
def visual(letters: Sequence[str], *, right_to_left: bool) -> tuple[Placed, ...]:
    """The letters from left to right. Each counts by its first character, to which its marks
    belong. `right_to_left` is the paragraph's direction."""
    tagged, tags, separators = _tagged(letters)
    display = get_display(tagged, base_dir="R" if right_to_left else "L")
    placed: list[Placed] = []
    at = 0
    while at < len(display):
        character = display[at]
        if character in tags:  # before its letter: read from the right
            placed.append(Placed(tags[character], right_to_left=True))
            at += 2
        elif (
            at + 1 < len(display)
            and (tag := display[at + 1]) in tags
            and (character not in separators)
        ):
            placed.append(Placed(tags[tag], right_to_left=False))
            at += 2
        else:
            placed.append(_separator(separators[character], placed))
            at += 1
    return tuple(placed)


def _tagged(letters: Sequence[str]) -> tuple[str, dict[str, int], dict[str, list[int]]]:
    """The line with its tags; the index of a letter by its tag, and those by a separator."""
    marks = iter(_of_class("NSM"))
    tags: dict[str, int] = {}
    separators: dict[str, list[int]] = {}
    line: list[str] = []
    for index, letter in enumerate(letters):
        kind = unicodedata.bidirectional(letter[0])
        if kind in SEPARATORS:
            others = _of_class(kind)
            other = others[sum(map(len, separators.values())) % len(others)]
            separators.setdefault(other, []).append(index)
            line.append(other)
        else:
            tag = next(marks)
            tags[tag] = index
            line += (NEUTRAL if kind == "BN" else letter[0], tag)
    return "".join(line), tags, separators


def _separator(indexes: list[int], placed: list[Placed]) -> Placed:
    """One of these, of which there are several only in a line of very many separators: the
    neighbour of the letter before it, which shows how it reads."""
    last = placed[-1].index if placed else -1
    for index in (last - 1, last + 1):
        if index in indexes:
            indexes.remove(index)
            return Placed(index, right_to_left=index < last)
    index = indexes.pop(0)
    return Placed(index, right_to_left=bool(placed and placed[-1].right_to_left))


@cache
def _of_class(kind: str) -> tuple[str, ...]:
    """Characters of this class that no letter of a caption begins with, if there are enough."""
    every = map(chr, range(sys.maxunicode))
    return tuple(c for c in every if unicodedata.bidirectional(c) == kind)[::-1]
