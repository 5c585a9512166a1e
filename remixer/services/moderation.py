"""Staff take one meme down, whatever its creator allows."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from consent import services as consent
from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.jobs import LIVE, State
from creatorhub.roles import Power
from remixer.models import Render
from remixer.services.records import record

BY_STAFF = "taken_down_by_staff"


def takedown(render: Render, *, actor: Actor, reason: str) -> bool:
    """Hide the meme for good: nobody can see it after the commit, its requester cannot try again,
    and the sweep deletes its files. Only for staff. False, and nothing is written, if it was
    neither being made nor published, nor hidden for a while."""
    actor.require_staff(Power.MODERATE)
    with transaction.atomic(durable=True):
        consent.lock_consent_state(render.video.owner)
        row = Render.objects.filter(pk=render.pk)
        was_live = row.live().exists()
        changed = row.filter(state__in=[*LIVE, State.DONE, Render.HIDDEN]).update(
            state=Render.TAKEN_DOWN,
            problem=_("CreatorHub staff took this meme down: %(reason)s") % {"reason": reason},
            ended_for=BY_STAFF,
            lease_token=None,
            lease_until=None,
            restorable_until=None,
        )
        if not changed:
            return False
        action = "render.stopped" if was_live else "render.taken_down"
        record(action, render, actor=actor, reason=reason)
        jobs.enqueue("operations.sweep")
    return True
