"""No two usernames look alike, and no two display names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import migrations, models


def _at_once(editor: Any) -> str:
    """On PostgreSQL without holding up writes."""
    return "CONCURRENTLY " if editor.connection.vendor == "postgresql" else ""


def make(column: str, name: str) -> Callable[[Any, Any], None]:
    def run(apps: Any, editor: Any) -> None:
        editor.execute(
            f"CREATE UNIQUE INDEX {_at_once(editor)}{name} ON creatorhub_user ({column}) "
            f"WHERE {column} IS NOT NULL"
        )

    return run


def drop(name: str) -> Callable[[Any, Any], None]:
    def run(apps: Any, editor: Any) -> None:
        editor.execute(f"DROP INDEX {_at_once(editor)}{name}")

    return run


def unique(column: str, name: str) -> migrations.SeparateDatabaseAndState:
    return migrations.SeparateDatabaseAndState(
        database_operations=[migrations.RunPython(make(column, name), drop(name))],
        state_operations=[
            migrations.AddConstraint(
                model_name="user",
                constraint=models.UniqueConstraint(
                    fields=[column], condition=models.Q((f"{column}__isnull", False)), name=name
                ),
            )
        ],
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("creatorhub", "0011_fill_skeletons_of_names")]

    operations = [
        unique("username_skeleton", "username_looks_like_no_other"),
        unique("display_skeleton", "display_name_looks_like_no_other"),
    ]
