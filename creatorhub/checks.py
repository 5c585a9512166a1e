"""What must hold before the product starts, each with a sentence that says what to do.

Django runs those without a tag with every command. Those tagged `database` ask the database and
start programs; `migrate` runs them, and refuse_a_broken_start() when a web server or worker starts.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from creatorhub import data_folder
from creatorhub.signals import starting

POSTGRESQL_AT_LEAST = 13
SQLITE_PRAGMAS = {"journal_mode": "wal", "foreign_keys": 1, "recursive_triggers": 1}


def refuse_a_broken_start() -> None:
    """Runs every check, those of the database too, and ends the process if one is an error. If none
    is, the apps hear that it starts.

    Warnings are left to `manage.py check`, so that not every process repeats them.
    """
    try:
        found = checks.run_checks(databases=["default"])
        errors = [one for one in found if one.is_serious() and not one.is_silenced()]
        if not errors:
            starting.send(sender=None)
    finally:
        connections.close_all()  # or processes forked later would share one connection
    if errors:
        sys.stderr.write("".join(f"{message}\n" for message in errors))
        raise SystemExit(1)


@register()
def settings_are_for_one_mode(**_: Any) -> Iterable[CheckMessage]:
    """PostgreSQL and Redis are set together: with only one of them, processes on two machines
    would share the rows but not the messages, or the other way round."""
    given = {name for name in ("DATABASE_URL", "REDIS_URL") if getattr(settings, name)}
    if len(given) == 1:
        (missing,) = {"DATABASE_URL", "REDIS_URL"} - given
        yield Error(
            f"{given.pop()} is set, but {missing} is not: this start is half-configured.",
            hint="Set both for production, or neither to run embedded on SQLite and files.",
            id="creatorhub.E001",
        )
    if given and settings.DEBUG and not os.environ.get("CREATORHUB_TESTS"):
        yield Caution(
            "DEBUG is on together with a production database.",
            hint="Errors show settings and code to everybody. Set DEBUG=0.",
            id="creatorhub.W001",
        )
    if given and not settings.DEBUG and not os.environ.get("SECRET_KEY"):
        yield Error(
            "SECRET_KEY is not set.",
            hint=(
                "Every machine would make its own, and sign-ins would not carry over. Make one "
                "with: python -c 'import secrets; print(secrets.token_urlsafe(64))'"
            ),
            id="creatorhub.E002",
        )


@register()
def security_contact_is_an_address(**_: Any) -> Iterable[CheckMessage]:
    contact = settings.SECURITY_CONTACT
    if contact and not re.fullmatch(r"(mailto:)?[^@\s:/]+@[^@\s:/]+|https://\S+", contact):
        yield Error(
            f"SECURITY_CONTACT is “{contact}”, which nobody can write to.",
            hint="Set an e-mail address or the https:// address of a form, or leave it empty.",
            id="creatorhub.E011",
        )


@register()
def services_control_transactions(**_: Any) -> Iterable[CheckMessage]:
    """A transaction around a request would hold a creator's lock until its end, and a service that
    asks for a durable transaction would fail in it."""
    database = settings.DATABASES["default"]
    if database.get("ATOMIC_REQUESTS"):
        yield Error(
            "ATOMIC_REQUESTS is on.",
            hint="Services open their own transactions. Leave it off.",
            id="creatorhub.E003",
        )
    engine = database["ENGINE"].rsplit(".", 1)[-1]
    if engine not in ("sqlite3", "postgresql"):
        yield Error(
            f"The database engine {engine} is not supported.",
            hint="DATABASE_URL must begin with postgres://.",
            id="creatorhub.E004",
        )
    if engine == "sqlite3" and database["OPTIONS"].get("transaction_mode") != "IMMEDIATE":
        yield Error(
            "SQLite transactions do not begin IMMEDIATE.",
            hint="Two that read and then write would fail with “database is locked”.",
            id="creatorhub.E005",
        )


@register(Tags.database)
def database_is_set_up_as_needed(
    *, databases: Sequence[str] | None = None, **_: Any
) -> Iterable[CheckMessage]:
    if "default" not in (databases or ()):
        return
    connection = connections["default"]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            yield from sqlite_pragmas(cursor)
        else:
            yield from _postgresql_settings(cursor)


def sqlite_pragmas(cursor: Any) -> Iterable[CheckMessage]:
    """Read back from the connection: SQLite silently ignores a pragma that it does not know or
    cannot set."""
    for pragma, wanted in SQLITE_PRAGMAS.items():
        cursor.execute(f"PRAGMA {pragma}")
        found = cursor.fetchone()[0]
        if found != wanted:
            yield Error(
                f"SQLite's {pragma} is {found!r}, and must be {wanted!r}.",
                hint=(
                    "journal_mode needs a local disk: not a network share, not memory. "
                    "Without recursive_triggers a REPLACE changes the log without its triggers."
                ),
                id="creatorhub.E006",
            )


def _postgresql_settings(cursor: Any) -> Iterable[CheckMessage]:
    cursor.execute("SHOW transaction_isolation")
    isolation = cursor.fetchone()[0]
    if isolation != "read committed":
        yield Error(
            f"PostgreSQL's isolation level is {isolation}, and must be read committed.",
            hint=(
                "Under any other, a publish that has waited for the creator's lock would not see "
                "the withdrawal that it waited for."
            ),
            id="creatorhub.E007",
        )
    cursor.execute("SHOW server_version_num")
    version = int(cursor.fetchone()[0]) // 10_000
    if version < POSTGRESQL_AT_LEAST:
        yield Error(
            f"This is PostgreSQL {version}; {POSTGRESQL_AT_LEAST} or newer is needed.",
            id="creatorhub.E008",
        )


@register(Tags.database)
def database_is_of_this_version(
    *, databases: Sequence[str] | None = None, **_: Any
) -> Iterable[CheckMessage]:
    """A database with migrations that this code does not have was made by another version: its
    tables are not those that the models expect, and `migrate` would add to them."""
    if "default" not in (databases or ()):
        return
    if unknown := unknown_migrations():
        more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        yield Error(
            f"Another version made this database: it has the migrations "
            f"{', '.join(unknown[:3])}{more}, and this version does not.",
            hint=(
                "Start the version that made it, or start with an empty database: another "
                "CREATORHUB_DATA, and in production another DATABASE_URL."
            ),
            id="creatorhub.E010",
        )


def unknown_migrations() -> list[str]:
    """`app.name` of those that are applied and not on the disk. Not those of installed packages,
    which may drop migrations that they have squashed."""
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    replaced = {key for migration in known.values() for key in migration.replaces}
    packages = {app.label for app in apps.get_app_configs()} - our_apps()
    applied = MigrationRecorder(connections["default"]).applied_migrations()
    return [
        f"{app}.{name}"
        for app, name in sorted(applied)
        if app not in packages and (app, name) not in known and (app, name) not in replaced
    ]


def our_apps() -> set[str]:
    """The labels of the apps in this repository."""
    beside_us = Path(__file__).resolve().parent.parent
    return {
        app.label for app in apps.get_app_configs() if Path(app.path).resolve().parent == beside_us
    }


@register()
def data_folder_is_prepared(**_: Any) -> Iterable[CheckMessage]:
    """A program that loads Django by itself finds nothing made for it."""
    if missing := data_folder.missing():
        yield Error(
            f"The data folder {data_folder.location()} lacks {', '.join(missing)}.",
            hint=(
                "Run `python manage.py check` once with the same CREATORHUB_DATA: it makes what "
                "is missing. Your own program calls creatorhub.data_folder.prepare() before "
                "django.setup()."
            ),
            id="creatorhub.E009",
        )


@register()
def data_folder_is_private(**_: Any) -> Iterable[CheckMessage]:
    """It holds the uploads, the keys and, embedded, the database."""
    folder = Path(settings.DATA_DIR)
    if folder.exists() and folder.stat().st_mode & 0o007:
        yield Caution(
            f"Everybody on this machine can look into {folder}.",
            hint=f"chmod 700 {folder}",
            id="creatorhub.W003",
        )


@register(Tags.security, deploy=True)
def staff_have_a_second_factor(**_: Any) -> Iterable[CheckMessage]:
    if not settings.STAFF_SECOND_FACTOR:
        yield Caution(
            "Staff may work here with a password alone.",
            hint="Leave STAFF_SECOND_FACTOR out, or set it to 1.",
            id="creatorhub.W010",
        )
