"""Applying an edit in chunks: what becomes of the next items, their hashes, and the consents.

A chunk is read by one query and written by one statement, whatever its size:

    items      ┌ find ─┐  ┌ read ─────────────────────┐  ┌ decide ───┐  ┌ write ────────────────┐
    in order   │ next n│─>│ kinds: items that read    │─>│ an outcome│─>│ consents: 1 statement │
    of videos  └───────┘  │ alike, with their videos' │  │ per kind  │  │ exceptions among the  │
                          │ ids joined to one text    │  └───────────┘  │ items: 1 per outcome  │
                          └───────────────────────────┘        │        └───────────────────────┘
                                                               └─> one hash per item ─> the root

Three items of an edit that turns remixing off, before=terms 7, after=off:

    video  consent now        kind                 outcome      written
    11     terms 7            as it was frozen     changed      consent of 11: off
    12     terms 9            stale                superseded   the item: superseded
    13     terms 7            as it was frozen     changed      consent of 13: off

Videos 11 and 13 are one kind, read as one row with their two ids. The item of 12 gets its outcome
written; those of 11 and 13 stay `pending`, and the edit's cursor, moved to 13, says that they were
changed. Terms 7 now count two videos fewer. Private to consent.services.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import connection
from django.db.models import Count, F, Max, Min

from audit import tree
from consent.models import ConsentCount, ConsentState, Edit, Item, Terms, state_line
from consent.policy import Reason

PENDING, CHANGED = str(Item.Outcome.PENDING), str(Item.Outcome.CHANGED)
SUPERSEDED, NOT_ELIGIBLE = str(Item.Outcome.SUPERSEDED), str(Item.Outcome.NOT_ELIGIBLE)


@dataclass(slots=True)
class Chunk:
    """What became of a run of items: `counts` by outcome, `exceptions` those that the draft had
    counted as changing and that do not, and `root`, the RFC 6962 root in hex over the canonical
    lines of all of them ordered by video:

    {"after":"remix/1 allowed everyone -","before":"undecided","outcome":"changed","video":"…"}

    `lessened` are the ids of the videos of which less is allowed than before, or for less long.
    """

    counts: Counter[str] = field(default_factory=Counter)
    exceptions: Counter[str] = field(default_factory=Counter)
    root: str = ""
    lessened: list[str] = field(default_factory=list)


class _Run(NamedTuple):
    """The next `number` items: those of the videos above `above`, up to `upto`. `is_dense`: to
    read this stretch of a table costs less than to look its rows up one by one."""

    above: int
    upto: int
    number: int
    is_dense: bool


class _Kind(NamedTuple):
    """Items of a chunk that read alike. `gone`: their videos can no longer be allowed; `stale`:
    their consents are not what they were when they were frozen; `named`: a newer edit turns them
    off; `known`: there are consents to be updated."""

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
    uuids: str  # of the videos, joined without a separator, as the database keeps them
    items: str | None  # keys of those that may not simply be changed


# The limited run comes first, so that no more than that is ever joined, whatever the planner
# believes. A chunk has a handful of kinds and thousands of items.
READ = """
    SELECT before_id, before_decided, after_id, after_decided, outcome, gone, stale, named, known,
           COUNT(*), {join}(uuid, ''),
           {join}(CASE WHEN outcome = 'pending' AND (gone OR stale OR named OR %(void)s)
                       THEN CAST(id AS text) END, ',')
    FROM (
        SELECT i.*, CAST(v.uuid AS text) AS uuid, c.id IS NOT NULL AS known, {named} AS named,
               v.removed_at IS NOT NULL OR v.status <> 'ready' AS gone,
               {stale} AS stale
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
JOIN = {"postgresql": "STRING_AGG", "sqlite": "GROUP_CONCAT"}
NEAR = "AND {column} > %(above)s AND {column} <= %(upto)s"
# Whether the consent is not what it was when it was frozen; for an undo, whether another edit than
# the one that it undoes has changed it since, be it to and fro.
STALE = """COALESCE(c.terms_id, 0) <> COALESCE(i.before_id, 0)
                   OR COALESCE(c.decided, FALSE) <> i.before_decided"""
CHANGED_SINCE = "COALESCE(c.edit_id, 0) <> %(undone)s"
# What a newer edit turns off, or gives terms that allow nothing. A line of a spreadsheet that
# leaves a video undecided names nothing.
NAMED = """EXISTS (
            SELECT 1 FROM consent_item n
            WHERE n.edit_id IN ({edits}) AND n.video_id = i.video_id
                AND n.video_id > %(above)s AND n.video_id <= %(upto)s
                AND (n.after_id IN ({dead})
                     OR n.after_id IS NULL AND (n.after_decided OR n.outcome <> 'already'))
        )"""
# Where every video has a consent already: a third cheaper than an upsert.
UPDATE = """
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
    WHERE consent_consent.video_id = i.video_id AND consent_consent."use" = %(use)s
        AND consent_consent.video_id > %(above)s AND consent_consent.video_id <= %(upto)s
"""
UPSERT = """
    INSERT INTO consent_consent (creator_id, video_id, "use", terms_id, decided, version,
        withdrawn_version, changed_at, edit_id)
    SELECT %(creator)s, video_id, %(use)s, after_id, after_decided, %(version)s,
           CASE WHEN after_id IS NULL THEN %(version)s ELSE 0 END, {now}, edit_id
    FROM consent_item
    WHERE edit_id = %(edit)s AND outcome = 'pending'
        AND video_id > %(above)s AND video_id <= %(upto)s
    ON CONFLICT (video_id, "use") DO UPDATE SET
        terms_id = excluded.terms_id,
        decided = excluded.decided,
        version = excluded.version,
        withdrawn_version = CASE WHEN excluded.withdrawn_version > 0
            THEN excluded.withdrawn_version
            ELSE consent_consent.withdrawn_version END,
        changed_at = excluded.changed_at,
        edit_id = excluded.edit_id
"""
# PostgreSQL takes a parameter of a SELECT for text.
NOW = {"postgresql": "CAST(%(now)s AS timestamptz)", "sqlite": "%(now)s"}
FEW = 500  # items for which any plan is a good one


def apply_chunk(
    edit: Edit,
    state: ConsentState,
    lines: Lines,
    *,
    limit: int,
    newer: Sequence[int] = (),
    dead: Collection[int] = (),
    void: bool = False,
) -> Chunk | None:
    """Apply the next items, at most `limit`, under the lock of the consent state: write their
    consents, count them on the edit and move its cursor past them. None if there are none left.
    The caller saves the edit.

    A video removed since the draft is not eligible; one changed since, or turned off by one of the
    `newer` edits, is superseded; `dead` are the keys of terms that allow nothing, `void` is for an
    edit that may no longer allow anything. What an undo puts back is superseded where the last to
    change it was another edit than the one that it undoes.
    """
    following = edit.items.filter(video__gt=edit.cursor).order_by("video")[:limit]
    found = following.aggregate(first=Min("video"), last=Max("video"), number=Count("pk"))
    if not found["number"]:
        return None
    above, upto, number = found["first"] - 1, found["last"], found["number"]
    run = _Run(above, upto, number, is_dense=upto - above <= 10 * number)
    large = run.is_dense and number > FEW
    if large:
        _allow_nested_loops("off")
    chunk, known = Chunk(), True
    leaves: list[tuple[str, bytes]] = []
    exceptions: dict[str, list[str]] = {NOT_ELIGIBLE: [], SUPERSEDED: []}
    moved: Counter[int | None] = Counter()
    kinds = _read(edit, run, newer=newer, dead=dead, void=void)
    for kind in kinds:
        outcome = kind.outcome
        if outcome == PENDING and kind.after and kind.gone:
            outcome = NOT_ELIGIBLE
        elif outcome == PENDING:
            left_alone = kind.stale or (kind.after and (void or kind.named))
            outcome = SUPERSEDED if left_alone else CHANGED
        hashed = list(lines.hashed(kind, outcome))
        leaves += hashed
        if outcome == CHANGED:
            moved[kind.after] += kind.number
            if kind.before and not (
                kind.after and lines.terms[kind.after].covers(lines.terms[kind.before])
            ):
                chunk.lessened += [video for video, _ in hashed]
            moved[None if kind.gone else kind.before] -= kind.number
            known = known and kind.known
        elif kind.outcome == PENDING:
            exceptions[outcome] += (kind.items or "").split(",")
        chunk.counts[outcome] += kind.number
    chunk.root = tree.root([leaf for _, leaf in sorted(leaves)]).hex()
    for outcome, keys in exceptions.items():
        if keys:
            why = Reason.VIDEO_UNAVAILABLE if outcome == NOT_ELIGIBLE else ""
            chunk.exceptions[outcome] = edit.items.filter(pk__in=keys).update(
                outcome=outcome, reason=why
            )
    if chunk.counts[CHANGED]:
        _write(edit, state, run, update=known and run.is_dense)
        change_counts(edit.creator_id, edit.use, moved)
    if large:
        _allow_nested_loops("DEFAULT")
    _count_what_is_left(edit, kinds, dead)
    edit.changed += chunk.counts[CHANGED]
    edit.superseded += chunk.exceptions[SUPERSEDED]
    edit.not_eligible += chunk.exceptions[NOT_ELIGIBLE]
    edit.parts += 1
    edit.cursor = upto
    return chunk


def _read(
    edit: Edit, run: _Run, *, newer: Sequence[int], dead: Collection[int], void: bool
) -> list[_Kind]:
    """The items of the run, by kind."""
    edits = {f"edit{place}": pk for place, pk in enumerate(newer)}
    terms = {f"dead{place}": pk for place, pk in enumerate(dead)}
    named = NAMED.format(edits=_names(edits), dead=_names(terms) or "NULL") if edits else "FALSE"
    sql = READ.format(
        named=named,
        stale=CHANGED_SINCE if edit.undoes_id else STALE,
        join=JOIN[connection.vendor],
        near_v=NEAR.format(column="v.id") if run.is_dense else "",
        near_c=NEAR.format(column="c.video_id") if run.is_dense else "",
    )
    given = {**run._asdict(), **edits, **terms, "edit": edit.pk, "use": edit.use, "void": void}
    with connection.cursor() as cursor:
        cursor.execute(sql, given | {"undone": edit.undoes_id})
        return [_Kind._make(row) for row in cursor.fetchall()]


def _count_what_is_left(edit: Edit, kinds: list[_Kind], dead: Collection[int]) -> None:
    """Take the items of a run off those that the edit is still going to withdraw."""
    if edit.to_withdraw is not None:
        left = Counter(edit.to_withdraw)
        for kind in kinds:
            if kind.outcome == PENDING and kind.before and (not kind.after or kind.after in dead):
                left[str(kind.before)] -= kind.number
        edit.to_withdraw = dict(+left)


def _names(given: dict[str, int]) -> str:
    return ", ".join(f"%({name})s" for name in given)


def _write(edit: Edit, state: ConsentState, run: _Run, *, update: bool) -> None:
    """The consents of all pending items of the run; `update` says that there is one for each."""
    given = {
        **run._asdict(),
        "edit": edit.pk,
        "use": edit.use,
        "creator": edit.creator_id,
        "version": state.version,
        "now": connection.ops.adapt_datetimefield_value(state.changed_at),
    }
    with connection.cursor() as cursor:
        cursor.execute(UPDATE if update else UPSERT.format(now=NOW[connection.vendor]), given)


def _allow_nested_loops(allow: str) -> None:
    """PostgreSQL may have no figures yet of what was just written, believe that there is next to
    nothing, and compare each row of a dense run with each. With `off` it sorts or hashes, until
    `DEFAULT` or the end of the transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL enable_nestloop TO {allow}")


def change_counts(creator_id: int, use: str, moved: Counter[int | None]) -> None:
    """Add to the number of this creator's videos under each terms (None, off, is not counted).
    One statement for each terms; the lock of the consent state keeps others out."""
    for terms, number in moved.items():
        if terms is None or not number:
            continue
        count = ConsentCount.objects.filter(creator=creator_id, use=use, terms=terms)
        if not count.update(videos=F("videos") + number):
            ConsentCount.objects.create(
                creator_id=creator_id, use=use, terms_id=terms, videos=number
            )


@dataclass(slots=True)
class Lines:
    """The canonical lines of items, hashed. Those of one kind differ in their video alone, so what
    surrounds it is made once: RFC 8785 sorts the keys, and `video` comes last. Keeps the terms
    that it has read."""

    terms: dict[int, Terms] = field(default_factory=dict)

    def hashed(self, kind: _Kind, outcome: str) -> Iterator[tuple[str, bytes]]:
        """The id of each video of a kind, as it sorts, and the hash of its line."""
        for key in (kind.before, kind.after):
            if key and key not in self.terms:
                self.terms[key] = Terms.objects.select_related("notice").get(pk=key)
        around = {
            "video": "",
            "before": state_line(
                self.terms.get(kind.before or 0), decided=bool(kind.before_decided)
            ),
            "after": state_line(self.terms.get(kind.after or 0), decided=bool(kind.after_decided)),
            "outcome": outcome,
        }
        start = tree.canonical(around).removesuffix(b'"}')
        size = len(kind.uuids) // kind.number
        for place in range(0, len(kind.uuids), size):
            video = kind.uuids[place : place + size]
            if size == 32:  # SQLite keeps them without hyphens
                video = f"{video[:8]}-{video[8:12]}-{video[12:16]}-{video[16:20]}-{video[20:]}"
            yield video, tree.leaf_hash(start + video.encode() + b'"}')
