"""Which columns say something about a person, and how they are emptied when the account is erased.

Every app declares its own: `erase` empties or deletes the rows, and fsck asks with `left` whether
any are there. A row stays where others refer to it; what it said about the person goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Model, Q, QuerySet

from creatorhub.models import User

PART = 500  # rows in one transaction


@dataclass(frozen=True, slots=True)
class Erasable:
    """Rows of a model that are about a person by any of the `whose`, lookups that lead to the
    account. They get the values of `emptied`, None for NULL; without it they are deleted."""

    model: type[Model]
    whose: tuple[str, ...]
    emptied: Mapping[str, Any] | None = None

    def left(self, person: User) -> QuerySet[Any]:
        """The rows that still say something."""
        rows = self.model._base_manager.filter(_any_of(self.whose, person))
        if self.emptied is None:
            return rows
        empty = Q()
        for name, value in self.emptied.items():
            empty &= Q(**{f"{name}__isnull": True} if value is None else {name: value})
        return rows.exclude(empty)


def erase(declared: Iterable[Erasable], person: User) -> int:
    """Empty or delete all of these rows, a part in each transaction. What was done stays done when
    it is killed; called again, it goes on. Returns how many rows."""
    done = 0
    for one in declared:
        rows = one.model._base_manager
        while keys := list(one.left(person).order_by().values_list("pk", flat=True)[:PART]):
            with transaction.atomic(durable=True):
                part = rows.filter(pk__in=keys)
                if one.emptied is None:
                    part.delete()
                else:
                    part.update(**one.emptied)
            done += len(keys)
    return done


def left(declared: Iterable[Erasable], person: User) -> Iterator[str]:
    """For fsck: what of these still says something about the person."""
    for one in declared:
        if number := one.left(person).count():
            yield f"{number} of {one.model._meta.label}"


def _any_of(whose: tuple[str, ...], person: User) -> Q:
    wanted = Q()
    for lookup in whose:
        wanted |= Q(**{lookup: person.pk})
    return wanted
