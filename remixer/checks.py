"""System checks: a template file that cannot be read, or a time that cannot be right, stops the
start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from remixer import catalogue

LONGEST_KEPT = 7 * 24 * 3600  # seconds: a creator who withdraws is told that the memes are deleted


@register()
def templates_can_be_read(**_: Any) -> list[CheckMessage]:
    if catalogue.PROBLEM:
        return [Error(f"A template is wrong. {catalogue.PROBLEM}", id="remixer.E001")]
    return []


@register()
def withdrawn_memes_are_kept_for_a_while(**_: Any) -> list[CheckMessage]:
    if 0 <= settings.WITHDRAWN_MEMES_KEPT <= LONGEST_KEPT:
        return []
    return [
        Error(
            f"WITHDRAWN_MEMES_KEPT is {settings.WITHDRAWN_MEMES_KEPT}: memes cannot be kept for "
            "that long after a withdrawal.",
            hint=f"Set it to a number of seconds from 0 to {LONGEST_KEPT}.",
            id="remixer.E002",
        )
    ]
