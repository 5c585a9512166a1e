"""The end of a person's memes: those that they made, and those that others made of their videos."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from creatorhub import erasing
from creatorhub.actors import Actor
from creatorhub.erasing import Erasable
from creatorhub.models import User
from remixer.cases import Appeal, Report
from remixer.models import Render
from remixer.services.files import discard
from remixer.services.records import record_all

PART = 500  # memes in one transaction
ERASABLE = (
    Erasable(Render, ("requester",), {"captions": {}, "idempotency_key": None}),
    Erasable(Render, ("requester", "creator"), {"problem": ""}),
    Erasable(
        Report, ("reporter", "video__owner", "render__requester"), {"text": "", "decision": ""}
    ),
    Erasable(Appeal, ("person",), {"text": "", "decision": ""}),
)


def remove_memes_by(person: User, *, actor: Actor) -> int:
    """Remove everything that this person made, of whosever videos: the words in it are theirs. One
    transaction at most, of PART memes; returns how many it removed."""
    with transaction.atomic(durable=True):
        left = Render.objects.filter(requester=person).exclude(state=Render.REMOVED)
        # Ordered by creator: each event locks its creator's counter until the commit.
        some = list(left.locked().order_by("creator_id", "pk")[:PART])
        Render.objects.filter(pk__in=[one.pk for one in some]).update(
            state=Render.REMOVED, lease_token=None, lease_until=None, restorable_until=None
        )
        record_all("render.removed", some, actor=actor)
    return len(some)


def erase_memes(person: User) -> None:
    """The files of all memes by this person and of their videos, and every text. After they were
    removed and the videos too, so that none is seen and none is being made."""
    of_person = Render.objects.filter(Q(requester=person) | Q(creator=person))
    for render in of_person.exclude(file_key="").order_by("pk").iterator(chunk_size=500):
        discard(render)
        Render.objects.filter(pk=render.pk).update(
            file_key="", poster_key="", thumb_key="", restorable_until=None
        )
    erasing.erase(ERASABLE, person)
