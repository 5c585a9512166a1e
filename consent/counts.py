"""How many of a creator's videos are allowed, have ended or lapsed: from a handful of rows, for a
library of any size. Reading only; `consent.services` keeps the counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import waffle
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from consent import uses
from consent.models import ConsentCount, Edit, Notice
from consent.policy import Reason
from consent.uses import USES
from creatorhub.models import User

SOON = timedelta(days=30)
DEAD = (Reason.EXPIRED, Reason.NOTICE_CHANGED)  # states of terms that allow nothing any more


@dataclass(slots=True)
class UseCounts:
    """Videos of one use by the state of their terms (Terms.state). `terms` has the keys of the
    terms in each state, for a filter to start from. `ending` are those allowed now whose end is
    within SOON, with their keys in `ending_terms`."""

    videos: Counter[Reason] = field(default_factory=Counter)
    terms: dict[Reason, list[int]] = field(default_factory=dict)
    ending: int = 0
    ending_terms: list[int] = field(default_factory=list)

    @property
    def dead_terms(self) -> set[int]:
        """Keys of terms that have ended or lapsed: they allow nothing."""
        return {key for state in DEAD for key in self.terms.get(state, [])}


@dataclass(frozen=True, slots=True)
class Overview:
    """Where a creator stands. `uses` counts what is stored, as if nobody had opted out or paused
    anything; `live` are the edits that are confirmed and still being applied, oldest first."""

    videos: int
    opted_out: bool
    since: datetime | None
    uses: dict[str, UseCounts]
    paused: frozenset[str]
    live: tuple[Edit, ...]

    @property
    def withdrawing(self) -> dict[str, Edit]:
        """For each use that is being turned off, the last edit that does."""
        return {edit.use: edit for edit in self.live if edit.is_withdrawing}

    def is_silent(self, use: str) -> bool:
        """Whether nothing of this use is in force, whatever is stored."""
        return self.opted_out or use in self.paused

    def allowed(self, use: str) -> int:
        """How many videos may be used so now."""
        off = self.is_silent(use) or use in self.withdrawing
        return 0 if off else self.uses[use].videos[Reason.ALLOWED]


def counts_by_use(creator: User) -> dict[str, UseCounts]:
    """Of every use there is. One query."""
    now = timezone.now()
    found = {use: UseCounts() for use in USES}
    rows = ConsentCount.objects.filter(creator=creator, use__in=USES)
    material = Subquery(Notice.objects.material_version(OuterRef("use")))
    for row in rows.select_related("terms__notice").annotate(material=material):
        counts, terms = found[row.use], row.terms
        state = terms.state(now=now, material=row.material or 0)
        counts.videos[state] += row.videos
        counts.terms.setdefault(state, []).append(terms.pk)
        if state not in DEAD and terms.until and terms.until <= now + SOON:
            counts.ending += row.videos
            counts.ending_terms.append(terms.pk)
    return found


def paused_uses() -> frozenset[str]:
    """One query."""
    switches = {use.pause_switch for use in USES.values() if use.pause_switch}
    active = waffle.get_waffle_switch_model().objects.filter(name__in=switches, active=True)
    return uses.paused_uses(set(active.values_list("name", flat=True)))


def overview_of(creator: User) -> Overview:
    """Four queries, whatever the size of the library."""
    known = ("consent_state__opted_out", "consent_state__changed_at", "video_count__videos")
    opted_out, since, videos = User.objects.values_list(*known).get(pk=creator.pk)
    return Overview(
        videos=videos or 0,
        opted_out=bool(opted_out),
        since=since,
        uses=counts_by_use(creator),
        paused=paused_uses(),
        live=tuple(Edit.objects.filter(creator=creator).live().order_by("version")),
    )
