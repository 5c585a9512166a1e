"""A database that belongs to one test, empty at its start: not even migrated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from pytest_django.fixtures import Settings

from tests.environment import ROOT, WORKER


@pytest.fixture
def own_database(django_db_blocker: Any, tmp_path: Path, settings: Settings) -> Iterator[None]:
    """`default` leads to it while the test runs, with a withdrawal journal of its own. Migrate it
    by the executor, not by the command: receivers of post_migrate are about the database of the
    other tests."""
    settings.WITHDRAWAL_JOURNAL = str(tmp_path / "withdrawals.journal")
    name = connection.settings_dict["NAME"]
    is_sqlite = connection.vendor == "sqlite"
    own = str(tmp_path / "own.sqlite3") if is_sqlite else f"{ROOT.name}-{WORKER or 'main'}"
    with django_db_blocker.unblock():
        if not is_sqlite:
            _on_the_server(f'CREATE DATABASE "{own}"')
        connection.close()
        connection.settings_dict["NAME"] = own
        ContentType.objects.clear_cache()
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = name
            ContentType.objects.clear_cache()
            if not is_sqlite:
                _on_the_server(f'DROP DATABASE "{own}"')


def _on_the_server(statement: str) -> None:
    """A database is made and dropped outside of any."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)
