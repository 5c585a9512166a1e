"""Ends as people say them: a permission ends when its last day is over."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils.formats import date_format

from creatorhub.days import last_day

register = template.Library()


@register.filter
def until(end: datetime | None) -> str:
    """The last day on which the permission holds, in the person's zone: “30 June 2027”."""
    day: date | None = last_day(end) if end else None
    return date_format(day, "j F Y") if day else ""
