"""TRUNCATE asks no row, so what is never to change refuses it as a whole."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("table", "says"),
    [
        *(
            (f"audit_{table}", "The log is append-only.")
            for table in ("event", "leaf", "node", "checkpoint")
        ),
        ("consent_terms", "Terms are immutable."),
        ("consent_notice", "A published notice is immutable."),
    ],
)
def test_what_never_changes_cannot_be_truncated(table: str, says: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("TRUNCATE is PostgreSQL's; this run is on SQLite")

    with (
        pytest.raises(IntegrityError, match=says),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"TRUNCATE {table} CASCADE")
