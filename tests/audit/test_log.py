"""The log: its bytes, its numbers, and that the database refuses to change it."""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from datetime import datetime, timedelta, timezone

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from audit import log, tree
from audit.models import Counter, Event
from creatorhub.actors import Actor
from creatorhub.models import User


def rename(user: User, before: str = "a", after: str = "b") -> Event:
    return log.append(
        "video.renamed", actor=Actor.creator(user), creator=user, before=before, after=after
    )


def test_the_bytes_are_canonical_and_hashed_as_a_leaf(alice: User) -> None:
    with transaction.atomic():
        event = rename(alice, before="é")

    data = bytes(Event.objects.get().body)
    assert (
        data
        == json.dumps(
            json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()
    )
    assert bytes(event.leaf_hash) == hashlib.sha256(b"\x00" + data).digest()
    assert "é" not in data.decode()


def test_it_refuses_to_run_outside_a_transaction(transactional_db: None, alice: User) -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        rename(alice)


def test_unknown_actions_and_fields_are_refused(alice: User) -> None:
    with pytest.raises(ValueError, match=r"video\.renamed"):
        log.append("video.renamed", actor=Actor.system("x"), creator=alice, before="a")
    with pytest.raises(ValueError, match=r"nobody\.knows"):
        log.append("nobody.knows", actor=Actor.system("x"), creator=None)


def test_a_float_is_refused() -> None:
    with pytest.raises(ValueError, match="floating"):
        tree.canonical({"a": [{"b": 0.5}]})


def test_ids_and_times_are_written_as_text() -> None:
    paris = timezone(timedelta(hours=1))

    data = tree.canonical({"a": uuid.UUID(int=1), "b": [datetime(2026, 11, 22, 13, tzinfo=paris)]})

    assert data == (
        b'{"a":"00000000-0000-0000-0000-000000000001","b":["2026-11-22T12:00:00.000000Z"]}'
    )


def test_each_creator_counts_alone_and_a_rollback_takes_the_count_back(
    alice: User, bob: User
) -> None:
    rename(alice)
    rename(bob)
    with transaction.atomic():
        rename(alice)
        transaction.set_rollback(True)
    rename(alice)

    numbers = list(Event.objects.filter(creator=alice).values_list("creator_seq", flat=True))
    assert numbers == [1, 2]
    assert Counter.objects.get(creator=bob).last == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET action = 'x'",
        "DELETE FROM audit_event",
        "INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event",
    ],
)
def test_the_database_refuses_to_change_an_event(alice: User, statement: str) -> None:
    if "REPLACE" in statement and connection.vendor != "sqlite":
        statement = "UPDATE audit_event SET body = body"
    rename(alice)

    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert Event.objects.get().action == "video.renamed"


@pytest.mark.django_db(transaction=True)
def test_first_events_at_once_get_numbers_without_gap_or_double(alice: User) -> None:
    def append_ten() -> None:
        for _ in range(10):
            with transaction.atomic(durable=True):
                rename(alice)
        connection.close()

    threads = [threading.Thread(target=append_ten) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    numbers = Event.objects.values_list("creator_seq", flat=True).order_by("creator_seq")
    assert list(numbers) == list(range(1, 41))


def test_an_event_correlates_with_itself_unless_it_is_one_of_many(alice: User) -> None:
    shared = uuid.uuid4()

    event = rename(alice)
    part = log.append(
        "video.renamed",
        actor=Actor.creator(alice),
        creator=alice,
        correlation_id=shared,
        before="",
        after="",
    )

    assert event.correlation_id == event.uuid
    assert part.correlation_id == shared
