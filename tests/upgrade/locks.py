"""Which statements of a migration hold a long lock on PostgreSQL: squawk says, of what was run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations import Migration

from creatorhub.checks import POSTGRESQL_AT_LEAST

# Of squawk's rules those about locks, and that it could read the statement at all.
RULES = {
    "adding-field-with-default",
    "adding-foreign-key-constraint",
    "adding-not-nullable-field",
    "adding-serial-primary-key-field",
    "ban-concurrent-index-creation-in-transaction",
    "changing-column-type",
    "constraint-missing-not-valid",
    "disallowed-unique-constraint",
    "require-concurrent-index-creation",
    "require-concurrent-index-deletion",
    "require-concurrent-partition-detach",
    "require-concurrent-reindex",
    "syntax-error",
}


@dataclass
class Recorder:
    """The SQL of each migration, in order, as it was sent. `progress` is for the executor."""

    sql: dict[Migration, list[str]] = field(default_factory=dict)
    _current: list[str] | None = None

    def progress(self, action: str, migration: Migration | None = None, fake: bool = False) -> None:
        if action == "apply_start" and migration:
            self._current = self.sql.setdefault(migration, [])
        elif action == "apply_success":
            self._current = None

    @contextmanager
    def recording(self) -> Iterator[None]:
        def record(execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:
            if self._current is not None:
                composed = connection.ops.compose_sql(sql, params) if params else sql  # type: ignore[attr-defined]
                self._current.append(f"{composed.rstrip().rstrip(';')};")
            return execute(sql, params, *rest)

        with connection.execute_wrapper(record):
            yield


def long_locks(migration: Migration, statements: list[str]) -> dict[str, str]:
    """The rules that it breaks, each with the first statement that does."""
    argv = [squawk(), f"--pg-version={POSTGRESQL_AT_LEAST}.0", "--reporter=json"]
    argv += ["--assume-in-transaction"] if migration.atomic else []
    text = "\n".join(statements) + "\n"
    done = subprocess.run(
        [*argv, "--stdin-filepath=migration.sql"],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = text.splitlines()
    broken: dict[str, str] = {}
    for found in json.loads(done.stdout):
        if found["rule_name"] in RULES:
            broken.setdefault(found["rule_name"], lines[found["line"]])
    return broken


def squawk() -> str:
    """The program, as `make dev` installs it beside Python."""
    beside = str(Path(sys.executable).parent)
    path = shutil.which("squawk", path=os.pathsep.join([beside, os.environ.get("PATH", "")]))
    if path is None:
        pytest.fail("There is no squawk. Install it: make dev")
    return path
