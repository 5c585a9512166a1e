"""The stored log for verification and export: rows in the order of the leaves, read in batches and
in one snapshot, so that what is written meanwhile disturbs nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import chain, islice
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import F, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from audit import keys, personal, proofs, sequencing, tree, vocabulary
from audit.models import (
    Checkpoint,
    Concern,
    Counter,
    Event,
    HandedOut,
    Leaf,
    Node,
    Personal,
    PlatformCounter,
)
from audit.tiles import subtrees
from audit.tree import Range
from audit.verification import Body, Known, Row, Signed, Verification, Wrong, check_signature
from creatorhub.models import User

GRACE = timedelta(minutes=2)  # an event without a leaf is late only after it
BATCH = 2000
# In the order of a Row. Those that are UUIDs come as texts.
UUIDS = ("uuid", "creator__uuid", "correlation_id", "subject")
COLUMNS = (
    *("id", "uuid", "action", "actor", "creator", "creator__uuid", "creator_seq", "platform_seq"),
    *("correlation_id", "subject", "at", "body", "leaf_hash"),
)

Advance = Callable[[int], object]


class Snapshot(ExitStack):
    """Ends what was being read, too. A cursor that is left to the garbage collector closes itself
    in the middle of another query."""

    def read(self, found: QuerySet[Any, Any]) -> Iterator[Any]:
        """The rows, in batches. Raises Wrong for one that only somebody by hand can have written:
        SQLite keeps values of any type in any column."""
        iterator = found.iterator(BATCH)
        self.callback(iterator.close)  # type: ignore[attr-defined]
        return _readable(iterator, found.model._meta.db_table)


def _readable(found: Iterator[Any], table: str) -> Iterator[Any]:
    done = 0
    try:
        for done, row in enumerate(found, 1):  # noqa: B007
            yield row
    except (TypeError, ValueError, OperationalError) as error:
        if isinstance(error, OperationalError) and "decode" not in str(error):
            raise
        raise Wrong(
            f"A row after the first {done} of {table}, or what it leads to, has a value that the "
            f"log never writes: {error}."
        ) from None


def as_bytes(value: Any, what: str) -> bytes:
    """Raises Wrong for another type, see Snapshot.read."""
    if not isinstance(value, bytes | memoryview):
        raise Wrong(f"{what} is stored as another type than the log writes.")
    return bytes(value)


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """All that is read inside is as it was at one moment. On SQLite without the lock of a writer,
    which Django's transactions take."""
    if connection.in_atomic_block:
        with Snapshot() as moment:
            yield moment
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            with Snapshot() as moment:
                yield moment
    else:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                with Snapshot() as moment:
                    yield moment
            finally:
                cursor.execute("ROLLBACK")


def known() -> Known:
    """Raises Wrong where the log has no key that could be known."""
    people = {one.name: one.person for one in vocabulary.actions().values() if one.person}
    try:
        found = tuple(keys.verifiers())
        origin = keys.origin() if found else ""
    except keys.NoKey as problem:
        raise Wrong(str(problem)) from None
    return Known(origin, found, people, timezone.now() - GRACE)


def rows(moment: Snapshot, start: int = 0) -> Iterator[Row]:
    """Events with a leaf from `start` on, then those without a leaf. Two queries."""
    leaves = Leaf.objects.filter(index__gte=start).order_by("index")
    loose = Event.objects.filter(leaf=None).order_by("id")
    text = _hyphenated if connection.vendor == "sqlite" else str
    for values in moment.read(leaves.values_list("index", *_columns("event__"))):
        yield _row(text, *values)
    for values in moment.read(loose.values_list(*_columns())):
        yield _row(text, None, *values)


def _columns(prefix: str = "") -> list[Any]:
    return [
        Cast(prefix + name, TextField()) if name in UUIDS else F(prefix + name) for name in COLUMNS
    ]


def _row(text: Callable[[str], str], *values: Any) -> Row:
    leaf, key, uuid, action, actor, creator, whose, number, platform, *rest = values
    correlation, subject, at, body, leaf_hash = rest
    return Row(
        *(leaf, key, text(uuid), action, actor, creator, text(whose) if whose else None),
        *(number, platform, text(correlation), text(subject) if subject else None),
        *(at, as_bytes(body, f"Event {text(uuid)}: its body")),
        as_bytes(leaf_hash, f"Event {text(uuid)}: its leaf_hash"),
    )


def _hyphenated(text: str) -> str:
    """SQLite keeps UUIDs without hyphens."""
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def checkpoints(moment: Snapshot, above: int = 0) -> Iterator[Signed]:
    """Over more than `above` leaves, the smallest first."""
    found = Checkpoint.objects.filter(size__gt=above).order_by("size")
    columns = found.values_list("size", "previous", "root", "note")
    for size, previous, root, note in moment.read(columns):
        yield Signed(size, previous, as_bytes(root, _root_of(size)), note)


def _root_of(size: int) -> str:
    return f"The root of the checkpoint over {size} leaves"


def count(*, since_checkpoint: bool = False) -> int:
    """How many events verify looks at, for its progress."""
    total = Event.objects.count()
    newest = Checkpoint.objects.order_by("size").last() if since_checkpoint else None
    return total - newest.size if newest else total


def verify(*, since_checkpoint: bool = False, advance: Advance = lambda done: None) -> int:
    """Recompute the whole log; how many events it has. Raises Wrong. `advance` is told after each
    batch how many events were looked at. Holds a transaction open that only reads.

    With `since_checkpoint` the newest checkpoint is believed, if it is signed and the stored tree
    leads to it, and only what came after it is looked at.
    """
    with snapshot() as moment:
        try:
            return _verify(moment, since_checkpoint, advance)
        except sequencing.Broken as broken:
            raise Wrong(str(broken)) from None


def _verify(moment: Snapshot, since_checkpoint: bool, advance: Advance) -> int:  # noqa: FBT001
    believed = known()
    newest = Checkpoint.objects.order_by("size").last() if since_checkpoint else None
    edge = _edge(newest, believed) if newest else None
    start = edge.size if edge else 0
    waiting = checkpoints(moment, start)
    check = Verification(
        believed,
        nodes=_nodes(moment, start),
        following=lambda size: next(waiting, None),
        edge=edge,
    )
    first = None if not edge else _first_event(start)
    beside = _Beside(moment, first)
    read_lines = vocabulary.lines_reader()
    total = start
    stored = rows(moment, start)
    while batch := list(islice(stored, BATCH)):
        beside.read_up_to(max(row.key for row in batch))
        for one in batch:
            person = beside.person(one)
            row = one._replace(person=person) if person else one
            body = check.take(row)
            beside.check_personal(row, body)
            if "items_root" in body:
                _check_items(read_lines(body), row, body)
        total += len(batch)
        advance(len(batch))
    counted = moment.read(Counter.objects.values_list("creator", "last"))
    platform = PlatformCounter.objects.values_list("last", flat=True).first() or 0
    check.finish(counted, platform)
    _no_other_nodes(check.edge.size)
    _handed_out_is_kept()
    if not edge:
        beside.nothing_is_left()
    return total


def _edge(newest: Checkpoint, believed: Known) -> Range:
    """The right edge of the tree that was signed last."""
    root = as_bytes(newest.root, _root_of(newest.size))
    signed = Signed(newest.size, newest.previous, root, newest.note)
    check_signature(signed, believed)
    subtree = subtrees(newest.size, proofs.tile)
    place, hashes = 0, []
    for level in reversed(range(newest.size.bit_length())):
        if newest.size >> level & 1:
            hashes.append(subtree(place, place + (1 << level)))
            place += 1 << level
    edge = Range.from_bytes(newest.size.to_bytes(8, "big") + b"".join(hashes))
    if edge.root() != signed.root:
        raise Wrong(
            f"The stored hashes do not lead to what was signed with {newest.size} leaves. Without "
            "--since-checkpoint it is said where."
        )
    return edge


def _first_event(start: int) -> int:
    """The smallest id among the events after the believed ones."""
    after = Leaf.objects.filter(index__gte=start).values_list("event", flat=True)
    loose = Event.objects.filter(leaf=None).values_list("id", flat=True)
    return min(chain(after.order_by("event")[:1], loose.order_by("id")[:1]), default=0)


def _nodes(moment: Snapshot, start: int) -> Callable[[int, int], bytes | None]:
    """The stored nodes, each asked for once and in order."""
    levels: dict[int, Iterator[tuple[int, Any]]] = {}

    def node(level: int, index: int) -> bytes | None:
        if level not in levels:
            found = Node.objects.filter(level=level, index__gte=start >> 8 * level)
            levels[level] = moment.read(found.order_by("index").values_list("index", "hash"))
        place, stored = next(levels[level], (None, b""))
        what = f"The hash {index} of level {level} of the tree"
        return as_bytes(stored, what) if place == index else None

    return node


def _no_other_nodes(size: int) -> None:
    expected = sum(size >> 8 * level for level in range(1, 8))
    stored = Node.objects.count()
    if stored != expected:
        raise Wrong(f"{stored} hashes of the tree are stored, and {size} leaves make {expected}.")


def _handed_out_is_kept() -> None:
    """Creators have receipts against these checkpoints, the last ones among them, which no other
    checkpoint follows."""
    kept = Checkpoint.objects.values("size")
    missing = HandedOut.objects.exclude(size__in=kept).order_by("size").first()
    if missing:
        raise Wrong(
            f"Receipts were handed out against a checkpoint over {missing.size} leaves, and it is "
            "missing."
        )


def _check_items(lines: list[bytes] | None, row: Row, body: Body) -> None:
    """The root over the things that the event is about, made again from their rows."""
    if lines is None:
        raise Wrong(f"{row}: it has a root over videos, and none are stored for it.")
    if tree.root([tree.leaf_hash(line) for line in lines]).hex() != body["items_root"]:
        raise Wrong(
            f"{row}: the videos that it is about, or what became of one of them, are not those "
            "that were logged."
        )


class _Beside:
    """What stands beside the events, read along with them: whom they concern, and personal data.
    The leaves are nearly in the order of the ids, so little of it waits for its event."""

    def __init__(self, moment: Snapshot, first: int | None) -> None:
        concerns, kept = Concern.objects.all(), Personal.objects.all()
        if first is not None:
            concerns, kept = concerns.filter(event__gte=first), kept.filter(event__gte=first)
        people = concerns.order_by("event", "id").values_list("event", "person")
        texts = kept.order_by("event", "field").values_list("event", "field", "salt", "data")
        self._concerns, self._kept = _Ahead(moment.read(people)), _Ahead(moment.read(texts))
        self._people: dict[int, str] = {}
        self._personal: dict[int, list[Any]] = {}

    def read_up_to(self, key: int) -> None:
        for event, person in self._concerns.up_to(key):
            if event in self._people:
                raise Wrong(f"It is noted twice whom the event number {event} concerns.")
            self._people[event] = str(person)
        for event, *rest in self._kept.up_to(key):
            self._personal.setdefault(event, []).append(rest)

    def person(self, row: Row) -> str | None:
        return self._people.pop(row.key, None)

    def check_personal(self, row: Row, body: Body) -> None:
        """What is kept is what was hashed; what was erased is not kept."""
        for field, salt, data in self._personal.pop(row.key, ()):
            hashed = body.get(field)
            if not isinstance(hashed, dict) or hashed.keys() != {"sha256"}:
                raise Wrong(f"{row}: personal data is kept for {field}, not hashed.")
            salted = as_bytes(salt, f"{row}: the salt of its {field}")
            if not isinstance(data, str) or personal.digest(salted, data) != hashed["sha256"]:
                raise Wrong(f"{row}: its {field} is not the one that was hashed.")

    def nothing_is_left(self) -> None:
        left = [*self._people, *(event for event, *_ in self._concerns.rest())]
        left += [*self._personal, *(event for event, *_ in self._kept.rest())]
        if left:
            raise Wrong(f"There is no event number {left[0]}, and something is noted beside it.")


class _Ahead:
    """Rows that begin with the id of an event, in order."""

    def __init__(self, found: Iterator[tuple[Any, ...]]) -> None:
        self._found = found
        self._next = next(found, None)

    def up_to(self, key: int) -> Iterator[tuple[Any, ...]]:
        while self._next is not None:
            if not isinstance(self._next[0], int):
                raise Wrong(
                    f"There is no event {self._next[0]!r}, and something is noted beside it."
                )
            if self._next[0] > key:
                break
            yield self._next
            self._next = next(self._found, None)

    def rest(self) -> Iterator[tuple[Any, ...]]:
        if self._next is not None:
            yield self._next
            self._next = None
        yield from self._found


def newest_checkpoint() -> Checkpoint | None:
    return Checkpoint.objects.order_by("size").last()


def exported(creator: User | None = None) -> Iterator[dict[str, Any]]:
    """The log as JSON objects: first what it is called and its public keys, then events with the
    checkpoints between them. Of one creator the events alone, each with its proof, then the newest
    checkpoint, which the proofs lead to. Personal data is not in it."""
    with snapshot() as moment:
        found = keys.verifiers()
        yield {
            "type": "log",
            "origin": keys.origin() if found else "",
            "verifiers": [str(one) for one in found],
        }
        if creator:
            yield from _exported_record(moment, creator)
            return
        waiting = checkpoints(moment)
        following = next(waiting, None)
        for row in rows(moment):
            yield _line(row.leaf, row.body)
            if following and row.leaf == following.size - 1:
                yield {"type": "checkpoint", "size": following.size, "note": following.note}
                following = next(waiting, None)


def _exported_record(moment: Snapshot, creator: User) -> Iterator[dict[str, Any]]:
    newest = newest_checkpoint()
    size = newest.size if newest else 0
    subtree = subtrees(max(size, 1), proofs.tile)
    events = Event.objects.filter(creator=creator).order_by("creator_seq")
    for index, body in moment.read(events.values_list("leaf__index", "body")):
        line = _line(index, bytes(body))
        if index is not None and index < size:
            path = tree.inclusion_proof(index, subtree, size)
            line["proof"] = [base64.b64encode(one).decode() for one in path]
        yield line
    if newest:
        yield {"type": "checkpoint", "size": size, "note": newest.note}


def _line(index: int | None, body: bytes) -> dict[str, Any]:
    return {"type": "event", "leaf": index, "bytes": body.decode()}
