"""append() and append_many(), the only writers of the log. Services call them inside the
transaction that changes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils import timezone

from audit import tree
from audit.actions import ACTIONS
from audit.models import Counter, Event
from creatorhub.actors import Actor
from creatorhub.models import User

VERSION = 1


def append(
    action: str,
    *,
    actor: Actor,
    creator: User | None,
    correlation_id: uuid.UUID | None = None,
    subject: uuid.UUID | None = None,
    **fields: Any,
) -> Event:
    """Write one event. `fields` must be exactly those that the action's vocabulary names, and
    JSON without floats; UUIDs and times are written as text. Three queries with a creator.

    Call it last in the transaction: with a creator it holds that creator's counter until commit.
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
    """Write many events of one action and one creator, in order; a line is (about, fields).

    As append otherwise. The number of queries grows only with the size of a batch of inserts.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("The log is written only inside the transaction of the change.")
    if action not in ACTIONS:
        raise ValueError(f"There is no action {action} in the vocabulary.")
    for _, fields in lines:
        if set(fields) != set(ACTIONS[action].fields):
            raise ValueError(f"{action} takes {ACTIONS[action].fields}, not {sorted(fields)}.")
    if not lines:
        return []
    first = _take_numbers(creator.pk, len(lines)) if creator else None
    return Event.objects.bulk_create(
        [
            _event(
                action,
                fields,
                actor=actor,
                creator=creator,
                seq=None if first is None else first + place,
                correlation_id=correlation_id,
                subject=subject,
            )
            for place, (subject, fields) in enumerate(lines)
        ],
        batch_size=1000,
    )


def _event(
    action: str,
    fields: Mapping[str, Any],
    *,
    actor: Actor,
    creator: User | None,
    seq: int | None,
    correlation_id: uuid.UUID | None,
    subject: uuid.UUID | None,
) -> Event:
    event_id, now = uuid.uuid4(), timezone.now()
    correlation_id = correlation_id or event_id
    body: dict[str, Any] = {
        "v": VERSION,
        "id": str(event_id),
        "action": action,
        "actor": str(actor),
        "correlation_id": str(correlation_id),
        "at": timestamp(now),
        **{name: _plain(value) for name, value in fields.items()},
    }
    if subject:
        body["subject"] = str(subject)
    if creator:
        body |= {"creator": str(creator.uuid), "creator_seq": seq}
    data = tree.canonical(body)
    return Event(
        uuid=event_id,
        action=action,
        actor=body["actor"],
        creator=creator,
        creator_seq=seq,
        correlation_id=correlation_id,
        subject=subject,
        at=now,
        body=data,
        leaf_hash=tree.leaf_hash(data),
    )


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds: 2026-11-22T12:00:00.000000Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _plain(value: object) -> object:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime):
        return timestamp(value)
    return value


def _take_numbers(creator_id: int, count: int) -> int:
    """The first of `count` new numbers in this creator's record."""
    counters = Counter.objects.filter(pk=creator_id)
    if not counters.update(last=F("last") + count):
        # Two first events at once: one inserts, the other finds the row and counts on.
        Counter.objects.bulk_create([Counter(creator_id=creator_id)], ignore_conflicts=True)
        counters.update(last=F("last") + count)
    return counters.values_list("last", flat=True).get() - count + 1
