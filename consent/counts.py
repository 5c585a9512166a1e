"""How many of a creator's videos are allowed, have ended or lapsed: from a handful of rows, for a
library of any size. Reading only; `consent.services` keeps the counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import waffle
from django.db.models import Max, OuterRef, Subquery
from django.utils import timezone

from consent.models import ConsentCount, Edit, Notice, Terms
from consent.uses import USES
from creatorhub.models import User

SOON = timedelta(days=30)


@dataclass(slots=True)
class OfUse:
    """Videos of one use by the state of their terms. `terms` has the keys of the terms of each
    state, for a filter to start from; `ending` are those allowed now whose end is within a
    month."""

    allowed: int = 0
    ask: int = 0
    expired: int = 0
    notice_changed: int = 0
    ending: int = 0
    terms: dict[str, list[int]] = field(default_factory=dict)

    @property
    def stored(self) -> int:
        """All that stands under terms, whether they are in force or not."""
        return self.allowed + self.ask + self.expired + self.notice_changed


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a creator stands. `uses` counts what is stored, as if nobody had opted out or paused
    anything; `live` are the edits that are confirmed and still being applied."""

    videos: int
    opted_out: bool
    since: datetime | None
    uses: dict[str, OfUse]
    paused: frozenset[str]
    live: tuple[Edit, ...]

    @property
    def withdrawing(self) -> dict[str, Edit]:
        """For each use that is being turned off, the last edit that does."""
        return {edit.use: edit for edit in self.live if edit.is_withdrawing}

    def allowed(self, use: str) -> int:
        """How many videos may be used so now."""
        silent = self.opted_out or use in self.paused or use in self.withdrawing
        return 0 if silent else self.uses[use].allowed


def state_of_terms(terms: Terms, *, now: datetime, material: int) -> str:
    """The state that these terms give a ready video, all else allowing it: the last rows of the
    policy's table. `material` is the version of the last material notice of their use."""
    if terms.until and terms.until <= now:
        return "expired"
    if terms.notice.version < material:
        return "notice_changed"
    return "ask" if terms.mode == Terms.Mode.ASK else "allowed"


def material_versions() -> dict[str, int]:
    """The version of the last material notice of each use that has one. One query."""
    published = Notice.objects.filter(material=True, published_at__isnull=False)
    return dict(published.order_by().values_list("use").annotate(Max("version")))


def of_uses(creator: User) -> dict[str, OfUse]:
    """One query."""
    now = timezone.now()
    counted = {use: OfUse() for use in USES}
    newest = Notice.objects.filter(
        use=OuterRef("use"), material=True, published_at__isnull=False
    ).order_by("-version")
    counts = ConsentCount.objects.filter(creator=creator, videos__gt=0).select_related(
        "terms__notice"
    )
    for tally in counts.annotate(material=Subquery(newest.values("version")[:1])):
        mine, terms = counted[tally.use], tally.terms
        state = state_of_terms(terms, now=now, material=tally.material or 0)
        setattr(mine, state, getattr(mine, state) + tally.videos)
        mine.terms.setdefault(state, []).append(terms.pk)
        if state in ("allowed", "ask") and terms.until and terms.until <= now + SOON:
            mine.ending += tally.videos
            mine.terms.setdefault("ending", []).append(terms.pk)
    return counted


def paused_uses() -> frozenset[str]:
    """One query."""
    switches = {use.pause_switch: use.id for use in USES.values() if use.pause_switch}
    active = waffle.get_waffle_switch_model().objects.filter(name__in=switches, active=True)
    return frozenset(switches[name] for name in active.values_list("name", flat=True))


def stand_of(creator: User) -> Stand:
    """Four queries, whatever the size of the library."""
    known = ("consent_state__opted_out", "consent_state__changed_at", "video_count__videos")
    opted_out, since, videos = User.objects.values_list(*known).get(pk=creator.pk)
    statuses = [Edit.Status.PREPARING, Edit.Status.CONFIRMED, Edit.Status.APPLYING]
    live = Edit.objects.filter(creator=creator, status__in=statuses, confirmed_at__isnull=False)
    return Stand(
        videos=videos or 0,
        opted_out=bool(opted_out),
        since=since,
        uses=of_uses(creator),
        paused=paused_uses(),
        live=tuple(live.order_by("version")),
    )
