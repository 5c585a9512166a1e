"""Gives every committed event its place in the tree: leaves in order, and the hashes above them.

Runs after the commit, so that no service waits for it: on PostgreSQL in the workers, one at a time;
on SQLite, which has one writer anyway, right after the write itself. An event without a leaf is
found by looking for it and not by counting on from the last id: a transaction may take its id
early and commit late.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Max, QuerySet

from audit import tree
from audit.models import Bookmark, Leaf, Node

logger = logging.getLogger(__name__)

WIDTH = 256  # hashes of a full tile
BATCH = 10_000  # events of one transaction
INLINE = 500  # events that a request on SQLite takes along; what is more is left to the sweep
ADVISORY_LOCK = 0x6C656176  # "leav": one number for all sequencers of a database

# Events without a leaf, by id. The leaves of one creator follow each other as their numbers do,
# because the ids of one creator do.
ASSIGN = """
    INSERT INTO audit_leaf ("index", event_id)
    SELECT %s + ROW_NUMBER() OVER (ORDER BY id) - 1, id
    FROM (
        SELECT e.id FROM audit_event e LEFT JOIN audit_leaf l ON l.event_id = e.id
        WHERE e.id > %s AND l.event_id IS NULL
        ORDER BY e.id LIMIT %s
    ) waiting
"""
# The number of the oldest transaction that is running, and that of the next to come.
RUNNING = """
    SELECT pg_snapshot_xmin(now)::text::bigint, pg_snapshot_xmax(now)::text::bigint
    FROM pg_current_snapshot() now
"""


class Broken(RuntimeError):
    """The stored tree cannot be continued. The message is a sentence."""


def sequence(*, batch: int = BATCH) -> int | None:
    """A leaf for each event that has none. How many there were; None if another sequencer is at
    work. A transaction for each `batch`. Raises Broken where stored hashes are missing."""
    total = 0
    while (made := _sequence_batch(batch)) is not None:
        total += made
        if made < batch:
            return total
    return total or None


def follow() -> None:
    """Right after a commit on SQLite. What does not work now is left to the sweep."""
    try:
        _sequence_batch(INLINE)
    except (Broken, OperationalError) as error:
        logger.warning("The newest events have no leaf yet: %s", error)


def size() -> int:
    """How many leaves there are. One query."""
    last: int | None = Leaf.objects.aggregate(last=Max("index"))["last"]
    return 0 if last is None else last + 1


def stored_hashes(level: int, start: int, end: int) -> list[bytes]:
    """Of the leaves (level 0) or the nodes from `start` up to, not including, `end`. One query.
    Raises Broken unless all are there."""
    rows: QuerySet[Any, Any]
    if level:
        rows = Node.objects.filter(level=level).values_list("hash", flat=True)
    else:
        rows = Leaf.objects.values_list("event__leaf_hash", flat=True)
    between = rows.filter(index__gte=start, index__lt=end).order_by("index")
    hashes = [bytes(one) for one in between]
    if len(hashes) != end - start:
        raise Broken(
            f"Of the hashes {start} to {end - 1} of level {level}, {len(hashes)} are stored. "
            "`manage.py verify_log` says what is wrong."
        )
    return hashes


@transaction.atomic
def _sequence_batch(limit: int) -> int | None:
    if not _is_alone():
        return None
    mark = Bookmark.objects.filter(pk=1).first() or Bookmark()
    oldest, _ = _running()
    before = size()
    with connection.cursor() as cursor:
        cursor.execute(ASSIGN, [before, mark.settled, limit])
        made: int = cursor.rowcount
    if before // WIDTH != (before + made) // WIDTH:
        _add_nodes(before, before + made)
        _move(mark, oldest, Leaf.objects.get(index=before + made - 1).event_id)
    return made


def _is_alone() -> bool:
    """Until the end of the transaction. On SQLite a transaction is alone from its beginning."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        return bool(cursor.fetchone()[0])


def _running() -> tuple[int, int]:
    if connection.vendor != "postgresql":
        return 0, 0
    with connection.cursor() as cursor:
        cursor.execute(RUNNING)
        oldest, following = cursor.fetchone()
        return oldest, following


def _add_nodes(before: int, after: int) -> None:
    """The hashes of the subtrees that the leaves from `before` to `after` complete."""
    level = 0
    while (first := before // WIDTH) < (last := after // WIDTH):
        hashes = stored_hashes(level, first * WIDTH, last * WIDTH)
        level += 1
        Node.objects.bulk_create(
            Node(level=level, index=first + place // WIDTH, hash=tree.root(hashes[place:][:WIDTH]))
            for place in range(0, len(hashes), WIDTH)
        )
        before, after = first, last


def _move(mark: Bookmark, oldest: int, reached: int) -> None:
    """The bookmark, forward. Every event that is committed up to the id `reached` has its leaf.

    A missing id below may belong to a transaction that is still running. Whoever writes an event
    has counted before, and so has a number as a transaction before it takes an id (log.append):
    such a transaction is older than the next to come now, and once all of those have ended, which
    `oldest` says of a moment before we looked, nothing can appear below any more. (They count for
    the whole cluster: a long one in another database holds the bookmark back, and costs time only.)
    """
    _, following = _running()
    ended = mark.seen_before <= oldest or mark.seen_before > following  # or in a cluster of before
    if ended and mark.seen <= reached:
        mark.settled = mark.seen
    if mark.settled == mark.seen < reached:
        mark.seen, mark.seen_before = reached, following
    mark.save()
