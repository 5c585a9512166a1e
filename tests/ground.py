"""What migrations wrote must survive the flush after a transactional test.

The flush empties every table: the log's triggers refuse that, and the first notices would be
gone for the tests that follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core import serializers
from django.db import connection
from django.db.models.signals import post_migrate

from consent import services
from consent.models import Journal, Notice

Execute = Callable[[str], object]


@contextmanager
def kept_through_flush(blocker: Any) -> Iterator[None]:
    """While inside, a flush goes past the append-only triggers and puts the notices and the groups
    of staff back."""
    with blocker.unblock():
        rows = [
            *Notice.objects.order_by("pk"),
            *Group.objects.order_by("pk"),
            *Journal.objects.all(),
        ]
        ground = serializers.serialize("json", rows)

    def put_back(**_: Any) -> None:
        if not Notice.objects.exists():
            for row in serializers.deserialize("json", ground):
                row.save()

    operations: Any = type(connection.ops)
    flush = operations.execute_sql_flush

    def flush_past_triggers(ops: Any, statements: Sequence[str]) -> None:
        with ops.connection.cursor() as cursor:
            back = list(without_triggers(ops.connection.vendor, cursor))
            flush(ops, statements)
            for statement in back:
                cursor.execute(statement)

    operations.execute_sql_flush = flush_past_triggers
    post_migrate.connect(put_back, dispatch_uid="tests.ground")
    try:
        yield
    finally:
        operations.execute_sql_flush = flush
        post_migrate.disconnect(dispatch_uid="tests.ground")


def without_triggers(vendor: str, cursor: Any) -> Iterable[str]:
    """Takes the triggers that refuse away; yields the statements that bring them back. Those that
    keep an index in step with its table stay."""
    if vendor == "sqlite":
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%RAISE(%'"
        )
        for name, sql in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')
            yield sql
    else:
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            yield f"ALTER TABLE {table} ENABLE TRIGGER USER"


@contextmanager
def with_journal(blocker: Any) -> Iterator[None]:
    """A withdrawal journal for the database of this run, also for one that an earlier run made."""
    path = Path(settings.WITHDRAWAL_JOURNAL)
    with blocker.unblock():
        if not path.exists():
            Journal.objects.update(digest="")
            services.begin_journal()
    yield
    path.unlink(missing_ok=True)


def empty_journal() -> None:
    """Takes away all but its first line."""
    path = Path(settings.WITHDRAWAL_JOURNAL)
    with suppress(FileNotFoundError), path.open("rb+") as file:
        file.truncate(len(file.readline()))
