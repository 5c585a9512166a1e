"""The only writer of the log. Services call it inside the transaction of the change it records."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from unicodedata import normalize

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from audit import personal, sequencing, tree, vocabulary
from audit.models import Concern, Counter, Event, PlatformCounter
from creatorhub.actors import Actor
from creatorhub.models import User

VERSION = 2
INSERT = "INSERT INTO audit_personal (event_id, field, person, salt, data) VALUES "


def append(
    action: str,
    *,
    actor: Actor,
    creator: User | None,
    correlation_id: uuid.UUID | None = None,
    subject: uuid.UUID | None = None,
    **fields: Any,
) -> Event:
    """Write one event. `fields` are exactly those that the vocabulary declares for the action, as
    tree.canonical takes them. `creator` is whose record it belongs to, None for the platform;
    `subject` the video it is about, if it is one; `correlation_id` is shared by all events of one
    change, and without it is the event's own id. Three queries; one more where the action names a
    person whom it concerns, and one more where there is personal data.

    Call it last in the transaction: it locks the counter of the creator, or of the platform, until
    commit. The counter also comes before the event on purpose: see audit.sequencing.
    Raises RuntimeError outside a transaction, ValueError for an action or field nobody declared.
    """
    [event] = append_many(
        action, [(subject, fields)], actor=actor, creator=creator, correlation_id=correlation_id
    )
    return event


def append_many(
    action: str,
    lines: Sequence[tuple[uuid.UUID | None, Mapping[str, Any]]],
    *,
    actor: Actor,
    creator: User | None,
    correlation_id: uuid.UUID | None = None,
) -> list[Event]:
    """Write an event for each line, (subject, fields), in order. As append otherwise; the queries
    for the numbers are asked once, and one INSERT writes a thousand events, one their personal
    data, and one notes whom they concern."""
    if not connection.in_atomic_block:
        raise RuntimeError("The log is written only inside the transaction of the change.")
    declared = vocabulary.actions().get(action)
    if declared is None:
        raise ValueError(f"No vocabulary declares the action {action}.")
    for _, fields in lines:
        if set(fields) != set(declared.fields):
            raise ValueError(f"{action} takes {declared.fields}, not {sorted(fields)}.")
    if not lines:
        return []
    # So many new numbers of this creator's record, or of the platform's.
    whose: Any = Counter if creator else PlatformCounter
    key = creator.pk if creator else 1
    counters = whose.objects.filter(pk=key)
    if not counters.update(last=F("last") + len(lines)):
        # Two first events at once: one inserts, the other finds the row and counts on.
        whose.objects.bulk_create([whose(pk=key)], ignore_conflicts=True)
        counters.update(last=F("last") + len(lines))
    first = counters.values_list("last", flat=True).get() - len(lines) + 1
    common = {"v": VERSION, "action": action, "actor": str(actor), "at": timezone.now()}
    events, kept = [], []
    for number, (subject, fields) in enumerate(lines, start=first):
        texts = {
            name: normalize("NFC", text) for name, text in fields.items() if isinstance(text, str)
        }
        body: dict[str, Any] = {**common, "id": uuid.uuid4(), **fields, **texts}
        body["correlation_id"] = correlation_id or body["id"]
        if subject:
            body["subject"] = subject
        counted = {"creator": creator.uuid, "creator_seq": number} if creator else None
        body |= counted or {"platform_seq": number}
        apart: list[personal.Kept] = []
        if any(fields[name] for name in declared.personal):
            body, apart = personal.split(body, declared.personal, fields)
        kept.append(apart)
        data = tree.canonical(body)
        events.append(
            Event(
                uuid=body["id"],
                action=action,
                actor=body["actor"],
                creator=creator,
                creator_seq=body.get("creator_seq"),
                platform_seq=body.get("platform_seq"),
                correlation_id=body["correlation_id"],
                subject=subject,
                at=body["at"],
                body=data,
                leaf_hash=tree.leaf_hash(data),
            )
        )
    written = Event.objects.bulk_create(events, batch_size=1000)
    if any(kept):
        _keep_apart(written, kept)
    if declared.person:
        _note_concerned(written, [fields.get(declared.person) for _, fields in lines], creator)
    if connection.vendor == "sqlite":  # elsewhere the workers do it, a second later
        transaction.on_commit(sequencing.follow, robust=True)
    return written


def _keep_apart(events: list[Event], kept: list[list[personal.Kept]]) -> None:
    """The personal data of each event. One INSERT for a thousand rows, or as many as the database
    takes at once; written by hand, because instances of the model would take twice the time."""
    as_text = not connection.features.has_native_uuid_field
    rows = [
        (
            event.pk,
            one.field,
            one.person.hex if as_text and one.person else one.person,
            one.salt,
            one.data,
        )
        for event, apart in zip(events, kept, strict=True)
        for one in apart
    ]
    size = min(1000, (connection.features.max_query_params or 5000) // 5)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            places = ", ".join(["(%s, %s, %s, %s, %s)"] * len(part))
            cursor.execute(INSERT + places, [value for row in part for value in row])


def _note_concerned(events: list[Event], people: list[Any], creator: User | None) -> None:
    """Whom each event concerns beside the creator and the actor. One INSERT, or none."""
    Concern.objects.bulk_create(
        (
            Concern(event=event, person=person)
            for event, person in zip(events, people, strict=True)
            if person
            and (creator is None or person != creator.uuid)
            and not Actor.parse(event.actor).is_user(person)
        ),
        batch_size=1000,
    )
