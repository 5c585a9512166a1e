"""Every migration of ours can be unapplied, and none of another version is accepted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from creatorhub import checks
from tests.upgrade.migrating import migrate

ROOT = Path(__file__).resolve().parents[2]


def _relations_and_triggers() -> set[str]:
    """Tables, indexes, triggers and their functions, by name: one that is left over from an
    unapplied migration makes applying it again fail."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        else:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                "UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal "
                "UNION SELECT proname FROM pg_proc WHERE prorettype = 'trigger'::regtype "
                "AND pronamespace = 'public'::regnamespace"
            )
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.usefixtures("own_database")
def test_every_migration_can_be_unapplied_and_applied_again() -> None:
    ours = checks.our_apps()
    tables = {
        model._meta.db_table
        for app in apps.get_app_configs()
        for model in app.get_models()
        if app.label in ours
    }
    migrate()
    made = _relations_and_triggers()

    migrate({"creatorhub": None})  # the account: all others of ours depend on it
    left = _relations_and_triggers()
    still_applied = {app for app, _ in MigrationRecorder(connection).applied_migrations()}
    migrate()

    assert tables
    assert tables <= made
    assert not still_applied & ours
    assert not [name for name in left if name.startswith(tuple(f"{app}_" for app in ours))]
    assert not left & {name for name in made if "immutable" in name or "append_only" in name}
    assert _relations_and_triggers() == made


@pytest.mark.usefixtures("own_database")
def test_a_database_of_another_version_is_an_error() -> None:
    migrate({"creatorhub": "0001_initial"})
    assert not list(checks.database_is_of_this_version(databases=["default"]))

    applied = MigrationRecorder(connection)
    applied.record_applied("auth", "0099_squashed_since_then")  # a package may do that
    assert not list(checks.database_is_of_this_version(databases=["default"]))

    applied.record_applied("consent", "0007_a_later_one")
    applied.record_applied("assist", "0001_initial")  # an app that only a later version has
    (error,) = checks.database_is_of_this_version(databases=["default"])

    assert error.id == "creatorhub.E010"
    assert "it has the migrations assist.0001_initial, consent.0007_a_later_one" in error.msg
    assert error.hint
    assert "Start the version that made it" in error.hint


@pytest.mark.usefixtures("own_database")
def test_only_the_first_of_many_are_named() -> None:
    applied = MigrationRecorder(connection)
    applied.ensure_schema()
    for number in range(2, 8):
        applied.record_applied("consent", f"000{number}_from_before")

    (error,) = checks.database_is_of_this_version(databases=["default"])

    assert "consent.0002_from_before" in error.msg
    assert error.msg.count("consent.") == 3
    assert "and 3 more" in error.msg


@pytest.mark.parametrize(
    "way",
    [
        ("manage.py", "migrate"),
        ("manage.py", "up", "--port", "29998"),
        ("-c", "import creatorhub.asgi"),
        ("-m", "celery", "--app", "creatorhub", "worker", "--pool", "solo"),
    ],
    ids=["migrate", "up", "web", "worker"],
)
def test_every_way_of_starting_refuses_a_database_of_another_version(
    way: tuple[str, ...], tmp_path: Path
) -> None:
    """A file of SQLite is quickly made; the check itself is tested on both engines above."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}

    def start(*argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *argv],
            cwd=ROOT,
            env={**kept, "CREATORHUB_DATA": str(tmp_path), "DEBUG": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    record = (
        "from creatorhub import data_folder; data_folder.prepare()\n"
        "import django; django.setup()\n"
        "from django.db import connection\n"
        "from django.db.migrations.recorder import MigrationRecorder\n"
        "MigrationRecorder(connection).record_applied('consent', '0004_from_before')\n"
    )
    assert start("-c", record).returncode == 0

    started = start(*way)

    assert started.returncode != 0
    assert "consent.0004_from_before" in started.stderr
    assert "Start the version that made it" in started.stderr
