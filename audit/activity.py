"""What concerns a person: their own record, what they did in others', what others did to things of
theirs, and what CreatorHub did to everybody while it concerned them. Reading only; no event is
written for each creator."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import QuerySet

from audit import vocabulary
from audit.models import Concern, Event
from audit.vocabulary import Period
from creatorhub.actors import Actor
from creatorhub.models import User

MOST_OF_PLATFORM = 1000  # of CreatorHub's own events, the newest are looked at


def events_about(person: User) -> QuerySet[Event]:
    """In no order. At most three queries beside its own: the periods of the vocabularies, and the
    events of the platform, of which there are few."""
    parts = [
        Event.objects.filter(actor=str(Actor.creator(person))).values("pk"),
        Concern.objects.filter(person=person.uuid).values("event"),
        Event.objects.filter(pk__in=of_platform(vocabulary.periods_of(person))).values("pk"),
    ]
    own = Event.objects.filter(creator=person).values("pk")
    return Event.objects.filter(pk__in=own.union(*parts))


def of_platform(periods: Mapping[str, Period]) -> list[int]:
    """Keys of the platform's events in these periods, by what they are about. One query."""
    about = {one.name: one.concerns for one in vocabulary.actions().values() if one.concerns}
    if not periods:
        return []
    events = Event.objects.filter(creator=None, action__in=about).order_by("-id")
    found = []
    for event in events[:MOST_OF_PLATFORM]:
        period = periods.get(about[event.action](event.written))
        if period and period.since <= event.at and (not period.until or event.at <= period.until):
            found.append(event.pk)
    return found
