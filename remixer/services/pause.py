"""Staff stop all remixing at once, and start it again.

Memes that are being made are stopped. Published ones are hidden as long as the pause lasts, because
every view of a file asks the policy. Their files stay: no creator has withdrawn anything
(docs/decisions/0005-pause-darkens-without-deleting.md).
"""

from __future__ import annotations

import uuid
from typing import Any

import waffle
from django.db import transaction

from audit import log
from consent.policy import Reason
from consent.reasons import Act, Why
from consent.services import journal
from consent.uses import REMIX
from creatorhub import jobs
from creatorhub.actors import RESTORE, Actor
from creatorhub.jobs import State
from creatorhub.roles import Power
from remixer.models import Render
from remixer.services.permission import ended_because
from remixer.services.records import record_all


def is_paused() -> bool:
    """One query."""
    return bool(waffle.switch_is_active(REMIX.pause_switch))


def pause(*, actor: Actor, reason: str) -> int | None:
    """After the commit no meme is started, published or shown. Only for staff. Returns how many
    were stopped; None, and nothing is written, if remixing was paused already."""
    if actor != RESTORE:
        actor.require_staff(Power.ADMINISTER)
    with transaction.atomic(durable=True):
        switch = _locked_switch()
        if switch.active:
            return None
        switch.active = True
        switch.save()
        # The switch comes first. A meme requested after these rows are read is not stopped here;
        # the policy then refuses it, when a worker claims it.
        live = list(Render.objects.live().locked().order_by("video__owner_id", "pk"))
        stopped = jobs.stop(
            Render.objects.all(),
            State.REFUSED,
            **ended_because(Why(Reason.PAUSED, Act(str(actor)))),
        )
        correlation_id = uuid.uuid4()
        # Ordered by creator: each event locks its creator's counter until the commit.
        record_all(
            "render.stopped",
            live,
            actor=actor,
            correlation_id=correlation_id,
            reason=Reason.PAUSED,
        )
        journal.write("paused", creator=None, use=REMIX.id)
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
    """Published memes can be seen again, if their creators still allow them. Those that the pause
    stopped stay stopped; their requesters can try again. Only for staff. False, and nothing is
    written, if there was no pause."""
    actor.require_staff(Power.ADMINISTER)
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
