"""Migration operations for indexes of large tables: built and dropped on PostgreSQL while rows are
written, as usual on SQLite. Their migration says `atomic = False`."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres import operations
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class _PlainElsewhere:
    """Django's operations for PostgreSQL fail on SQLite; `plain` is what to run there."""

    plain: Any

    def database_forwards(
        self, app: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        if editor.connection.vendor == "postgresql":
            super().database_forwards(app, editor, before, after)  # type: ignore[misc]
        else:
            self.plain.database_forwards(self, app, editor, before, after)

    def database_backwards(
        self, app: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        if editor.connection.vendor == "postgresql":
            super().database_backwards(app, editor, before, after)  # type: ignore[misc]
        else:
            self.plain.database_backwards(self, app, editor, before, after)


class AddIndexConcurrently(_PlainElsewhere, operations.AddIndexConcurrently):
    plain = migrations.AddIndex


class RemoveIndexConcurrently(_PlainElsewhere, operations.RemoveIndexConcurrently):
    plain = migrations.RemoveIndex
