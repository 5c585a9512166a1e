"""What the database holds, how often it is asked, and faults between two statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
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


def counted_queries() -> CaptureQueriesContext:
    """`with counted_queries() as asked:`, then `len(asked)` is how many statements it took."""
    return CaptureQueriesContext(connection)


@contextmanager
def rolled_back() -> Iterator[None]:
    """One generated history leaves nothing to the next. Counts as the test's own transaction, so
    that the services' durable ones may open inside."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)


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
