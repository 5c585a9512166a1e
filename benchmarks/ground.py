"""A database of its own for one run of the benchmarks. Import it before anything of Django.

SQLite in a temporary folder, or a new database beside the one that DATABASE_URL names.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="creatorhub-bench-"))
os.environ |= {
    "CREATORHUB_DATA": str(FOLDER),
    "CREATORHUB_TESTS": "1",
    "DEBUG": "0",  # with DEBUG Django keeps every query in memory
    "DJANGO_SETTINGS_MODULE": "creatorhub.settings",
    "SECRET_KEY": "benchmarks only",
}


@contextmanager
def database() -> Iterator[str]:
    """Sets Django up with an empty database; gives its name and version."""
    import django

    django.setup()
    logging.disable(logging.WARNING)
    from django.core.management import call_command
    from django.db import connection

    try:
        if connection.vendor == "sqlite":
            call_command("migrate", verbosity=0)
            yield f"SQLite {sqlite3.sqlite_version}"
        else:
            before = connection.settings_dict["NAME"]
            connection.creation.create_test_db(verbosity=0, autoclobber=True)
            try:
                yield f"PostgreSQL {connection.pg_version // 10_000}"  # type: ignore[attr-defined]
            finally:
                connection.creation.destroy_test_db(before, verbosity=0)
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
