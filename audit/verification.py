"""Does the log hold together? Recomputes everything from rows, one after the other. Knows no
database: `audit.stored` reads the rows, and tests make them.

    for row in rows:            in the order of the leaves, then those without a leaf, by id
        verification.take(row)
    verification.finish(…)

The first thing that is wrong is raised as Wrong, a sentence that names it. What is found: a changed
byte or column of an event, an event that is missing, added, doubled or moved, a wrong hash of the
tree, a checkpoint that does not fit or that nobody signed, an end that was cut off.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from audit import tree
from audit.notes import Verifier, open_checkpoint
from audit.tree import Malformed, Mismatch, Range

Body = dict[str, Any]
LEVEL = 8  # nodes are stored of every eighth level of the tree: over 256, 65,536, … leaves


class Wrong(Exception):
    """The first thing that is wrong. The message is a sentence."""


class Row(NamedTuple):
    """An event as it is stored. `leaf` is the index of its leaf, None without one; `person` whom it
    concerns besides, as it is noted. UUIDs are texts: making a million objects of each takes long.
    """

    leaf: int | None
    key: int
    uuid: str
    action: str
    actor: str
    creator: int | None
    creator_uuid: str | None
    creator_seq: int | None
    platform_seq: int | None
    correlation_id: str
    subject: str | None
    at: datetime
    body: bytes
    leaf_hash: bytes
    person: str | None = None

    def __str__(self) -> str:
        return f"Event {self.uuid}" + ("" if self.leaf is None else f" (leaf {self.leaf})")


class Signed(NamedTuple):
    """A checkpoint as it is stored."""

    size: int
    previous: int
    root: bytes
    note: str


class Known(NamedTuple):
    """What a verification believes: the keys of the log and its name, which field of an action
    names a person, and since when an event may wait for its leaf."""

    origin: str
    verifiers: tuple[Verifier, ...]
    people: Mapping[str, str]
    waiting_since: datetime


def _no_floats(text: str) -> Any:
    raise ValueError(f"{text} is no integer")


# In C both. What they agree on is canonical, with names in ASCII; tree.canonical has the last word.
_READ = json.JSONDecoder(parse_float=_no_floats, parse_constant=_no_floats).decode
_WRITE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def body_of(row: Row) -> Body:
    """The body of an event, after it was compared with its hash and with every column."""
    data = row.body
    if tree.leaf_hash(data) != row.leaf_hash:
        raise Wrong(f"{row}: its bytes are not those that were hashed.")
    try:
        text = data.decode()
        body = _READ(text)
        canonical = isinstance(body, dict) and (
            _WRITE(body) == text or tree.canonical(body) == data
        )
    except ValueError:  # UnicodeError and JSONDecodeError are such
        canonical = False
    if not canonical:
        raise Wrong(f"{row}: its bytes are not canonical JSON.")
    get = body.get
    if not isinstance(row.at, datetime):
        raise Wrong(f"{row}: its at is not a time.")
    for name, stored in (
        ("id", row.uuid),
        ("action", row.action),
        ("actor", row.actor),
        ("creator_seq", row.creator_seq),
        ("platform_seq", row.platform_seq),
        ("correlation_id", row.correlation_id),
        ("subject", row.subject),
        ("at", f"{row.at.astimezone(UTC).replace(tzinfo=None).isoformat('T', 'microseconds')}Z"),
    ):
        if get(name) != stored:
            raise Wrong(f"{row}: its {name} is not the one in its body.")
    if ("creator" in body) != (row.creator is not None) or (
        row.creator_uuid and get("creator") != row.creator_uuid
    ):
        raise Wrong(f"{row}: its creator is not the one in its body.")
    return body  # type: ignore[no-any-return]


class Verification:
    """`nodes(level, index)` is the stored hash of a complete subtree over 256**level leaves, None
    where none is stored; `following(size)` the first checkpoint over more leaves. Both are asked in
    order. With `edge`, what is in it is believed, and the rows after it are given."""

    def __init__(
        self,
        known: Known,
        *,
        nodes: Callable[[int, int], bytes | None],
        following: Callable[[int], Signed | None],
        edge: Range | None = None,
    ) -> None:
        self.edge = edge or Range()
        self.is_partial = edge is not None
        self._known, self._nodes, self._following = known, nodes, following
        self._checkpoint = following(self.edge.size)
        self._signed = self.edge.size
        self._records: dict[int, tuple[str, int]] = {}
        self._platform: int | None = None if self.is_partial else 0

    def copy(self) -> Verification:
        """As far as it has come, to go on with other rows."""
        other = copy.copy(self)
        other.edge = Range.from_bytes(self.edge.to_bytes())
        other._records = dict(self._records)
        return other

    def take(self, row: Row) -> Body:
        """The body of the next row."""
        body = body_of(row)
        if row.leaf is not None:
            self._place(row)
        elif row.at < self._known.waiting_since:
            raise Wrong(
                f"{row}: it has no leaf since {row.at:%Y-%m-%d %H:%M:%S} UTC. Do the workers run? "
                "`manage.py sequence_log` gives it one."
            )
        self._count(row, body)
        self._concern(row, body)
        if self._checkpoint and self._checkpoint.size == self.edge.size:
            self._check(self._checkpoint)
        return body

    def finish(self, counters: Iterable[tuple[int, int]], platform: int) -> None:
        """After the last row: the counters, by the key of the creator, and that of the platform."""
        if self._checkpoint:
            raise Wrong(
                f"The log was signed with {self._checkpoint.size} leaves, and now it has "
                f"{self.edge.size}: its end is missing."
            )
        for creator, last in counters:
            uuid, counted = self._records.pop(creator, (None, None if self.is_partial else 0))
            if counted is not None and counted != last:
                name = uuid or f"number {creator}"
                raise Wrong(
                    f"The record of creator {name} should have {last} events, and the last is "
                    f"number {counted}."
                )
        for uuid, _ in self._records.values():
            raise Wrong(f"The events of creator {uuid} are not counted: the counter is missing.")
        if self._platform is not None and self._platform != platform:
            raise Wrong(
                f"CreatorHub itself should have {platform} numbered events, and the last is number "
                f"{self._platform}."
            )

    def _place(self, row: Row) -> None:
        expected = self.edge.size
        if row.leaf != expected:
            raise Wrong(
                f"Leaf {expected} is missing, or its event: the next one is leaf {row.leaf}."
                if (row.leaf or 0) > expected
                else f"{row}: there is another leaf {row.leaf}."
            )
        closed = self.edge.append(row.leaf_hash)
        for level in range(1, (len(closed) - 1) // LEVEL + 1):
            at = (level, expected >> LEVEL * level)
            stored = self._nodes(*at)
            if stored != closed[LEVEL * level]:
                what = "missing" if stored is None else "not the one of its leaves"
                raise Wrong(
                    f"The stored hash {at[1]} of level {level}, which ends with leaf {expected}, "
                    f"is {what}."
                )

    def _count(self, row: Row, body: Body) -> None:
        if row.creator is not None:
            whose, number = f"creator {body['creator']}", row.creator_seq
            uuid, last = self._records.get(
                row.creator, (body["creator"], None if self.is_partial else 0)
            )
            if uuid != body["creator"]:
                raise Wrong(f"{row}: its creator is called {uuid} in the events before.")
            if number is not None:
                self._records[row.creator] = (uuid, number)
        else:
            whose, number, last = "CreatorHub", row.platform_seq, self._platform
            if number is None:  # from before they were numbered
                return
            self._platform = number
        if number is None or (last is not None and number != last + 1):
            raise Wrong(
                f"{row}: it is number {number} of {whose}, and number "
                f"{1 if last is None else last + 1} should be next."
            )

    def _concern(self, row: Row, body: Body) -> None:
        person = body.get(self._known.people.get(row.action, ""))
        if person and (person == body.get("creator") or row.actor in _of(person)):
            person = None
        if row.person != (person or None):
            raise Wrong(f"{row}: it is not noted as it should be whom it concerns.")

    def _check(self, signed: Signed) -> None:
        if signed.previous != self._signed:
            raise Wrong(
                f"The checkpoint over {signed.size} leaves follows one over {signed.previous}, and "
                f"the one before it is over {self._signed}: one is missing."
            )
        check_signature(signed, self._known)
        if self.edge.root() != signed.root:
            raise Wrong(
                f"The first {signed.size} leaves are not those that were signed: an event between "
                f"leaf {self._signed} and leaf {signed.size - 1} was changed, added, removed or "
                "moved."
            )
        self._signed = signed.size
        self._checkpoint = self._following(signed.size)


def _of(person: str) -> tuple[str, str]:
    return f"creator:{person}", f"staff:{person}"


def check_signature(signed: Signed, known: Known) -> None:
    """Raises Wrong unless a key of the log signed it and it says what is stored."""
    what = f"The checkpoint over {signed.size} leaves"
    try:
        read, _ = open_checkpoint(signed.note, known.verifiers, known.origin)
    except (Malformed, Mismatch) as error:
        raise Wrong(f"{what} is of no use: {error}") from None
    if (read.size, read.root) != (signed.size, signed.root):
        raise Wrong(f"{what} is not what was signed: the note says another size or root.")
