"""No two events of the whole platform have the same number. Those of before have none."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

NAME = "event_platform_seq_is_unique"


def make(apps: Any, editor: Any) -> None:
    """On PostgreSQL without holding up writes."""
    at_once = "CONCURRENTLY " if editor.connection.vendor == "postgresql" else ""
    editor.execute(
        f"CREATE UNIQUE INDEX {at_once}{NAME} ON audit_event (platform_seq) "
        "WHERE platform_seq IS NOT NULL"
    )


def drop(apps: Any, editor: Any) -> None:
    at_once = "CONCURRENTLY " if editor.connection.vendor == "postgresql" else ""
    editor.execute(f"DROP INDEX {at_once}{NAME}")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("audit", "0005_tree")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(make, drop)],
            state_operations=[
                migrations.AddConstraint(
                    model_name="event",
                    constraint=models.UniqueConstraint(
                        fields=["platform_seq"],
                        condition=models.Q(("platform_seq__isnull", False)),
                        name=NAME,
                    ),
                )
            ],
        )
    ]
