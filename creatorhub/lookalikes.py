"""What a name looks like: the skeleton of Unicode's confusable characters (UTS #39, section 4)."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from importlib import resources

LONGEST = 450  # as the columns that keep it
MOST_STEPS = 4  # a letter's small form may look like another letter than its capital
_LRM = "\u200e"  # stands in the data around what is written from right to left


def skeleton(text: str) -> str:
    """The same for two texts that people take for each other, whatever the case of their letters:
    `alice`, `ALICE` and `alıce`, `paypal`, `paypaI` and `paypa1`. To compare, not to read."""
    # Among capitals an I is an I; elsewhere it may be meant as an l.
    shape = text.casefold() if text.isupper() else text
    for _ in range(MOST_STEPS):
        before, shape = shape, _prototypes_of(_prototypes_of(shape).casefold())
        if shape == before:
            break
    return shape[:LONGEST]


def _prototypes_of(text: str) -> str:
    known = _prototypes()
    decomposed = unicodedata.normalize("NFD", text)
    visible = (char for char in decomposed if unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFD", "".join(known.get(char, char) for char in visible))


@cache
def _prototypes() -> dict[str, str]:
    """For each confusable character the one that stands for all that look like it. The package has
    the pairs of Unicode's table without their direction: what has several partners is what its
    partners are mapped to; of two alone the first by number."""
    table = resources.files("confusable_homoglyphs").joinpath("confusables.json")
    pairs = json.loads(table.read_text(encoding="utf-8"))
    alike = {
        text.strip(_LRM): [other["c"].strip(_LRM) for other in others]
        for text, others in pairs.items()
    }
    found = {}
    for char, others in alike.items():
        if len(char) > 1 or len(others) > 1:
            continue
        [other] = others
        if len(other) > 1 or len(alike[other]) > 1 or other < char:
            found[char] = other
    # What several characters stand for may consist of such characters itself.
    return {char: "".join(found.get(one, one) for one in other) for char, other in found.items()}
