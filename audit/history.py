"""Events as people read them: “You turned “Remix” off for 12 videos”. It only reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit import personal, vocabulary
from audit.models import Event, Personal
from creatorhub.actors import Actor
from creatorhub.models import User


@dataclass(frozen=True, slots=True)
class Line:
    """One event in words. `fields` is the whole body, with personal data put back into it or
    “(erased)” in its place, and `personal` the rows that it was put back from, None where one was
    erased; `reason` is what was given as one, empty where `text` says it already; `icon` is the
    name of a symbol."""

    event: Event
    at: datetime
    who: str
    text: str
    icon: str
    reason: str
    fields: dict[str, Any]
    personal: Mapping[str, Personal | None]

    @property
    def kind(self) -> str:
        return vocabulary.actions()[self.event.action].kind


def describe(events: Iterable[Event], *, reader: User | None) -> list[Line]:
    """A line for each event, in the same order. One query for all names, one for the titles of the
    videos that events are about, if any are, and one for personal data, if there is any.

    `reader` is called “You”, and sees staff act without their names. None reads as staff do.
    """
    events = list(events)
    names = _names(events)
    titles = vocabulary.titles_of({event.subject for event in events if event.subject})
    return [
        _line(event, *read, reader=reader, names=names, titles=titles)
        for event, read in zip(events, personal.read(events), strict=True)
    ]


def last_of(actions: Iterable[str], *, creator: User, subject: UUID | None = None) -> str:
    """The newest of these in the record of a creator, as the creator reads it: what was done, by
    whom and when. Empty if there is none. Two queries."""
    events = Event.objects.filter(creator=creator, action__in=list(actions))
    if subject:
        events = events.filter(subject=subject)
    lines = describe(events.order_by("-id")[:1], reader=creator)
    if not lines:
        return ""
    when = date_format(timezone.localtime(lines[0].at), "j F Y, H:i")
    return _("%(when)s: %(text)s.") % {"text": lines[0].text, "when": when}


def body_of(event: Event) -> dict[str, Any]:
    """The body with personal data put back. At most one query."""
    return personal.read([event])[0].body


def name_of(actor: str) -> str:
    """What the actor of a column ("kind:id") is called, as staff read it; "" for nobody. At most
    one query."""
    return names_of([actor]).get(actor, "")


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """As name_of, of many. One query."""
    parsed = {actor: Actor.parse(actor) for actor in actors if actor}
    ids = {one.id for one in parsed.values() if one.kind != "system"}
    names = {str(one.uuid): one.name for one in User.objects.filter(uuid__in=ids)} if ids else {}
    return {actor: _who(one, reader=None, names=names) for actor, one in parsed.items()}


def _line(
    event: Event,
    body: dict[str, Any],
    apart: Mapping[str, Personal | None],
    *,
    reader: User | None,
    names: dict[str, str],
    titles: Mapping[UUID, str],
) -> Line:
    action = vocabulary.actions()[event.action]
    who = _who(Actor.parse(event.actor), reader=reader, names=names)
    sentence = action.sentence_for(body, reader)
    video = titles.get(event.subject) if event.subject else None
    if video is not None and action.about_one:
        sentence = action.about_one
    words = {"icon": action.icon, **body, **action.words(body, reader), "who": who, "video": video}
    return Line(
        event=event,
        at=event.at,
        who=who,
        text=sentence.format(**words),
        icon=words["icon"],
        reason=words.get("reason") or "",
        fields=body,
        personal=apart,
    )


def _who(actor: Actor, *, reader: User | None, names: dict[str, str]) -> str:
    if reader and actor == Actor.creator(reader):
        return _("You")
    if actor.kind == "system":
        return _("CreatorHub")
    if actor.kind == "creator":
        return names.get(actor.id) or _("A former account")
    if reader:
        return _("CreatorHub staff")
    return _("%(name)s (staff)") % {"name": names.get(actor.id, actor.id)}


def _names(events: Sequence[Event]) -> dict[str, str]:
    """What the people who acted are called now, by their ids."""
    actors = {Actor.parse(event.actor) for event in events}
    ids = {actor.id for actor in actors if actor.kind != "system"}
    people = User.objects.filter(uuid__in=ids)
    return {str(user.uuid): user.name for user in people}
