"""What the log says, with personal data put back into it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import time_machine
from django.db import connection
from django.utils import timezone

from audit import personal, sequencing, signing, tree
from audit.models import Checkpoint, Event
from consent.models import Edit
from library.models import Video


def body(event: Event) -> dict[str, Any]:
    return personal.read([event])[0].body


def last_body() -> dict[str, Any]:
    """Of the newest event."""
    return body(Event.objects.latest("id"))


def of_edit(edit: Edit) -> list[dict[str, Any]]:
    """The events of an edit, oldest first."""
    bodies = [body(event) for event in Event.objects.order_by("id")]
    return [each for each in bodies if each.get("edit") == str(edit.uuid)]


def of_video(video: Video) -> list[dict[str, Any]]:
    """The events about a video, oldest first, without what differs from run to run."""
    noise = {"id", "correlation_id", "at", "creator", "creator_seq", "v", "subject"}
    events = Event.objects.filter(subject=video.uuid).order_by("id")
    return [
        {name: value for name, value in body(event).items() if name not in noise}
        for event in events
    ]


def newest(action: str) -> dict[str, Any]:
    """The newest event of this action."""
    return body(Event.objects.filter(action=action).latest("id"))


def sign() -> Checkpoint:
    """Give every event a leaf, and sign all of them, as the workers do ten seconds later."""
    sequencing.sequence()
    newest = Checkpoint.objects.order_by("size").last()
    with time_machine.travel((newest.at if newest else timezone.now()) + timedelta(seconds=11)):
        made = signing.sign()
    if made is None:
        raise AssertionError("Nothing was added that could be signed.")
    return made


def rewrite(event: Event, old: bytes, new: bytes) -> None:
    """Change the bytes of an event as somebody does who has the database: past the triggers, and
    its hash with them."""
    body = bytes(Event.objects.get(pk=event.pk).body).replace(old, new)
    _past_triggers(
        "audit_event",
        "UPDATE audit_event SET body = %s, leaf_hash = %s WHERE id = %s",
        [body, tree.leaf_hash(body), event.pk],
    )


def forget_checkpoints() -> None:
    """As somebody does who has the database, and wants to sign another log."""
    _past_triggers("audit_checkpoint", "DELETE FROM audit_checkpoint", [])


def _past_triggers(table: str, sql: str, params: list[Any]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        else:
            of_table = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
            cursor.execute(of_table, [table])
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute(sql, params)
