"""What was allowed at a moment of the past, from what is recorded: events of the log, and the items
of edits. Reading only.

The consent of a video that has not changed since is still there; of another one the last item that
an edit had applied by then says what it was:

    consent of 11   changed before the moment ──────────────> the consent itself
    consent of 12   changed since ──> its items by version ──> what the last one before gave
    no consent      ────────────────────────────────────────> never decided

What stands above the consents (a pause, the opt-out, holds, notices, ends) is read once for all
videos, and the policy itself then says what was in force.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import (
    BigIntegerField,
    Case,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)

from audit import history, vocabulary
from audit.models import Event
from consent import policy
from consent.models import Consent, ConsentState, Edit, Hold, Item, ItemQuerySet, Notice, Terms
from consent.policy import Facts, Reason
from consent.reasons import STAFF, Act
from consent.states import UseState, who
from consent.uses import USES
from creatorhub.models import User
from library.models import Video, VideoQuerySet

HELD, FINISHED = "restore.held", "restore.finished"
OUT, BACK = "creator.opted_out", "creator.opted_in"
OUTCOMES = ("changed", "already", "superseded", "not_eligible")


@dataclass(frozen=True, slots=True)
class UnderWay:
    """An edit that was confirmed and not yet applied to all of its videos. `cursor` is the key of
    the last one that it had reached, 0 for none. `holding`: it withdrew everything, because its
    videos were still to be written down; what is known of it is that no part of it was applied."""

    edit: Edit
    cursor: int = 0

    @property
    def holding(self) -> bool:
        return self.edit.confirmed_under is not None and not self.cursor


@dataclass(frozen=True, slots=True)
class Stored:
    """The consent of a video as it was: under `terms`, or off; `edit` had made it so. Nothing of
    either: nobody had ever decided."""

    terms: Terms | None = None
    decided: bool = False
    edit: Edit | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """What stood above the consents of one creator at `moment`. `opted_out`, `paused` (by use) and
    `restoring` are the events that had made it so, `notices` the last material notice of each use,
    `holds` those of staff by use and video (key; None: of everything), `under_way` the edits that
    were being applied, oldest first. `opted_out_note` is the reason given for the opt-out."""

    creator: User
    moment: datetime
    opted_out: Event | None = None
    opted_out_note: str = ""
    paused: Mapping[str, Event] = field(default_factory=dict)
    restoring: Event | None = None
    notices: Mapping[str, Notice] = field(default_factory=dict)
    holds: Mapping[tuple[str, int | None], Hold] = field(default_factory=dict)
    under_way: Sequence[UnderWay] = ()

    def present(self) -> VideoQuerySet:
        """The videos that there were, and still are."""
        mine = Video.objects.owned_by(self.creator)
        return mine.filter(created_at__lt=self.moment)

    def removed_since(self) -> QuerySet[Video]:
        """The other videos that there were."""
        mine = Video.objects.filter(owner=self.creator, created_at__lt=self.moment)
        return mine.filter(removed_at__gte=self.moment)

    def hold_on(self, use: str, video: int) -> Hold | None:
        """The hold that reached a video; that of everything only where it had none itself."""
        return self.holds.get((use, video)) or self.holds.get((use, None))

    def material(self, use: str) -> int:
        """The version of the last material notice."""
        notice = self.notices.get(use)
        return notice.version if notice else 0

    def state_of(self, terms: Terms) -> Reason:
        """What the terms themselves said then."""
        return terms.state(now=self.moment, material=self.material(terms.use))

    def applied(self) -> Q:
        """Of items: their edit had changed them."""
        had = Q(edit__applied_at__lt=self.moment)
        for one in self.under_way:
            had |= Q(edit=one.edit, video__lte=one.cursor)
        return had


def past_of(creator: User, moment: datetime) -> Past:
    """At most nine queries, whatever the size of the library and the number of edits."""
    turns = [HELD, FINISHED, *(name for pair in vocabulary.pauses().values() for name in pair)]
    last = _last(Event.objects.filter(creator=None, action__in=turns, at__lt=moment))
    state = ConsentState.objects.filter(creator=creator).first()
    if state and (state.opted_out or state.withdrawn_version):  # it has opted out once
        mine = Event.objects.filter(creator=creator, action__in=(OUT, BACK), at__lt=moment)
        last |= _last(mine)
    keys = {use: _stands(last, *pair) for use, pair in vocabulary.pauses().items()}
    out, restoring = _stands(last, OUT, BACK), _stands(last, HELD, FINISHED)
    events = Event.objects.in_bulk([key for key in (*keys.values(), out, restoring) if key])
    opted_out = events.get(out)
    return Past(
        creator=creator,
        moment=moment,
        opted_out=opted_out,
        opted_out_note=history.body_of(opted_out)["reason"] or "" if opted_out else "",
        paused={use: events[key] for use, key in keys.items() if key},
        restoring=events.get(restoring),
        notices=_notices(moment),
        holds=_holds(creator, moment),
        under_way=_under_way(creator, moment),
    )


def _last(events: QuerySet[Event]) -> dict[str, int]:
    """The key of the newest event of each action. One query."""
    return dict(events.order_by().values_list("action").annotate(last=Max("pk")))


def _stands(last: Mapping[str, int], begins: str, ends: str) -> int:
    """The key of the event that began what had not ended; 0 for none."""
    key = last.get(begins, 0)
    return key if key > last.get(ends, 0) else 0


def _notices(moment: datetime) -> dict[str, Notice]:
    published = Notice.objects.filter(material=True, published_at__lt=moment)
    return {notice.use: notice for notice in published.order_by("version")}


def _holds(creator: User, moment: datetime) -> dict[tuple[str, int | None], Hold]:
    holds = Hold.objects.filter(creator=creator, use__in=USES, placed_at__lt=moment)
    stood = Q(lifted_at=None) | Q(lifted_at__gte=moment)
    standing = holds.filter(stood).select_related("video").order_by("pk")
    return {(one.use, one.video_id): one for one in standing}


def _under_way(creator: User, moment: datetime) -> list[UnderWay]:
    """One query; where there are any, one more, and one for each that had reached something."""
    confirmed = Edit.objects.filter(creator=creator, confirmed_at__lt=moment)
    live = confirmed.filter(Q(applied_at=None) | Q(applied_at__gte=moment)).order_by("version")
    edits = list(live.select_related("creator"))
    reached = dict.fromkeys([edit.uuid for edit in edits], 0)
    if edits:
        parts = Event.objects.filter(
            creator=creator,
            action="edit.part_applied",
            correlation_id__in=list(reached),
            at__lt=moment,
        )
        for part in parts:
            body = part.written
            reached[part.correlation_id] += sum(body[name] for name in OUTCOMES)
    return [UnderWay(edit, _cursor(edit, reached[edit.uuid])) for edit in edits]


def _cursor(edit: Edit, reached: int) -> int:
    """The key of the video of the last item that was reached."""
    if not reached:
        return 0
    keys = edit.items.order_by("video").values_list("video", flat=True)
    return next(iter(keys[reached - 1 : reached]), 0)


def stored_at(past: Past, videos: Collection[int]) -> dict[tuple[int, str], Stored]:
    """By video and use, the consents of these videos (keys); what is not there was never decided.
    Two queries."""
    latest = (
        Item.objects.filter(video=OuterRef("video"), edit__use=OuterRef("use"))
        .changed(upto=F("edit__cursor"))
        .filter(past.applied())
        .order_by("-edit__version", "-edit")
    )
    changed_since = Case(
        When(changed_at__gte=past.moment, then=Subquery(latest.values("pk")[:1])),
        default=None,
        output_field=BigIntegerField(),
    )
    consents = Consent.objects.filter(video__in=videos, use__in=USES).annotate(item=changed_since)
    found: dict[tuple[int, str], Stored] = {}
    items: dict[int, tuple[int, str]] = {}
    for consent in consents.select_related("terms__notice", "edit"):
        if consent.changed_at < past.moment:
            found[consent.video_id, consent.use] = Stored(
                consent.terms, consent.decided, consent.edit
            )
        elif consent.item:
            items[consent.item] = (consent.video_id, consent.use)
    then = Item.objects.filter(pk__in=items).select_related("after__notice", "edit")
    for item in then if items else []:
        found[items[item.pk]] = Stored(item.after, item.after_decided, item.edit)
    return found


def taking(past: Past, one: UnderWay) -> ItemQuerySet:
    """The items of an edit that was still going to turn their videos off, or to give them terms
    that allowed nothing by then."""
    off = Q(after=None)
    if one.edit.change == Edit.Change.FORMER:
        off |= Q(after__until__lte=past.moment)
        off |= Q(after__notice__version__lt=past.material(one.edit.use))
    return one.edit.items.to_change(after=one.cursor).filter(off)


def withdrawn_at(past: Past, videos: Collection[int]) -> dict[tuple[int, str], Edit]:
    """By video and use, the edit that was turning off what it had not reached yet. One that was
    holding is not among them: it had not named its videos. No query where none was under way, and
    one for each that was."""
    found: dict[tuple[int, str], Edit] = {}
    for one in past.under_way:
        if one.edit.withdraws and not one.holding:
            keys = taking(past, one).filter(video__in=videos).values_list("video", flat=True)
            found |= {(video, one.edit.use): one.edit for video in keys}
    return found


def states_at(past: Past, videos: Sequence[Video]) -> list[dict[str, UseState]]:
    """For each of these videos of the creator its state by use. Two queries, and those of
    withdrawn_at."""
    keys = [video.pk for video in videos]
    stored, withdrawn = stored_at(past, keys), withdrawn_at(past, keys)
    return [
        {
            use: state_at(
                past,
                video,
                use,
                stored.get((video.pk, use), Stored()),
                withdrawn=withdrawn.get((video.pk, use)),
            )
            for use in USES
        }
        for video in videos
    ]


def state_at(
    past: Past, video: Video, use: str, stored: Stored, *, withdrawn: Edit | None
) -> UseState:
    """What was in force for one video, and what was stored. Asks nothing."""
    terms, edit = stored.terms, stored.edit
    holding = next(
        (one.edit for one in past.under_way if one.holding and one.edit.use == use), None
    )
    if terms and holding and not withdrawn:
        withdrawn = holding
    facts = replace(
        _above(past, use),
        # A permission is given only to what is ready, so what was made ready since had none.
        available=video.status == Video.Status.READY,
        held=past.hold_on(use, video.pk) is not None,
        being_withdrawn=withdrawn is not None,
        decided=stored.decided,
        allowed_by_terms=terms is not None,
    )
    if terms:
        facts = replace(
            facts,
            ended=terms.until is not None and terms.until <= past.moment,
            notice_superseded=terms.notice.version < past.material(use),
            in_audience=terms.audience == Terms.Audience.EVERYONE,
            approval_missing=terms.mode == Terms.Mode.ASK,
        )
    reason, beneath = policy.decide(facts).reason, policy.stored(facts)

    def act(why: Reason) -> Act:
        if why is Reason.OPTED_OUT and past.opted_out:
            return Act(past.opted_out.actor, past.opted_out_note)
        if why is Reason.HELD:
            return STAFF
        behind = withdrawn if why is Reason.WITHDRAWN else edit
        if why in (Reason.WITHDRAWN, Reason.OFF) and behind:
            return Act(behind.actor, behind.reason)
        return Act(until=terms.until if terms else None)

    return UseState(
        use=USES[use],
        reason=reason,
        act=act(reason),
        stored=beneath,
        stored_act=act(beneath),
        since=edit.confirmed_at if edit else None,
        who=who(edit.actor if edit else None, reader=past.creator),
    )


def _above(past: Past, use: str) -> Facts:
    return replace(
        policy.ALLOWING,
        restoring=past.restoring is not None,
        paused=use in past.paused,
        opted_out=past.opted_out is not None,
    )
