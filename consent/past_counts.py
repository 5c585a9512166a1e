"""How many videos of a library stood under which terms at a moment of the past. Reading only.

From now backwards: the kept counts (ConsentCount), with the videos that were removed since, less
what each edit has done since. What an edit did is read off the kinds of its draft, a few numbers
for a million videos; its items are only counted where those do not say it exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.db.models import Count, F, Q

from consent.counts import Overview, UseCounts, UseHolds
from consent.models import Consent, ConsentCount, Edit, Item, Terms
from consent.past import Past, Stored, stored_at, taking
from consent.uses import USES
from library.models import Video, VideoCount

Moved = tuple[str, int | None, int | None, int]  # use, terms before, terms after, videos
UNDER_WAY = {True: Edit.Status.HOLDING, False: Edit.Status.APPLYING}


def total_at(past: Past) -> int:
    """How many videos there were: not removed, and not only added since. Counts those on the side
    of the moment on which there seem to be fewer; of all there is a kept number. Five queries."""
    mine = Video.objects.owned_by(past.creator)
    dates = mine.values_list("created_at", flat=True)
    first = dates.order_by("created_at", "id").first()
    last = dates.order_by("-created_at", "-id").first()
    gone = past.removed_since().count()
    if first is None or last is None:
        return gone
    if past.moment - first < last - past.moment:
        return gone + past.present().order_by().count()
    added = mine.filter(created_at__gte=past.moment).order_by().count()
    kept = VideoCount.objects.filter(owner=past.creator).values_list("videos", flat=True)
    return gone + (kept.first() or 0) - added


def overview_at(past: Past, *, videos: int) -> Overview:
    """Where the creator stood, as counts.overview_of says it of now; `videos` is total_at. At most
    eight queries, whatever the number of videos and edits, and one for each that was under way."""
    counted = counts_at(past)
    known = Terms.objects.filter(pk__in={key for under in counted.values() for key in under})
    found = {use: UseCounts() for use in USES}
    for terms in known.select_related("notice"):
        of_use, number = found[terms.use], counted[terms.use][terms.pk]
        state = past.state_of(terms)
        of_use.videos[state] += number
        of_use.under[terms.pk] = number
        of_use.terms.setdefault(state, []).append(terms.pk)
    out = past.opted_out
    live = []
    for one in past.under_way:
        one.edit.status = UNDER_WAY[one.holding]  # as it was; nobody saves it
        if one.edit.withdraws:
            left = taking(past, one).filter(before__isnull=False).order_by().values_list("before")
            one.edit.to_withdraw = {str(key): n for key, n in left.annotate(n=Count("pk"))}
        live.append(one.edit)
    return Overview(
        videos=videos,
        opted_out=out is not None,
        opted_out_by=out.actor if out else "",
        opted_out_note=past.opted_out_note,
        since=None,
        uses=found,
        paused=frozenset(past.paused),
        live=tuple(live),
        holds=_holds(past),
        restoring=past.restoring is not None,
    )


def counts_at(past: Past) -> dict[str, Counter[int]]:
    """By use, how many of the videos that there were stood under each terms (their key)."""
    found: dict[str, Counter[int]] = {use: Counter() for use in USES}
    counted = ConsentCount.objects.filter(creator=past.creator, use__in=USES)
    for use, terms, number in counted.values_list("use", "terms", "videos"):
        found[use][terms] += number
    gone = Consent.objects.filter(
        video__in=past.removed_since().values("pk"), use__in=USES, terms__isnull=False
    )
    for use, terms, number in gone.order_by().values_list("use", "terms").annotate(n=Count("pk")):
        found[use][terms] += number
    for use, before, after, number in _moved_since(past):
        if use in found:
            if before:
                found[use][before] += number
            if after:
                found[use][after] -= number
    return {use: +under for use, under in found.items()}


def _moved_since(past: Past) -> Iterator[Moved]:
    """What edits did after the moment to videos that there were. At most three queries."""
    edits = Edit.objects.filter(creator=past.creator, changed__gt=0).exclude(
        applied_at__lt=past.moment
    )
    removed = Video.objects.filter(owner=past.creator, removed_at__lt=past.moment)
    had_removed = removed.exists()
    reached = {one.edit.pk: one.cursor for one in past.under_way}
    counted = []
    for edit in edits.only(
        *("use", "kinds", "changed", "will_change", "created_at", "undoes"),
    ):
        # An undo, and a draft from before, may be about videos that were removed by then.
        of_removed = had_removed and (edit.undoes_id or edit.created_at < past.moment)
        as_drafted = edit.changed == edit.will_change
        if edit.kinds is None or reached.get(edit.pk) or of_removed or not as_drafted:
            counted.append(edit.pk)
            continue
        for outcome, before, _decided, after, _then_decided, number in edit.kinds:
            if outcome == Item.Outcome.PENDING:
                yield edit.use, before, after, number
    if not counted:
        return
    items = Item.objects.filter(edit__in=counted).changed(upto=F("edit__cursor"))
    for pk, cursor in reached.items():
        items = items.exclude(edit=pk, video__lte=cursor)
    if had_removed:
        items = items.filter(Q(video__removed_at=None) | Q(video__removed_at__gte=past.moment))
    alike = items.order_by().values_list("edit__use", "before", "after")
    yield from alike.annotate(n=Count("pk"))


def _holds(past: Past) -> dict[str, UseHolds]:
    """What staff held of each use, and under which terms that stood. Two queries where they held
    single videos."""
    found: dict[str, UseHolds] = {}
    there = [
        one
        for one in past.holds.values()
        if one.video
        and one.video.status == Video.Status.READY
        and not (one.video.removed_at and one.video.removed_at < past.moment)
    ]
    stored = stored_at(past, [one.video_id for one in there if one.video_id]) if there else {}
    for hold in past.holds.values():
        if hold.video_id is None:
            found.setdefault(hold.use, UseHolds()).everything = True
    for hold in there:
        of_use = found.setdefault(hold.use, UseHolds())
        of_use.videos += 1
        terms = stored.get((hold.video_id or 0, hold.use), Stored()).terms
        if terms:
            of_use.under[terms.pk] = of_use.under.get(terms.pk, 0) + 1
    return found
