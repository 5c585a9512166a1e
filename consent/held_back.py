"""What keeps that which an edit allows from taking effect for now. Reads only."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.counts import Overview
from consent.models import Edit, Hold, Item
from consent.uses import use_of


def sentences_of(edit: Edit, *, stand: Overview) -> list[str]:
    """Beside what this edit would allow, or did, for its creator, who stands so: that everything
    is off, a pause, holds of staff. Nothing for an edit that allows nothing. One query where staff
    hold single videos."""
    if not edit.grants:
        return []
    words = {"use": use_of(edit.use).label}
    sentences = []
    if stand.restoring:
        sentences.append(
            _(
                "CreatorHub is being restored from a backup: what you allow counts once it knows "
                "what was turned off since."
            )
        )
    if stand.opted_out:
        sentences.append(
            _(
                "Everything is turned off. This is stored, and takes effect only when you turn "
                "permissions back on."
            )
        )
    if edit.use in stand.paused:
        sentences.append(
            _("%(use)s is paused by CreatorHub: what you allow counts from the end of the pause.")
            % words
        )
    if edit.use in stand.held_uses:
        sentences.append(
            _(
                "CreatorHub staff hold %(use)s of everything of yours: it stays off until the hold "
                "is lifted."
            )
            % words
        )
    elif edit.use in stand.holds and (held := _held(edit)):
        sentences.append(
            ngettext(
                "CreatorHub staff hold %(count)s of these videos: it stays off until the hold is "
                "lifted.",
                "CreatorHub staff hold %(count)s of these videos: they stay off until the hold is "
                "lifted.",
                held,
            )
            % {"count": f"{held:,}"}
        )
    return sentences


def _held(edit: Edit) -> int:
    """How many of the videos that it allows staff hold one by one."""
    items = edit.changed_items if edit.confirmed_at else edit.items
    allowed: Any = items.filter(outcome=Item.Outcome.PENDING, after__isnull=False)
    holds = Hold.objects.filter(creator=edit.creator, use=edit.use).standing()
    return holds.filter(video__in=allowed.order_by().values("video")).count()
