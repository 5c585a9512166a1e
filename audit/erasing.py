"""Erases what events say about a person. Their bytes and hashes stay, and the log verifies."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet

from audit.models import Event, HandedOut, Personal
from creatorhub.models import User

PART = 500  # events in one transaction


def rows_about(person: User) -> QuerySet[Personal]:
    """What is about this person in any record, and all that is in their own: nobody reads it there
    any more, and it may name them."""
    own = Event.objects.filter(creator=person).values("pk")
    return Personal.objects.filter(Q(person=person.uuid) | Q(event__in=own))


def erase(person: User) -> None:
    """A part in each transaction: killed and called again, it goes on."""
    left = rows_about(person).order_by().values_list("event", flat=True).distinct()
    while events := list(left[:PART]):
        own = Event.objects.filter(creator=person, pk__in=events).values_list("pk", flat=True)
        of_these = Personal.objects.filter(event__in=events)
        with transaction.atomic(durable=True):
            of_these.filter(Q(person=person.uuid) | Q(event__in=list(own))).delete()
    HandedOut.objects.filter(creator=person).delete()
