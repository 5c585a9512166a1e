"""A creator blocks one person, whatever they allow everybody else."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from audit import log
from consent.models import Block
from consent.policy import Reason
from consent.services import journal
from consent.services.consent_state import lock_consent_state
from consent.signals import Withdrawn, announce
from creatorhub.actors import RESTORE, Actor
from creatorhub.errors import Conflict, Refused
from creatorhub.models import User

MOST = 1000


def block(person: User, *, actor: Actor, creator: User) -> Withdrawn | None:
    """From the commit on every decision is no for this person: what they are making of this
    creator's videos stops, and what they made is hidden, until `unblock`. None, and nothing is
    written, if they were blocked. Only the creator."""
    if actor != RESTORE:
        actor.require(creator)
    if person.pk == creator.pk:
        raise Refused(_("You cannot block yourself."), code="own_account")
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        theirs = Block.objects.filter(creator=creator)
        if theirs.filter(person=person).exists():
            return None
        if theirs.count() >= MOST:
            raise Conflict(
                _("You have blocked %(most)s people, which is the most. Unblock somebody first.")
                % {"most": f"{MOST:,}"},
                code="too_many_blocks",
            )
        Block.objects.create(creator=creator, person=person)
        state.raise_version()
        state.save()
        correlation_id = uuid.uuid4()
        done = announce(
            actor=actor,
            creator=creator,
            use=None,
            videos=None,
            reason=Reason.BLOCKED,
            version=None,
            correlation_id=correlation_id,
            person=person,
        )
        log.append(
            "person.blocked",
            actor=actor,
            creator=creator,
            correlation_id=correlation_id,
            person=person.uuid,
            name=person.name,
            version=state.version,
            stopped=done.stopped,
        )
        journal.write("blocked", creator=creator, person=str(person.uuid))
    return done


def unblock(person: User, *, actor: Actor, creator: User) -> bool:
    """What this creator allows everybody counts for this person too. Only the creator. False, and
    nothing is written, if they were not blocked."""
    actor.require(creator)
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        deleted, _models = Block.objects.filter(creator=creator, person=person).delete()
        if not deleted:
            return False
        state.raise_version()
        state.save()
        log.append(
            "person.unblocked",
            actor=actor,
            creator=creator,
            person=person.uuid,
            name=person.name,
            version=state.version,
        )
    return True
