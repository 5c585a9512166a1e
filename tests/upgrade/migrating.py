"""Migrates the database that a test has for itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import StateApps


def migrate(
    to: Mapping[str, str | None] | None = None,
    *,
    progress: Callable[..., None] | None = None,
) -> None:
    """To these migrations (`{app: name}`, None for before the first), or to the newest of
    everything. `progress` is Django's callback."""
    executor = MigrationExecutor(connection, progress)
    targets: list[Any] = list(to.items()) if to else list(executor.loader.graph.leaf_nodes())
    executor.migrate(targets)


def models_at(to: Mapping[str, str]) -> StateApps:
    """The models as they are at these migrations."""
    return MigrationLoader(None).project_state(list(to.items())).apps
