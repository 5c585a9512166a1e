"""A worker test starts with empty queues."""

from __future__ import annotations

import pytest

from creatorhub.celery import app


@pytest.fixture(autouse=True)
def _no_hint_of_another_test() -> None:
    """Tests without a worker leave hundreds of hints, and a worker takes them one by one. The
    broker, or the prefix of its keys, belongs to this run alone."""
    with app.connection_for_write() as connection:
        for name in ("control", "ingest", "render"):
            queue = app.amqp.queues[name](connection.default_channel)
            queue.declare()
            queue.purge()
