"""What receipts of the log say about consent: the lines of the videos of an edit, as they were
hashed, and a readable record with the names of ISO/IEC TS 27560. Reading only.

Functions by which audit.vocabulary asks are named in consent.events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.shortcuts import resolve_url

from audit import tree
from audit.filters import BodyText
from audit.models import Event
from audit.vocabulary import Body
from consent.models import Edit, Item, Notice, Terms, state_line
from consent.uses import use_of

OUTCOMES = ("changed", "already", "superseded", "not_eligible")
# Of `to` in an edit: what became of the permission.
STATES = {
    **dict.fromkeys(("allowed", "kept", "kept_and_new", "endless"), "given"),
    "off": "withdrawn",
}


class LineReader:
    """The canonical lines of an event of an edit, one for each video, ordered by video as they were
    when their root was written. Events of one edit are read fastest in the order of their parts."""

    def __init__(self) -> None:
        self._terms: dict[int, Terms] = {}
        self._reached: dict[tuple[str, int], int] = {}

    def __call__(self, body: Body) -> list[bytes] | None:
        """None for an event without such lines. A few queries, whatever the number of videos."""
        edit = Edit.objects.filter(uuid=body["edit"]).first() if "items_root" in body else None
        if edit is None:
            return None
        part = body.get("part", 1)
        above = self._reached.get((body["edit"], part - 1))
        items = edit.items.filter(video__gt=_end_of(edit, part - 1) if above is None else above)
        rows = items.order_by("video").values_list(
            *("video", "video__uuid", "before", "before_decided", "after", "after_decided"),
            "outcome",
        )
        lines, above = [], 0
        starts: dict[tuple[Any, ...], bytes] = {}
        for above, video, *kind in rows[: _number(body)]:  # noqa: B007 # the last one counts
            key = tuple(kind)
            if key not in starts:
                starts[key] = self._start(*kind)
            lines.append((str(video), starts[key] + f'{video}"}}'.encode()))
        self._reached[body["edit"], part] = above
        return [line for _, line in sorted(lines)]

    def _start(
        self,
        before: int | None,
        before_decided: bool,  # noqa: FBT001 # columns, in their order
        after: int | None,
        after_decided: bool,  # noqa: FBT001
        outcome: str,
    ) -> bytes:
        """A line up to its video, which RFC 8785 puts last."""
        if outcome == Item.Outcome.PENDING:  # which is what stays written of a changed one
            outcome = Item.Outcome.CHANGED.value
        around = {
            "video": "",
            "before": state_line(self._of(before), decided=before_decided),
            "after": state_line(self._of(after), decided=after_decided),
            "outcome": outcome,
        }
        return tree.canonical(around).removesuffix(b'"}')

    def _of(self, key: int | None) -> Terms | None:
        if key and key not in self._terms:
            self._terms[key] = Terms.objects.select_related("notice").get(pk=key)
        return self._terms[key] if key else None


def event_with(body: Body, video: UUID) -> UUID | None:
    """The event that has the line of this video, of the edit that this one is about. None if none
    has it, or not yet. At most four queries."""
    edit = Edit.objects.filter(uuid=body["edit"]).first() if body.get("edit") else None
    item = edit.items.filter(video__uuid=video).first() if edit else None
    if edit is None or item is None:
        return None
    place = edit.items.filter(video__lte=item.video_id).count()
    for event, number in _parts(edit):
        if place <= number:
            return event.uuid
        place -= number
    return None


def _end_of(edit: Edit, part: int) -> int:
    """The last video of this part, and 0 before the first."""
    before = sum(number for _, number in _parts(edit, upto=part))
    if not before:
        return 0
    last: int = edit.items.order_by("video").values_list("video", flat=True)[before - 1]
    return last


def _parts(edit: Edit, *, upto: int | None = None) -> list[tuple[Event, int]]:
    """The events that have lines of its videos, in order, and how many each has. One query."""
    if upto == 0:
        return []
    events = Event.objects.filter(
        creator=edit.creator_id, action__in=("consent.edited", "edit.part_applied")
    )
    found = [
        (event, _number(event.written))
        for event in events.filter(correlation_id=edit.uuid).order_by("creator_seq")[:upto]
    ]
    if found or upto:
        return found
    # One that was applied at once is correlated with what it did to memes.
    named = events.alias(named=BodyText("edit")).filter(named=str(edit.uuid))
    return [(event, _number(event.written)) for event in named[:1]]


def _number(body: Body) -> int:
    return sum(body[name] for name in OUTCOMES)


def records_of(
    bodies: Mapping[UUID, Body], *, address: Callable[[str], str]
) -> dict[UUID, dict[str, Any]]:
    """The readable part of the receipt of each event of consent. `address` makes a path whole. One
    query."""
    notices = {
        str(notice.uuid): notice
        for notice in Notice.objects.filter(
            uuid__in={body["notice"] for body in bodies.values() if body.get("notice")}
        )
    }
    return {
        key: _record(body, notices.get(body.get("notice") or ""), address)
        for key, body in bodies.items()
        if _state(body)
    }


def _state(body: Body) -> str:
    if body["action"] == "creator.opted_out":
        return "withdrawn"
    if body["action"] == "creator.opted_in":
        return "changed"
    if ("use" in body and "items_root" in body) or "to" in body:
        return STATES.get(body.get("to", ""), "changed")
    return ""


def _record(body: Body, notice: Notice | None, address: Callable[[str], str]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "record_id": body["id"],
        "pii_principal_id": body["creator"],
        "lawful_basis": "consent",
        "pii_information": [
            {"pii_type": "videos, with everybody and everything that is in them"},
            {"pii_type": "the creator's name"},
        ],
        "pii_controllers": [
            {
                "party_name": "CreatorHub",
                "party_url": address("/"),
                "party_role": "pii_controller",
            }
        ],
        "withdrawal_method": address(resolve_url("consent:opt_out")),
        "events": [
            {
                "event_time": body["at"],
                "entity_id": body["actor"],
                "event_type": "explicit",
                "event_state": _state(body),
                "validity_duration": body.get("until") or "-",
            }
        ],
    }
    if "use" in body:
        record["purpose"] = body["use"]
        record["purpose_description"] = str(use_of(body["use"]).consequence)
    if _state(body) == "given":
        record["recipient_third_parties"] = [str(Terms.Audience.EVERYONE.label)]
    if notice:
        record["language"] = notice.language
        record["privacy_notice"] = {
            "id": str(notice.uuid),
            "version": notice.version,
            "title": notice.title,
            "sha256": notice.digest,
        }
    return record
