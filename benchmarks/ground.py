"""A database of its own for one run of the benchmarks. Import it before anything of Django.

SQLite in a temporary folder, or a new database beside the one that DATABASE_URL names. A process
that is started with BENCH_FOLDER set joins the run that made this folder.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audit.notes import Signer
from creatorhub import data_folder

JOINED = os.environ.get("BENCH_FOLDER", "")
FOLDER = Path(JOINED or tempfile.mkdtemp(prefix="creatorhub-bench-"))
os.environ |= {
    "CREATORHUB_DATA": str(FOLDER),
    "CREATORHUB_TESTS": "1",
    "DEBUG": "0",  # with DEBUG Django keeps every query in memory
    "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
    "SECRET_KEY": "benchmarks only",
    "WITHDRAWAL_JOURNAL": str(FOLDER / "withdrawals.journal"),
    "LOG_ORIGIN": "hub.bench/log",
    "LOG_KEY": Signer.generate("hub.bench/log").secret(),
    "API_RATE_USER": "1000000/min",
}
(FOLDER / "static").mkdir(exist_ok=True)  # collected when a release is installed; empty here
# Hints about jobs go to files in the folder: no worker of another installation must hear them.
os.environ.pop("REDIS_URL", None)
data_folder.prepare()


def set_up() -> None:
    import django

    django.setup()
    logging.disable(logging.WARNING)


@contextmanager
def database() -> Iterator[str]:
    """Sets Django up with an empty database; gives its name and version."""
    set_up()
    from django.core.management import call_command
    from django.db import connection

    try:
        if connection.vendor == "sqlite":
            call_command("migrate", verbosity=0)
            yield f"SQLite {sqlite3.sqlite_version}"
        else:
            before = connection.settings_dict["NAME"]
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            try:
                yield f"PostgreSQL {connection.pg_version // 10_000}"  # type: ignore[attr-defined]
            finally:
                connection.creation.destroy_test_db(before, verbosity=0)
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)


def joining() -> tuple[list[str], dict[str, str]]:
    """The Python and the environment of a process that joins this run."""
    from django.db import connection

    env = {**os.environ, "BENCH_FOLDER": str(FOLDER)}
    if connection.vendor != "sqlite":
        head, _, _ = os.environ["DATABASE_URL"].partition("?")
        env["DATABASE_URL"] = f"{head.rpartition('/')[0]}/{connection.settings_dict['NAME']}"
    return [sys.executable], env
