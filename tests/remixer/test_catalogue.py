"""A template is data: what is wrong in its file is reported with the file's name and place."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.checks import run_checks

from remixer import catalogue
from remixer.catalogue import TemplateError

GOOD = """
name = "One"
description = "A line."
min_length = 1
max_length = 5.0
[[boxes]]
id = "line"
label = "Line"
max_chars = 10
x = 0.1
y = 0.1
width = 0.8
height = 0.2
font = "anton"
size = 0.1
colour = "#ffffff"
"""


def load(folder: Path, text: str, name: str = "one.toml") -> catalogue.Template:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return catalogue.load(path)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    template = load(tmp_path, GOOD)

    assert (template.id, template.min_length, template.max_length, template.bar) == (
        "one",
        1.0,
        5.0,
        0.0,
    )
    assert (template.boxes[0].id, template.boxes[0].case) == ("line", "as_typed")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "One"', "name = 1", "name must be of type str"),
        ('name = "One"', "", "missing: name"),
        ('name = "One"', 'name = " "', "name is empty"),
        ("min_length = 1", "min_length = 9", "min_length ≤ max_length"),
        ("max_length = 5.0", "max_length = 900", "max_length ≤ 60"),
        ("max_length = 5.0", "max_length = nan", "max_length ≤ 60"),
        ('description = "A line."', 'description = ""\nfilter = "movie=/x"', "unknown: filter"),
        ("x = 0.1", "x = 0.5", "box line leaves the picture"),
        ("x = 0.1", "x = -0.1", "box line leaves the picture"),
        ("x = 0.1", "x = true", "x must be of type float"),
        ("size = 0.1", "size = 9.0", "size ≤ 0.5"),
        ('font = "anton"', 'font = "../../etc/passwd"', "font must be one of"),
        ('colour = "#ffffff"', 'colour = "red:x"', "a colour is written #rrggbb"),
        ("max_chars = 10", "max_chars = 0", "max_chars ≤ 300"),
        ('id = "line"', 'id = "Line 1"', "small letters"),
        ("[[boxes]]", "[boxes]", "at least one"),
        ("[[boxes]]", "[[boxes]", "one.toml"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD

    with pytest.raises(TemplateError, match=r"one\.toml") as error:
        load(tmp_path, GOOD.replace(old, new, 1))

    assert says in str(error.value)


def test_the_files_name_is_the_id(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="small letters"):
        load(tmp_path, GOOD, name="Big Template.toml")


def test_two_boxes_do_not_share_an_id(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="share an id"):
        load(tmp_path, GOOD + GOOD[GOOD.index("[[boxes]]") :])


def test_the_ones_that_ship_are_shown_in_order() -> None:
    assert list(catalogue.TEMPLATES) == ["top_bottom", "caption_bar", "big_centre"]
    assert all(box.example for template in catalogue.TEMPLATES.values() for box in template.boxes)


def test_a_wrong_file_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "PROBLEM", "one.toml: missing: name.")

    [error] = [each for each in run_checks() if each.id == "remixer.E001"]

    assert "one.toml: missing: name." in error.msg
    assert error.is_serious()
