"""Texts as pictures: they are where they should be, they fit, and every script reads its way."""

from __future__ import annotations

from itertools import groupby

import pytest
from PIL import Image

from remixer import captions, glyphs, scripts
from remixer.catalogue import TEMPLATES, Box, Template
from remixer.recipe import canvas_for

SIZE = (640, 360)
Ink = tuple[int, int, int, int]


def drawn(template: str, size: tuple[int, int] = SIZE, **texts: str) -> Image.Image:
    return captions.overlay(TEMPLATES[template], texts, size=size, credit="")


def ink(image: Image.Image) -> Ink:
    """The bounding box of what is not transparent."""
    box = image.getchannel("A").getbbox()
    assert box, "nothing was drawn"
    return box


def colours_of(image: Image.Image) -> set[Ink]:
    pixels = image.tobytes()
    return set(zip(*(pixels[band::4] for band in range(4)), strict=True))


def box_of(box: Box, size: tuple[int, int]) -> Ink:
    width, height = size
    left, top = box.x * width, box.y * height
    right, bottom = left + box.width * width, top + box.height * height
    return round(left), round(top), round(right), round(bottom)


def assert_inside(inner: Ink, outer: Ink, *, slack: int = 4) -> None:
    assert inner[0] >= outer[0] - slack, (inner, outer)
    assert inner[1] >= outer[1] - slack, (inner, outer)
    assert inner[2] <= outer[2] + slack, (inner, outer)
    assert inner[3] <= outer[3] + slack, (inner, outer)


def boxes() -> list[tuple[Template, Box]]:
    return [(template, box) for template in TEMPLATES.values() for box in template.boxes]


TEXTS = {
    "short": "Hi",
    "widest letters": "W" * 300,
    "many words": "word " * 60,
    "one long word and a short one": "Donaudampfschifffahrtsgesellschaft is",
    "arabic": "مرحبا بالعالم هذا فيديو طويل " * 10,
    "emoji": "👩‍👩‍👧🇳🇿❤️🎉" * 30,
    "stacked marks": "Ễ́ Ộ̣ Ằ́ Ç̌ " * 20,
    "devanagari": "नमस्ते दुनिया " * 20,
}


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (1280, 720), (160, 90)])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize(("template", "box"), boxes(), ids=lambda value: value.id)
def test_any_text_of_allowed_length_stays_in_its_box(
    template: Template, box: Box, text: str, size: tuple[int, int]
) -> None:
    canvas = canvas_for(template, width=size[0], height=size[1])
    text = captions.clean(text[: box.max_chars])

    image = captions.overlay(template, {box.id: text}, size=canvas.size, credit="")

    assert_inside(ink(image), box_of(box, canvas.size), slack=max(4, canvas.height // 40))


def test_top_text_is_at_the_top_and_bottom_text_at_the_bottom() -> None:
    top, bottom = ink(drawn("top_bottom", top="Hello")), ink(drawn("top_bottom", bottom="Hello"))

    assert top[3] < SIZE[1] / 3
    assert bottom[1] > SIZE[1] / 2


def test_a_text_is_white_with_a_black_outline() -> None:
    image = drawn("top_bottom", top="H")

    colours = {colour for colour in colours_of(image) if colour[3] == 255}
    assert {(255, 255, 255, 255), (0, 0, 0, 255)} <= colours


def test_short_texts_are_as_large_as_the_template_says() -> None:
    _, top, _, bottom = ink(drawn("big_centre", centre="I"))

    largest = TEMPLATES["big_centre"].boxes[0].size * SIZE[1]
    assert bottom - top == pytest.approx(largest, rel=0.25)


def test_a_longer_text_is_wrapped_and_set_smaller() -> None:
    def lines(text: str) -> list[int]:
        """The heights of the lines, in pixels."""
        alpha = drawn("caption_bar", size=(640, 446), caption=text).getchannel("A")
        rows = [bool(alpha.crop((0, row, 640, row + 1)).getbbox()) for row in range(446)]
        return [len(list(group)) for inked, group in groupby(rows) if inked]

    assert len(lines("H")) == 1
    assert len(lines("HHH " * 40)) > 2
    assert max(lines("HHH " * 40)) < lines("H")[0]


def test_a_caption_that_reads_from_the_right_starts_at_the_right() -> None:
    size = (640, 446)
    latin = ink(drawn("caption_bar", size=size, caption="Hello"))
    hebrew = ink(drawn("caption_bar", size=size, caption="שלום"))

    assert latin[0] < 40
    assert hebrew[2] > 600
    assert hebrew[0] > 320


def test_arabic_letters_are_joined() -> None:
    def width(text: str) -> float:
        return glyphs.shape(text, "noto-sans-arabic-700.ttf", right_to_left=True).width

    assert width("بيت") < sum(map(width, "بيت")) * 0.8


def test_emoji_have_their_colours() -> None:
    image = drawn("big_centre", centre="❤️")

    assert any(red > 200 and green < 90 for red, green, _, alpha in colours_of(image) if alpha)


def test_joined_emoji_are_one_picture() -> None:
    family = ink(drawn("big_centre", centre="👩‍👩‍👧"))
    three = ink(drawn("big_centre", centre="👩👩👧"))

    assert (three[2] - three[0]) > 2 * (family[2] - family[0])


def test_the_credit_is_at_the_lower_right() -> None:
    credit = captions.credit_line("alice")
    image = captions.overlay(TEMPLATES["top_bottom"], {}, size=SIZE, credit=credit)

    assert credit == "@alice · CreatorHub"
    left, top, right, bottom = ink(image)
    assert left > SIZE[0] / 2
    assert top > SIZE[1] * 0.9
    assert_inside((left, top, right, bottom), (0, 0, *SIZE), slack=0)


@pytest.mark.parametrize("size", [SIZE, (360, 640), (160, 90), (64, 64)])
def test_the_credit_of_a_very_long_name_stays_in_the_picture(size: tuple[int, int]) -> None:
    credit = captions.credit_line("W" * 150)
    image = captions.overlay(TEMPLATES["top_bottom"], {}, size=size, credit=credit)

    assert credit.endswith("… · CreatorHub")
    assert_inside(ink(image), (0, 0, *size), slack=0)


def test_the_credit_and_the_bottom_text_do_not_touch() -> None:
    bottom = ink(drawn("top_bottom", bottom="gjpqy " * 15))
    credit = captions.overlay(TEMPLATES["top_bottom"], {}, size=SIZE, credit="@alice · CreatorHub")

    assert bottom[3] <= ink(credit)[1]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  two   spaces ", "two spaces"),
        ("a\tb", "a b"),
        ("a\r\nb\rc\n\n\nd", "a\nb\nc\nd"),
        ("nul\x00bell\x07esc\x1b[31m", "nulbellesc[31m"),
        ("abc\u202edef\u2066", "abcdef"),
        ("\ufeffbom\u2028x\u200b", "bomx"),
        ("e\u0301", "é"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("\ue000\ud800", ""),
        ("\u200f\n \n", ""),
    ],
)
def test_what_is_typed_is_cleaned(typed: str, kept: str) -> None:
    assert captions.clean(typed) == kept


@pytest.mark.parametrize(
    "text",
    [
        "Zażółć gęślą jaźń",
        "Привет",
        "Γειά",
        "tiếng Việt",
        "שָׁלוֹם",
        "नमस्ते",
        "مرحبا ١٢٣",
        "½ € ™ – “”",
        "ภาษาไทย",
        "தமிழ்",
        "বাংলা",
        "→ ← ↑ ↓ ★ ☆ ✓ ♥ ♪",
    ],
)
def test_these_scripts_can_be_drawn(text: str) -> None:
    assert captions.undrawable(captions.clean(text)) == []


def test_what_no_font_has_is_named() -> None:
    assert captions.undrawable("ok 漢字 漢") == ["漢", "字"]


def test_marks_that_no_font_has_are_named_instead_of_drawn_as_boxes() -> None:
    assert captions.undrawable(captions.clean("( ͡° ͜ʖ ͡°)")) == [" ͡", " ͜"]


def test_a_letter_too_intricate_to_draw_is_named() -> None:
    assert captions.undrawable("﷽") == ["﷽"]


NUMBERS = ["12:30", "3.50", "3:2", "14/05/2026", "24/7", "50%", "$5"]


def number_between(word: str, number: str) -> list[str]:
    """What reads from the left in a line of words that read from the right."""
    runs = scripts.runs(f"{word} {number} {word}", "anton", right_to_left=True)
    return [run.text for run in runs if not run.right_to_left]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_keeps_its_order_in_hebrew(number: str) -> None:
    assert number_between("מילה", number) == [number]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_keeps_its_order_in_arabic(number: str) -> None:
    """Its sign stands on the side on which Arabic has it (UAX #9, W2 and W5)."""
    assert number_between("كلمة", number) == [number.strip("%$")]


@pytest.mark.parametrize(
    ("line", "from_right", "seen"),
    [
        ("abc", False, "abc"),
        ("אבג", True, "גבא"),
        ("abc אבג def", False, "abc גבא def"),
        ("אבג abc דהו", True, "והד abc גבא"),
        ("אבג 123", True, "123 גבא"),
        ("abc אבג 123 דהו", False, "abc והד 123 גבא"),
        ("אבג!", True, "!גבא"),
        ("אבג!", False, "גבא!"),
        ("abc 123 אבג", False, "abc 123 גבא"),
        ("אבג 😀 דהו", True, "והד 😀 גבא"),
    ],
)
def test_a_line_stands_in_visual_order(line: str, from_right: bool, seen: str) -> None:
    runs = scripts.runs(line, "inter", right_to_left=from_right)

    assert "".join(run.text[::-1] if run.right_to_left else run.text for run in runs) == seen


def test_each_run_has_a_font_that_draws_all_of_it() -> None:
    runs = scripts.runs("Hi שלום مرحبا नमस्ते Привет 🎉", "anton", right_to_left=False)

    fonts = {run.font.split(".")[0] for run in runs}
    assert fonts == {
        "anton-latin",
        "inter-700-cyrillic",
        "noto-color-emoji",
        "noto-sans-arabic-700",
        "noto-sans-devanagari-700",
        "noto-sans-hebrew-700",
    }
