"""How much work one creator's uploads may cause in a day, and how many may wait.

A few megabytes can be an hour of 4K that keeps a core busy for half an hour, so the size of a file
says little. The cost of a video is its pixels times its seconds.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import ngettext

from creatorhub import jobs
from creatorhub.errors import Refused
from creatorhub.jobs import LIVE
from creatorhub.models import User
from library.models import Ingest

DAY = timedelta(days=1)


class OverBudget(Exception):
    """The work of the last day leaves no room for this video; `until` then there is."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


def charge(ingest: Ingest, *, owner: User, cost: int) -> None:
    """Write the cost, pixels times seconds, into the job that we hold. Locks the owner's account.

    Raises OverBudget if what was charged in the last 24 hours leaves no room; the first video of a
    day always has room. Raises LeaseLost.
    """
    now = timezone.now()
    with transaction.atomic(durable=True):
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        others = Ingest.objects.filter(video__owner=owner, charged_at__gt=now - DAY)
        charged = others.exclude(pk=ingest.pk).order_by("charged_at")
        spent = list(charged.values_list("charged_at", "cost"))
        if until := _room_at(spent, cost):
            raise OverBudget(until)
        jobs.beat(ingest, cost=cost, charged_at=now)


def _room_at(spent: list[tuple[datetime | None, int]], cost: int) -> datetime | None:
    """When enough of the last day's work is a day old; None if there is room now."""
    above = sum(paid for _at, paid in spent) + cost - settings.INGEST_DAILY_BUDGET
    room_at = None
    for at, paid in spent:
        if above <= 0 or at is None:
            break
        above -= paid
        room_at = at + DAY
    return room_at


def check_pending(owner: User) -> None:
    """Raises Refused if too many of the owner's videos wait already."""
    most: int = settings.INGEST_MAX_PENDING
    if Ingest.objects.filter(video__owner=owner, state__in=LIVE).count() < most:
        return
    sentence = ngettext(
        "%(count)d video of yours is still being made ready. Upload the next one when it is done.",
        "%(count)d videos of yours are still being made ready. Upload the next one when one is "
        "done.",
        most,
    )
    raise Refused(sentence % {"count": most}, code="too_many_pending", status=429)
