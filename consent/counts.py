"""Where a creator stands: what is stored for each use, and what holds it back. From a handful of
rows, for a library of any size. Reading only; `consent.services` keeps the counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import waffle
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull
from django.utils import timezone

from consent import policy, uses
from consent.models import Consent, ConsentCount, Edit, Hold, Journal, Notice
from consent.policy import Reason
from consent.uses import USES, Use
from creatorhub.models import User
from library.models import Video

SOON = timedelta(days=30)
DEAD = (Reason.EXPIRED, Reason.NOTICE_CHANGED)  # states of terms that allow nothing any more
# What holds back what a creator has stored for a use, in the order of the policy: what may end and
# leaves everything as it was; a withdrawal that is being applied; and its own terms.
FROM_ABOVE = (Reason.RESTORING, Reason.PAUSED, Reason.OPTED_OUT, Reason.HELD)
FOR_ALL = (*FROM_ABOVE, Reason.WITHDRAWN)
BY_TERMS = (*DEAD, Reason.APPROVAL_NEEDED)


@dataclass(slots=True)
class UseCounts:
    """Videos of one use by the state of their terms (Terms.state), and `under` the key of each.
    `terms` has the keys of the terms in each state, for a filter to start from. `ending` are those
    not ended or lapsed whose end is within SOON, with their keys in `ending_terms`."""

    videos: Counter[Reason] = field(default_factory=Counter)
    under: dict[int, int] = field(default_factory=dict)
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
    used now, and for each reason that holds some back how many. Each video is counted once, under
    the first reason that the policy finds: `stored` is `in_force` and all of `held`. `beneath` is
    how many of those that a pause, the opt-out or staff hold back would not be allowed without it
    either, by what their own terms say. `silent` says that none of the use is in force, whatever
    is stored; `ending` are those in force that end within SOON.
    """

    use: Use
    stored: int
    in_force: int
    ending: int
    silent: bool
    held: dict[Reason, int]
    beneath: dict[Reason, int]


@dataclass(frozen=True, slots=True)
class Overview:
    """Where a creator stands. `uses` counts what is stored, as if nobody had opted out or paused
    anything; `live` are the edits that are confirmed and still being applied, oldest first;
    `holds` are those of staff by use, with the one of everything first, if there is one.
    `opted_out_by` is the text of the Actor who turned everything off, "" where that is not known.
    `restoring`: nothing of anybody is allowed until the withdrawal journal was applied.
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
    restoring: bool = False

    @property
    def held_uses(self) -> frozenset[str]:
        """The uses of which everything is held."""
        return frozenset(use for use, holds in self.holds.items() if holds.everything)

    @property
    def withdrawing(self) -> dict[str, Edit]:
        """For each use that is being turned off, the last edit that does."""
        return {edit.use: edit for edit in self.live if edit.is_withdrawing}

    def above(self, use: str, *, held: bool = False) -> Reason:
        """What the policy says above the terms, which then allow: of every video of this use, or
        of those that staff hold each by itself. A withdrawal whose videos are not written down yet
        is of every one; the others are left to `_withdrawn`."""
        facts = replace(
            policy.ALLOWING,
            restoring=self.restoring,
            paused=use in self.paused,
            opted_out=self.opted_out,
            held=held or use in self.held_uses,
            being_withdrawn=self._withdrawn(use) is None,
        )
        return policy.decide(facts).reason

    def _withdrawn(self, use: str) -> Counter[str] | None:
        """From how many videos the live withdrawals are still going to take each terms, by their
        keys; None where that is every one, or not known."""
        found: Counter[str] = Counter()
        for edit in self.live:
            if edit.use != use or not edit.is_withdrawing:
                continue
            if edit.status == Edit.Status.HOLDING or edit.to_withdraw is None:
                return None
            found.update(edit.to_withdraw)
        return found

    def facts(self, use: str) -> UseFacts:
        """What is stored for this use, and what holds it back: bar, overview and API say this."""
        counted, holds = self.uses[use], self.holds.get(use) or UseHolds()
        above, above_held = self.above(use), self.above(use, held=True)
        withdrawn = self._withdrawn(use) if above is Reason.ALLOWED else None
        found: Counter[Reason] = Counter()
        beneath: Counter[Reason] = Counter()
        ending = 0
        for state, keys in counted.terms.items():
            for key in keys:
                number = counted.under[key]
                on_hold = min(number, holds.under.get(key, 0))
                taken = min(number - on_hold, withdrawn[str(key)]) if withdrawn else 0
                rest = number - on_hold - taken
                parts = ((above_held, on_hold), (Reason.WITHDRAWN, taken), (above, rest))
                for over, part in parts:
                    found[state if over is Reason.ALLOWED else over] += part
                    if over in FROM_ABOVE:
                        beneath[state] += part
                if key in counted.ending_terms and above is Reason.ALLOWED:
                    ending += rest
        return UseFacts(
            use=USES[use],
            stored=counted.videos.total(),
            in_force=found[Reason.ALLOWED],
            ending=ending,
            silent=above is not Reason.ALLOWED,
            held={one: found[one] for one in (*FOR_ALL, *BY_TERMS) if found[one]},
            beneath={one: beneath[one] for one in BY_TERMS if beneath[one]},
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
        counts.under[terms.pk] = row.videos
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
    row: Any = User.objects.filter(pk=creator.pk).values_list(
        *known, Exists(holds), Journal.objects.restoring()
    )
    opted_out, by, note, since, videos, any_held, restoring = row.get()
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
        restoring=restoring,
    )
