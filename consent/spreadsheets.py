"""The list as a spreadsheet, out and back in. Reading only: `consent.services` makes the draft.

    video,title,collection,uploaded,seconds,use,state,until,reason
    3f0c…,Downhill at first light,Street rides,2026-10-19,50.0,remix,allowed,2027-03-01,allowed

A person changes `state` to `allowed` or `off`, and `until`, the last day of a permission in their
own zone; empty is no end. Any other state leaves the video as it is, so a file sent back unchanged
changes nothing. Of the columns only `video`, `use` and `state` are needed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO, Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.filters import SORTS
from consent.models import ItemQuerySet, Notice, Terms, state_line
from consent.policy import Reason
from consent.querysets import with_reason
from consent.uses import USES
from creatorhub import days, sheets
from creatorhub.errors import Refused
from creatorhub.paging import beyond
from library.models import Video

COLUMNS = (
    *("video", "title", "collection", "uploaded", "seconds"),
    *("use", "state", "until", "reason"),
)
NEEDED = ("video", "use", "state")
MAX_BYTES = 25 * 1024**2
MAX_LINES = 100_000
SHOWN = 100  # bad lines that are named; the rest is counted
BATCH = 2000
CHANGES = ("allowed", "off")
STAYS = ("undecided", "expired", "notice_changed", "ask")
STATE_WORDS = {Reason.APPROVAL_NEEDED: "ask"}  # the others read as the policy names them


@dataclass(frozen=True, slots=True)
class Line:
    """What a line asks for. `until` is the moment at which the permission ends. Where its day, as
    it is `written`, can be read in two ways, these are `ends`, with the day first and with the
    month first, and what the video has decides."""

    number: int
    video: UUID
    state: str
    until: datetime | None
    keeps_end: bool
    ends: tuple[datetime, ...] = ()
    written: str = ""


class BadSpreadsheet(Refused):
    """A file that cannot become a draft: what is wrong with it, line by line."""

    status = 422

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        self.problems = list(problems[:SHOWN])
        self.more = len(problems) - len(self.problems)
        number, problem = problems[0]
        sentence = ngettext(
            "%(count)s line of this file cannot be used, so nothing was changed. "
            "Line %(number)s: %(problem)s",
            "%(count)s lines of this file cannot be used, so nothing was changed. "
            "Line %(number)s: %(problem)s",
            len(problems),
        )
        words = {"count": f"{len(problems):,}", "number": number, "problem": problem}
        super().__init__(sentence % words, code="bad_spreadsheet")


def read(file: IO[bytes], *, size: int) -> tuple[str, list[Line]]:
    """The use and the lines of a file. Raises Refused for one that is no such table, and
    BadSpreadsheet with every line that cannot be used."""
    if size > MAX_BYTES:
        raise too_large()
    return _lines(sheets.read(file))


def too_large() -> Refused:
    return Refused(
        _(
            "This file is larger than %(limit)s MB. Filter the list to fewer videos and export "
            "that, or remove the columns that you do not need."
        )
        % {"limit": MAX_BYTES // 1024**2},
        code="file_too_large",
        status=413,
    )


def _lines(rows: sheets.Rows) -> tuple[str, list[Line]]:
    _number, names = next(rows, (1, []))
    header = [name.strip().lower() for name in names]
    missing = [name for name in NEEDED if name not in header]
    named = [name for name in header if name]  # a spreadsheet may add columns without a name
    if missing or len(set(named)) < len(named):
        if missing:
            sentence = _(
                "The first line must name the columns %(needed)s, each once; %(missing)s is "
                "missing. Export the list and change that file."
            )
        else:
            sentence = _(
                "The first line must name the columns %(needed)s, each once; one is there twice. "
                "Export the list and change that file."
            )
        raise Refused(
            sentence % {"needed": ", ".join(NEEDED), "missing": ", ".join(missing)},
            code="wrong_columns",
            status=422,
        )
    lines: list[Line] = []
    problems: list[tuple[int, str]] = []
    seen: dict[UUID, int] = {}
    use = ""
    for at, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(seen) >= MAX_LINES:
            raise Refused(
                _("This file has more than %(limit)s lines. Send it in parts.")
                % {"limit": f"{MAX_LINES:,}"},
                code="too_many",
                status=413,
            )
        row = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
        use = use or (row["use"] if row.get("use") in USES else "")
        try:
            line = _line(at, row, use=use, has_until="until" in header)
            if (first := seen.setdefault(line.video, at)) != at:
                raise ValueError(_("this video is on line %(first)s already.") % {"first": first})
        except ValueError as wrong:
            problems.append((at, str(wrong)))
        else:
            lines.append(line)
    if problems:
        raise BadSpreadsheet(problems)
    if not lines:
        raise Refused(_("This file has no lines."), code="empty_selection", status=422)
    return use, _with_days_in_order(lines)


def _with_days_in_order(lines: list[Line]) -> list[Line]:
    """A file is written in one way: a day that can be read in one way alone tells how to read
    those that cannot."""
    day_first = sheets.order_of(line.written for line in lines)
    if day_first is None:
        return lines
    return [
        replace(line, until=line.ends[0 if day_first else 1], ends=())
        if len(line.ends) > 1
        else line
        for line in lines
    ]


def _line(number: int, row: dict[str, str], *, use: str, has_until: bool) -> Line:
    try:
        video = UUID(row.get("video", ""))
    except ValueError:
        raise ValueError(_("the column “video” must hold the video's id, as exported.")) from None
    if row.get("use") not in USES:
        raise ValueError(_("the use must be one of %(known)s.") % {"known": ", ".join(USES)})
    if use and row["use"] != use:
        raise ValueError(
            _("a file is about one use, and this one began with %(use)s.") % {"use": use}
        )
    state = row.get("state", "").lower()
    if state not in (*CHANGES, *STAYS):
        raise ValueError(_("the state must be allowed or off."))
    written = row.get("until", "") if state == "allowed" else ""
    ends = _ends_of(written) if written else ()
    until = ends[0] if len(ends) == 1 else None
    return Line(
        number,
        video,
        state,
        until,
        keeps_end=not has_until,
        ends=ends if len(ends) > 1 else (),
        written=written,
    )


def _ends_of(text: str) -> tuple[datetime, ...]:
    """The ends of the days that this may be, in the person's own zone, which the request has
    activated."""
    try:
        found = sheets.days_of(text)
        if not all(days.EARLIEST <= day <= days.LATEST for day in found):
            raise ValueError("no zone could be applied to it")
        return tuple(days.end_of(day) for day in found)
    except (ValueError, OverflowError):
        raise ValueError(
            _("the last day must be written like 2027-03-01, or left empty.")
        ) from None


def day_text(until: datetime | None) -> str:
    """How a file says when a permission ends."""
    return days.last_day(until).isoformat() if until else ""


class _Echo:
    """What csv.writer writes to: it hands each row back instead of keeping it."""

    def write(self, row: str) -> str:
        return row


def written(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A table as CSV, in pieces."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(header)  # spreadsheets know UTF-8 by the mark
    for row in rows:
        yield writer.writerow([sheets.cell(value) for value in row])


def export(videos: QuerySet[Video], use: str) -> Iterator[str]:
    """The videos as CSV, newest first, in pieces; a query for each batch and each terms. No
    transaction stays open between them."""
    return written(COLUMNS, _exported(videos, use))


def _exported(videos: QuerySet[Video], use: str) -> Iterator[Sequence[object]]:
    zone, states = timezone.get_current_timezone(), _States(use)
    described = with_reason(videos, use).annotate(under=F(f"consent_{use}__terms"))
    for video in batches(described, SORTS["newest"]):
        yield (
            str(video.uuid),
            video.title,
            video.collection,
            timezone.localtime(video.created_at, zone).date().isoformat(),
            video.duration,
            use,
            _state(video, use, states),
            day_text(getattr(video, f"until_{use}")),
            getattr(video, f"reason_{use}"),
        )


def _state(video: Any, use: str, states: _States) -> str:
    """What is being turned off is off, though it may not be written down yet."""
    if getattr(video, f"reason_{use}") == Reason.WITHDRAWN:
        return "off"
    return states.of(video.under) if video.under else str(getattr(video, f"state_{use}"))


class _States:
    """The word for the terms beneath, whatever is in force above them (an opt-out, a pause). One
    query for each terms that it meets."""

    def __init__(self, use: str) -> None:
        self._material = Notice.objects.material_versions().get(use, 0)
        self._known: dict[int, str] = {}

    def of(self, key: int) -> str:
        if key not in self._known:
            terms = Terms.objects.select_related("notice").get(pk=key)
            state = terms.state(now=timezone.now(), material=self._material)
            self._known[key] = STATE_WORDS.get(state, str(state))
        return self._known[key]


def batches(rows: QuerySet[Any], ordering: tuple[str, ...]) -> Iterator[Any]:
    """Every row in order, so many to a query, each going on where the last one ended."""
    rows = rows.order_by(*ordering)
    found = list(rows[:BATCH])
    while found:
        yield from found
        key = [getattr(found[-1], name.removeprefix("-")) for name in ordering]
        found = list(rows.filter(beyond(ordering, key))[:BATCH]) if len(found) == BATCH else []


RESULT = ("video", "title", "before", "after", "outcome", "reason")


def result(items: ItemQuerySet) -> Iterator[str]:
    """What came of an edit, video by video, as CSV in pieces."""
    return written(
        RESULT,
        (
            (
                str(item.video.uuid),
                item.video.title,
                state_line(item.before, decided=item.before_decided),
                state_line(item.after, decided=item.after_decided),
                item.result,
                item.reason,
            )
            for item in batches(
                items.with_details(),
                ("video_id",),
            )
        ),
    )
