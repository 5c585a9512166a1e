"""Migration operations that add a column to a large table, and that rewrite its rows in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import migrations, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

PART = 1000


class AddColumn(migrations.AddField):
    """Django's AddField, for a field with a constant `db_default`. On SQLite Django copies the
    whole table for it, and the copy has none of the triggers; the engine can do without."""

    def database_forwards(
        self, app: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        model = after.apps.get_model(app, self.model_name)
        if self.allow_migrate_model(editor.connection.alias, model):
            field = model._meta.get_field(self.name)
            BaseDatabaseSchemaEditor.add_field(
                editor,
                before.apps.get_model(app, self.model_name),
                field,
            )


def rewrite(app: str, model: str, fields: Iterable[str], change: Callable[[Any], None]) -> Any:
    """An operation that calls `change` for every row and saves these fields of those that it has
    changed, a transaction for each thousand. It may be stopped and started again; unapplied, it
    leaves the rows as they are. Its migration says `atomic = False`."""
    names = list(fields)

    def run(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        rows = apps.get_model(app, model)._base_manager.using(editor.connection.alias)
        last: int | None = 0
        while last is not None:
            last = _part(rows, last, names, change)

    return migrations.RunPython(run, migrations.RunPython.noop)


def _part(rows: Any, last: int, names: list[str], change: Callable[[Any], None]) -> int | None:
    """The key of the last row of the part after `last`, or None at the end."""
    with transaction.atomic(using=rows.db):
        after = rows.select_for_update().filter(pk__gt=last)
        part: list[models.Model] = list(after.order_by("pk")[:PART])
        changed = []
        for row in part:
            before = [getattr(row, name) for name in names]
            change(row)
            if before != [getattr(row, name) for name in names]:
                changed.append(row)
        if changed:
            rows.bulk_update(changed, names, batch_size=200)
    return part[-1].pk if part else None
