"""What the database holds, how often it is asked, and faults between two statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from consent.models import (
    Consent,
    ConsentCount,
    ConsentState,
    Edit,
    EditJob,
    Item,
    SavedFilter,
    Terms,
    UploadDefault,
)


def rows() -> list[list[dict[str, Any]]]:
    """Every row of consent and of the log: what a refusal must leave as it was."""
    tables: tuple[Any, ...] = (
        *(Consent, ConsentCount, ConsentState, Edit, EditJob, Item, SavedFilter, Terms),
        *(UploadDefault, Event),
    )
    return [list(table.objects.order_by("pk").values()) for table in tables]


def queries(act: Callable[[], object]) -> int:
    """How many statements it takes."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


@contextmanager
def before_statement(words: str, act: Callable[[], object]) -> Iterator[None]:
    """`act` happens once, before the first statement that contains these words. What it raises
    comes in place of the statement."""
    waiting = True

    def execute_after(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal waiting
        if waiting and words in sql:
            waiting = False
            act()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(execute_after):
        yield
    assert not waiting, f"no statement contained “{words}”"


def failing(words: str, error: Exception) -> Any:
    """The first statement that contains these words fails."""

    def fail() -> None:
        raise error

    return before_statement(words, fail)
