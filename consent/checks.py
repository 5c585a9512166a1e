"""System checks: the uses and what is named after them agree, or nothing starts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.db import DatabaseError

from consent.filters import COMMON
from consent.models import Notice
from consent.selection import LIST_PARAMETERS
from consent.uses import USES, Use

# A use names parameters, columns of spreadsheets, aliases in SQL and admin actions.
ID = re.compile(r"[a-z][a-z0-9_]{0,31}")
TAKEN = {*COMMON, *LIST_PARAMETERS, "use", "video", "cursor", "page_size", "format"}


@register()
def uses_are_well_named(**_: Any) -> list[CheckMessage]:
    return [problem for key, use in USES.items() for problem in _problems(key, use)]


def _problems(key: str, use: Use) -> Iterator[CheckMessage]:
    if key != use.id:
        yield Error(
            f"The use {use.id!r} is filed under {key!r}.",
            hint="In consent/uses.py the key of USES is the id of the use.",
            id="consent.E001",
        )
    if not ID.fullmatch(use.id) or use.id in TAKEN:
        yield Error(
            f"{use.id!r} cannot be the id of a use.",
            hint=(
                "It is at most 32 small letters, digits and _, begins with a letter, and is none "
                f"of the list's own parameters: {', '.join(sorted(TAKEN))}."
            ),
            id="consent.E002",
        )
    empty = [name for name in ("label", "verb", "noun", "consequence") if not getattr(use, name)]
    if empty:
        yield Error(
            f"The use {use.id!r} has no {', '.join(empty)}.",
            hint="Pages and the log build their sentences from these.",
            id="consent.E003",
        )


@register()
def journal_is_outside_the_database(**_: Any) -> Iterator[CheckMessage]:
    """In production the data folder may be a disk of one machine, and belong to what is lost."""
    if settings.DATABASE_URL and not settings.DEBUG and not os.environ.get("WITHDRAWAL_JOURNAL"):
        yield Error(
            "WITHDRAWAL_JOURNAL is not set.",
            hint=(
                "Name a file that all machines share and that is not on the database's disk: it "
                "keeps what was withdrawn, for a database that is restored. See "
                "docs/operations.md, “Backup and restore”."
            ),
            id="consent.E004",
        )


@register(Tags.database)
def uses_have_notices(
    *, databases: Sequence[str] | None = None, **_: Any
) -> Iterator[CheckMessage]:
    """A warning only: the migration that publishes the notice could not run otherwise."""
    if "default" not in (databases or ()):
        return
    try:
        missing = [use for use in USES if Notice.objects.in_force(use) is None]
    except DatabaseError:  # not migrated yet
        return
    for use in missing:
        yield Caution(
            f"The use {use!r} has no published notice, so nobody can allow it.",
            hint="Publish its first notice by a migration: see CONTRIBUTING.md, “Add a use”.",
            id="consent.W001",
        )
