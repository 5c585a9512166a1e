"""An exported list that a spreadsheet has saved again changes nothing where nothing was changed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from consent.models import Edit
from creatorhub import sheets
from creatorhub.errors import Refused
from creatorhub.models import User
from library.models import Video
from tests.conftest import ClientOf
from tests.consent.test_spreadsheets import drafted, export, lines, refused, send, table, written
from tests.factories import make_consent, make_videos

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(alice: User, client_of: ClientOf) -> Client:
    return client_of(alice)


def ending(alice: User, day: date) -> Video:
    [video] = make_videos(1, owner=alice, title="Cafe\u0301, =1+1")
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    make_consent(video, until=end)
    return video


def workbook(rows: list[list[Any]], *, mac: bool = False) -> bytes:
    book = Workbook()
    if mac:
        book.epoch = CALENDAR_MAC_1904
    assert book.active
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def commas(text: str) -> bytes:
    return text.encode("utf-8-sig")


def semicolons(text: str) -> bytes:
    return text.replace(",", ";").encode()


def tabs(text: str) -> bytes:
    return text.replace(",", "\t").encode("utf-16")


def declared(text: str) -> bytes:
    return f"sep=;\r\n{text.replace(',', ';')}".encode()


@pytest.mark.parametrize(
    ("day", "save"),
    [
        ("3/1/2099", commas),
        ("1/3/2099", semicolons),
        ("01.03.2099", semicolons),
        ("1. 3. 2099", tabs),
        ("2099-03-01 00:00:00", commas),
        ("2099/3/1", declared),
        ("3/1/2099 0:00", tabs),
        ("3/1/2099 12:00:00 AM", commas),
        ("2099-03-01T00:00:00", declared),
        ("01-03-2099", semicolons),
    ],
)
def test_a_list_saved_again_as_csv_changes_nothing(
    alice: User, browser: Client, day: str, save: Callable[[str], bytes]
) -> None:
    ending(alice, date(2099, 3, 1))
    [row] = table(export(browser))
    row["title"] = "x"  # so that a comma stands between cells alone

    edit = drafted(browser, save(written([{**row, "until": day}])))

    assert (edit.selected, edit.will_change, edit.already) == (1, 0, 1)


@pytest.mark.parametrize("mac", [False, True], ids=["1900", "1904"])
@pytest.mark.parametrize(
    "day",
    [datetime(2099, 3, 1, tzinfo=None), date(2099, 3, 1), "3/1/2099"],  # noqa: DTZ001
)
def test_a_list_saved_again_as_a_workbook_changes_nothing(
    alice: User, browser: Client, day: object, mac: bool
) -> None:
    ending(alice, date(2099, 3, 1))
    [row] = table(export(browser))

    edit = drafted(browser, workbook([list(row), [*{**row, "until": day}.values()]], mac=mac))

    assert (edit.selected, edit.will_change, edit.already) == (1, 0, 1)


def test_what_was_changed_in_a_workbook_becomes_a_draft(alice: User, browser: Client) -> None:
    video = ending(alice, date(2099, 3, 1))

    edit = drafted(
        browser,
        workbook([["Video", "use", "state", "until"], [str(video.uuid), "remix", "off", None]]),
    )

    assert (edit.will_change, edit.withdraws) == (1, 1)


def test_a_day_that_may_be_two_is_asked_about_where_the_video_does_not_tell(
    alice: User, browser: Client
) -> None:
    video = ending(alice, date(2099, 5, 6))
    content = lines((video.uuid, "remix", "allowed", "3/1/2099"))

    answer = refused(browser, content, status=422, says="may be 3 January 2099 or 1 March 2099")

    assert "Write the last day with the year first, like 2027-03-01." in answer.text


@pytest.mark.parametrize(
    ("other", "day"), [("13/2/2099", date(2099, 1, 3)), ("2/13/2099", date(2099, 3, 1))]
)
def test_another_line_of_the_file_tells_how_its_days_are_written(
    alice: User, browser: Client, other: str, day: date
) -> None:
    video, beside = ending(alice, date(2099, 5, 6)), ending(alice, date(2099, 2, 13))
    content = lines(
        (video.uuid, "remix", "allowed", "3/1/2099"), (beside.uuid, "remix", "allowed", other)
    )

    edit = drafted(browser, content)

    assert edit.will_change == 1
    terms = edit.items.get(video=video).after
    assert terms
    assert terms.until
    assert terms.until.date() == day + timedelta(days=1)


@pytest.mark.parametrize(
    "text", ["", "soon", "13/13/2099", "1/2/3", "46447", "3/1/2099 10:00", "٣/١/٢٠٩٩"]
)
def test_what_is_no_day_is_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        sheets.days_of(text)


def bomb(**parts: bytes) -> bytes:
    """A workbook in which these parts are replaced."""
    out = io.BytesIO()
    good = zipfile.ZipFile(io.BytesIO(workbook([["video", "use", "state"]])))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in good.namelist():
            packed.writestr(
                name, parts.get(name.rpartition("/")[2].partition(".")[0], good.read(name))
            )
    return out.getvalue()


ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
SHEET = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b"%s</sheetData></worksheet>"
)
FAR = SHEET % (
    b'<row r="1"><c t="inlineStr"><is><t>x</t></is></c></row>'
    b'<row r="900000000"><c><v>1</v></c></row>'
)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00", 422),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 422),
        (bomb(sheet1=b"<worksheet"), 422),
        (bomb(workbook=b""), 422),
        (bomb(sheet1=ENTITIES), 422),
        (bomb(sheet1=SHEET % b""), 422),
        (bomb(styles=b" " * 200_000), 413),
    ],
    ids=["cut off", "xls", "broken", "empty", "entities", "no rows", "unpacks to too much"],
)
def test_a_workbook_that_cannot_be_used_is_refused_with_what_to_do(
    browser: Client, monkeypatch: pytest.MonkeyPatch, content: bytes, status: int
) -> None:
    monkeypatch.setattr(sheets, "MAX_UNPACKED", 100_000)

    answer = send(browser, content)

    assert answer.status_code == status
    assert str(answer.context["refused"]).endswith(".")
    assert not Edit.objects.exists()


def test_a_workbook_with_a_row_far_below_is_not_walked_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sheets, "MAX_ROWS", 1000)

    with pytest.raises(Refused, match="too large"):
        list(sheets.read(io.BytesIO(bomb(sheet1=FAR))))


def test_a_formula_is_read_by_its_last_value_and_never_calculated() -> None:
    rows = list(sheets.read(io.BytesIO(workbook([["=1+1", 2.0, 2.5, None, True]]))))

    assert rows == [(1, ["", "2", "2.5", "", "True"])]


def test_the_page_offers_both_kinds_of_file(browser: Client) -> None:
    assert ".csv,.xlsx" in browser.get("/videos/spreadsheet/").text
    sent = SimpleUploadedFile("list.xlsx", workbook([["video"]]))
    answer = browser.post("/videos/spreadsheet/", {"file": sent})
    assert "use, state is missing" in answer.text
