"""The set-based statements of an edit: freezing its items, finding what changed since.

Each is one statement for any number of videos. Private to consent.services; `chunks` applies them.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from consent import counts
from consent.filters import changed_in
from consent.models import Consent, Edit, Item, Terms
from consent.policy import Reason
from consent.signals import Among
from library.models import Video

Outcome = Item.Outcome
_TRUE, _FALSE = Value(True), Value(False)


def insert_select(
    model: type[models.Model],
    rows: QuerySet[Any],
    columns: dict[str, Any],
    *,
    conflict: str = "",
    first: tuple[str, int] | None = None,
) -> int:
    """INSERT INTO model SELECT columns FROM rows; returns how many rows were written.

    `columns` maps field names to expressions over `rows`; `conflict` is an ON CONFLICT clause;
    `first` takes only so many rows in the order of a field.
    """
    renamed = {f"_{name}": expression for name, expression in columns.items()}
    query = rows.order_by(first[0]) if first else rows.order_by()
    query = query.annotate(**renamed).values_list(*renamed)
    if first:
        query = query[: first[1]]
    try:
        sql, params = query.query.sql_with_params()
    except EmptyResultSet:  # a filter that is known to match nothing
        return 0
    quote = connection.ops.quote_name
    fields: list[models.Field[Any, Any]] = [model._meta.get_field(name) for name in columns]  # type: ignore[misc]
    names = ", ".join(quote(str(field.column)) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(model._meta.db_table)} ({names}) {sql} {conflict}",
            params,
        )
        return int(cursor.rowcount)


def typed(value: Any, field: models.Field[Any, Any]) -> Cast:
    """A constant with its type said, which PostgreSQL wants of NULL in a SELECT."""
    return Cast(Value(value), field)


def freeze(edit: Edit, videos: QuerySet[Video], *, above: int = 0, most: int | None = None) -> int:
    """Write one item for each video: its exact former state, and what will come of it. With
    `most`, only for the first so many by key above `above`. Returns how many."""
    after = edit.terms_id
    unready = ~Q(status=Video.Status.READY)
    if edit.is_grant:
        outcome = Case(
            When(unready, then=Value(Outcome.NOT_ELIGIBLE)),
            When(frozen__terms=after, then=Value(Outcome.ALREADY)),
            default=Value(Outcome.PENDING),
            output_field=CharField(),
        )
    else:
        outcome = Case(
            When(frozen__decided=True, frozen__terms=None, then=Value(Outcome.ALREADY)),
            default=Value(Outcome.PENDING),
            output_field=CharField(),
        )
    condition = Q(consents__use=edit.use)
    if above:  # said of both tables, so that neither is read from its start for every chunk
        videos, condition = videos.filter(pk__gt=above), condition & Q(consents__video__gt=above)
    joined = videos.annotate(frozen=FilteredRelation("consents", condition=condition))
    return insert_select(
        Item,
        joined,
        {
            "edit": typed(edit.pk, BigIntegerField()),
            "video": F("pk"),
            "before": F("frozen__terms"),
            "before_decided": Coalesce(F("frozen__decided"), _FALSE),
            "after": typed(after, BigIntegerField()),
            "after_decided": _TRUE,
            "outcome": outcome,
            "reason": Case(
                When(
                    unready if edit.is_grant else Q(pk__isnull=True),
                    then=Value(str(Reason.VIDEO_UNAVAILABLE)),
                ),
                default=Value(""),
                output_field=CharField(),
            ),
        },
        first=("pk", most) if most else None,
    )


def freeze_inverse(inverse: Edit, edit: Edit, *, most: int | None = None) -> int:
    """Items that put back what `edit` changed, where nothing changed it since; with `most`, for
    the first so many videos after those that `inverse` has. Returns how many."""
    as_it_left = _current(use=edit.use, terms="after", decided="after_decided")
    return insert_select(
        Item,
        changed_in(edit).filter(video__gt=last_of(inverse)),
        {
            "edit": typed(inverse.pk, BigIntegerField()),
            "video": F("video"),
            "before": F("after"),
            "before_decided": F("after_decided"),
            "after": F("before"),
            "after_decided": F("before_decided"),
            "outcome": Case(
                When(as_it_left, then=Value(Outcome.PENDING)),
                default=Value(Outcome.SUPERSEDED),
                output_field=CharField(),
            ),
            "reason": Value(""),
        },
        first=("video", most) if most else None,
    )


def last_of(edit: Edit) -> int:
    """The key of the last video that was frozen so far."""
    return edit.items.order_by("-video").values_list("video", flat=True).first() or 0


def _current(*, use: str, terms: str, decided: str) -> Q:
    """Whether the consent of an item's video is (terms, decided); both NULL-safe."""
    consent = Consent.objects.filter(video=OuterRef("video"), use=use)
    with_terms = Exists(consent.filter(decided=OuterRef(decided), terms=OuterRef(terms)))
    without = Exists(consent.filter(decided=OuterRef(decided), terms=None))
    return (
        Q(with_terms)
        | (Q(**{f"{terms}__isnull": True}) & Q(without))
        | (Q(**{f"{terms}__isnull": True, decided: False}) & ~Q(Exists(consent)))
    )


def count(edit: Edit) -> None:
    """Set the counts of a draft from its items: two queries. The caller saves.

    Former terms that have ended or lapsed allow nothing: who puts them back is told so.
    """
    rows: QuerySet[Item, Any] = edit.items.order_by().values("outcome", "before", "after")
    found = list(rows.annotate(n=Count("pk")))
    dead = dead_terms({key for row in found for key in (row["before"], row["after"]) if key})
    edit.selected = edit.will_change = edit.grants = edit.withdraws = 0
    edit.already = edit.superseded = edit.not_eligible = 0
    for row in found:
        edit.selected += row["n"]
        if row["outcome"] != Outcome.PENDING:
            setattr(edit, row["outcome"], getattr(edit, row["outcome"]) + row["n"])
            continue
        edit.will_change += row["n"]
        before, after = row["before"], row["after"]
        if after and after not in dead:
            edit.grants += row["n"]
        elif before and (not after or before not in dead):
            edit.withdraws += row["n"]


def dead_terms(keys: set[int]) -> set[int]:
    """Those of these terms that have ended or lapsed. One query, or two."""
    if not keys:
        return set()
    now, material = timezone.now(), counts.material_versions()
    return {
        terms.pk
        for terms in Terms.objects.filter(pk__in=keys).select_related("notice")
        if counts.state_of_terms(terms, now=now, material=material.get(terms.use, 0))
        in ("expired", "notice_changed")
    }


def stale(edit: Edit) -> QuerySet[Item]:
    """The items of a draft that would change, and whose consent is no longer what it was."""
    pending = edit.items.filter(outcome=Outcome.PENDING)
    return pending.exclude(_current(use=edit.use, terms="before", decided="before_decided"))


def withdrawn_by(edit: Edit) -> Among:
    """The videos from which this edit has taken something allowed."""
    return lambda keys: _taken(edit, keys).values_list("video", flat=True)


def withdrawn_soon_by(edit: Edit) -> Among:
    """The videos from which this edit is going to take something allowed, if nobody has changed
    it since it was frozen."""
    stands = Consent.objects.filter(video=OuterRef("video"), use=edit.use, terms=OuterRef("before"))
    return lambda keys: _taken(edit, keys).filter(Exists(stands)).values_list("video", flat=True)


def _taken(edit: Edit, keys: list[int]) -> QuerySet[Item]:
    named = edit.items.filter(video__in=keys, outcome=Outcome.PENDING, before__isnull=False)
    if edit.change != Edit.Change.FORMER:
        return named.filter(after=None)
    afterwards = set(named.order_by().values_list("after", flat=True).distinct())
    dead = dead_terms({key for key in afterwards if key})
    return named.filter(Q(after=None) | Q(after__in=dead))
