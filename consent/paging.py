"""Pages by key: each page asks for the rows after the last one seen, never for an offset or a
count, so the thousandth page costs what the first does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)
SALT = "page"


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """`next` is the value of `after` for the following page, empty at the end."""

    items: list[M]
    next: str


def page_of(rows: QuerySet[M], *, ordering: tuple[str, ...], size: int, after: str = "") -> Page[M]:
    """One query. `ordering` must end with a unique field. An `after` that we did not make, or
    one made for another ordering, gives the first page."""
    rows = rows.order_by(*ordering)
    if key := _read(after, ordering):
        rows = rows.filter(_beyond(ordering, key))
    found = list(rows[: size + 1])
    more = len(found) > size
    items = found[:size]
    return Page(items, _write(items[-1], ordering) if more else "")


def _beyond(ordering: tuple[str, ...], key: list[Any]) -> Q:
    """The rows after `key`: (a > x) or (a = x and b > y) …, with < for a descending field."""
    beyond, equal = Q(), Q()
    for name, value in zip(ordering, key, strict=True):
        field = name.removeprefix("-")
        compare = "lt" if name.startswith("-") else "gt"
        beyond |= equal & Q(**{f"{field}__{compare}": value})
        equal &= Q(**{field: value})
    return beyond


def _write(row: Model, ordering: tuple[str, ...]) -> str:
    key = [getattr(row, name.removeprefix("-")) for name in ordering]
    return signing.dumps([list(ordering), key], salt=SALT, compress=True)


def _read(after: str, ordering: tuple[str, ...]) -> list[Any] | None:
    try:
        made_for, key = signing.loads(after, salt=SALT)
    except signing.BadSignature:
        return None
    return key if tuple(made_for) == ordering else None
