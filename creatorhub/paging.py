"""Pages of a list, by key: each asks for the rows after the last one seen, never for an offset or
a count, so the thousandth page costs no more than the first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import F, Model, OrderBy, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest

M = TypeVar("M", bound=Model)
SALT = "page"


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """`next` is the value of `after` for the following page, empty at the end."""

    items: list[M]
    next: str


def page_of(
    rows: QuerySet[M],
    *,
    ordering: tuple[str, ...],
    size: int,
    after: str = "",
    few: bool = False,
) -> Page[M]:
    """One query. `ordering` must end with a unique field. An `after` that we did not make, or
    that was made for another ordering, gives the first page. `few` says that the rows are few and
    quickly found: the database then sorts them. Otherwise it reads an index in order until it has
    met enough rows, which is the whole index if they lie at its end."""
    rows = rows.order_by(*map(_without_index, ordering) if few else ordering)
    if key := _read(after, ordering):
        rows = rows.filter(beyond(ordering, key))
    found = list(rows[: size + 1])
    more = len(found) > size
    items = found[:size]
    return Page(items, _write(items[-1], ordering) if more else "")


def pager(request: HttpRequest, page: Page[Any]) -> dict[str, str]:
    """For a template: `next_url` and `first_url`, the addresses of the next page of this list and
    of its first, with the rest of the query kept; each is empty where there is none."""
    query = request.GET.copy()
    was_further_on = bool(query.pop("after", None))
    first_url = f"?{query.urlencode()}" if was_further_on else ""
    if not page.next:
        return {"next_url": "", "first_url": first_url}
    query["after"] = page.next
    return {"next_url": f"?{query.urlencode()}", "first_url": first_url}


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


def _write(row: Model, ordering: tuple[str, ...]) -> str:
    key = [getattr(row, name.removeprefix("-")) for name in ordering]
    plain = [one.isoformat() if isinstance(one, datetime) else one for one in key]
    return signing.dumps([list(ordering), plain], salt=SALT, compress=True)


def _read(after: str, ordering: tuple[str, ...]) -> list[Any] | None:
    try:
        made_for, key = signing.loads(after, salt=SALT)
    except signing.BadSignature:
        return None
    return key if tuple(made_for) == ordering else None
