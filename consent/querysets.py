"""The SQL twin of consent.policy, for lists and batches, and the facts of single decisions.

Reading only. `FACTS` names the same facts as policy.Facts, as conditions on library.Video; the
reason is a CASE over them in the policy's order. One test compares both over every input.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
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
    Max,
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
from consent.models import Consent, ConsentState, Edit, Item, Notice, Terms
from consent.policy import Decision, Facts, Reason
from consent.uses import USES
from creatorhub.models import User
from library.models import Video

Videos = QuerySet[Video]


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision about one video, and the versions that a later publish compares with."""

    decision: Decision
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


def with_reason(
    videos: Videos,
    use: str,
    *,
    asker: User | None = None,
    now: datetime | None = None,
    besides: Edit | None = None,
) -> Videos:
    """Annotates, for one use: `reason_<use>` (a policy.Reason), `since_<use>` and `by_<use>`
    (the last change and who made it, "kind:id"), `until_<use>`, and `state_<use>`, what is stored
    beneath: "terms", "off" or "undecided". Adds joins, no queries; nothing
    where it was annotated already. `besides` is the edit whose
    selection is being frozen: it is left out of account, and if it was confirmed as it was asked
    for, so is what came above the videos since."""
    if f"reason_{use}" in videos.query.annotations:
        return videos
    consent = _join(use)
    return with_reason_aside(videos, use, asker=asker, now=now, besides=besides).annotate(
        **{
            f"reason_{use}": F(f"_{use}_reason"),
            f"since_{use}": F(f"{consent}__changed_at"),
            f"by_{use}": F(f"{consent}__edit__actor"),
            f"until_{use}": F(f"{consent}__terms__until"),
            f"state_{use}": Case(
                When(**{f"{consent}__terms__isnull": False}, then=Value("terms")),
                When(**{f"{consent}__decided": True}, then=Value("off")),
                default=Value("undecided"),
                output_field=CharField(),
            ),
        }
    )


def with_reason_aside(
    videos: Videos,
    use: str,
    *,
    asker: User | None = None,
    now: datetime | None = None,
    besides: Edit | None = None,
    owner: int | None = None,
) -> Videos:
    """As with_reason, for a filter: the reason is `_<use>_reason`, and is not selected. `owner` is
    whose videos these all are: what is known of one creator need not be asked for each video."""
    if f"_{use}_reason" in videos.query.annotations:
        return videos
    facts = _with_facts(videos, use, asker=asker, now=now, besides=besides, owner=owner)
    return facts.alias(**{f"_{use}_reason": _reason(use)})


def permitting(
    videos: Videos, use: str, *, asker: User | None = None, now: datetime | None = None
) -> Videos:
    """The videos that may be used so, now, by this asker (None: anybody)."""
    granted = Consent.objects.filter(use=use, video=OuterRef("pk"), terms__isnull=False)
    # This repeats a part of the reason in a form that an index can serve.
    return with_reason(videos.filter(Exists(granted)), use, asker=asker, now=now).filter(
        **{f"_{use}_reason": Reason.ALLOWED}
    )


def ruling(video: Video, use: str, *, asker: User | None = None) -> Ruling:
    """The decision about one video, read now: one query, never cached.

    Inside a transaction that holds the owner's state it stays true until the commit.
    """
    return next(_rulings(Video.objects.filter(pk=video.pk), use, asker=asker))[1]


def rulings(
    uuids: list[UUID], use: str, *, asker: User | None = None
) -> list[tuple[UUID, Decision, int]]:
    """(uuid, decision, state version) in the order asked, by the twin in SQL: one query. What
    nobody knows is `video_unavailable` at version 0."""
    asked = with_reason_aside(Video.objects.all(), use, asker=asker).filter(uuid__in=uuids)
    state = ConsentState.objects.filter(creator=OuterRef("owner"))
    version = Coalesce(Subquery(state.values("version")[:1]), Value(0))
    rows = asked.values_list("uuid", F(f"_{use}_reason"), version)
    decisions = {
        str(reason): Decision(allowed=reason is Reason.ALLOWED, reason=reason) for reason in Reason
    }
    known = {uuid: (decisions[reason], raised) for uuid, reason, raised in rows}
    unknown = (decisions[Reason.VIDEO_UNAVAILABLE], 0)
    return [(uuid, *known.get(uuid, unknown)) for uuid in uuids]


def _rulings(videos: Videos, use: str, *, asker: User | None) -> Iterator[tuple[UUID, Ruling]]:
    consent = _join(use)
    names = [field.name for field in fields(Facts)]
    rows = (
        _with_facts(videos, use, asker=asker)
        .annotate(
            _version=Coalesce(F("owner__consent_state__version"), Value(0)),
            _owner_withdrew=Coalesce(F("owner__consent_state__withdrawn_version"), Value(0)),
            _withdrew=Coalesce(F(f"{consent}__withdrawn_version"), Value(0)),
            _terms=F(f"{consent}__terms"),
            _until=F(f"{consent}__terms__until"),
            **{f"fact_{name}": F(f"_{use}_{name}") for name in names},
        )
        .values(
            "uuid",
            "_version",
            "_owner_withdrew",
            "_withdrew",
            "_terms",
            "_until",
            *(f"fact_{name}" for name in names),
        )
    )
    for row in rows:
        facts = Facts(**{name: bool(row[f"fact_{name}"]) for name in names})
        yield (
            row["uuid"],
            Ruling(
                decision=policy.decide(facts),
                version=row["_version"],
                withdrawn_version=max(row["_owner_withdrew"], row["_withdrew"]),
                terms_id=row["_terms"],
                until=row["_until"],
            ),
        )


def _join(use: str) -> str:
    return f"consent_{USES[use].id}"


def _with_facts(
    videos: Videos,
    use: str,
    *,
    asker: User | None,
    now: datetime | None = None,
    besides: Edit | None = None,
    owner: int | None = None,
) -> Videos:
    """Joins the consent of this use and annotates each fact as `_<use>_<fact>`."""
    consent = _join(use)
    moment = now or timezone.now()
    conditions = _conditions(
        use,
        consent,
        asker=asker,
        now=moment,
        owner=owner or OuterRef("owner"),
        besides=besides,
    )
    joined = videos.annotate(
        **{consent: FilteredRelation("consents", condition=Q(consents__use=use))}
    )
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


def _conditions(
    use: str,
    consent: str,
    *,
    asker: User | None,
    now: datetime,
    owner: int | OuterRef,
    besides: Edit | None,
) -> dict[str, Any]:
    """Each fact of policy.Facts as a condition. The audience is everyone until there are others,
    so `asker` changes nothing yet; an approval covers nothing until there are requests."""
    never = Q(pk__isnull=True)
    switch = USES[use].pause_switch
    switches = waffle.get_waffle_switch_model().objects.filter(name=switch, active=True)
    paused: Any = Exists(switches) if switch else never
    # Not by a join: SQLite would begin with the account, and lose the order of the list.
    opted_out: Any = Exists(ConsentState.objects.filter(creator=owner, opted_out=True))
    if besides and (then := besides.asked_under):
        paused = ~never if use in then["paused"] else never
        opted_out = ~never if then["opted_out"] else never
    withdrawing = _live_edits(use, owner=owner, besides=besides)
    names_it = Item.objects.filter(
        edit=OuterRef("pk"),
        video=OuterRef(OuterRef("pk")),
        video__gt=OuterRef("cursor"),
        outcome=Item.Outcome.PENDING,
        after=None,
    )
    return {
        "paused": paused,
        "available": Q(status=Video.Status.READY, removed_at=None),
        "opted_out": opted_out,
        # A confirmed withdrawal that is still being frozen does not yet name its videos, so it
        # holds back all that is allowed.
        "being_withdrawn": Q(Exists(withdrawing))
        & (
            Q(Exists(withdrawing.filter(Exists(names_it))))
            | Q(
                Exists(withdrawing.filter(status=Edit.Status.PREPARING)),
                **{f"{consent}__terms__isnull": False},
            )
        ),
        "decided": Q(**{f"{consent}__decided": True}),
        "allowed_by_terms": Q(**{f"{consent}__terms__isnull": False}),
        "ended": Q(**{f"{consent}__terms__until__lte": now}),
        "notice_superseded": Q(
            **{f"{consent}__terms__notice__version__lt": Subquery(_material_version(use))}
        ),
        "in_audience": Q(**{f"{consent}__terms__audience": Terms.Audience.EVERYONE}),
        "must_ask": Q(**{f"{consent}__terms__mode": Terms.Mode.ASK}),
        "approved": never,
    }


def _live_edits(use: str, *, owner: int | OuterRef, besides: Edit | None = None) -> QuerySet[Edit]:
    """The edits of this creator (or an outer row's owner) that are confirmed and not yet applied
    to all their videos."""
    live = Q(status__in=[Edit.Status.CONFIRMED, Edit.Status.APPLYING])
    live |= Q(status=Edit.Status.PREPARING, confirmed_at__isnull=False)
    # Said once more for the index.
    statuses = [Edit.Status.PREPARING, Edit.Status.CONFIRMED, Edit.Status.APPLYING]
    edits = Edit.objects.filter(live, creator=owner, use=use, status__in=statuses)
    if besides and besides.confirmed_at:
        return edits.filter(version__lt=besides.version)
    return edits.exclude(pk=besides.pk) if besides else edits


def _material_version(use: str) -> QuerySet[Notice, Any]:
    """One row: the version of the last published material notice of this use."""
    published = Notice.objects.filter(use=use, material=True, published_at__isnull=False)
    return published.order_by().values("use").annotate(last=Max("version")).values("last")


def _reason(use: str) -> Case:
    def says(fact: str, value: bool, reason: Reason) -> When:  # noqa: FBT001
        return When(**{f"_{use}_{fact}": value}, then=Value(str(reason)))

    return Case(
        says("paused", True, Reason.PAUSED),
        says("available", False, Reason.VIDEO_UNAVAILABLE),
        says("opted_out", True, Reason.OPTED_OUT),
        says("being_withdrawn", True, Reason.WITHDRAWN),
        says("decided", False, Reason.UNDECIDED),
        says("allowed_by_terms", False, Reason.OFF),
        says("ended", True, Reason.EXPIRED),
        says("notice_superseded", True, Reason.NOTICE_CHANGED),
        says("in_audience", False, Reason.NOT_IN_AUDIENCE),
        When(
            **{f"_{use}_must_ask": True, f"_{use}_approved": False},
            then=Value(str(Reason.APPROVAL_NEEDED)),
        ),
        default=Value(str(Reason.ALLOWED)),
        output_field=CharField(),
    )
