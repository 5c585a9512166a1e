"""Filters of the list that a creator keeps under a name. They decide nothing: no event."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from consent import selection
from consent.models import SavedFilter
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, NotFound, Refused
from creatorhub.models import User
from creatorhub.texts import typed

MAX_SAVED = 30


def tag_of(saved: Iterable[SavedFilter]) -> str:
    """What stands for these filters as they are, for a form that shows them."""
    known = sorted((one.name, one.query) for one in saved)
    return hashlib.sha256(repr(known).encode()).hexdigest()[:16]


def save_filter(
    *, actor: Actor, creator: User, name: str, asked: dict[str, str], shown: str = ""
) -> SavedFilter:
    """Keep what narrows this list under `name`; a filter of that name is replaced. Raises Refused
    for no name, one that is too long, nothing that narrows, or too many; Conflict for one that
    would be replaced if the filters are no longer those that were `shown` (their tag)."""
    actor.require(creator)
    name = typed(name)
    if "\0" in name or not 0 < len(name) <= 60:
        raise Refused(_("Give the filter a name of at most 60 letters."), code="name", status=422)
    query = selection.matching(creator, asked).query
    if not query:
        raise Refused(_("There is no filter to save. Choose one first."), code="empty", status=422)
    if len(query) > 1000:
        raise Refused(_("This filter is too long to be saved."), code="too_long", status=422)
    with transaction.atomic(durable=True):
        mine = SavedFilter.objects.select_for_update().filter(creator=creator)
        if mine.exclude(name=name).count() >= MAX_SAVED:
            raise Refused(
                _("You have %(limit)s saved filters. Remove one first.") % {"limit": MAX_SAVED},
                code="too_many",
                status=422,
            )
        replaced = mine.filter(name=name).exclude(query=query)
        if shown and shown != tag_of(mine) and replaced.exists():
            raise Conflict(
                _(
                    "“%(name)s” was saved with another filter after you opened this page, so yours "
                    "was not saved. Look at it in the list, then save yours under another name, "
                    "or under this one again."
                )
                % {"name": name},
                code="changed_meanwhile",
            )
        saved, __ = mine.update_or_create(
            name=name,
            defaults={"query": query},
            create_defaults={"query": query, "creator": creator, "name": name},
        )
    return saved


def forget_filter(saved: uuid.UUID, *, actor: Actor, creator: User) -> SavedFilter:
    """Raises NotFound for a filter that is not this creator's."""
    actor.require(creator)
    with transaction.atomic(durable=True):
        found = SavedFilter.objects.filter(creator=creator, uuid=saved).first()
        if found is None:
            raise NotFound(_("There is no such filter."), code="not_found")
        SavedFilter.objects.filter(pk=found.pk).delete()
    return found
