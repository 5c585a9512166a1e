"""The durations of videos, as players show them."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def clock(milliseconds: int) -> str:
    """1:05 for 65,400 milliseconds, 1:00:00 for an hour."""
    seconds = milliseconds // 1000
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if hours:
        return f"{hours}:{minutes:02}:{seconds % 60:02}"
    return f"{minutes}:{seconds % 60:02}"
