"""System check: a template file that cannot be read stops the start."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from remixer import catalogue


@register()
def templates_can_be_read(**_: Any) -> list[CheckMessage]:
    if catalogue.PROBLEM:
        return [Error(f"A template is wrong. {catalogue.PROBLEM}", id="remixer.E001")]
    return []
