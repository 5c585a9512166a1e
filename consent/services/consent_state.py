"""The lock that everything about one creator's consent takes first."""

from __future__ import annotations

from consent.models import ConsentState
from creatorhub.models import User


def lock_consent_state(creator: User) -> ConsentState:
    """The creator's consent state, locked until the transaction ends; made if there is none.

    Must be the first statement of the transaction: a snapshot taken before the lock would show
    what a withdrawal has already changed.
    """
    locked = ConsentState.objects.select_for_update(no_key=True).filter(creator=creator)
    state = locked.first()
    if state is None:
        ConsentState.objects.bulk_create([ConsentState(creator=creator)], ignore_conflicts=True)
        state = locked.get()
    return state
