"""What becomes of memes that a creator's own withdrawal hid: they come back with it, or are deleted
when it can no longer be undone (docs/decisions/0016-a-withdrawal-hides-before-it-deletes.md)."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from consent import policy, querysets
from consent import services as consent
from consent.models import Consent, ConsentState, Edit, Item
from consent.policy import Facts
from consent.signals import HiddenMemes
from consent.uses import REMIX
from creatorhub.actors import Actor
from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Video
from remixer.models import Render, RenderQuerySet
from remixer.services.moderation import BY_STAFF
from remixer.services.records import record_all
from remixer.services.withdrawal import among

SWEEPER = Actor.system("sweeper")
CREATORS_PER_SWEEP = 50
MEMES_PER_SWEEP = 500  # of one creator, in one transaction
BY_PLATFORM = ("restoring", "paused", "held")  # facts that hide a meme, and take no permission away
STILL_HIDDEN = (*BY_PLATFORM, "blocked")  # so does this one, for what one person has made
Pair = tuple[int, int]  # the keys of a video and of who made a meme of it


def restore(
    *,
    actor: Actor,
    creator: User,
    undone: int,
    videos: QuerySet[Video] | None,
    asked_at: datetime,
    version: int,
    correlation_id: uuid.UUID,
    **_: object,
) -> int:
    """Bring back what the withdrawal of version `undone` hid, of these videos (None: all), if it
    could still be undone at `asked_at`, no later edit turned the video off, and the decision, a
    pause and holds aside, allows it again: a meme whose maker removed it stays away. Returns how
    many can be seen again now.

    Part of the undoing transaction, which holds the lock of the creator's consent state and has
    raised it to `version`. Two updates, however many memes there are.
    """
    hidden = _hidden_by(creator, undone).filter(restorable_until__gt=asked_at)
    keys = _videos_of(hidden, videos)
    if not keys:
        return 0
    facts = querysets.facts(keys, REMIX.id)
    allowed = [key for key in keys if _allow(facts[key], aside=BY_PLATFORM)]
    back = hidden.filter(video__in=allowed)
    renders = list(back.locked().order_by("pk"))
    Render.objects.filter(pk__in=[render.pk for render in renders]).update(
        state=State.DONE,
        problem="",
        ended_for="",
        ended_by="",
        allowed_version=version,
        hidden_version=None,
        restorable_until=None,
    )
    made = {one.pk: (one.video_id, one.requester_id) for one in renders}
    hidden_by = _hidden_by_what(set(made.values()), facts, creator)
    seen = 0
    for reason in ("", *STILL_HIDDEN):
        some = [one for one in renders if hidden_by[made[one.pk]] == reason]
        if some and reason:
            still = "render.restored_hidden"
            record_all(still, some, actor=actor, correlation_id=correlation_id, reason=reason)
        elif some:
            record_all("render.restored", some, actor=actor, correlation_id=correlation_id)
            seen = len(some)
    beneath = (*BY_PLATFORM, "opted_out")
    opted_out = [key for key in keys if facts[key].opted_out]
    if opted_out := [key for key in opted_out if _allow(facts[key], aside=beneath)]:
        # From here the opt-out alone hides them: opting back in brings them back.
        state = ConsentState.objects.get(creator=creator)
        hidden.filter(video__in=opted_out).update(hidden_version=state.withdrawn_version)
    return seen


def hidden_memes(
    *,
    creator: User,
    undone: int,
    videos: QuerySet[Video] | None,
    asked_at: datetime,
    undo: Edit | None = None,
    beneath_opt_out: bool = False,
    **_: object,
) -> HiddenMemes:
    """What `restore` would do now, if the decision then allows these videos; `beneath_opt_out`,
    those of them that it allows without the opt-out. Seven queries."""
    theirs = Render.objects.filter(creator=creator, hidden_version=undone)
    hidden = theirs.hidden().filter(restorable_until__gt=asked_at)
    may_be_back = _hidden_by(creator, undone).filter(restorable_until__gt=asked_at)
    may_be_back = may_be_back.filter(video__in=_videos_of(may_be_back, videos))
    came = _brought_back(undo) if undo else may_be_back
    rows = came.order_by().values_list("video", "requester").annotate(Count("pk"))
    counted = {(video, requester): number for video, requester, number in rows}
    facts = querysets.facts(sorted({video for video, _requester in counted}), REMIX.id)
    if beneath_opt_out:
        aside = (*BY_PLATFORM, "opted_out")
        allowed = {key for key, one in facts.items() if _allow(one, aside=aside)}
        counted = {pair: number for pair, number in counted.items() if pair[0] in allowed}
    by = Counter[str]()
    for pair, reason in _hidden_by_what(list(counted), facts, creator).items():
        by[reason] += counted[pair]
    late = Q(state=Render.HIDDEN, restorable_until__lte=asked_at)
    late |= Q(state=Render.TAKEN_DOWN) & ~Q(ended_for=BY_STAFF)
    return HiddenMemes(
        back=by[""],
        held=by["held"],
        paused=by["paused"] + by["restoring"],
        blocked=by["blocked"],
        not_allowed=hidden.count() - (0 if undo else by.total()),
        removed=theirs.filter(state=Render.REMOVED).count(),
        too_late=theirs.filter(late).count(),
        until=hidden.aggregate(until=Min("restorable_until"))["until"],
    )


def take_down_what_is_due() -> int:
    """Take down for good what can no longer come back; part of the sweep, which then deletes the
    files. One transaction for each creator. Returns how many.

    An undo that was confirmed in time and is still being applied keeps what it has not reached.
    """
    due = Render.objects.hidden().filter(restorable_until__lte=timezone.now())
    owners = due.order_by("creator").values("creator").distinct()[:CREATORS_PER_SWEEP]
    return sum(_take_down(due, creator) for creator in User.objects.filter(pk__in=owners))


def _take_down(due: RenderQuerySet, creator: User) -> int:
    with transaction.atomic(durable=True):
        consent.lock_consent_state(creator)
        undos = Edit.objects.filter(creator=creator).live().exclude(undoes=None)
        undone = list(undos.values_list("undoes__version", flat=True))
        rows = due.filter(creator=creator).exclude(hidden_version__in=undone)
        renders = list(rows.locked().order_by("pk")[:MEMES_PER_SWEEP])
        Render.objects.filter(pk__in=[render.pk for render in renders]).update(
            state=Render.TAKEN_DOWN, restorable_until=None
        )
        record_all("render.deleted", renders, actor=SWEEPER)
    return len(renders)


def _hidden_by(creator: User, version: int) -> RenderQuerySet:
    """What the withdrawal of this version hid, without the memes of videos that a later edit turned
    off: that is a newer “no”, also where the video was allowed in between."""
    later = Edit.objects.filter(creator=creator, use=REMIX.id, version__gt=version)
    turned_off = Item.objects.filter(edit__in=later, video=OuterRef("video"), after=None)
    hidden = Render.objects.hidden().filter(creator=creator, hidden_version=version)
    return hidden.exclude(Exists(turned_off.changed(upto=F("edit__cursor"))))


def _brought_back(undo: Edit) -> RenderQuerySet:
    """What this undo brought back and nothing has ended since."""
    allowed = Consent.objects.filter(video=OuterRef("video"), use=REMIX.id, edit=undo)
    return Render.objects.filter(
        Exists(allowed),
        creator=undo.creator_id,
        state=State.DONE,
        allowed_version__gte=undo.version,
        created_at__lt=undo.confirmed_at,
    )


def _hidden_by_what(
    pairs: Collection[Pair], facts: Mapping[int, Facts], creator: User
) -> dict[Pair, str]:
    """Which of STILL_HIDDEN keeps the memes hidden that these people made of these videos of the
    creator, which allow them; "" where none does. One query."""
    blocked = querysets.blocked({(creator.pk, requester) for _video, requester in pairs})
    found = {}
    for video, requester in pairs:
        stands = replace(facts[video], blocked=(creator.pk, requester) in blocked)
        found[video, requester] = next((one for one in STILL_HIDDEN if getattr(stands, one)), "")
    return found


def _allow(facts: Facts, *, aside: tuple[str, ...]) -> bool:
    """Whether the decision would be yes if none of these stood. They come early in the policy, and
    hide what speaks against a video beneath them."""
    cleared: dict[str, Any] = dict.fromkeys(aside, False)
    return policy.decide(replace(facts, **cleared)).allowed


def _videos_of(hidden: RenderQuerySet, videos: QuerySet[Video] | None) -> list[int]:
    """The keys of the videos of these memes, of those among `videos`."""
    keys = list(hidden.order_by("video").values_list("video", flat=True).distinct())
    return among(videos, keys) if videos is not None and keys else keys
