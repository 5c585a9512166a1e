"""Personal data of events: outside the hash, so that it can be erased and the log still verifies.

An action declares which of its fields are personal, and about whom. Of such a text the body holds
`{"sha256": SHA-256(salt || UTF-8 of the text)}`, as hexadecimal digits, and a row of
audit.models.Personal the salt and the text. An empty text and None are no data, and a member of an
enumeration is a word of ours: they stay in the body.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple
from unicodedata import normalize
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from audit import vocabulary
from audit.models import Event, Personal
from creatorhub.models import GONE, User

SALT = 16  # bytes
ERASED = _("(erased)")


@dataclass(frozen=True, slots=True)
class About:
    """A text of a field about another person than the action declares: the title of a video in
    the record of the one who reported it."""

    text: str
    person: UUID


@dataclass(frozen=True, slots=True)
class Kept:
    """What a row keeps of one field of one event."""

    field: str
    person: UUID | None
    salt: bytes
    data: str


def digest(salt: bytes, data: str) -> str:
    """SHA-256(salt || data as UTF-8), as 64 hexadecimal digits."""
    return hashlib.sha256(salt + data.encode()).hexdigest()


def split(
    body: Mapping[str, Any], declared: Mapping[str, str], given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Kept]]:
    """The body to hash, and what of it to keep apart. `declared` says for each personal field who
    it is about: "creator", "actor", or a field that holds the uuid of an account. `given` are the
    fields as the writer passed them."""
    hashed, kept = dict(body), []
    for field, whose in declared.items():
        one = given[field]
        text, person = (one.text, one.person) if isinstance(one, About) else (one, None)
        if not text or isinstance(text, Enum):
            hashed[field] = body[field] if text is one else text
            continue
        data = normalize("NFC", text)
        row = Kept(field, person or _account(body, whose), os.urandom(SALT), data)
        hashed[field] = {"sha256": digest(row.salt, row.data)}
        kept.append(row)
    return hashed, kept


def _account(body: Mapping[str, Any], whose: str) -> UUID | None:
    named = body.get(whose)
    if whose == "actor":
        kind, _colon, named = str(named).partition(":")
        named = None if kind == "system" else named
    return UUID(str(named)) if named else None


def hashed_fields(body: Mapping[str, Any]) -> dict[str, str]:
    """The digests of a body, as it was written, by the names of its fields."""
    return {
        name: value["sha256"]
        for name, value in body.items()
        if isinstance(value, dict) and value.keys() == {"sha256"}
    }


class Read(NamedTuple):
    """A body with its personal data put back, and the rows this came from by field; where data was
    erased, the body says “(erased)” and the row is None."""

    body: dict[str, Any]
    rows: dict[str, Personal | None]


def read(events: Iterable[Event]) -> list[Read]:
    """In the same order. One query, or none where no body has personal data."""
    events = list(events)
    bodies = [event.written for event in events]
    _hide_erased(bodies)
    digests = [hashed_fields(body) for body in bodies]
    keys = [event.pk for event, fields in zip(events, digests, strict=True) if fields]
    rows = Personal.objects.filter(event__in=keys) if keys else []
    kept = {(row.event_id, row.field): row for row in rows}
    found = []
    for event, body, fields in zip(events, bodies, digests, strict=True):
        own = {field: kept.get((event.pk, field)) for field in fields}
        body |= {field: row.data if row else str(ERASED) for field, row in own.items()}
        found.append(Read(body, own))
    return found


def _hide_erased(bodies: Iterable[dict[str, Any]]) -> None:
    """Events of the first version have personal data in their bytes, which stay as they are. Of an
    account that is erased nobody reads it any more. One query, if there are such events."""
    about: list[tuple[dict[str, Any], str, UUID]] = []
    for body in bodies:
        declared = vocabulary.actions()[body["action"]].personal if body["v"] == 1 else {}
        for field, whose in declared.items():
            if body.get(field) and (person := _account(body, whose)):
                about.append((body, field, person))
    if not about:
        return
    people = User.objects.filter(uuid__in={person for *_, person in about}, deletion__in=GONE)
    erased = set(people.values_list("uuid", flat=True))
    for body, field, person in about:
        if person in erased:
            body[field] = str(ERASED)
