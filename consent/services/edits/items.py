"""The items of an edit: one row for each video, written by one statement for any number of them.

Private to consent.services; `chunks` applies what is written here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
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
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from consent import counts
from consent.models import Consent, Edit, Item, Terms
from consent.policy import Reason
from consent.services.terms import make_with_ends
from library.models import Video

Outcome = Item.Outcome
Alike = tuple[int | None, bool, int | None, bool]  # before, before_decided, after, after_decided


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """How many videos of a draft, by what it was going to make of them; and their items."""

    changed: Counter[Alike] = field(default_factory=Counter)
    removed: Counter[Alike] = field(default_factory=Counter)
    items: QuerySet[Item] = field(default_factory=Item.objects.none)

    @property
    def alike(self) -> Counter[Alike]:
        return self.changed + self.removed

    @property
    def number_changed(self) -> int:
        return self.changed.total()

    @property
    def number_removed(self) -> int:
        return self.removed.total()

    @property
    def number(self) -> int:
        return self.number_changed + self.number_removed


def insert_select(rows: QuerySet[Any], columns: dict[str, Any], *, first: int | None = None) -> int:
    """INSERT INTO items SELECT columns FROM rows; returns how many rows were written.

    `columns` maps field names of Item to expressions over `rows`, in an order that begins with the
    edit and the video; `first` takes only so many rows, by the key of their video.
    """
    renamed = {f"_{name}": expression for name, expression in columns.items()}
    query = rows.order_by().annotate(**renamed).values_list(*renamed)
    if first:
        query = query.order_by("_video")[:first]
    try:
        sql, params = query.query.sql_with_params()
    except EmptyResultSet:  # a filter that is known to match nothing
        return 0
    names = ", ".join(str(Item._meta.get_field(name).column) for name in columns)  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {Item._meta.db_table} ({names}) {sql}", params)
        return int(cursor.rowcount)


def freeze(edit: Edit, videos: QuerySet[Video], *, above: int = 0, first: int | None = None) -> int:
    """Write one item for each video: its exact former state, and what will become of it. With
    `first`, only for so many videos by key above `above`. Returns how many."""
    allows = edit.terms_id is not None
    not_ready = ~Q(status=Video.Status.READY) if allows else Q(pk__isnull=True)
    # Typed, as PostgreSQL needs it for NULL in a SELECT.
    after: Any = Cast(Value(edit.terms_id), BigIntegerField())
    already = Q(frozen__terms=edit.terms_id) if allows else Q(frozen__terms=None)
    if edit.keeps_ends:
        after = _with_own_end(edit, after)
        already = Q(frozen__terms=after)
    condition = Q(consents__use=edit.use)
    if above:  # for both tables, so that neither is read from its start for every chunk
        videos, condition = videos.filter(pk__gt=above), condition & Q(consents__video__gt=above)
    return insert_select(
        videos.annotate(frozen=FilteredRelation("consents", condition=condition)),
        {
            "edit": Cast(Value(edit.pk), BigIntegerField()),
            "video": F("pk"),
            "before": F("frozen__terms"),
            "before_decided": Coalesce(F("frozen__decided"), Value(False)),
            "after": after,
            "after_decided": Value(True),
            "outcome": Case(
                When(not_ready, then=Value(Outcome.NOT_ELIGIBLE)),
                When(Q(frozen__decided=True) & already, then=Value(Outcome.ALREADY)),
                default=Value(Outcome.PENDING),
                output_field=CharField(),
            ),
            "reason": Case(
                When(not_ready, then=Value(str(Reason.VIDEO_UNAVAILABLE))),
                default=Value(""),
                output_field=CharField(),
            ),
        },
        first=first,
    )


def _with_own_end(edit: Edit, terms: Any) -> Case:
    """What an edit that keeps ends makes of each video: terms under its notice with the end that
    the video has, if it has not passed; `terms` for the others."""
    given = Terms.objects.select_related("notice").get(pk=edit.terms_id or 0)
    make_with_ends(given, counts.standing_ends(edit.creator, edit.use))
    same = Terms.objects.filter(
        use=given.use, notice=given.notice_id, audience=given.audience, mode=given.mode
    )
    own = same.filter(until=OuterRef("frozen__terms__until")).values("pk")[:1]
    endless = same.filter(until=None).values("pk")[:1]
    has_terms, kept = Q(frozen__terms__isnull=False), F("frozen__terms")
    return Case(
        When(frozen__terms__until__gt=timezone.now(), then=Coalesce(Subquery(own), kept)),
        When(has_terms & Q(frozen__terms__until=None), then=Coalesce(Subquery(endless), kept)),
        default=terms,
        output_field=BigIntegerField(),
    )


def freeze_inverse(inverse: Edit, edit: Edit, *, first: int | None = None) -> int:
    """Items that put back what `edit` changed, where no other edit changed it since; nor, for what
    would be under terms again, turned it off once more. With `first`, for so many videos after
    those that `inverse` has. Returns how many."""
    consent = Consent.objects.filter(video=OuterRef("video"), use=edit.use, edit=edit.pk)
    as_left = Q(Exists(consent)) & ~(Q(before__isnull=False) & _named_since(inverse))
    return insert_select(
        edit.changed_items.filter(video__gt=last_video(inverse)),
        {
            "edit": Cast(Value(inverse.pk), BigIntegerField()),
            "video": F("video"),
            "before": F("after"),
            "before_decided": F("after_decided"),
            "after": F("before"),
            "after_decided": F("before_decided"),
            "outcome": Case(
                When(as_left, then=Value(Outcome.PENDING)),
                default=Value(Outcome.SUPERSEDED),
                output_field=CharField(),
            ),
            "reason": Value(""),
        },
        first=first,
    )


def newer_withdrawals(edit: Edit) -> list[int]:
    """Keys of the edits confirmed after this one, or after the one that it undoes, that turn
    something off. They count more, also for a video that was off already when they were made. One
    that changed nothing raised no version: it has that of the edit before it. One query."""
    first = edit.undoes or edit
    later = Edit.objects.filter(
        creator=edit.creator,
        use=edit.use,
        version__gte=first.version,
        status__in=[Edit.Status.CONFIRMED, Edit.Status.APPLYING, Edit.Status.APPLIED],
    ).exclude(Q(change=Edit.Change.ALLOWED) | Q(pk__in=[edit.pk, first.pk]))
    return list(later.values_list("pk", flat=True))


def _named_since(undo: Edit) -> Q:
    """Whether a newer edit than the one that this undoes turns the item's video off, or gives it
    terms that allow nothing. As chunks.NAMED."""
    newer = newer_withdrawals(undo)
    if not newer:
        return Q(pk__in=[])
    named = Item.objects.filter(edit__in=newer, video=OuterRef("video"))
    turns_off = Q(after=None) & (Q(after_decided=True) | ~Q(outcome=Outcome.ALREADY))
    return Q(Exists(named.filter(turns_off | Q(after__in=dead_terms(undo)))))


def last_video(edit: Edit) -> int:
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


def count(edit: Edit) -> Edit:
    """Set the counts of a draft from its items, and save it: one query more for an undo.

    Former terms that have ended or lapsed allow nothing: putting them back is no grant.
    """
    alike = edit.items.order_by().values(*Item.ALIKE).annotate(n=Count("pk"))
    edit.kinds = list(alike.values_list(*Item.ALIKE, "n"))
    dead = dead_terms(edit) if edit.change == Edit.Change.FORMER else set()
    to_withdraw: Counter[str] = Counter()
    edit.selected = edit.will_change = edit.grants = edit.withdraws = 0
    edit.already = edit.superseded = edit.not_eligible = 0
    for outcome, before, _decided, after, _as_decided, n in edit.kinds:
        edit.selected += n
        if outcome != Outcome.PENDING:
            setattr(edit, outcome, getattr(edit, outcome) + n)
            continue
        edit.will_change += n
        if after and after not in dead:
            edit.grants += n
        elif before and (not after or before not in dead):
            edit.withdraws += n
        if before and (not after or after in dead):
            to_withdraw[str(before)] += n
    edit.to_withdraw = to_withdraw
    edit.save()
    return edit


def dead_terms(edit: Edit) -> set[int]:
    """Of the terms that this creator has had for the use, those that have ended or lapsed. One
    query. Only an undo can put such terms back."""
    return counts.counts_by_use(edit.creator)[edit.use].dead_terms


def left_alone(edit: Edit, *, version: int) -> LeftAlone:
    """What a draft said would change and a confirm would leave alone now, because its video was
    changed or removed since. `version` is that of the consent state: as long as it is the draft's,
    nothing was. One query at most, which reads what was changed since."""
    newer = newer_withdrawals(edit) if edit.undoes else []
    if version == edit.version and not newer:
        return LeftAlone()
    since = Consent.objects.filter(creator=edit.creator, use=edit.use, version__gt=edit.version)
    removed = Video.objects.filter(owner=edit.creator, removed_at__isnull=False)
    is_gone = Q(after__isnull=False, video__in=removed.values("pk"))
    is_stale = Q(video__in=since.values("video"))
    if edit.undoes:
        is_stale |= Q(after__isnull=False) & _named_since(edit)
    else:
        is_stale &= ~_current(use=edit.use, terms="before", decided="before_decided")
    pending = edit.items.filter(outcome=Outcome.PENDING).annotate(
        gone=Case(When(is_gone, then=Value(True)), default=Value(False))
    )
    found = LeftAlone(items=pending.filter(is_gone | is_stale))
    alike = ("gone", *Item.ALIKE[1:])
    rows = found.items.order_by().values(*alike).annotate(n=Count("pk"))
    for gone, *kind, n in rows.values_list(*alike, "n"):
        (found.removed if gone else found.changed)[tuple(kind)] += n
    return found


def withdrawn_videos(edit: Edit, *, applied: bool) -> QuerySet[Video]:
    """The videos from which this edit has taken something allowed (`applied`), or is going to, if
    nobody has changed their consent since it was frozen."""
    taken = edit.items.filter(outcome=Outcome.PENDING, before__isnull=False, video=OuterRef("pk"))
    if edit.change == Edit.Change.FORMER:
        taken = taken.filter(Q(after=None) | Q(after__in=dead_terms(edit)))
    else:
        taken = taken.filter(after=None)
    if not applied:
        stands = Consent.objects.filter(
            video=OuterRef("video"), use=edit.use, terms=OuterRef("before")
        )
        taken = taken.filter(Exists(stands))
    return Video.objects.filter(Exists(taken))
