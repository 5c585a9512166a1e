"""The one switch: opting out of everything, and back in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Literal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from consent.models import Consent, ConsentState, UploadDefault
from consent.policy import Reason
from consent.services import journal, upload_defaults
from consent.services.consent_state import lock_consent_state
from consent.services.edits.cancel import cancel_drafts, cancel_grants
from consent.services.edits.confirm import revoke_all
from consent.services.letters import tell_opted_out
from consent.signals import HiddenMemes, announce, announce_undone, hidden_memes
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Refused
from creatorhub.models import User


@dataclass(frozen=True, slots=True)
class OptedOut:
    """`changed` is False where the creator had opted out before: nothing was written."""

    state: ConsentState
    stopped: int
    taken_down: int
    changed: bool


@dataclass(frozen=True, slots=True)
class OptedIn:
    """`memes` is what became of those that the opt-out hid; None where there was no opt-out."""

    state: ConsentState
    memes: HiddenMemes | None = None


def opt_out(*, actor: Actor, creator: User, reason: str = "") -> OptedOut:
    """Turn everything off for all of this creator's videos: one row and one event, whatever the
    size of the library. Grants stay stored beneath; an edit that is still allowing videos stops.
    By the creator, or by staff with a reason."""
    actor.require(creator, or_staff=True)
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        if state.opted_out:
            return OptedOut(state, stopped=0, taken_down=0, changed=False)
        state.opted_out = True
        state.raise_version()
        state.withdrawn_version = state.version
        state.opted_out_at = state.changed_at
        state.opted_out_by, state.opted_out_reason = str(actor), reason[:500]
        state.save()
        correlation_id = uuid.uuid4()
        cancel_grants(actor=actor, creator=creator, correlation_id=correlation_id)
        done = announce(
            actor=actor,
            creator=creator,
            use=None,
            videos=None,
            reason=Reason.OPTED_OUT,
            version=state.version,
            correlation_id=correlation_id,
        )
        log.append(
            "creator.opted_out",
            actor=actor,
            creator=creator,
            correlation_id=correlation_id,
            version=state.version,
            reason=reason,
            stopped=done.stopped,
            taken_down=done.taken_down,
        )
        tell_opted_out(creator, actor=actor, reason=reason)
        journal.write("opted_out", creator=creator)
    return OptedOut(state, done.stopped, done.taken_down, changed=True)


def opt_in(*, actor: Actor, creator: User, restore: Literal["previous", "all_off"]) -> OptedIn:
    """End the opt-out: with what was allowed before, or with every video off, new uploads too.
    With what was allowed before, memes that it hid come back, while they can. With every video off,
    previews that were open end: they are older. Only the creator. Raises Conflict for every video
    off where there is no opt-out any more and something is allowed."""
    actor.require(creator, sentence=_("Only the creator can turn permissions back on."))
    if restore not in ("previous", "all_off"):
        raise Refused(
            _("Say what to start from: “previous” for what was allowed before, or “all_off”."),
            code="restore_needed",
        )
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        if not state.opted_out:
            if restore == "all_off":
                _require_all_off(creator)
            return OptedIn(state)
        if User.objects.filter(pk=creator.pk).exclude(deletion="").exists():
            raise Conflict(
                _("This account is being deleted. Keep it first, on the page of your account."),
                code="account_is_leaving",
            )
        correlation_id = uuid.uuid4()
        if restore == "all_off":
            revoke_all(actor=actor, creator=creator, state=state, correlation_id=correlation_id)
            upload_defaults.clear(actor=actor, creator=creator, correlation_id=correlation_id)
            cancel_drafts(actor=actor, creator=creator, correlation_id=correlation_id)
        state.opted_out, state.opted_out_at = False, None
        state.opted_out_by = state.opted_out_reason = ""
        state.raise_version()
        state.save()
        undone, now = state.withdrawn_version, state.changed_at or timezone.now()
        memes = hidden_memes(
            creator=creator, undone=undone, videos=None, asked_at=now, beneath_opt_out=True
        )
        if restore == "previous":
            back = announce_undone(
                actor=actor,
                creator=creator,
                undone=undone,
                videos=None,
                asked_at=now,
                version=state.version,
                correlation_id=correlation_id,
            )
            memes = replace(memes, back=back)
        log.append(
            "creator.opted_in",
            actor=actor,
            creator=creator,
            correlation_id=correlation_id,
            version=state.version,
            restore=restore,
        )
    return OptedIn(state, memes)


def _require_all_off(creator: User) -> None:
    """Raises Conflict where something is stored as allowed, so that nobody who chose that every
    video is off is told that it is done."""
    stored = Consent.objects.filter(
        creator=creator, terms__isnull=False, video__removed_at=None
    ).exists()
    if stored or UploadDefault.objects.filter(creator=creator).exists():
        raise Conflict(
            _(
                "You had turned permissions back on already, so nothing was turned off now, and "
                "what you allowed stays allowed. Turn everything off first, then choose again."
            ),
            code="not_opted_out",
        )
