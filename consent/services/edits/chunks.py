"""Applying an edit, chunk by chunk: what comes of a run of its items, the root over their lines,
and the consents they change.

A chunk is read by one query and written by one statement, whatever its size. Private to
consent.services.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import connection
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    DateTimeField,
    F,
    Max,
    Min,
    Value,
    When,
)

from audit import tree
from consent.models import Consent, ConsentCount, ConsentState, Edit, Item, Terms, state_line
from consent.policy import Reason
from consent.services.edits import items

Outcome = Item.Outcome
PENDING, CHANGED = str(Outcome.PENDING), str(Outcome.CHANGED)
SUPERSEDED, NOT_ELIGIBLE = str(Outcome.SUPERSEDED), str(Outcome.NOT_ELIGIBLE)


@dataclass(slots=True)
class Chunk:
    """What came of a run of items: numbers by outcome, how many were left out now that the draft
    had counted as changing, and the RFC 6962 root in hex over the
    canonical lines of all of them ordered by video:

    {"after":"remix/1 allowed everyone -","before":"undecided","outcome":"changed","video":"…"}
    """

    counts: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    root: str = ""

    def __getitem__(self, outcome: str) -> int:
        return self.counts[outcome]


class _Kind(NamedTuple):
    """Items of a chunk that read alike, as applying reads them. `gone` says that their videos can
    no longer be allowed, `stale` that their consents are not what they were when they were frozen,
    `named` that a newer edit turns them off, `known` that there are consents to be changed."""

    before: int | None
    before_decided: bool
    after: int | None
    after_decided: bool
    outcome: str
    gone: bool
    stale: bool
    named: bool
    known: bool
    number: int
    uuids: str  # of the videos, one behind the other, as the database keeps them
    items: str | None  # keys of those that are perhaps not simply to be changed


# The part first, so that no more than that is ever joined, whatever the planner believes. A chunk
# has a handful of kinds and thousands of items, whose videos come as one text for each kind.
READ = """
    SELECT before_id, before_decided, after_id, after_decided, outcome, gone, stale, named, known,
           COUNT(*), {together}(uuid, ''),
           {together}(CASE WHEN outcome = 'pending' AND (gone OR stale OR named OR %(void)s)
                           THEN CAST(id AS text) END, ',')
    FROM (
        SELECT i.*, CAST(v.uuid AS text) AS uuid, c.id IS NOT NULL AS known, {named} AS named,
               v.removed_at IS NOT NULL OR v.status <> 'ready' AS gone,
               COALESCE(c.terms_id, 0) <> COALESCE(i.before_id, 0)
                   OR COALESCE(c.decided, FALSE) <> i.before_decided AS stale
        FROM (
            SELECT * FROM consent_item
            WHERE edit_id = %(edit)s AND video_id > %(above)s AND video_id <= %(upto)s
            ORDER BY video_id LIMIT %(number)s
        ) i
        JOIN library_video v ON v.id = i.video_id {near_v}
        LEFT JOIN consent_consent c ON c.video_id = i.video_id AND c."use" = %(use)s {near_c}
    ) chunk
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""
FEW = 500  # items that may be compared each with each
NEAR = "AND {column} > %(above)s AND {column} <= %(upto)s"
# What an edit turns off. A line of a file that leaves a video undecided is about nothing.
NAMED = """EXISTS (
            SELECT 1 FROM consent_item n
            WHERE n.edit_id IN ({edits}) AND n.video_id = i.video_id AND n.after_id IS NULL
                AND n.video_id > %(above)s AND n.video_id <= %(upto)s
                AND (n.after_decided OR n.outcome <> 'already')
        )"""
TOGETHER = {"postgresql": "STRING_AGG", "sqlite": "GROUP_CONCAT"}
CHANGE = """
    UPDATE consent_consent SET
        terms_id = i.after_id,
        decided = i.after_decided,
        version = %(version)s,
        withdrawn_version =
            CASE WHEN i.after_id IS NULL THEN %(version)s ELSE withdrawn_version END,
        changed_at = %(now)s,
        edit_id = i.edit_id
    FROM (
        SELECT edit_id, video_id, after_id, after_decided FROM consent_item
        WHERE edit_id = %(edit)s AND outcome = 'pending'
            AND video_id > %(above)s AND video_id <= %(upto)s
        ORDER BY video_id LIMIT %(number)s
    ) i
    WHERE consent_consent.video_id = i.video_id AND consent_consent."use" = %(use)s {near}
"""


class _Part(NamedTuple):
    """The next `number` items: those of the videos above `above`, up to `upto`."""

    above: int
    upto: int
    number: int

    @property
    def is_dense(self) -> bool:
        """Whether reading the part's stretch of a table costs less than to look its rows up."""
        return self.upto - self.above <= 10 * self.number


def apply_next(
    edit: Edit,
    state: ConsentState,
    lines: TermsLines,
    *,
    most: int,
    newer: Sequence[int] = (),
    void: bool = False,
) -> Chunk | None:
    """Apply the next `most` items, under the standing's lock, and move the edit's cursor past
    them; None if there are none left. The caller saves the edit.

    What was removed since the draft is not eligible, what changed since or was turned off by one
    of the `newer` edits is superseded; `void` is for an edit that may no longer allow anything.
    Finds the items by one query and reads them by another, writes the consents by one statement,
    and the exceptions among the items, if any, by one for each outcome.
    """
    part = _next_part(edit, most)
    if part is None:
        return None
    kinds = _read(edit, part, newer=newer, void=void)
    chunk = Chunk()
    leaves: list[tuple[str, bytes]] = []
    left: dict[str, list[int]] = {NOT_ELIGIBLE: [], SUPERSEDED: []}
    moved: Counter[tuple[int | None, int | None]] = Counter()
    known = True
    for kind in kinds:
        outcome = kind.outcome
        if outcome == PENDING:
            outcome = _comes_of(kind, void=void)
            if outcome == CHANGED:
                moved[None if kind.gone else kind.before, kind.after] += kind.number
                known = known and kind.known
            else:
                left[outcome] += map(int, (kind.items or "").split(","))
        chunk.counts[outcome] += kind.number
        leaves += lines.leaves_of(kind, outcome)
    chunk.root = tree.root([leaf for _, leaf in sorted(leaves)]).hex()
    _leave_out(edit, left)
    chunk.left_out = Counter({outcome: len(keys) for outcome, keys in left.items()})
    if moved:
        write = _change if known and part.is_dense else _write
        write(edit, state, part)
        deltas: Counter[int] = Counter()
        for (before, after), number in moved.items():
            deltas.update({after: number} if after else {})
            deltas.subtract({before: number} if before else {})
        change_counts(edit.creator_id, edit.use, deltas)
    edit.cursor = part.upto
    return chunk


def _next_part(edit: Edit, most: int) -> _Part | None:
    following = edit.items.filter(video__gt=edit.cursor).order_by("video")[:most]
    found = following.aggregate(first=Min("video"), last=Max("video"), number=Count("pk"))
    if not found["number"]:
        return None
    return _Part(above=found["first"] - 1, upto=found["last"], number=found["number"])


@contextmanager
def _in_order(part: _Part) -> Iterator[None]:
    """PostgreSQL may have no figures yet of what was just written, believe that there is next to
    nothing, and compare each row of a dense part with each. Kept from it, it sorts or hashes."""
    if connection.vendor != "postgresql" or not part.is_dense or part.number <= FEW:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop TO off")
        yield
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")


def _read(edit: Edit, part: _Part, *, newer: Sequence[int], void: bool) -> list[_Kind]:
    """The items of the part, by kind."""
    edits = {f"edit{place}": pk for place, pk in enumerate(newer)}
    named = NAMED.format(edits=", ".join(f"%({name})s" for name in edits)) if edits else "FALSE"
    sql = READ.format(
        named=named,
        together=TOGETHER[connection.vendor],
        near_v=NEAR.format(column="v.id") if part.is_dense else "",
        near_c=NEAR.format(column="c.video_id") if part.is_dense else "",
    )
    given = {**part._asdict(), **edits, "edit": edit.pk, "use": edit.use, "void": void}
    with _in_order(part), connection.cursor() as cursor:
        cursor.execute(sql, given)
        return [_Kind._make(row) for row in cursor.fetchall()]


def _comes_of(kind: _Kind, *, void: bool) -> str:
    """What comes of items that would change."""
    if kind.after and kind.gone:
        return NOT_ELIGIBLE
    if kind.stale or (kind.after and (void or kind.named)):
        return SUPERSEDED
    return CHANGED


def _leave_out(edit: Edit, left: dict[str, list[int]]) -> None:
    """Write down the items that are not simply changed."""
    for outcome, keys in left.items():
        reason = Reason.VIDEO_UNAVAILABLE if outcome == NOT_ELIGIBLE else ""
        if keys:
            edit.items.filter(pk__in=keys).update(outcome=outcome, reason=reason)


def _change(edit: Edit, state: ConsentState, part: _Part) -> None:
    """What `_write` does, where every video of a dense part has a consent: a third cheaper."""
    given = {
        **part._asdict(),
        "edit": edit.pk,
        "use": edit.use,
        "version": state.version,
        "now": connection.ops.adapt_datetimefield_value(state.changed_at),
    }
    with _in_order(part), connection.cursor() as cursor:
        cursor.execute(CHANGE.format(near=NEAR.format(column="consent_consent.video_id")), given)


def _write(edit: Edit, state: ConsentState, part: _Part) -> None:
    """The consents of all pending items of the part."""
    version = state.version
    items.insert_select(
        Consent,
        edit.items.filter(outcome=Outcome.PENDING, video__gt=part.above, video__lte=part.upto),
        {
            "creator": items.typed(edit.creator_id, BigIntegerField()),
            "video": F("video"),
            "use": Value(edit.use),
            "terms": F("after"),
            "decided": F("after_decided"),
            "version": items.typed(version, BigIntegerField()),
            "withdrawn_version": Case(
                When(after=None, then=Value(version)),
                default=Value(0),
                output_field=BigIntegerField(),
            ),
            "changed_at": Value(state.changed_at, output_field=DateTimeField()),
            "edit": items.typed(edit.pk, BigIntegerField()),
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


def change_counts(creator_id: int, use: str, deltas: Counter[int]) -> None:
    """Add to the number of this creator's videos under each terms. One statement for each terms;
    the standing's lock keeps others out."""
    for terms, delta in deltas.items():
        tally = ConsentCount.objects.filter(creator=creator_id, use=use, terms=terms)
        if delta and not tally.update(videos=F("videos") + delta):
            ConsentCount.objects.create(
                creator_id=creator_id, use=use, terms_id=terms, videos=delta
            )


class TermsLines:
    """The canonical bytes of item lines. Those of one kind differ in their video alone, so what
    stands around it is made once: RFC 8785 sorts the keys, and `video` comes last."""

    def __init__(self) -> None:
        self._terms: dict[int | None, Terms | None] = {None: None}

    def leaves_of(self, kind: _Kind, outcome: str) -> Iterator[tuple[str, bytes]]:
        """The id of each video of a kind, as it sorts, and the hash of its line."""
        around = {
            "video": "",
            "before": state_line(self._get(kind.before), decided=bool(kind.before_decided)),
            "after": state_line(self._get(kind.after), decided=bool(kind.after_decided)),
            "outcome": outcome,
        }
        start = tree.canonical(around).removesuffix(b'"}')
        size = len(kind.uuids) // kind.number
        for place in range(0, len(kind.uuids), size):
            video = kind.uuids[place : place + size]
            if size == 32:  # SQLite keeps them without hyphens
                video = f"{video[:8]}-{video[8:12]}-{video[12:16]}-{video[16:20]}-{video[20:]}"
            yield video, tree.leaf_hash(start + video.encode() + b'"}')

    def _get(self, key: int | None) -> Terms | None:
        if key is not None and key not in self._terms:
            self._terms[key] = Terms.objects.select_related("notice").get(pk=key)
        return self._terms[key]


def items_root(edit: Edit) -> str:
    """The root over all items of an edit that was applied in one piece, made from the rows."""
    rows = edit.items.order_by("video__uuid").select_related(
        "edit", "video", "before__notice", "after__notice"
    )
    leaves = [tree.leaf_hash(tree.canonical(item.line())) for item in rows.iterator()]
    return tree.root(leaves).hex()
