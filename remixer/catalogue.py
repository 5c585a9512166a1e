"""Which templates are there? Read from meme_templates/*.toml once, when a process starts.

A template is data: places, limits, colours. It holds no code, no filter and no path. checks.py
stops a start with a file that cannot be read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args, get_type_hints

FOLDER = Path(__file__).parent / "meme_templates"

Font = Literal["anton", "inter"]
Align = Literal["start", "centre", "end"]
VerticalAlign = Literal["top", "middle", "bottom"]
Case = Literal["as_typed", "upper"]


class TemplateError(ValueError):
    """The file of a template is wrong. The message names the file and the place in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Where one text goes, and how it looks.

    x, y, width, height: fractions of the finished picture with its bar, from the top left.
    size: the largest size of the letters, as a fraction of the picture's shorter side; a text that
    does not fit is made smaller. stroke: the outline's width, as a fraction of the letters' size.
    align: "start" is left for a text that reads from the left, and right for the others.
    """

    id: str
    label: str
    max_chars: int
    x: float
    y: float
    width: float
    height: float
    font: Font
    size: float
    colour: str
    example: str = ""
    stroke: float = 0.0
    stroke_colour: str = "#000000"
    align: Align = "centre"
    valign: VerticalAlign = "middle"
    case: Case = "as_typed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """min_length, max_length: seconds. bar: the height of a band above the picture, in
    `bar_colour`, as a fraction of the picture's height."""

    id: str
    name: str
    description: str
    boxes: tuple[Box, ...]
    min_length: float
    max_length: float
    bar: float = 0.0
    bar_colour: str = "#ffffff"
    order: int = 100

    def box(self, box_id: str) -> Box | None:
        return next((box for box in self.boxes if box.id == box_id), None)


def load(path: Path) -> Template:
    """One template from its file; its id is the file's name. Raises TemplateError."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path.name}: {error}") from error
    boxes = table.pop("boxes", None)
    if not isinstance(boxes, list) or not boxes or not all(isinstance(b, dict) for b in boxes):
        raise TemplateError(f"{path.name}: it needs at least one [[boxes]].")
    read = tuple(
        Box(**_fields(Box, box, where=f"{path.name}: box {number}"))
        for number, box in enumerate(boxes, start=1)
    )
    values = _fields(Template, table | {"id": path.stem, "boxes": read}, where=path.name)
    template = Template(**values)
    _check(template, where=path.name)
    return template


def _fields(
    kind: type[Box] | type[Template], table: Mapping[str, Any], *, where: str
) -> dict[str, Any]:
    """The table's values, checked against the types that the dataclass declares. Raises
    TemplateError."""
    known = get_type_hints(kind)
    if unknown := sorted(set(table) - set(known)):
        raise TemplateError(f"{where}: unknown: {', '.join(unknown)}.")
    needed = {field.name for field in fields(kind) if field.default is MISSING}
    if missing := sorted(needed - set(table)):
        raise TemplateError(f"{where}: missing: {', '.join(missing)}.")
    return {name: _value(known[name], value, f"{where}: {name}") for name, value in table.items()}


def _value(wanted: Any, value: Any, where: str) -> Any:
    if options := get_args(wanted):
        if options[0] is not Box and value not in options:
            raise TemplateError(f"{where} must be one of {', '.join(options)}.")
        return value
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        raise TemplateError(f"{where} must be of type {wanted.__name__}.")
    return value


_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")


def _check(template: Template, *, where: str) -> None:
    def demand(holds: bool, sentence: str) -> None:  # noqa: FBT001
        if not holds:
            raise TemplateError(f"{where}: {sentence}")

    demand(bool(_ID.fullmatch(template.id)), "the file's name must be small letters, digits and _.")
    demand(bool(template.name.strip()), "name is empty.")
    demand(
        0 < template.min_length <= template.max_length <= 60, "0 < min_length ≤ max_length ≤ 60."
    )
    demand(0 <= template.bar <= 1, "bar must be a fraction.")
    demand(bool(_COLOUR.fullmatch(template.bar_colour)), "a colour is written #rrggbb.")
    demand(len({box.id for box in template.boxes}) == len(template.boxes), "two boxes share an id.")
    for box in template.boxes:
        demand(bool(_ID.fullmatch(box.id)), f"box id {box.id!r}: small letters, digits and _.")
        demand(0 < box.max_chars <= 300, f"box {box.id}: 0 < max_chars ≤ 300.")
        inside = box.x + box.width <= 1 and box.y + box.height <= 1 and min(box.x, box.y) >= 0
        demand(inside and box.width > 0 < box.height, f"box {box.id} leaves the picture.")
        demand(0.02 <= box.size <= 0.5, f"box {box.id}: 0.02 ≤ size ≤ 0.5.")
        demand(0 <= box.stroke <= 0.2, f"box {box.id}: 0 ≤ stroke ≤ 0.2.")
        for colour in (box.colour, box.stroke_colour):
            demand(bool(_COLOUR.fullmatch(colour)), f"box {box.id}: a colour is written #rrggbb.")


def load_all(folder: Path = FOLDER) -> Mapping[str, Template]:
    """Every template of the folder by its id, in the order of the pages. Raises TemplateError."""
    templates = sorted(
        (load(path) for path in folder.glob("*.toml")), key=lambda t: (t.order, t.id)
    )
    return MappingProxyType({template.id: template for template in templates})


def _load_or_report() -> tuple[Mapping[str, Template], str]:
    try:
        return load_all(), ""
    except TemplateError as error:
        return {}, str(error)


# An import must not fail because of a wrong file: the system check in checks.py reports it.
TEMPLATES, PROBLEM = _load_or_report()
