"""A migration since the last release must not make pages wait: on a table of a million rows each
of these statements would hold its lock for minutes."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from creatorhub import checks
from creatorhub.indexes import AddIndexConcurrently, RemoveIndexConcurrently
from tests.upgrade.locks import Recorder, long_locks
from tests.upgrade.migrating import migrate
from tests.upgrade.release_0_2_0 import MIGRATIONS

# (app, migration): {rule: why it may break it}. Small tables, for example.
NEW = "The table is new and empty."
EXCUSED: dict[tuple[str, str], dict[str, str]] = {
    ("audit", "0002_concern"): {
        "constraint-missing-not-valid": NEW,
        "adding-foreign-key-constraint": NEW,
        "require-concurrent-index-creation": NEW,
    },
    ("audit", "0005_tree"): {
        "constraint-missing-not-valid": NEW,
        "adding-foreign-key-constraint": NEW,
    },
}
ON_VIDEO: dict[str, Any] = {"model_name": "video"}


@pytest.fixture
def _on_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite locks the whole file for every write; this run is on SQLite")


@pytest.mark.usefixtures("_on_postgresql", "own_database")
def test_no_migration_since_the_release_holds_a_long_lock() -> None:
    migrate(MIGRATIONS)
    recorder = Recorder()

    with recorder.recording():
        migrate(progress=recorder.progress)

    found = {
        f"{migration.app_label}.{migration.name}": broken
        for migration, statements in recorder.sql.items()
        if migration.app_label in checks.our_apps()
        if (broken := _not_excused(migration, long_locks(migration, statements)))
    }
    assert not found, "Do it in steps, with creatorhub.indexes, or excuse it above."


def _not_excused(migration: migrations.Migration, broken: dict[str, str]) -> dict[str, str]:
    excused = EXCUSED.get((migration.app_label, migration.name), {})
    return {rule: statement for rule, statement in broken.items() if rule not in excused}


LONG: dict[str, tuple[list[Operation], str]] = {
    "an index": (
        [migrations.AddIndex(**ON_VIDEO, index=Index(fields=["via"], name="a"))],
        "require-concurrent-index-creation",
    ),
    "an index removed": (
        [migrations.RemoveIndex(**ON_VIDEO, name="video_of_collection")],
        "require-concurrent-index-deletion",
    ),
    "another type": (
        [migrations.AlterField(**ON_VIDEO, name="width", field=models.BigIntegerField(default=0))],
        "changing-column-type",
    ),
    "a default for each row": (
        [
            migrations.AddField(
                **ON_VIDEO, name="b", field=models.UUIDField(db_default=RandomUUID())
            )
        ],
        "adding-field-with-default",
    ),
    "a check": (
        [
            migrations.AddConstraint(
                **ON_VIDEO, constraint=CheckConstraint(condition=Q(size__gte=0), name="c")
            )
        ],
        "constraint-missing-not-valid",
    ),
    "a unique constraint": (
        [
            migrations.AddConstraint(
                **ON_VIDEO, constraint=UniqueConstraint(fields=["uuid", "owner"], name="d")
            )
        ],
        "disallowed-unique-constraint",
    ),
    "no more NULL": (
        [
            migrations.AlterField(
                **ON_VIDEO, name="import_key", field=models.CharField(max_length=64, default="")
            )
        ],
        "adding-not-nullable-field",
    ),
}
SHORT: dict[str, tuple[list[Operation], bool]] = {
    "a column": (
        [migrations.AddField(**ON_VIDEO, name="e", field=models.TextField(null=True))],
        True,
    ),
    "a constant default": (
        [
            migrations.AddField(
                **ON_VIDEO, name="f", field=models.CharField(default="x", max_length=9)
            )
        ],
        True,
    ),
    "a new table with an index": (
        [
            migrations.CreateModel(
                "Label",
                [
                    ("id", models.BigAutoField(primary_key=True)),
                    ("name", models.CharField(max_length=20, db_index=True)),
                ],
            )
        ],
        True,
    ),
    "an index built beside": (
        [AddIndexConcurrently(**ON_VIDEO, index=Index(fields=["via"], name="g"))],
        False,
    ),
    "an index removed beside": (
        [RemoveIndexConcurrently(**ON_VIDEO, name="video_of_collection")],
        False,
    ),
    "a check for later rows": (
        [
            AddConstraintNotValid(
                **ON_VIDEO, constraint=CheckConstraint(condition=Q(size__gte=0), name="h")
            )
        ],
        True,
    ),
    "rows written": (
        [migrations.RunPython(lambda apps, editor: _touch(apps), migrations.RunPython.noop)],
        True,
    ),
}


def _touch(apps: Any) -> None:
    apps.get_model("library", "Video").objects.update(size=F("size"))


@pytest.mark.usefixtures("_on_postgresql", "own_database")
def test_it_finds_what_holds_a_long_lock_and_nothing_else() -> None:
    migrate()

    missed = [name for name, (operations, rule) in LONG.items() if rule not in _seeded(operations)]
    fine = {
        name: _seeded(operations, atomic=atomic) for name, (operations, atomic) in SHORT.items()
    }

    assert not missed
    assert fine == {name: {} for name in SHORT}


@pytest.mark.usefixtures("own_database")
def test_indexes_of_large_tables_are_made_and_dropped_on_both_engines() -> None:
    migrate({"library": MIGRATIONS["library"]})
    executor = MigrationExecutor(connection)
    before = executor.loader.project_state([("library", MIGRATIONS["library"])])

    add = AddIndexConcurrently("video", Index(fields=["via"], name="video_by_source"))
    added = before.clone()
    add.state_forwards("library", added)
    remove = RemoveIndexConcurrently("video", name="video_by_source")
    removed = added.clone()
    remove.state_forwards("library", removed)

    for act, states, there in (
        (add.database_forwards, (before, added), True),
        (add.database_backwards, (added, before), False),
        (add.database_forwards, (before, added), True),
        (remove.database_forwards, (added, removed), False),
        (remove.database_backwards, (removed, added), True),
    ):
        with connection.schema_editor(atomic=False) as editor:
            act("library", editor, *states)
        with connection.cursor() as cursor:
            constraints = connection.introspection.get_constraints(cursor, "library_video")
        assert ("video_by_source" in constraints) is there


def _seeded(operations: list[Operation], *, atomic: bool = True) -> dict[str, str]:
    """What is found of a migration of these operations, which is then unapplied."""
    executor = MigrationExecutor(connection)
    state = executor.loader.project_state(executor.loader.graph.leaf_nodes())
    seeded = type("Seeded", (migrations.Migration,), {"operations": operations, "atomic": atomic})
    migration = seeded("0099_seeded", "library")
    recorder = Recorder()
    recorder.progress("apply_start", migration)
    with (
        recorder.recording(),
        connection.schema_editor(atomic=atomic) as editor,
    ):
        migration.apply(state.clone(), editor)
    with connection.schema_editor(atomic=atomic) as editor:
        migration.unapply(state.clone(), editor)
    return long_locks(migration, recorder.sql[migration])
