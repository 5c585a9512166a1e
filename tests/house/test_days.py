"""A day is the same day on its way to a moment and back, in every zone there is."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone

from creatorhub import days

YEARS = (2011, 2024, *range(2026, 2031), 2037)
WEEK, DAY = timedelta(days=7), timedelta(days=1)
LEFT_OUT = {  # they moved to the other side of the date line, and this day never was there
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Pacific/Fakaofo", date(2011, 12, 30)),
}


def days_near_a_change(zone: zoneinfo.ZoneInfo, year: int) -> Iterator[date]:
    """The days of a week in which the zone's clocks are moved, and one at each side."""
    start = date(year, 1, 1)
    while start.year == year:
        if _offset(zone, start) != _offset(zone, start + WEEK):
            yield from (start + n * DAY for n in range(-1, 9))
        start += WEEK


def _offset(zone: zoneinfo.ZoneInfo, day: date) -> timedelta | None:
    return datetime.combine(day, time(12), zone).utcoffset()


def test_a_day_ends_on_that_day_and_the_next_begins_then_in_every_zone() -> None:
    walked, wrong = 0, []
    for name in sorted(zoneinfo.available_timezones()):
        zone = zoneinfo.ZoneInfo(name)
        with timezone.override(zone):
            for day in (day for year in YEARS for day in days_near_a_change(zone, year)):
                walked += 1
                end = days.end_of(day)
                stored = end.astimezone(UTC)  # as a database gives it back
                fine = days.last_day(end) == days.last_day(stored) == day
                fine = fine and days.start_of(day) < end == days.start_of(day + DAY)
                fine = fine and timezone.localtime(stored).date() == day + DAY
                if not fine and not {(name, day), (name, day + DAY)} & LEFT_OUT:
                    wrong.append((name, day))

    assert walked > 10_000
    assert not wrong


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        ("Africa/Cairo", date(2027, 4, 29), "2027-04-29T22:00:00+00:00"),
        ("America/Havana", date(2027, 3, 13), "2027-03-14T05:00:00+00:00"),
        ("America/Santiago", date(2027, 9, 4), "2027-09-05T04:00:00+00:00"),
        ("Asia/Beirut", date(2027, 3, 27), "2027-03-27T22:00:00+00:00"),
        ("Atlantic/Azores", date(2027, 3, 27), "2027-03-28T01:00:00+00:00"),
        ("Africa/Cairo", date(2027, 6, 30), "2027-06-30T21:00:00+00:00"),
        ("UTC", date(2027, 4, 29), "2027-04-30T00:00:00+00:00"),
    ],
)
def test_the_end_of_a_day_whose_next_midnight_does_not_exist(
    zone: str, day: date, end: str
) -> None:
    with timezone.override(zoneinfo.ZoneInfo(zone)):
        assert days.end_of(day).astimezone(UTC).isoformat() == end
        assert days.last_day(datetime.fromisoformat(end)) == day
