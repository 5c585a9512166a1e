"""Whatever is changed in a log is found: not some changes, all of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

import pytest

from audit import tree
from audit.notes import Signer
from audit.verification import Row, Verification, Wrong, body_of
from tests.audit import memory
from tests.audit.memory import START, MemoryLog, make_log, renumbered, row_of, signed

# No database is asked, so the long ones run with one engine only.
LONG = [] if os.environ.get("DATABASE_URL") else [pytest.param(1000, marks=pytest.mark.slow)]
SIZES = [60, *LONG]
FLIPS = [1 << bit for bit in range(8)]


@cache
def log_of(length: int) -> MemoryLog:
    log = make_log(length, every=max(7, length // 20))
    log.verify()
    return log


@cache
def states(length: int) -> list[Verification]:
    """Before each row, and after the last: what a change further on is verified from."""
    log = log_of(length)
    found, verification = [], log.begin()
    for row in log.rows:
        found.append(verification.copy())
        verification.take(row)
    return [*found, verification]


def is_found(log: MemoryLog, place: int, rest: Iterable[Row]) -> bool:
    """Whether the log is wrong that has `rest` from this place on."""
    try:
        log.verify(rest, begun=states(len(log.rows))[place].copy())
    except Wrong:
        return True
    return False


def body_is_refused(row: Row) -> bool:
    try:
        body_of(row)
    except Wrong:
        return True
    return False


def changed(data: bytes, place: int, flip: int) -> bytes:
    return data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :]


@pytest.mark.parametrize("length", SIZES)
def test_every_changed_byte_of_every_event_is_found(length: int) -> None:
    """Each byte of the bytes and of the hash, in the short log each bit of it. The rows after it
    need not be looked at: the event itself does not fit any more."""
    few = length == SIZES[0]
    missed = [
        (row.uuid, place, flip)
        for row in log_of(length).rows
        for place in range(len(row.body))
        for flip in (FLIPS if few else [FLIPS[place % 8]])
        if not body_is_refused(row._replace(body=changed(row.body, place, flip)))
    ]
    missed += [
        (row.uuid, place, flip)
        for row in log_of(length).rows
        for place in range(32)
        for flip in (FLIPS if few else [FLIPS[place % 8]])
        if not body_is_refused(row._replace(leaf_hash=changed(row.leaf_hash, place, flip)))
    ]

    assert not missed


def test_every_other_value_of_every_byte_is_found() -> None:
    """All 255, of one event of each kind."""
    kinds = {row.action: row for row in log_of(60).rows}
    missed = [
        (row.uuid, place, flip)
        for row in kinds.values()
        for place in range(len(row.body))
        for flip in range(1, 256)
        if not body_is_refused(row._replace(body=changed(row.body, place, flip)))
    ]

    assert len(kinds) == 4
    assert not missed


@pytest.mark.parametrize("length", SIZES)
def test_a_changed_byte_with_a_hash_that_fits_is_found(length: int) -> None:
    """Who changes the bytes and their hash, and the columns with them, meets the signed root."""
    log = log_of(length)
    for place, row in enumerate(log.rows):
        body = tree.canonical({"z": 1}).replace(b'{"z":1}', row.body[:-1] + b',"z":1}')
        forged = row._replace(body=body, leaf_hash=tree.leaf_hash(body))
        assert is_found(log, place, [forged, *log.rows[place + 1 :]]), row


def other(value: Any) -> Any:
    """Another value that such a column could hold."""
    if isinstance(value, int):
        return value + 1
    return value + timedelta(microseconds=1) if hasattr(value, "year") else f"{value}x"


@pytest.mark.parametrize("length", SIZES)
def test_every_changed_column_is_found(length: int) -> None:
    log = log_of(length)
    missed = []
    for place, row in enumerate(log.rows):
        for name, value in row._asdict().items():
            if name in ("key", "body", "leaf_hash"):
                continue
            values = [other(value), None] if value is not None else [_invented(name)]
            if name in ("creator_uuid", "at", "leaf"):  # NULL: an account that is gone; not allowed
                values = values[:1]
            missed += [
                (row.uuid, name, one)
                for one in values
                if not is_found(log, place, [row._replace(**{name: one}), *log.rows[place + 1 :]])
            ]

    assert not [
        (uuid, name, one)
        for uuid, name, one in missed
        if not (name == "creator_uuid" and uuid in {r.uuid for r in log.rows if r.creator is None})
    ]


def _invented(name: str) -> Any:
    return {"creator": 1, "creator_seq": 5, "platform_seq": 5}.get(name, str(UUID(int=5)))


@pytest.mark.parametrize("length", SIZES)
def test_every_missing_event_is_found(length: int) -> None:
    """Also where the leaves after it are numbered again."""
    log = log_of(length)

    for place in range(length):
        rest = log.rows[place + 1 :]
        assert is_found(log, place, rest)
        assert is_found(log, place, renumbered(rest, place))


@pytest.mark.parametrize("length", SIZES)
def test_every_end_that_was_cut_off_is_found(length: int) -> None:
    """Also where the counters were set back and only one checkpoint is left to tell."""
    log = log_of(length)

    for place in range(length):
        kept = log.rows[:place]
        cut = replace(
            log,
            rows=kept,
            counters={
                creator: sum(row.creator == creator for row in kept) for creator in log.counters
            },
            platform=sum(row.platform_seq is not None for row in kept),
        )
        with pytest.raises(Wrong, match="its end is missing"):
            cut.verify([], begun=states(length)[place].copy())


@pytest.mark.parametrize("length", SIZES)
def test_every_swap_of_two_events_is_found(length: int) -> None:
    log = log_of(length)
    rows = log.rows

    for first in range(length):
        for second in range(first + 1, length):
            swapped = _swapped(rows, first, second)
            assert is_found(log, first, swapped), (first, second)


def _swapped(rows: list[Row], first: int, second: int) -> Iterator[Row]:
    yield rows[second]._replace(leaf=first)
    yield from rows[first + 1 : second]
    yield rows[first]._replace(leaf=second)
    yield from rows[second + 1 :]


@pytest.mark.parametrize("length", SIZES)
def test_every_event_that_was_added_is_found(length: int) -> None:
    """A second copy of each; and at each place one that is made well: of the platform, which needs
    no number, and of a creator, with the number that fits."""
    log = log_of(length)
    random = Random(1)

    for place in range(length):
        rest = log.rows[place:]
        body = memory.body_number(place, random)
        plain = body | {"action": "remixer.paused", "actor": "system:x", "reason": ""}
        number = sum(row.creator == 1 for row in log.rows[:place]) + 1
        counted = plain | {"creator": memory.CREATORS[0], "creator_seq": number}
        for forged in (
            log.rows[place - 1],
            row_of(place, 5, plain, None),
            row_of(place, 5, counted, 1),
        ):
            assert is_found(log, place, renumbered([forged, *rest], place)), (place, forged)


@pytest.mark.parametrize("length", [300])
def test_every_changed_hash_of_the_tree_is_found(length: int) -> None:
    log = log_of(length)
    [right] = log.nodes.values()

    for stored in [None, *(changed(right, place, flip) for place in range(32) for flip in FLIPS)]:
        verification = states(length)[255].copy()
        verification._nodes = lambda level, index, stored=stored: stored  # type: ignore[misc]
        with pytest.raises(Wrong, match="stored hash 0 of level 1, which ends with leaf 255"):
            verification.take(log.rows[255])


def test_every_changed_byte_of_a_checkpoint_is_found() -> None:
    log = log_of(60)
    right = log.checkpoints[2]
    note = right.note.encode()
    changes: list[dict[str, Any]] = [
        {"note": changed(note, place, flip).decode("utf-8", "surrogateescape")}
        for place in range(len(note))
        for flip in FLIPS
    ]
    changes += [{"root": changed(right.root, place, 1)} for place in range(32)]
    changes += [{"size": right.size + 1}, {"previous": right.previous - 1}]

    for change in changes:
        checkpoints = [*log.checkpoints[:2], right._replace(**change), *log.checkpoints[3:]]
        with pytest.raises(Wrong, match="checkpoint over"):
            replace(log, checkpoints=checkpoints).verify()


def test_a_checkpoint_of_another_key_or_of_less_is_refused() -> None:
    log = log_of(60)
    right = log.checkpoints[2]
    foreign = signed(right.size, right.previous, right.root, Signer.generate("hub.test/log"))

    for checkpoints, says in (
        ([*log.checkpoints[:2], foreign, *log.checkpoints[3:]], "No known key signed it"),
        ([*log.checkpoints[:2], *log.checkpoints[3:]], "one is missing"),
        ([*log.checkpoints, signed(61, 60, bytes(32))], "its end is missing"),
    ):
        with pytest.raises(Wrong, match=says):
            replace(log, checkpoints=checkpoints).verify()


Change = Callable[[MemoryLog], MemoryLog]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda log: replace(log, counters=log.counters | {1: 1}),
            "The record of creator .* should have 1 events, and the last is number",
        ),
        (lambda log: replace(log, counters=log.counters | {9: 1}), "of creator number 9 should"),
        (lambda log: replace(log, counters={}), "the counter is missing"),
        (lambda log: replace(log, platform=1), "CreatorHub itself should have 1 numbered events"),
    ],
)
def test_a_counter_that_does_not_fit_is_named(change: Change, says: str) -> None:
    with pytest.raises(Wrong, match=says):
        change(log_of(60)).verify()


def test_an_event_may_wait_for_its_leaf_but_not_for_long() -> None:
    log = make_log(20)
    last = log.rows[-1]
    number = log.counters[1] = log.counters[1] + 1
    body = {
        **memory.body_number(20, Random(2)),
        "action": "creator.opted_in",
        "actor": "system:x",
        "creator": memory.CREATORS[0],
        "creator_seq": number,
    }
    log.verify([*log.rows, row_of(None, 9, body, 1)])

    late = row_of(None, 9, body | {"at": START - timedelta(seconds=1)}, 1)
    with pytest.raises(Wrong, match="it has no leaf since 2026-11-22 11:59:59 UTC"):
        log.verify([*log.rows, late])
    assert last.leaf == 19


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1.5}',
        b'{"a":NaN}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b"[]",
        b"\xff",
        b'{"a":"\\u00e9"}',
        b"",
    ],
)
def test_bytes_that_are_not_canonical_are_refused(data: bytes) -> None:
    row = log_of(60).rows[0]._replace(body=data, leaf_hash=tree.leaf_hash(data))

    with pytest.raises(Wrong, match="not canonical JSON"):
        body_of(row)
