"""Days in a person's own zone, which the request activates, and the moments they begin and end."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

EARLIEST, LATEST = date(1900, 1, 1), date(9000, 1, 1)  # every zone can be applied between them


def start_of(day: date) -> datetime:
    """When this day begins: where its midnight does not exist, as when summer time begins then,
    the moment at which the clock is moved; where it comes twice, the first. A day outside EARLIEST
    to LATEST is moved to the nearer of them."""
    day = max(EARLIEST, min(day, LATEST))
    return timezone.make_aware(datetime.combine(day, time.min))


def end_of(day: date) -> datetime:
    """When this day is over: the start of the next one."""
    return start_of(min(day, LATEST) + timedelta(days=1))


def last_day(end: datetime) -> date:
    """The last day on which something that ends at this moment still holds.

    The second before the end is found in UTC: on the wall clock it may not exist, where summer
    time begins at midnight.
    """
    return timezone.localtime(end.astimezone(UTC) - timedelta(seconds=1)).date()
