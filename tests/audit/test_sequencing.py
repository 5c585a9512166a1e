"""Every committed event gets its place in the tree, once, and in the order of its record."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import DatabaseError

from audit import log, sequencing, tree
from audit.models import Bookmark, Event, Leaf, Node, PlatformCounter
from creatorhub.actors import Actor
from creatorhub.models import User
from operations import sweeping

ACTOR = Actor.system("test")


def write(creator: User | None, count: int = 1) -> list[Event]:
    if creator is None:
        return log.append_many(
            "remixer.resumed", [(None, {"reason": "x"})] * count, actor=ACTOR, creator=None
        )
    lines = [(None, {"before": "a", "after": "b"})] * count
    return log.append_many("video.renamed", lines, actor=ACTOR, creator=creator)


def leaves() -> list[int]:
    """The events in the order of the tree; the indices are checked on the way."""
    rows = list(Leaf.objects.order_by("index").values_list("index", "event_id"))
    assert [index for index, _ in rows] == list(range(len(rows)))
    return [event for _, event in rows]


def test_every_event_becomes_the_next_leaf(alice: User, bob: User) -> None:
    first = [*write(alice, 3), *write(None)]

    assert sequencing.sequence() == 4
    assert sequencing.sequence() == 0
    second = write(bob)
    assert sequencing.sequence() == 1

    assert leaves() == [event.pk for event in [*first, *second]]


def test_small_transactions_give_the_same_leaves_as_a_large_one(alice: User) -> None:
    events = write(alice, 25)

    assert sequencing.sequence(batch=10) == 25

    assert leaves() == [event.pk for event in events]


def test_full_subtrees_are_stored_at_every_level(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencing, "WIDTH", 4)
    hashes: list[bytes] = []
    for count in (3, 1, 9, 0, 57):
        hashes += [bytes(event.leaf_hash) for event in write(alice, count)]
        sequencing.sequence(batch=16)

    stored = {(node.level, node.index): bytes(node.hash) for node in Node.objects.order_by("level")}
    assert stored == {
        (level, index): tree.root(hashes[index * width :][:width])
        for level, width in ((1, 4), (2, 16), (3, 64))
        for index in range(len(hashes) // width)
    }


def test_a_missing_hash_stops_it_with_a_sentence(
    alice: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sequencing, "WIDTH", 2)
    write(alice, 4)
    sequencing.sequence()
    assert Node.objects.filter(level=2).exists()

    with pytest.raises(sequencing.Broken, match="Of the hashes 0 to 4 of level 1, 2 are stored"):
        sequencing.stored_hashes(1, 0, 5)
    monkeypatch.setattr(sequencing, "sequence", lambda: sequencing.stored_hashes(1, 0, 5))
    sweeping.seal_log()
    assert "verify_log" in caplog.text


def test_the_bookmark_moves_and_nothing_behind_it_is_lost(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencing, "WIDTH", 4)
    monkeypatch.setattr(sequencing, "_running", lambda: (0, 0))  # as on SQLite
    first = write(alice, 8)
    sequencing.sequence()
    assert Bookmark.objects.get().settled == 0

    write(alice, 8)
    sequencing.sequence()

    assert Bookmark.objects.get().settled == first[-1].pk
    assert len(leaves()) == 16


def iter_of(*pairs: tuple[int, int]) -> Any:
    waiting = iter(pairs)
    return lambda: next(waiting)


def test_a_transaction_that_is_running_holds_the_bookmark_back(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencing, "WIDTH", 2)
    moments = [(10, 20), (10, 21), (11, 30), (11, 31), (21, 40), (21, 41), (41, 50), (41, 51)]
    monkeypatch.setattr(sequencing, "_running", iter_of(*moments))
    settled = []
    events = []
    for _ in range(4):
        events.append(write(alice, 2)[-1].pk)
        sequencing.sequence()
        settled.append(Bookmark.objects.get().settled)

    assert settled == [0, 0, events[0], events[2]]


def test_the_command_says_what_it_did(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    write(alice, 2)

    call_command("sequence_log")

    assert "2 events added; the log has 2 leaves." in capsys.readouterr().out


def test_events_of_the_platform_are_counted_too(alice: User) -> None:
    write(None, 2)
    with transaction.atomic():
        write(None)
        transaction.set_rollback(True)
    [last] = write(None)
    write(alice)

    numbers = Event.objects.filter(creator=None).values_list("platform_seq", "creator_seq")
    assert list(numbers.order_by("pk")) == [(1, None), (2, None), (3, None)]
    assert b'"platform_seq":3' in bytes(last.body)
    assert PlatformCounter.objects.get().last == 3
    assert not Event.objects.filter(creator=alice).exclude(platform_seq=None).exists()


@pytest.mark.parametrize("table", ["audit_leaf", "audit_node", "audit_checkpoint"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_the_database_refuses_to_change_the_tree(alice: User, table: str, statement: str) -> None:
    if table == "audit_checkpoint":
        insert = (
            "INSERT INTO audit_checkpoint (size, previous, root, note, at) "
            "VALUES (1, 0, '', '', '2026-01-01 00:00:00+00')"
        )
        with connection.cursor() as cursor:
            cursor.execute(insert)
    write(alice, 256)
    sequencing.sequence()
    column = {"audit_checkpoint": "size"}.get(table, '"index"')

    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table, column, column))


@contextmanager
def another_connection(act: Any) -> Iterator[threading.Thread]:
    """`act` in a thread, and so on a connection of its own."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield thread
    thread.join()


@pytest.mark.django_db(transaction=True)
def test_on_sqlite_the_leaf_comes_with_the_commit(alice: User) -> None:
    with transaction.atomic():
        write(alice, 2)
        assert not Leaf.objects.exists()

    assert len(leaves()) == (2 if connection.vendor == "sqlite" else 0)


@pytest.mark.django_db(transaction=True)
def test_an_event_that_commits_late_is_not_passed_over(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took its id before others, which have their leaves and bookmark already."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer, so nobody commits late; this run is on SQLite")
    monkeypatch.setattr(sequencing, "WIDTH", 2)
    taken, go_on = threading.Event(), threading.Event()
    late: list[int] = []

    def hold() -> None:
        with transaction.atomic():
            late.append(write(alice)[0].pk)
            taken.set()
            assert go_on.wait(30)

    with another_connection(hold):
        assert taken.wait(30)
        for _ in range(4):
            _committed(bob)
            sequencing.sequence()
        assert late[0] not in leaves()
        assert Bookmark.objects.get().settled < late[0]
        go_on.set()
    sequencing.sequence()

    assert leaves()[-1] == late[0]


def _committed(creator: User, count: int = 4) -> None:
    with transaction.atomic():
        write(creator, count)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_sequencers_at_once_give_every_event_one_leaf(alice: User, bob: User) -> None:
    def sequence() -> None:
        for _ in range(30):
            sequencing.sequence(batch=7)

    def append() -> None:
        for _ in range(15):
            _committed(bob, 3)

    with (
        another_connection(sequence),
        another_connection(sequence),
        another_connection(append),
    ):
        for _ in range(15):
            _committed(alice, 3)
    sequencing.sequence()

    assert sorted(leaves()) == sorted(Event.objects.values_list("pk", flat=True))
    assert len(leaves()) == 90
