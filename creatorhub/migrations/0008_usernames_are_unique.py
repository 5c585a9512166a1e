"""No two usernames differ only in the case of their letters."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

NAME = "username_key_is_unique"


def make(apps: Any, editor: Any) -> None:
    """On PostgreSQL without holding up writes."""
    at_once = "CONCURRENTLY " if editor.connection.vendor == "postgresql" else ""
    editor.execute(
        f"CREATE UNIQUE INDEX {at_once}{NAME} ON creatorhub_user (username_key) "
        "WHERE username_key IS NOT NULL"
    )


def drop(apps: Any, editor: Any) -> None:
    at_once = "CONCURRENTLY " if editor.connection.vendor == "postgresql" else ""
    editor.execute(f"DROP INDEX {at_once}{NAME}")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("creatorhub", "0007_fill_username_keys")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(make, drop)],
            state_operations=[
                migrations.AddConstraint(
                    model_name="user",
                    constraint=models.UniqueConstraint(
                        fields=["username_key"],
                        condition=models.Q(("username_key__isnull", False)),
                        name=NAME,
                    ),
                )
            ],
        )
    ]
