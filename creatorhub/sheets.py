"""Reads tables as spreadsheets save them: CSV in its many kinds, and workbooks (.xlsx).

A table comes as its rows, each with its number in the file and its cells as texts. A date of a
workbook reads like 2027-03-01, so it cannot be misread; of a formula its last value is read, and
nothing is calculated. `days_of` reads a day that a program has written in its country's way.
"""

from __future__ import annotations

import csv
import io
import re
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import IO, Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from creatorhub.errors import Refused

Rows = Iterator[tuple[int, list[str]]]

MAX_UNPACKED = 200 * 1024**2  # bytes of a workbook when unpacked
MAX_PARTS = 1000
MAX_ROWS = 200_000  # empty ones counted
MAX_COLUMNS = 100
_BROKEN = (
    *(BadZipFile, InvalidFileException, ParseError, zlib.error, EOFError, OSError, RuntimeError),
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, ArithmeticError),
)
_MIDNIGHT = re.compile(r"[T ]+(0?0:00(:00(\.0+)?)?|12:00(:00)?\s*AM)Z?$", re.IGNORECASE)


def read(data: IO[bytes]) -> Rows:
    """The rows of a CSV file or of the first sheet of a workbook. Raises Refused, also while the
    rows are read, for what is neither."""
    content = data.read()
    if content.startswith(b"PK\x03\x04"):
        return _workbook(content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused(
            _("This is an old or a protected workbook. Save it as .xlsx or CSV and send that."),
            code="not_csv",
            status=422,
        )
    return _csv(_decoded(content))


def _decoded(data: bytes) -> str:
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.removeprefix("\ufeff")
    raise Refused(
        _(
            "This file is not in UTF-8. Choose “CSV UTF-8” when you save it in your spreadsheet, "
            "and send that."
        ),
        code="wrong_encoding",
        status=422,
    )


def _encodings(data: bytes) -> tuple[str, ...]:
    """UTF-16 by its mark, or because every other byte of its first line is empty."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ("utf-16",)
    head = data[:20]
    if len(head) > 3 and not any(head[1::2]):
        return ("utf-16-le",)
    if len(head) > 3 and not any(head[::2]):
        return ("utf-16-be",)
    return ("utf-8",)


def _csv(text: str) -> Rows:
    """Line numbers are those of the file, also where a cell goes over several lines."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 1
    try:
        for cells in rows:
            at, number = number, rows.line_num + 1
            if at > 1 or not (cells and cells[0].startswith("sep=")):
                yield at, cells
    except csv.Error as error:
        raise Refused(
            _(
                "This file is not a table that we can read: %(error)s near line %(number)s. "
                "Save it as CSV and send that."
            )
            % {"error": error, "number": rows.line_num},
            code="not_csv",
            status=422,
        ) from None


def _delimiter(text: str) -> str:
    """Spreadsheets write what their country uses, and some say so on a line of its own."""
    head = text.partition("\n")[0]
    if declared := re.fullmatch(r"sep=(.)\r?", head):
        return declared[1]
    return max(",;\t", key=head.count)


def _workbook(content: bytes) -> Rows:
    try:
        _check_parts(content)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        [sheet, *_others] = book.worksheets
        sheet.reset_dimensions()  # what the file says of its own size may be wrong
        for number, cells in enumerate(
            sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True), start=1
        ):
            if number > MAX_ROWS:
                raise _too_large()
            yield number, _without_empty_end([_text(cell) for cell in cells])
    except _BROKEN:
        raise Refused(
            _("This workbook cannot be read. Save it again as .xlsx or as CSV and send that."),
            code="not_csv",
            status=422,
        ) from None


def _without_empty_end(cells: list[str]) -> list[str]:
    used = max((place for place, cell in enumerate(cells, start=1) if cell), default=0)
    return cells[:used]


def _check_parts(content: bytes) -> None:
    """Refuses what grows beyond measure when it is unpacked, before anything is."""
    with ZipFile(io.BytesIO(content)) as packed:
        parts = packed.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise _too_large()
        for part in parts:  # no spreadsheet writes entities, which grow while XML is read
            with packed.open(part) as opened:
                if b"<!DOCTYPE" in opened.read(4096).replace(b"\0", b"").upper():
                    raise BadZipFile


def _too_large() -> Refused:
    return Refused(
        _("This workbook is too large. Send it in parts, or save it as CSV and send that."),
        code="file_too_large",
        status=413,
    )


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return str(cell.date() if cell.time() == time.min else cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def days_of(text: str) -> list[date]:
    """The days that this may be: 2027-03-01, 2027/3/1, 01.03.2027 and 13/3/2027 are one; 3/1/2027
    is two, with the day first and with the month first. Midnight after it is left out. Raises
    ValueError for what is no day."""
    text = _MIDNIGHT.sub("", text.strip())
    parts = re.fullmatch(r"(\d+)(?P<by>[-/.])\s*(\d+)(?P=by)\s*(\d+)", text, re.ASCII)
    if not parts:
        raise ValueError("not a day")
    first, second, third = (int(parts[number]) for number in (1, 3, 4))
    if first > 999:
        return [date(first, second, third)]
    if third <= 999:  # of a year with two digits nobody knows the century
        raise ValueError("no year")
    if parts["by"] == ".":  # countries that write dots begin with the day
        return [date(third, second, first)]
    found = []
    for day, month in ((first, second), (second, first)):
        try:
            found.append(date(third, month, day))
        except ValueError:
            continue
    if not found:
        raise ValueError("no such day")
    return list(dict.fromkeys(found))


def order_of(texts: Iterator[str]) -> bool | None:
    """Whether the days of a file begin with the day (True) or the month (False), as far as those
    of its days tell that can be read in one way alone; None if none does, or they disagree."""
    told = set()
    for text in texts:
        parts = re.match(r"\s*(\d{1,2})[-/](\d{1,2})[-/]\d{4}", text, re.ASCII)
        if parts and (int(parts[1]) > 12) != (int(parts[2]) > 12):
            told.add(int(parts[1]) > 12)
    return told.pop() if len(told) == 1 else None


def cell(value: object) -> object:
    """For a file that we write: a text that a spreadsheet would take for a formula is shown as the
    text that it is."""
    formula = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if formula else value
