"""The set-based statements of an edit: freezing its items, finding what changed since, applying.

Each is one statement for any number of videos. Private to consent.services.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, models
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    DateTimeField,
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

from audit import tree
from consent.models import Consent, Edit, Item, Standing
from consent.policy import Reason
from library.models import Video

Outcome = Item.Outcome
_TRUE, _FALSE = Value(True), Value(False)


def insert_select(
    model: type[models.Model], rows: QuerySet[Any], columns: dict[str, Any], *, conflict: str = ""
) -> int:
    """INSERT INTO model SELECT columns FROM rows; returns how many rows were written.

    `columns` maps field names to expressions over `rows`; `conflict` is an ON CONFLICT clause.
    """
    renamed = {f"_{name}": expression for name, expression in columns.items()}
    query = rows.order_by().annotate(**renamed).values_list(*renamed)
    sql, params = query.query.sql_with_params()
    quote = connection.ops.quote_name
    fields: list[models.Field[Any, Any]] = [model._meta.get_field(name) for name in columns]  # type: ignore[misc]
    names = ", ".join(quote(str(field.column)) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(model._meta.db_table)} ({names}) {sql} {conflict}",
            params,
        )
        return int(cursor.rowcount)


def _typed(value: Any, field: models.Field[Any, Any]) -> Cast:
    """A constant with its type said, which PostgreSQL wants of NULL in a SELECT."""
    return Cast(Value(value), field)


def freeze(edit: Edit, videos: QuerySet[Video]) -> None:
    """Write one item for each video: its exact former state, and what will come of it."""
    after = edit.terms_id
    if edit.is_grant:
        outcome = Case(
            When(~Q(status=Video.Status.READY), then=Value(Outcome.NOT_ELIGIBLE)),
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
    joined = videos.annotate(
        frozen=FilteredRelation("consents", condition=Q(consents__use=edit.use))
    )
    insert_select(
        Item,
        joined,
        {
            "edit": _typed(edit.pk, BigIntegerField()),
            "video": F("pk"),
            "before": F("frozen__terms"),
            "before_decided": Coalesce(F("frozen__decided"), _FALSE),
            "after": _typed(after, BigIntegerField()),
            "after_decided": _TRUE,
            "outcome": outcome,
            "reason": Case(
                When(
                    ~Q(status=Video.Status.READY) if edit.is_grant else Q(pk__isnull=True),
                    then=Value(str(Reason.VIDEO_UNAVAILABLE)),
                ),
                default=Value(""),
                output_field=CharField(),
            ),
        },
    )


def freeze_inverse(inverse: Edit, edit: Edit) -> None:
    """Items that put back what `edit` changed, where nothing changed it since."""
    changed = edit.items.filter(outcome=Outcome.CHANGED)
    as_it_left = _current(use=edit.use, terms="after", decided="after_decided")
    insert_select(
        Item,
        changed,
        {
            "edit": _typed(inverse.pk, BigIntegerField()),
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
    )


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


def mark_stale(edit: Edit) -> None:
    """Before applying: what was removed since is not eligible, what changed since is superseded."""
    pending = edit.items.filter(outcome=Outcome.PENDING)
    gone = Q(video__removed_at__isnull=False) | ~Q(video__status=Video.Status.READY)
    pending.filter(pk__in=pending.filter(gone, after__isnull=False).values("pk")).update(
        outcome=Outcome.NOT_ELIGIBLE, reason=Reason.VIDEO_UNAVAILABLE
    )
    unchanged = _current(use=edit.use, terms="before", decided="before_decided")
    pending.exclude(unchanged).update(outcome=Outcome.SUPERSEDED)


def apply_pending(edit: Edit, standing: Standing) -> None:
    """Write the consents of all pending items and mark them changed: two statements."""
    pending = edit.items.filter(outcome=Outcome.PENDING)
    version = standing.version
    insert_select(
        Consent,
        pending,
        {
            "creator": _typed(edit.creator_id, BigIntegerField()),
            "video": F("video"),
            "use": Value(edit.use),
            "terms": F("after"),
            "decided": F("after_decided"),
            "version": _typed(version, BigIntegerField()),
            "withdrawn_version": Case(
                When(after=None, then=Value(version)),
                default=Value(0),
                output_field=BigIntegerField(),
            ),
            "changed_at": _typed(standing.changed_at, DateTimeField()),
            "edit": _typed(edit.pk, BigIntegerField()),
        },
        conflict="""
            ON CONFLICT (video_id, "use") DO UPDATE SET
                terms_id = excluded.terms_id,
                decided = excluded.decided,
                version = excluded.version,
                withdrawn_version = CASE WHEN excluded.withdrawn_version > 0
                    THEN excluded.withdrawn_version
                    ELSE consent_consent.withdrawn_version END,
                changed_at = excluded.changed_at,
                edit_id = excluded.edit_id
        """,
    )
    pending.update(outcome=Outcome.CHANGED)


def counts(edit: Edit) -> dict[str, int]:
    """How many items have each outcome, zeros included: one query."""
    rows = edit.items.order_by().values_list("outcome").annotate(n=Count("pk"))
    return dict.fromkeys(Outcome.values, 0) | dict(rows)


def items_root(edit: Edit) -> str:
    """The RFC 6962 root, in hex, over the canonical lines of all items ordered by video:

    {"after":"remix/1 allowed everyone -","before":"undecided","outcome":"changed","video":"…"}
    """
    rows = edit.items.order_by("video__uuid").select_related(
        "video", "before__notice", "after__notice"
    )
    leaves = [tree.leaf_hash(tree.canonical(item.line())) for item in rows.iterator()]
    return tree.root(leaves).hex()
