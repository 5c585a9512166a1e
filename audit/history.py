"""Events as people read them: "You turned “Remix” off for 12 videos". Reading only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime

from audit.actions import ACTIONS, WORDS
from audit.models import Event
from creatorhub.models import User

PART_OF_THE_SYSTEM = "CreatorHub"
STAFF = "CreatorHub staff"
COUNTS = ("changed", "count", "left_out")  # said with thousands apart
CHANGED = {"off": "slash", "former": "undo"}  # icons of edits by what they changed to


@dataclass(frozen=True, slots=True)
class Line:
    """One event, told. `fields` is the body as it was hashed; `reason` what was given as one."""

    event: Event
    at: datetime
    who: str
    text: str
    icon: str
    reason: str
    fields: dict[str, Any]


def describe(events: Iterable[Event], *, reader: User | None) -> list[Line]:
    """Each event in words, in the same order; `reader` is called "You". One query for all names.

    None reads as staff do: every name is said.
    """
    events = list(events)
    names = _names(events)
    return [_line(event, reader=reader, names=names) for event in events]


def body_of(event: Event) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(bytes(event.body))
    return body


def _line(event: Event, *, reader: User | None, names: dict[str, str]) -> Line:
    body = body_of(event)
    action = ACTIONS[event.action]
    who = _who(event.actor, reader=reader, names=names)
    reason = str(body.get("reason") or "")
    words = {
        **body,
        **{name: f"{body[name]:,}" for name in COUNTS if isinstance(body.get(name), int)},
        "who": who,
        "s": "" if body.get("changed", body.get("count")) == 1 else "s",
        "change": _change(body),
        "use_label": f"“{WORDS.get('use.' + str(body.get('use')), body.get('use'))}”",
        "becomes": _becomes(body),
        "requester_name": _requester(body, reader, first=action.sentence.startswith("{requester")),
        "reason": WORDS.get(f"reason.{reason}", reason),
    }
    return Line(
        event=event,
        at=event.at,
        who=who,
        text=action.sentence.format_map(words),
        icon=CHANGED.get(body.get("to", ""), action.icon),
        reason="" if "{reason}" in action.sentence else words["reason"],
        fields=body,
    )


def _change(body: dict[str, Any]) -> str:
    """What an edit did, to complete "You … for 12 videos"."""
    if "use" not in body or "to" not in body:
        return ""
    use = f"“{WORDS.get('use.' + body['use'], body['use'])}”"
    if body["to"] == "off":
        return f"turned {use} off"
    if body["to"] == "former":
        return f"put {use} back as it was"
    if body["to"] == "listed":
        return f"set {use} as a file says"
    return f"allowed {use}{_until(body)}"


BECOMES = {"off": "off", "former": "as it was", "listed": "as a file says"}


def _becomes(body: dict[str, Any]) -> str:
    """What a use becomes, to complete "“Remix” …"."""
    return BECOMES.get(body.get("to", "")) or f"allowed{_until(body)}"


def _until(body: dict[str, Any]) -> str:
    until = parse_datetime(body["until"]) if body.get("until") else None
    # The last day on which it holds: it ends when that day is over.
    last = localtime(until) - timedelta(seconds=1) if until else None
    return f" until {date_format(last, 'j F Y')}" if last else ""


def _requester(body: dict[str, Any], reader: User | None, *, first: bool) -> str:
    if reader and body.get("requester") == str(reader.uuid):
        return "You" if first else "you"
    return str(body.get("requester_name", ""))


def _who(actor: str, *, reader: User | None, names: dict[str, str]) -> str:
    kind, _, name = actor.partition(":")
    if reader and name == str(reader.uuid) and kind == "creator":
        return "You"
    if kind == "system":
        return PART_OF_THE_SYSTEM
    if kind == "staff":
        # A creator sees that staff acted; which member of staff is for staff to see.
        return STAFF if reader else f"{names.get(name, name)} (staff)"
    return names.get(name, "A former account")


def _names(events: Sequence[Event]) -> dict[str, str]:
    people = {event.actor.partition(":")[2] for event in events if ":" in event.actor}
    wanted = [UUID(name) for name in people if len(name) == 36]
    return {str(user.uuid): user.name for user in User.objects.filter(uuid__in=wanted)}
