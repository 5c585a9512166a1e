"""Letters of a line from left to right, against UAX #9 (its examples, and rules that matter for
captions). Capital letters stand for ones that read from the right, as in the annex."""

from __future__ import annotations

import pytest

from remixer.bidi import reads_from_the_right, visual

RIGHT = {chr(ord("A") + n): chr(0x05D0 + n) for n in range(26)}


def shown(text: str, *, right_to_left: bool | None = None) -> str:
    """What a reader sees, with the letters that read from the right written as capitals."""
    letters = tuple(RIGHT.get(letter, letter) for letter in text)
    if right_to_left is None:
        right_to_left = reads_from_the_right("".join(letters))
    return "".join(text[one.index] for one in visual(letters, right_to_left=right_to_left))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("car is THE CAR in arabic", "car is RAC EHT in arabic"),
        ("CAR IS the car IN ENGLISH", "HSILGNE NI the car SI RAC"),
        ("TRAIN AT 12:30 SHARP", "PRAHS 12:30 TA NIART"),
        ("PRICE 3.50", "3.50 ECIRP"),
        ("SCORE 3:2", "3:2 EROCS"),
        ("ON 14/05/2026", "14/05/2026 NO"),
        ("OPEN 24/7 HERE", "EREH 24/7 NEPO"),
        ("SAVE 50% NOW", "WON 50% EVAS"),
        ("ONLY $5", "$5 YLNO"),
        (
            "WORD (abc) WORD",
            "DROW (abc) DROW".replace("(", "x").replace(")", "(").replace("x", ")"),
        ),
        ("a (B) c", "a (B) c"),
        ("A1B", "B1A"),
        ("...", "..."),
        ("", ""),
    ],
)
def test_letters_stand_where_a_reader_expects_them(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text", ["A" * 40, "." * 60 + "A", "1.2.3.4.5.6.7.8.9.10.11.12 A", "+-" * 30]
)
@pytest.mark.parametrize("right_to_left", [True, False])
def test_each_letter_is_placed_once(text: str, *, right_to_left: bool) -> None:
    letters = tuple(RIGHT.get(letter, letter) for letter in text)

    placed = visual(letters, right_to_left=right_to_left)

    assert sorted(one.index for one in placed) == list(range(len(text)))


def test_arabic_digits_keep_their_order() -> None:
    letters = tuple("سنة ٢٠٢٦")

    order = [letters[one.index] for one in visual(letters, right_to_left=True)]

    assert "".join(order[:4]) == "٢٠٢٦"


def test_an_invisible_joiner_alone_is_a_letter_too() -> None:
    assert len(visual(("\u200d", "a"), right_to_left=False)) == 2
