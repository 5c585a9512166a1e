"""The policy's twin in SQL, for lists and batches, and the facts of single decisions.

Reading only. Each fact of policy.Facts is a condition on library.Video; the reason is a CASE built
from policy.RULES. One test compares both over every input.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import waffle
from django.db.models import (
    BooleanField,
    Case,
    CharField,
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
from django.db.models.functions import Coalesce
from django.utils import timezone

from consent import policy
from consent.models import (
    Block,
    Consent,
    ConsentState,
    Edit,
    Hold,
    HoldQuerySet,
    Item,
    Journal,
    Notice,
    Terms,
)
from consent.policy import Decision, Facts, Reason
from consent.reasons import Act, Why
from consent.uses import USES
from creatorhub.models import User
from library.models import Video

Videos = QuerySet[Video]
_ALWAYS, _NEVER = Q(pk__isnull=False), Q(pk__isnull=True)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision about one video, who is behind its reason, and the versions that a later publish
    compares with."""

    decision: Decision
    act: Act
    version: int
    withdrawn_version: int
    terms_id: int | None
    until: datetime | None

    @property
    def allowed(self) -> bool:
        return self.decision.allowed

    @property
    def reason(self) -> Reason:
        return self.decision.reason

    @property
    def why(self) -> Why:
        return Why(self.reason, self.act)


@dataclass(frozen=True, slots=True)
class AsOf:
    """The moment that a question is about: now, or, with `edit`, what that edit selected.

    The selection of a large edit is written down after it was requested. The edit itself is then
    left out of account; if it is in force already (`holding`), so is everything that came later:
    newer edits, and the opt-outs, pauses and holds since its confirm.
    """

    edit: Edit | None = None
    now: datetime = field(default_factory=timezone.now)

    def live_edits(self, owner: Any) -> QuerySet[Edit]:
        """The live edits of this creator, which may be an OuterRef, that count."""
        live = Edit.objects.filter(creator=owner).live()
        if self.edit is None:
            return live
        if self.edit.confirmed_at:
            return live.filter(version__lt=self.edit.version)
        return live.exclude(pk=self.edit.pk)

    def holds(self, owner: Any) -> HoldQuerySet:
        """The holds on this creator's videos that count."""
        holds = Hold.objects.filter(creator=owner)
        if self.edit and self.edit.confirmed_at:
            return holds.standing_at(self.edit.version)
        return holds.standing()

    @property
    def opted_out(self) -> bool | None:
        """What is known of the creator's opt-out; None: whatever it is now."""
        under = self._under
        return bool(under["opted_out"]) if under else None

    @property
    def paused(self) -> frozenset[str] | None:
        """What is known of the uses that are paused; None: whatever they are now."""
        under = self._under
        return frozenset(under["paused"]) if under else None

    @property
    def restoring(self) -> bool | None:
        """What is known of whether nothing was allowed until the withdrawal journal was applied."""
        under = self._under
        return bool(under.get("restoring")) if under else None

    @property
    def _under(self) -> dict[str, Any] | None:
        return self.edit.confirmed_under if self.edit else None


def with_reason(
    videos: Videos, use: str, *, asker: User | None = None, as_of: AsOf | None = None
) -> Videos:
    """Annotates, for one use: `reason_<use>` (a policy.Reason), `since_<use>`, `by_<use>` and
    `note_<use>` (the last change, its actor, "kind:id", and the reason given), `until_<use>`, and
    `state_<use>`, what is stored: "terms", "off" or "undecided". Adds joins, no queries; nothing
    where it was annotated already.
    """
    if f"reason_{use}" in videos.query.annotations:
        return videos
    consent = _join(use)
    return with_reason_alias(videos, use, asker=asker, as_of=as_of).annotate(
        **{
            f"reason_{use}": F(f"_{use}_reason"),
            f"since_{use}": F(f"{consent}__changed_at"),
            f"by_{use}": F(f"{consent}__edit__actor"),
            f"note_{use}": F(f"{consent}__edit__reason"),
            f"until_{use}": F(f"{consent}__terms__until"),
            f"state_{use}": Case(
                When(**{f"{consent}__terms__isnull": False}, then=Value("terms")),
                When(**{f"{consent}__decided": True}, then=Value("off")),
                default=Value("undecided"),
                output_field=CharField(),
            ),
        }
    )


def with_reasons(videos: Videos) -> Videos:
    """`with_reason` for every use, now, and `stored_<use>`: the reason without what only holds the
    use back from above, such as a pause (policy.stored)."""
    for use in USES:
        described = with_stored_alias(with_reason(videos, use), use)
        videos = described.annotate(**{f"stored_{use}": F(f"_{use}_stored")})
    return videos


def with_stored_alias(videos: Videos, use: str) -> Videos:
    """Adds `_<use>_stored`, what policy.stored says, to what with_reason_alias has annotated."""
    if f"_{use}_stored" in videos.query.annotations:
        return videos
    return videos.alias(**{f"_{use}_stored": _reason(use, without=policy.ABOVE)})


def with_reason_alias(
    videos: Videos,
    use: str,
    *,
    asker: User | None = None,
    as_of: AsOf | None = None,
    owner: int | None = None,
) -> Videos:
    """As with_reason, for a filter: the reason is `_<use>_reason`, and is not selected. `owner` is
    whose videos these all are, if one creator's: what is known of them is not asked per video."""
    if f"_{use}_reason" in videos.query.annotations:
        return videos
    facts = _with_facts(videos, use, asker=asker, as_of=as_of or AsOf(), owner=owner)
    return facts.alias(**{f"_{use}_reason": _reason(use)})


def permitting(
    videos: Videos, use: str, *, asker: User | None = None, as_of: AsOf | None = None
) -> Videos:
    """The videos that may be used so, now, by this asker (None: anybody)."""
    granted = Consent.objects.filter(use=use, video=OuterRef("pk"), terms__isnull=False)
    # This repeats a part of the reason in a form that an index can serve.
    return with_reason(videos.filter(Exists(granted)), use, asker=asker, as_of=as_of).filter(
        **{f"_{use}_reason": Reason.ALLOWED}
    )


def ruling(video: Video, use: str, *, asker: User | None = None) -> Ruling:
    """The decision about one video, read now: one query, never cached.

    Inside a transaction that holds the owner's consent state it stays true until the commit.
    """
    consent = _join(use)
    as_of = AsOf()
    videos = _with_facts(Video.objects.filter(pk=video.pk), use, asker=asker, as_of=as_of)
    live = as_of.live_edits(OuterRef("owner")).filter(use=use).order_by("-version")
    holds = as_of.holds(OuterRef("owner")).filter(use=use).on(OuterRef("pk")).order_by("-id")
    rows: Any = videos.values(
        version=Coalesce(F("owner__consent_state__version"), Value(0)),
        owner_withdrew=Coalesce(F("owner__consent_state__withdrawn_version"), Value(0)),
        withdrew=Coalesce(F(f"{consent}__withdrawn_version"), Value(0)),
        terms_id=F(f"{consent}__terms"),
        until=F(f"{consent}__terms__until"),
        decided_by=F(f"{consent}__edit__actor"),
        decided_note=F(f"{consent}__edit__reason"),
        opted_out_by=F("owner__consent_state__opted_out_by"),
        opted_out_note=F("owner__consent_state__opted_out_reason"),
        withdrawn_by=Subquery(live.values("actor")[:1]),
        withdrawn_note=Subquery(live.values("reason")[:1]),
        held_by=Subquery(holds.values("by")[:1]),
        held_note=Subquery(holds.values("reason")[:1]),
        **_facts_of(use),
    )
    row = rows.get()
    decision = policy.decide(_read_facts(row))
    return Ruling(
        decision=decision,
        act=_act(decision.reason, row),
        version=row["version"],
        withdrawn_version=max(row["owner_withdrew"], row["withdrew"]),
        terms_id=row["terms_id"],
        until=row["until"],
    )


def _facts_of(use: str) -> dict[str, F]:
    """The facts that `_with_facts` annotates, as columns of a row."""
    return {f"fact_{one.name}": F(f"_{use}_{one.name}") for one in fields(Facts)}


def _read_facts(row: dict[str, Any]) -> Facts:
    return Facts(**{one.name: bool(row[f"fact_{one.name}"]) for one in fields(Facts)})


# Which of the columns of a ruling say who is behind a reason; of the others nobody is.
_ACTED = {
    Reason.OFF: "decided",
    Reason.OPTED_OUT: "opted_out",
    Reason.WITHDRAWN: "withdrawn",
    Reason.HELD: "held",
}


def _act(reason: Reason, row: dict[str, Any]) -> Act:
    if acted := _ACTED.get(reason):
        return Act(row[f"{acted}_by"] or "", row[f"{acted}_note"] or "")
    return Act(until=row["until"])


def rulings(
    uuids: list[UUID], use: str, *, asker: User | None = None
) -> list[tuple[UUID, Decision, int]]:
    """(uuid, decision, version of the consent state) in the order requested, by the twin in SQL:
    one query. An unknown id is `video_unavailable` at version 0."""
    asked = with_reason_alias(Video.objects.all(), use, asker=asker).filter(uuid__in=uuids)
    state = ConsentState.objects.filter(creator=OuterRef("owner"))
    version = Coalesce(Subquery(state.values("version")[:1]), Value(0))
    rows = asked.values_list("uuid", F(f"_{use}_reason"), version)
    decisions = {
        str(reason): Decision(allowed=reason is Reason.ALLOWED, reason=reason) for reason in Reason
    }
    known = {uuid: (decisions[reason], raised) for uuid, reason, raised in rows}
    unknown = (decisions[Reason.VIDEO_UNAVAILABLE], 0)
    return [(uuid, *known.get(uuid, unknown)) for uuid in uuids]


def facts(keys: list[int], use: str) -> dict[int, Facts]:
    """What the decision about each of these videos depends on: a query for a thousand. Inside a
    transaction that holds the owner's consent state it stays true until the commit."""
    found: dict[int, Facts] = {}
    for start in range(0, len(keys), 1000):
        some = Video.objects.filter(pk__in=keys[start : start + 1000])
        asked = _with_facts(some, use, asker=None, as_of=AsOf()).order_by()
        rows: Any = asked.values("pk", **_facts_of(use))
        found |= {row["pk"]: _read_facts(row) for row in rows}
    return found


def blocked(pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of these pairs of keys (creator, person) of which the creator blocks the person. One
    query."""
    creators, people = {one for one, _ in pairs}, {other for _, other in pairs}
    blocks = Block.objects.filter(creator__in=creators, person__in=people)
    return set(blocks.values_list("creator", "person")) & set(pairs)


def _join(use: str) -> str:
    return f"consent_{USES[use].id}"


def _with_facts(
    videos: Videos, use: str, *, asker: User | None, as_of: AsOf, owner: int | None = None
) -> Videos:
    """Joins the consent of this use and annotates each fact as `_<use>_<fact>`."""
    joined = videos.annotate(
        **{_join(use): FilteredRelation("consents", condition=Q(consents__use=use))}
    )
    conditions = _conditions(use, asker=asker, as_of=as_of, owner=owner or OuterRef("owner"))
    return joined.alias(
        **{
            f"_{use}_{name}": Case(
                When(condition, then=Value(True)),
                default=Value(False),
                output_field=BooleanField(),
            )
            for name, condition in conditions.items()
        }
    )


def _conditions(use: str, *, asker: User | None, as_of: AsOf, owner: Any) -> dict[str, Any]:
    """Each fact of policy.Facts as a condition. The audience is everyone until there are others;
    an approval covers nothing until there are requests."""

    def terms(**lookups: Any) -> Q:
        return Q(**{f"{_join(use)}__terms{name}": value for name, value in lookups.items()})

    allowed = terms(__isnull=False)
    return {
        "restoring": _restoring(as_of),
        "paused": _paused(use, as_of),
        "available": Q(status=Video.Status.READY, removed_at=None),
        "opted_out": _opted_out(owner, as_of),
        # One look into an index of the few holds there are.
        "held": Exists(as_of.holds(owner).filter(use=use).on(OuterRef("pk"))),
        "being_withdrawn": _being_withdrawn(use, as_of.live_edits(owner), allowed, now=as_of.now),
        "decided": Q(**{f"{_join(use)}__decided": True}),
        "allowed_by_terms": allowed,
        "ended": terms(__until__lte=as_of.now),
        "notice_superseded": terms(
            __notice__version__lt=Subquery(Notice.objects.material_version(use))
        ),
        "blocked": Exists(Block.objects.filter(creator=owner, person=asker)) if asker else _NEVER,
        "in_audience": terms(__audience=Terms.Audience.EVERYONE),
        "approval_missing": terms(__mode=Terms.Mode.ASK),
    }


def _restoring(as_of: AsOf) -> Any:
    if as_of.restoring is not None:
        return _ALWAYS if as_of.restoring else _NEVER
    return Journal.objects.restoring()


def _paused(use: str, as_of: AsOf) -> Any:
    if as_of.paused is not None:
        return _ALWAYS if use in as_of.paused else _NEVER
    if not (switch := USES[use].pause_switch):
        return _NEVER
    return Exists(waffle.get_waffle_switch_model().objects.filter(name=switch, active=True))


def _opted_out(owner: Any, as_of: AsOf) -> Any:
    if as_of.opted_out is not None:
        return _ALWAYS if as_of.opted_out else _NEVER
    # Not by a join: SQLite would begin with the account, and lose the order of the list.
    return Exists(ConsentState.objects.filter(creator=owner, opted_out=True))


def _being_withdrawn(use: str, live: QuerySet[Edit], allowed: Q, *, now: datetime) -> Q:
    """A live edit is going to turn the video off, or an undo to give it back terms that allow
    nothing any more. A holding one does not yet name its videos, so it stands for everything that
    is allowed."""
    live = live.filter(use=use)
    items = Item.objects.filter(edit=OuterRef("pk"), video=OuterRef(OuterRef("pk")))
    pending = items.to_change(after=OuterRef("cursor"))
    lapsed = Q(after__notice__version__lt=Subquery(Notice.objects.material_version(use)))
    dead = pending.filter(Q(after__until__lte=now) | lapsed)
    named = Q(Exists(live.filter(Exists(pending.filter(after=None)))))
    named |= Q(Exists(live.filter(Exists(dead), change=Edit.Change.FORMER)))
    held = Q(Exists(live.filter(status=Edit.Status.HOLDING))) & allowed
    # Almost always there is no live edit at all: that is asked first, and is cheap.
    return Q(Exists(live)) & (named | held)


def _reason(use: str, *, without: Collection[str] = ()) -> Case:
    return Case(
        *(
            When(**{f"_{use}_{rule.fact}": rule.value}, then=Value(str(rule.reason)))
            for rule in policy.RULES
            if rule.fact not in without
        ),
        default=Value(str(Reason.ALLOWED)),
        output_field=CharField(),
    )
