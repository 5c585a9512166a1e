"""Personal data stands outside the hash: it can be erased, and not be changed."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from audit import history, log, tree, vocabulary
from audit.filters import ActivityFilter
from audit.models import Counter, Event, Personal
from audit.vocabulary import Action
from consent.policy import Reason
from creatorhub.actors import Actor
from creatorhub.models import User
from operations import fsck
from tests.audit.test_vocabulary import Declare, declare, problems

__all__ = ["declare"]  # a fixture

pytestmark = pytest.mark.django_db

# Fields whose names sound personal and that hold none of it: texts of CreatorHub to everybody,
# names of roles, sentences of the program about a file, a time.
PUBLIC = {
    ("notice.written", "title"),
    ("notice.published", "title"),
    ("account.roles_changed", "before"),
    ("account.roles_changed", "after"),
    ("video.refused", "problem"),
    ("render.failed", "problem"),
    ("account.deletion_asked", "erase_after"),
    ("restore.held", "problem"),
}
SOUNDS_PERSONAL = re.compile(r"title|name|reason|caption|text|before|after|problem|email|address")


def rename(user: User, before: str = "Cat", after: str = "Dog") -> Event:
    return log.append(
        "video.renamed", actor=Actor.creator(user), creator=user, before=before, after=after
    )


def first_version(user: User, **fields: Any) -> Event:
    """An event as the releases before wrote it: with personal data in its body."""
    Counter.objects.update_or_create(creator=user, defaults={"last": 1})
    at, number = timezone.now(), uuid.uuid4()
    body = {
        "v": 1,
        "id": number,
        "action": "video.renamed",
        "actor": f"creator:{user.uuid}",
        "at": at,
        "creator": user.uuid,
        "creator_seq": 1,
        "correlation_id": number,
        **fields,
    }
    data = tree.canonical(body)
    return Event.objects.create(
        uuid=number,
        action="video.renamed",
        actor=body["actor"],
        creator=user,
        creator_seq=1,
        correlation_id=number,
        at=at,
        body=data,
        leaf_hash=tree.leaf_hash(data),
    )


def test_the_body_holds_the_hash_of_salt_and_data(alice: User) -> None:
    event = rename(alice)

    kept = {row.field: row for row in Personal.objects.filter(event=event)}
    assert {field: (row.data, row.person) for field, row in kept.items()} == {
        "before": ("Cat", alice.uuid),
        "after": ("Dog", alice.uuid),
    }
    assert event.written["v"] == 2
    for field, row in kept.items():
        salted = hashlib.sha256(bytes(row.salt) + row.data.encode()).hexdigest()
        assert event.written[field] == {"sha256": salted}
    assert len(bytes(kept["before"].salt)) == 16
    assert bytes(kept["before"].salt) != bytes(kept["after"].salt)


def test_nothing_and_words_of_ours_stay_in_the_body(alice: User, bob: User) -> None:
    fields: dict[str, Any] = dict.fromkeys(vocabulary.actions()["render.stopped"].fields)
    fields |= {"requester": bob.uuid, "requester_name": "Bob", "title": ""}

    ours = log.append(
        "render.stopped",
        actor=Actor.system("worker"),
        creator=alice,
        **{**fields, "reason": Reason.OFF},
    )
    fields["title"] = "Cat"
    theirs = log.append(
        "render.stopped",
        actor=Actor.system("worker"),
        creator=alice,
        **{**fields, "reason": "Hurtful"},
    )

    assert (ours.written["reason"], ours.written["title"]) == ("off", "")
    kept = Personal.objects.filter(event=theirs).values_list("field", "person")
    assert dict(kept) == {
        "requester_name": bob.uuid,
        "title": alice.uuid,
        "reason": bob.uuid,
    }


def test_a_batch_takes_one_more_insert_for_its_personal_data(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def write(*titles: str) -> None:
        lines: list[tuple[None, Mapping[str, Any]]] = [(None, {"title": one}) for one in titles]
        log.append_many("video.retried", lines, actor=Actor.creator(alice), creator=alice)

    write("first")
    with django_assert_num_queries(3):
        write("", "")
    with django_assert_num_queries(4):
        write("Cat", "Dog", "")


def test_a_page_of_events_is_joined_with_one_query(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    events = [first_version(alice, before="Old", after="Older"), *(rename(alice) for _ in "abc")]
    Personal.objects.filter(event=events[-1]).delete()

    # One for names of people, one for who of the first version's events is erased.
    with django_assert_num_queries(3):
        lines = history.describe(events, reader=alice)

    assert [line.text for line in lines] == [
        "You renamed “Old” to “Older”",
        "You renamed “Cat” to “Dog”",
        "You renamed “Cat” to “Dog”",
        "You renamed “(erased)” to “(erased)”",
    ]


@pytest.mark.parametrize(("text", "found"), [("dog", [2]), ("old", [1]), ("sha256", [])])
def test_a_search_finds_personal_data_of_both_versions_and_no_hash(
    alice: User, text: str, found: list[int]
) -> None:
    first_version(alice, before="Old", after="Older")
    rename(alice)

    chosen = ActivityFilter({"q": text}, queryset=Event.objects.all(), reader=alice)

    assert [event.creator_seq for event in chosen.qs] == found


def test_what_was_erased_is_found_by_no_search(alice: User) -> None:
    rename(alice)
    Personal.objects.all().delete()

    chosen = ActivityFilter({"q": "dog"}, queryset=Event.objects.all(), reader=alice)

    assert not chosen.qs


def test_the_log_is_complete_without_erased_data(alice: User) -> None:
    event = rename(alice)
    Personal.objects.filter(field="before").delete()

    assert not list(fsck.the_log_is_complete())
    assert history.body_of(event)["before"] == "(erased)"


def test_a_changed_text_does_not_match_its_hash(alice: User) -> None:
    event = rename(alice)
    row = Personal.objects.get(field="after")
    row.delete()
    Personal.objects.create(
        event=event, field="after", person=alice.uuid, salt=row.salt, data="Horse"
    )
    Personal.objects.create(event=event, field="action", salt=row.salt, data="x")

    name = f"Event {event.uuid}"
    assert list(fsck.the_log_is_complete()) == [
        f"{name}: personal data is kept for action, not hashed."
    ]
    Personal.objects.get(field="action").delete()
    assert list(fsck.the_log_is_complete()) == [
        f"{name}: its after is not the one that was hashed."
    ]


def test_the_database_refuses_to_change_personal_data(alice: User) -> None:
    rename(alice)

    with (
        pytest.raises(DatabaseError, match="erased or kept"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE audit_personal SET data = 'x'")

    Personal.objects.all().delete()


def test_what_sounds_personal_is_declared_so() -> None:
    declared = {
        (one.name, field)
        for one in vocabulary.actions().values()
        for field in one.fields
        if field in one.personal
    }
    sounds = {
        (one.name, field)
        for one in vocabulary.actions().values()
        for field in one.fields
        if SOUNDS_PERSONAL.search(field)
    }

    assert sounds - declared == PUBLIC


def test_a_personal_field_that_no_event_has_stops_the_start(declare: Declare) -> None:
    declare(
        Action("cat.fed", "{who} fed it", ("cat",), personal={"dog": "creator"}),
        Action("cat.found", "{who} found it", ("cat",), personal={"cat": "owner"}),
        Action("cat.lost", "{who} lost it", ("cat", "owner"), personal={"cat": "owner"}),
    )

    assert problems() == [
        (
            "audit.E006",
            f"The personal fields of {name} name a field that no event of it has.",
        )
        for name in ("cat.fed", "cat.found")
    ]
