"""Migration operations for triggers that refuse changes, on both engines."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CHANGES = ("update", "delete", "truncate")


def refuse(
    table: str, *, name: str, when: str = "", says: str, changes: Collection[str] = CHANGES
) -> migrations.RunPython:
    """An operation that makes `table` refuse these `changes`: UPDATE and DELETE of the rows
    matching `when`, and on PostgreSQL TRUNCATE, which asks no row. SQLite has none: its DELETE
    without WHERE fires.

    `when` is an SQL condition over OLD that both engines understand, empty for every row; `says`
    is the error that the database gives. On SQLite the connection must have recursive_triggers
    on, or INSERT OR REPLACE deletes without firing; a system check sees to it.
    """

    def make(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        vendor = editor.connection.vendor
        for statement in _statements(vendor, table, name, when=when, says=says, changes=changes):
            editor.execute(statement, None)

    def drop(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"DROP FUNCTION {name}() CASCADE", None)  # its triggers go with it
            return
        for event in _of_rows(changes):
            editor.execute(f"DROP TRIGGER {name}_{event}", None)

    forward: Callable[..., None] = make
    return migrations.RunPython(forward, drop)


def _of_rows(changes: Collection[str]) -> list[str]:
    return [event for event in changes if event != "truncate"]


def _statements(
    vendor: str, table: str, name: str, *, when: str, says: str, changes: Collection[str]
) -> list[str]:
    condition = f"WHEN ({when})" if when else ""
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {name}_{event} BEFORE {event} ON {table} FOR EACH ROW {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{says}'); END"
            for event in _of_rows(changes)
        ]
    function = (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{says}' USING ERRCODE = 'integrity_constraint_violation'; "
        "END $$"
    )
    return [
        function,
        *(
            f"CREATE TRIGGER {name}_{event} BEFORE {event} ON {table} {rows} "
            f"EXECUTE FUNCTION {name}()"
            for event, rows in (
                ("update", f"FOR EACH ROW {condition}"),
                ("delete", f"FOR EACH ROW {condition}"),
                ("truncate", "FOR EACH STATEMENT"),
            )
            if event in changes
        ),
    ]
