"""Pages of a list, by key: each asks for the rows after the last one seen, never for an offset or
a count, so the thousandth page costs no more than the first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlencode

from django.core import signing
from django.db.models import F, Model, OrderBy, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest

M = TypeVar("M", bound=Model)
SALT = "page"


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """`next` and `previous` are the values of `after` for the pages beside this one, empty where
    there is none. `passed` is how many rows were passed on the way here: those before the page, as
    long as none came or went meanwhile."""

    items: list[M]
    next: str
    previous: str = ""
    passed: int = 0


class Place(NamedTuple):
    """What an `after` holds: the rows beyond this key, or before it where `back`; `passed` rows
    were passed up to it."""

    key: list[Any]
    passed: int
    back: bool


def page_of(
    rows: QuerySet[M],
    *,
    ordering: tuple[str, ...],
    size: int,
    after: str = "",
    few: bool = False,
) -> Page[M]:
    """One query; two where a step back finds less than a page, which is then the first page.
    `ordering` must end with a unique field. An `after` that we did not make, or that was made for
    another ordering, gives the first page. `few` says that the rows are few and quickly found: the
    database then sorts them. Otherwise it reads an index in order until it has met enough rows,
    which is the whole index if they lie at its end."""
    place = _read(after, ordering)
    if place and place.back:
        found = _next_to(place, rows, tuple(map(_turned, ordering)), size=size, few=few)
        if len(found) > size:
            items = found[size - 1 :: -1]
            passed = max(place.passed - size, 0)
            return _page(items, ordering, passed=passed, more=True, before=True)
        place = None
    found = _next_to(place, rows, ordering, size=size, few=few)
    items, passed = found[:size], place.passed if place else 0
    return _page(items, ordering, passed=passed, more=len(found) > size, before=bool(place))


def _next_to(
    place: Place | None, rows: QuerySet[M], ordering: tuple[str, ...], *, size: int, few: bool
) -> list[M]:
    """The rows of a page and one more, if there is one."""
    rows = rows.order_by(*map(_without_index, ordering) if few else ordering)
    if place:
        rows = rows.filter(beyond(ordering, place.key))
    return list(rows[: size + 1])


def _page(
    items: list[M], ordering: tuple[str, ...], *, passed: int, more: bool, before: bool
) -> Page[M]:
    return Page(
        items,
        next=_write(items[-1], ordering, passed=passed + len(items)) if more else "",
        previous=_write(items[0], ordering, passed=passed, back=True) if before and items else "",
        passed=passed,
    )


def pager(request: HttpRequest, page: Page[Any]) -> dict[str, Any]:
    """For a template: `next_url`, `previous_url` and `first_url`, the addresses of the pages beside
    this one and of the first, with the rest of the query kept; each is empty where there is none.
    `first_row` and `last_row` are the places of its rows in the list."""
    query = request.GET.copy()
    was_further_on = bool(query.pop("after", None))

    def address(after: str) -> str:
        return f"?{query.urlencode()}&{urlencode({'after': after})}".replace("?&", "?")

    return {
        "next_url": address(page.next) if page.next else "",
        "previous_url": address(page.previous) if page.previous else "",
        "first_url": f"?{query.urlencode()}" if was_further_on else "",
        "first_row": page.passed + 1,
        "last_row": page.passed + len(page.items),
    }


def _turned(name: str) -> str:
    return name.removeprefix("-") if name.startswith("-") else f"-{name}"


def _without_index(name: str) -> OrderBy:
    """The same order, as an expression that no index has."""
    field = F(name.removeprefix("-"))
    return OrderBy(Coalesce(field, field), descending=name.startswith("-"))


def beyond(ordering: tuple[str, ...], key: list[Any]) -> Q:
    """The rows after `key`: (a > x) or (a = x and b > y) …, with < for a descending field.

    The first field is also bounded by itself (a >= x), so that the database starts reading an
    index there. For the alternatives alone it reads the index from its beginning.
    """
    after, equal = Q(), Q()
    for name, value in zip(ordering, key, strict=True):
        field = name.removeprefix("-")
        compare = "lt" if name.startswith("-") else "gt"
        after |= equal & Q(**{f"{field}__{compare}": value})
        equal &= Q(**{field: value})
    first = ordering[0]
    bound = f"{first.removeprefix('-')}__{'lte' if first.startswith('-') else 'gte'}"
    return Q(**{bound: key[0]}) & after


def _write(row: Model, ordering: tuple[str, ...], *, passed: int, back: bool = False) -> str:
    key = [getattr(row, name.removeprefix("-")) for name in ordering]
    plain = [one.isoformat() if isinstance(one, datetime) else one for one in key]
    return signing.dumps([list(ordering), plain, passed, back], salt=SALT, compress=True)


def _read(after: str, ordering: tuple[str, ...]) -> Place | None:
    try:
        made_for, key, passed, back = signing.loads(after, salt=SALT)
    except (signing.BadSignature, ValueError):  # not ours, or of a former release
        return None
    return Place(key, passed, back) if tuple(made_for) == ordering else None
