"""verify_log and export_log over rows of a database, and what they say of one changed by hand."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audit import log, sequencing, services, signing, stored, tree, vocabulary
from audit.models import Checkpoint, Concern, Counter, Event, Leaf, Node, Personal
from audit.notes import Verifier, open_checkpoint
from audit.verification import Wrong
from consent.models import Item
from creatorhub.actors import Actor
from creatorhub.models import User
from tests.audit.test_sequencing import write
from tests.factories import make_consent, make_videos
from tests.ground import without_triggers


def seal() -> None:
    sequencing.sequence()
    assert signing.sign()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint may follow the last one at once."""
    monkeypatch.setattr(signing, "AT_MOST_EVERY", timedelta(0))


@pytest.fixture
def whole(alice: User, bob: User) -> list[Event]:
    """A log of many kinds of events, signed twice; the last two are not signed."""
    make_consent(*make_videos(3, owner=alice))
    write(alice, 3)
    write(None, 2)
    noted = stopped(alice, bob)
    seal()
    write(bob, 2)
    seal()
    write(alice, 2)
    sequencing.sequence()
    assert Concern.objects.get().event_id == noted.pk
    return list(Event.objects.order_by("leaf__index"))


def stopped(creator: User, requester: User) -> Event:
    declared = vocabulary.actions()["render.stopped"].fields
    fields: dict[str, Any] = dict.fromkeys(declared, "x")
    fields["requester"] = requester.uuid
    return log.append(
        "render.stopped", actor=Actor.system("test"), creator=creator, subject=None, **fields
    )


def test_a_whole_log_holds_together(whole: list[Event], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_log")
    call_command("verify_log", "--since-checkpoint")

    total, signed = len(whole), len(whole) - 2
    sentence = f"The log holds together: {total} events; {signed} of them are signed.\n"
    assert capsys.readouterr().out == 2 * sentence


def test_a_log_without_events_or_signature_holds_together(
    alice: User, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_log", "--since-checkpoint")
    write(alice)
    call_command("verify_log")

    assert "0 events; it is not signed yet." in capsys.readouterr().out


def by_hand(statement: str, *values: Any) -> None:
    """SQL by somebody who has dropped the triggers."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # triggers cannot go while foreign keys wait
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        back = list(without_triggers(connection.vendor, cursor))
        cursor.execute(statement, values)
        assert cursor.rowcount > 0
        for put_back in back:
            cursor.execute(put_back)


def remove(*leaves: int) -> None:
    for leaf in leaves:
        event = Leaf.objects.get(index=leaf).event_id
        by_hand('DELETE FROM audit_leaf WHERE "index" = %s', leaf)
        Concern.objects.filter(event=event).delete()
        by_hand("DELETE FROM audit_event WHERE id = %s", event)


def rewrite(event: Event, body: bytes, *, leaf_hash: bytes | None = None) -> None:
    by_hand(
        "UPDATE audit_event SET body = %s, leaf_hash = %s WHERE id = %s",
        body,
        leaf_hash or event.leaf_hash,
        event.pk,
    )


def a_byte(events: list[Event]) -> str:
    body = bytes(events[2].body)
    rewrite(events[2], body.replace(b'"actor"', b'"Actor"'))
    return f"Event {events[2].uuid} (leaf 2): its bytes are not those that were hashed."


def a_byte_and_its_hash(events: list[Event]) -> str:
    event = next(one for one in events if one.action == "remixer.resumed")
    body = bytes(event.body).replace(b'"v":', b'"w":0,"v":')
    body = tree.canonical(json.loads(body))
    rewrite(event, body, leaf_hash=tree.leaf_hash(body))
    return "was changed, added, removed or moved."


def a_column(events: list[Event]) -> str:
    by_hand("UPDATE audit_event SET action = 'video.added' WHERE id = %s", events[1].pk)
    return f"Event {events[1].uuid} (leaf 1): its action is not the one in its body."


def one_removed(events: list[Event]) -> str:
    remove(2)
    return "Leaf 2 is missing, or its event: the next one is leaf 3."


def the_end_removed(events: list[Event]) -> str:
    remove(*range(len(events) - 4, len(events)))
    return "its end is missing."


def two_swapped(events: list[Event]) -> str:
    by_hand('UPDATE audit_leaf SET "index" = -1 WHERE "index" = 1')
    by_hand('UPDATE audit_leaf SET "index" = 1 WHERE "index" = 2')
    by_hand('UPDATE audit_leaf SET "index" = 2 WHERE "index" = -1')
    return f"Event {events[2].uuid} (leaf 1): it is number 3 of creator"


def an_item(events: list[Event]) -> str:
    Item.objects.filter(pk=Item.objects.latest("pk").pk).update(outcome="superseded")
    return "(leaf 0): the videos that it is about"


def an_item_removed(events: list[Event]) -> str:
    Item.objects.filter(pk=Item.objects.latest("pk").pk).delete()
    return "(leaf 0): the videos that it is about"


def personal_data(events: list[Event]) -> str:
    by_hand("UPDATE audit_personal SET data = 'z' WHERE event_id = %s", events[1].pk)
    return f"Event {events[1].uuid} (leaf 1): its after is not the one that was hashed."


def who_is_concerned(events: list[Event]) -> str:
    Concern.objects.all().delete()
    return "it is not noted as it should be whom it concerns."


def somebody_concerned_too_much(events: list[Event]) -> str:
    row = Concern.objects.get()
    Concern.objects.create(event_id=row.event_id, person=row.person)
    return "It is noted twice whom"


def a_counter(events: list[Event]) -> str:
    Counter.objects.filter(creator=events[0].creator_id).update(last=99)
    return "should have 99 events, and the last is number"


def a_hash_too_many(events: list[Event]) -> str:
    Node.objects.create(level=1, index=0, hash=b"x")
    return "1 hashes of the tree are stored, and"


def the_last_checkpoint(events: list[Event]) -> str:
    newest = Checkpoint.objects.latest("size")
    services.hand_out(newest, creator=User.objects.get(username="alice"))
    by_hand("DELETE FROM audit_checkpoint WHERE size = %s", newest.size)
    return f"against a checkpoint over {newest.size} leaves, and it is missing."


def the_first_checkpoint(events: list[Event]) -> str:
    by_hand("DELETE FROM audit_checkpoint WHERE previous = 0")
    return "one is missing."


@pytest.mark.parametrize(
    "change",
    [
        *(a_byte, a_byte_and_its_hash, a_column, one_removed, the_end_removed, two_swapped),
        *(an_item, an_item_removed, personal_data, who_is_concerned, somebody_concerned_too_much),
        *(a_counter, a_hash_too_many, the_first_checkpoint, the_last_checkpoint),
    ],
)
def test_what_was_changed_by_hand_is_named(
    whole: list[Event], change: Callable[[list[Event]], str]
) -> None:
    says = change(whole)

    with pytest.raises(CommandError) as failed:
        call_command("verify_log")

    assert says in str(failed.value)
    assert failed.value.returncode == 1


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "UPDATE audit_event SET body = replace(body, 'actor', 'Actor') WHERE id = {event}",
            "Event {uuid}: its body is stored as another type",
        ),
        (
            "UPDATE audit_event SET leaf_hash = 'x' WHERE id = {event}",
            "Event {uuid}: its leaf_hash is stored as another type",
        ),
        ("UPDATE audit_event SET at = 'x' WHERE id = {event}", "Event {uuid} (leaf 2): its at"),
        ("UPDATE audit_event SET uuid = x'ff' WHERE id = {event}", "of audit_leaf, or what it"),
        ("UPDATE audit_checkpoint SET root = 'x'", "The root of the checkpoint over"),
        ("UPDATE audit_personal SET salt = 'x' WHERE event_id = {event}", "the salt of its"),
        ("UPDATE audit_personal SET data = x'ff' WHERE event_id = {event}", "its after is not"),
        ("UPDATE audit_personal SET event_id = 'x' WHERE event_id = {event}", "no event 'x'"),
    ],
)
def test_a_value_of_another_type_is_named(whole: list[Event], statement: str, says: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps to the types of its columns")
    event = whole[2]
    by_hand(statement.format(event=event.pk))

    with pytest.raises(CommandError) as failed:
        call_command("verify_log")

    assert says.format(uuid=event.uuid) in str(failed.value)


def test_since_the_checkpoint_what_is_newer_is_looked_at(whole: list[Event]) -> None:
    Concern.objects.all().delete()
    assert stored.verify(since_checkpoint=True) == len(whole)

    newest = whole[-1]
    rewrite(newest, bytes(newest.body)[:-1] + b" }")

    with pytest.raises(Wrong, match=f"Event {newest.uuid}"):
        stored.verify(since_checkpoint=True)


def test_since_a_checkpoint_that_the_tree_does_not_lead_to(whole: list[Event]) -> None:
    first = whole[0]
    rewrite(first, bytes(first.body), leaf_hash=bytes(32))

    with pytest.raises(Wrong, match="do not lead to what was signed"):
        stored.verify(since_checkpoint=True)


def test_since_a_checkpoint_whole_subtrees_are_believed(alice: User) -> None:
    write(alice, 700)
    seal()
    write(alice, 400)
    sequencing.sequence()

    assert stored.verify(since_checkpoint=True) == 1100
    assert stored.verify() == 1100


def test_its_queries_do_not_grow_with_the_log(
    alice: User, django_assert_max_num_queries: Any
) -> None:
    write(alice, 1500)
    sequencing.sequence()

    with django_assert_max_num_queries(14):
        stored.verify()


@pytest.mark.django_db(transaction=True)
def test_it_holds_up_nobody_and_reads_one_moment(alice: User) -> None:
    with transaction.atomic():
        write(alice, 3)
    sequencing.sequence()
    seen = []

    def meanwhile(done: int) -> None:
        def other() -> None:
            try:
                with transaction.atomic():
                    write(alice)
            finally:
                connection.close()

        thread = Thread(target=other)
        thread.start()
        thread.join()
        seen.append(done)

    assert stored.verify(advance=meanwhile) == 3

    assert seen == [3]
    assert Event.objects.count() == 4
    sequencing.sequence()
    assert stored.verify() == 4


def exported(*arguments: str) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("export_log", *arguments, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_exported_log_can_be_verified_anywhere(whole: list[Event]) -> None:
    head, *lines = exported()

    verifiers = [Verifier.parse(text) for text in head["verifiers"]]
    edge, checkpoints = tree.Range(), 0
    for line in lines:
        if line["type"] == "event":
            assert line["leaf"] == edge.size
            edge.append(hashlib.sha256(b"\x00" + line["bytes"].encode()).digest())
        else:
            checkpoint, _ = open_checkpoint(line["note"], verifiers, head["origin"])
            assert (checkpoint.size, checkpoint.root) == (edge.size, edge.root())
            checkpoints += 1
    assert (edge.size, checkpoints) == (len(whole), 2)
    assert [line["bytes"].encode() for line in lines if line["type"] == "event"] == [
        bytes(event.body) for event in whole
    ]


def test_one_record_is_exported_with_proofs(whole: list[Event], bob: User) -> None:
    write(bob)
    head, *events, last = exported("--creator", "bob")

    verifiers = [Verifier.parse(text) for text in head["verifiers"]]
    checkpoint, _ = open_checkpoint(last["note"], verifiers, head["origin"])
    assert [json.loads(line["bytes"])["creator_seq"] for line in events] == [1, 2, 3]
    for line in events[:2]:
        proof = [base64.b64decode(one) for one in line["proof"]]
        leaf = tree.leaf_hash(line["bytes"].encode())
        tree.verify_inclusion(leaf, line["leaf"], checkpoint.size, proof, checkpoint.root)
    assert "proof" not in events[2]


def test_a_record_of_nobody_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="There is no account “nobody”"):
        call_command("export_log", "--creator", "nobody")


def test_erased_data_is_no_fault(whole: list[Event]) -> None:
    Personal.objects.all().delete()

    assert stored.verify() == len(whole)
