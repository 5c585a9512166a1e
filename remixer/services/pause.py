"""Staff stops all remixing at once, and starts it again.

What runs is stopped. What was published goes dark while the pause lasts, because every view of a
file asks the policy, and nothing of it is deleted: the creators withdrew nothing
(docs/decisions/0005-pause-darkens-without-deleting.md).
"""

from __future__ import annotations

import uuid
from typing import Any

import waffle
from django.db import transaction

from audit import log
from consent.policy import Reason
from consent.uses import REMIX
from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.jobs import State
from remixer.models import Render
from remixer.services.permission import ended_because
from remixer.services.records import record_all


def is_paused() -> bool:
    """One query."""
    return bool(waffle.switch_is_active(REMIX.pause_switch))


def pause(*, actor: Actor, reason: str) -> int | None:
    """Nothing starts, publishes or is served from the commit on. Returns how many renders were
    stopped; None, and nothing written, if remixing was paused already. Only staff."""
    actor.require_staff()
    with transaction.atomic(durable=True):
        switch = _locked_switch()
        if switch.active:
            return None
        switch.active = True
        switch.save()
        # The switch first: a render asked for after this statement's snapshot is refused by the
        # policy when a worker claims it.
        live = list(Render.objects.live().locked().order_by("video__owner_id", "pk"))
        stopped = jobs.stop(Render.objects.all(), State.REFUSED, **ended_because(Reason.PAUSED))
        correlation_id = uuid.uuid4()
        # In the order of their creators: each event holds its creator's counter until the commit.
        record_all(
            "render.stopped",
            live,
            actor=actor,
            correlation_id=correlation_id,
            reason=str(Reason.PAUSED),
        )
        log.append(
            "remixer.paused",
            actor=actor,
            creator=None,
            correlation_id=correlation_id,
            reason=reason,
            stopped=stopped,
        )
        jobs.enqueue("operations.sweep")
    return stopped


def resume(*, actor: Actor, reason: str) -> bool:
    """What was published is served again, as far as its creator still allows it. What the pause
    stopped stays stopped; its makers may try again. False if there was no pause. Only staff."""
    actor.require_staff()
    with transaction.atomic(durable=True):
        switch = _locked_switch()
        if not switch.active:
            return False
        switch.active = False
        switch.save()
        log.append("remixer.resumed", actor=actor, creator=None, reason=reason)
    return True


def _locked_switch() -> Any:
    switches = waffle.get_waffle_switch_model().objects
    switch, _ = switches.select_for_update().get_or_create(
        name=REMIX.pause_switch, defaults={"active": False}
    )
    return switch
