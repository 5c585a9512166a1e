"""Where a creator stands: what is stored for each use, and what holds it back. From a handful of
rows, for a library of any size. Reading only; `consent.services` keeps the counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import waffle
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull
from django.utils import timezone

from consent import uses
from consent.models import Consent, ConsentCount, Edit, Hold, Notice
from consent.policy import Reason
from consent.uses import USES, Use
from creatorhub.models import User
from library.models import Video

SOON = timedelta(days=30)
DEAD = (Reason.EXPIRED, Reason.NOTICE_CHANGED)  # states of terms that allow nothing any more
# What holds back what a creator has stored for a use, beside its own terms, and what those do, in
# the order of the policy.
FOR_ALL = (Reason.PAUSED, Reason.OPTED_OUT, Reason.HELD, Reason.WITHDRAWN)
BY_TERMS = (*DEAD, Reason.APPROVAL_NEEDED)


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


@dataclass(slots=True)
class UseHolds:
    """What staff hold of one use: `everything`, or so many `videos` each by itself. `under` counts
    the ready ones of these by the key of their terms; the videos without are not in it."""

    everything: bool = False
    videos: int = 0
    under: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UseFacts:
    """One use of one creator's videos: how many are `stored` under terms, how many of those may be
    used now, and for each reason that holds some back how many those are, in the policy's order.
    The permissions that one of FOR_ALL holds back count again once it is gone; one video may be
    held back by several. `silent` says that none of the use is in force, whatever is stored;
    `ending` are those in force that end within SOON.
    """

    use: Use
    stored: int
    in_force: int
    ending: int
    silent: bool
    held: dict[Reason, int]


@dataclass(frozen=True, slots=True)
class Overview:
    """Where a creator stands. `uses` counts what is stored, as if nobody had opted out or paused
    anything; `live` are the edits that are confirmed and still being applied, oldest first;
    `holds` are those of staff by use, with the one of everything first, if there is one.
    `opted_out_by` is the text of the Actor who turned everything off, "" where that is not known.
    """

    videos: int
    opted_out: bool
    opted_out_by: str
    opted_out_note: str
    since: datetime | None
    uses: dict[str, UseCounts]
    paused: frozenset[str]
    live: tuple[Edit, ...]
    holds: dict[str, UseHolds]

    @property
    def held_uses(self) -> frozenset[str]:
        """The uses of which everything is held."""
        return frozenset(use for use, holds in self.holds.items() if holds.everything)

    @property
    def withdrawing(self) -> dict[str, Edit]:
        """For each use that is being turned off, the last edit that does."""
        return {edit.use: edit for edit in self.live if edit.is_withdrawing}

    def is_silent(self, use: str) -> bool:
        """Whether nothing of this use is in force, whatever is stored."""
        return self.opted_out or use in self.paused or use in self.held_uses

    def held(self, use: str) -> int:
        """How many videos are held that would be allowed otherwise."""
        standing = self.uses[use].videos[Reason.ALLOWED]
        holds = self.holds.get(use)
        if holds is None:
            return 0
        allowing = self.uses[use].terms.get(Reason.ALLOWED, [])
        return standing if holds.everything else sum(holds.under.get(key, 0) for key in allowing)

    def facts(self, use: str) -> UseFacts:
        """What is stored for this use, and what holds it back: bar, overview and API say this."""
        counted = self.uses[use]
        standing, on_hold = counted.videos[Reason.ALLOWED], self.held(use)
        silent = self.is_silent(use) or use in self.withdrawing
        holds = {
            Reason.PAUSED: standing if use in self.paused else 0,
            Reason.OPTED_OUT: standing if self.opted_out else 0,
            Reason.HELD: on_hold,
            Reason.WITHDRAWN: standing if use in self.withdrawing else 0,
        }
        held = {reason: holds[reason] for reason in FOR_ALL if holds[reason]}
        held |= {one: counted.videos[one] for one in BY_TERMS if counted.videos[one]}
        return UseFacts(
            use=USES[use],
            stored=counted.videos.total(),
            in_force=0 if silent else standing - on_hold,
            ending=0 if silent else counted.ending,
            silent=silent,
            held=held,
        )

    @property
    def stored(self) -> bool:
        """Whether anything at all is stored, in force or not."""
        return any(self.uses[use].videos.total() for use in USES)

    def allowed(self, use: str) -> int:
        """How many videos may be used so now."""
        return self.facts(use).in_force


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


def holds_of(holds: QuerySet[Hold]) -> dict[str, UseHolds]:
    """These holds of one creator by use. One query."""
    consent = Consent.objects.filter(
        video=OuterRef("video"), use=OuterRef("use"), video__status=Video.Status.READY
    )
    rows: Any = holds.filter(Q(video=None) | Q(video__removed_at=None), use__in=USES).order_by()
    found: dict[str, UseHolds] = {}
    everything = IsNull(F("video"), True)  # noqa: FBT003  (the right-hand side of a lookup)
    counted = rows.values("use", everything=everything).annotate(
        terms=Subquery(consent.values("terms")[:1]), number=Count("pk")
    )
    for row in counted:
        of_use = found.setdefault(row["use"], UseHolds())
        if row["everything"]:
            of_use.everything = True
            continue
        of_use.videos += row["number"]
        if row["terms"]:
            of_use.under[row["terms"]] = of_use.under.get(row["terms"], 0) + row["number"]
    return found


def standing_ends(creator: User, use: str) -> set[datetime | None]:
    """The ends of everything of this use that a creator has allowed and that has not ended: None
    for no end. What lapsed by a new notice counts, for it can be renewed. One query."""
    counted = ConsentCount.objects.filter(creator=creator, use=use, videos__gt=0)
    lasting = counted.filter(Q(terms__until=None) | Q(terms__until__gt=timezone.now()))
    return set(lasting.values_list("terms__until", flat=True))


def paused_uses() -> frozenset[str]:
    """One query."""
    switches = {use.pause_switch for use in USES.values() if use.pause_switch}
    active = waffle.get_waffle_switch_model().objects.filter(name__in=switches, active=True)
    return uses.paused_uses(set(active.values_list("name", flat=True)))


def overview_of(creator: User) -> Overview:
    """Four queries, whatever the size of the library; five where staff hold something."""
    state = ("opted_out", "opted_out_by", "opted_out_reason", "changed_at")
    known = (*(f"consent_state__{name}" for name in state), "video_count__videos")
    holds = Hold.objects.filter(creator=creator).standing()
    row: Any = User.objects.filter(pk=creator.pk).values_list(*known, Exists(holds))
    opted_out, by, note, since, videos, any_held = row.get()
    return Overview(
        videos=videos or 0,
        opted_out=bool(opted_out),
        opted_out_by=by or "",
        opted_out_note=note or "",
        since=since,
        uses=counts_by_use(creator),
        paused=paused_uses(),
        live=tuple(
            Edit.objects.filter(creator=creator).live().select_related("job").order_by("version")
        ),
        holds=holds_of(holds) if any_held else {},
    )
