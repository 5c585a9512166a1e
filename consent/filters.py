"""What the query string of a video list means, on the page, in the API and in a selection alike.

?q=beach&collection=Summer&from=2026-01-01&remix=allowed&train=off&memes=yes&sort=title
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.functional import cached_property

from consent import counts
from consent.models import Consent, Edit, Item
from consent.policy import Reason
from consent.querysets import with_reason, with_reason_aside
from consent.uses import USES
from consent.wording import REASON_LABELS
from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Video
from library.search import titled

SORTS: dict[str, tuple[str, ...]] = {
    "newest": ("-created_at", "-id"),
    "oldest": ("created_at", "id"),
    "title": ("lower_title", "-id"),
    "longest": ("-duration_ms", "-id"),
    "shortest": ("duration_ms", "-id"),
}
SORT_LABELS = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "title": "By title",
    "longest": "Longest first",
    "shortest": "Shortest first",
}

# A state of the list: the reasons it stands for. "off" is whatever is not a yes.
_YES = (Reason.ALLOWED, Reason.APPROVAL_NEEDED)
STATES: dict[str, tuple[Reason, ...]] = {
    "allowed": (Reason.ALLOWED,),
    "ending": _YES,
    "ask": (Reason.APPROVAL_NEEDED,),
    "off": tuple(reason for reason in Reason if reason not in _YES),
    "undecided": (Reason.UNDECIDED,),
    "expired": (Reason.EXPIRED,),
    "notice_changed": (Reason.NOTICE_CHANGED,),
}
STATE_LABELS = {
    "allowed": "Allowed",
    "ending": "Ends within 30 days",
    "ask": "Ask first",
    "off": "Off",
    "undecided": "Never decided",
    "expired": "Ended",
    "notice_changed": "Terms changed",
}
MEMES = {"yes": "Memes made of it", "no": "No memes"}
EDITED = {
    "day": "In the last 24 hours",
    "week": "In the last 7 days",
    "month": "In the last 30 days",
    "never": "Never",
}
_PERIODS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
LONGEST = 86_400  # seconds that a length may be asked for
RARE = 100  # one video in so many, or fewer, is looked up by its terms
# Every parameter that narrows the list, so that a selection and a saved filter keep just these.
NARROWING = (
    *("q", "collection", "from", "to", "shorter", "longer"),
    *USES,
    *("reason", "memes", "edited", "edit"),
)


def _midnight(day: date) -> datetime:
    """When this day begins in the person's own zone, which the request has activated. Days that
    no zone could be applied to are moved to where it can: nothing was uploaded then."""
    sane = max(date(1900, 1, 1), min(day, date(9000, 1, 1)))
    return timezone.make_aware(datetime.combine(sane, time.min))


def state_of(reason: str) -> str:
    """The effective state that a reason amounts to: "allowed", "ask" or "off"."""
    return {Reason.ALLOWED: "allowed", Reason.APPROVAL_NEEDED: "ask"}.get(Reason(reason), "off")


def ordering(sort: str) -> tuple[str, ...]:
    return SORTS.get(sort, SORTS["newest"])


def _met(rows: QuerySet[Any]) -> IsNull:
    """EXISTS, asked of each video that is met. PostgreSQL makes a hash of all `rows` for an EXISTS
    in an OR, not knowing that a page ends after fifty videos."""
    none_met = False
    return IsNull(Subquery(rows.values("pk")[:1]), none_met)


class VideoFilter(django_filters.FilterSet):  # type: ignore[misc]  # the library has no types
    """Over the videos of one `creator`. Sorting is left to the pager. `besides` is an edit whose
    selection is being frozen: as with_reason has it. `few`, once its rows were asked for,
    says that they are few and quickly found.

    `from` and `to` are days in the person's zone, both included; lengths are seconds.
    """

    q = django_filters.CharFilter(method="containing", max_length=200, label="Search")
    collection = django_filters.CharFilter(
        field_name="collection", max_length=100, label="Collection"
    )
    remix = django_filters.ChoiceFilter(
        method="in_state", choices=[*STATE_LABELS.items()], label=USES["remix"].label
    )
    train = django_filters.ChoiceFilter(
        method="in_state", choices=[*STATE_LABELS.items()], label=USES["train"].label
    )
    longer = django_filters.NumberFilter(
        method="at_least", min_value=0, max_value=LONGEST, label="Longer than"
    )
    shorter = django_filters.NumberFilter(
        method="at_most", min_value=0, max_value=LONGEST, label="Shorter than"
    )
    reason = django_filters.ChoiceFilter(
        method="for_reason", choices=[*REASON_LABELS.items()], label="Reason"
    )
    memes = django_filters.ChoiceFilter(
        method="with_memes", choices=[*MEMES.items()], label="Memes"
    )
    edited = django_filters.ChoiceFilter(
        method="last_edited", choices=[*EDITED.items()], label="Last edit"
    )
    edit = django_filters.UUIDFilter(method="changed_by", label="Edit")
    sort = django_filters.ChoiceFilter(
        method="to_be_sorted", choices=[*SORT_LABELS.items()], label="Sort"
    )

    class Meta:
        model = Video
        fields: list[str] = []

    def __init__(
        self, data: Any, *, queryset: QuerySet[Video], creator: User, besides: Edit | None = None
    ) -> None:
        self.creator = creator
        self.besides = besides
        self.few = False
        super().__init__(data, queryset=queryset)

    def containing(self, videos: QuerySet[Video], name: str, value: str) -> QuerySet[Video]:
        return titled(videos, value)

    def uploaded_from(self, videos: QuerySet[Video], name: str, value: date) -> QuerySet[Video]:
        return videos.filter(created_at__gte=_midnight(value))

    def uploaded_to(self, videos: QuerySet[Video], name: str, value: date) -> QuerySet[Video]:
        return videos.filter(created_at__lt=_midnight(value) + timedelta(days=1))

    def at_least(self, videos: QuerySet[Video], name: str, value: Any) -> QuerySet[Video]:
        return videos.filter(duration_ms__gte=round(value * 1000))

    def at_most(self, videos: QuerySet[Video], name: str, value: Any) -> QuerySet[Video]:
        return videos.filter(duration_ms__lte=round(value * 1000))

    def in_state(self, videos: QuerySet[Video], name: str, value: str) -> QuerySet[Video]:
        if self._is_withdrawing(name):
            reasoned = self._reasoned(videos, name)
            if value == "ending":
                soon = timezone.now() + counts.SOON
                reasoned = reasoned.filter(**{f"consent_{name}__terms__until__lte": soon})
            return reasoned.filter(**{f"_{name}_reason__in": STATES[value]})
        if value == "off":
            for reason in _YES:
                videos = videos.filter(~self._where(name, reason))
            self.few = False  # it is the others that were looked up
            return videos
        if value == "ending":
            is_silent = self._stand.opted_out or name in self._stand.paused
            return videos.none() if is_silent else videos.filter(self._under_terms(name, value))
        return videos.filter(self._where(name, STATES[value][0]))

    def for_reason(self, videos: QuerySet[Video], name: str, value: str) -> QuerySet[Video]:
        wanted = Q()
        for use in USES:
            if self._is_withdrawing(use):
                videos = self._reasoned(videos, use)
                wanted |= Q(**{f"_{use}_reason": value})
            else:
                wanted |= self._where(use, Reason(value), one_of_many=True)
        self.few = False
        return videos.filter(wanted)

    @cached_property
    def _stand(self) -> counts.Stand:
        stand = counts.stand_of(self.creator)
        freezing = self.besides
        if freezing is None:
            return stand
        if then := freezing.asked_under:
            paused, opted_out = frozenset(then["paused"]), then["opted_out"]
            stand = replace(stand, paused=paused, opted_out=opted_out)
        late = freezing.version if freezing.confirmed_at else math.inf
        others = (one for one in stand.live if one.pk != freezing.pk and one.version < late)
        return replace(stand, live=tuple(others))

    def _is_withdrawing(self, use: str) -> bool:
        """Or may be: also what was undecided says so while it is being turned off."""
        only_allows = Edit.Change.ALLOWED
        return any(one.use == use and one.change != only_allows for one in self._stand.live)

    def _reasoned(self, videos: QuerySet[Video], use: str) -> QuerySet[Video]:
        return with_reason_aside(videos, use, besides=self.besides, owner=self.creator.pk)

    def _where(self, use: str, reason: Reason, *, one_of_many: bool = False) -> Q:
        """The videos whose reason this is, while nothing is being withdrawn: the policy's table,
        with what is so for all of one creator's videos known beforehand. What is left are
        conditions that an index or the engine's own figures can tell; the reason itself is one
        that it could only try out on every row. A test compares both. `one_of_many` says that
        the condition will be joined to others by OR."""
        exists: Callable[[QuerySet[Any]], Any] = _met if one_of_many else Exists
        stand, none = self._stand, Q(pk__in=[])
        ready = Q(status=Video.Status.READY)
        consent = Consent.objects.filter(creator=self.creator, use=use, video=OuterRef("pk"))
        if use in stand.paused or reason is Reason.PAUSED:
            both = use in stand.paused and reason is Reason.PAUSED
            return ~none if both else none
        if reason is Reason.VIDEO_UNAVAILABLE:
            return ~ready
        if stand.opted_out or reason is Reason.OPTED_OUT:
            return ready if stand.opted_out and reason is Reason.OPTED_OUT else none
        if reason is Reason.UNDECIDED:
            return ready & ~Q(exists(consent.filter(decided=True)))
        if reason is Reason.OFF:
            return ready & Q(exists(consent.filter(decided=True, terms=None)))
        state = {Reason.APPROVAL_NEEDED: "ask"}.get(reason, str(reason))
        return self._under_terms(use, state, exists=exists)

    def _under_terms(
        self, use: str, state: str, *, exists: Callable[[QuerySet[Any]], Any] = Exists
    ) -> Q:
        """The ready videos under terms of this state. Where they are few they are begun with, else
        met on the way through the list."""
        counted = self._stand.uses[use]
        keys = counted.terms.get(state, [])
        under = Consent.objects.filter(creator=self.creator, use=use, terms__in=keys)
        if getattr(counted, state, 0) * RARE > self._stand.videos:
            return Q(exists(under.filter(video=OuterRef("pk"))), status=Video.Status.READY)
        self.few = True
        return Q(pk__in=under.values("video"), status=Video.Status.READY)

    def with_memes(self, videos: QuerySet[Video], name: str, value: str) -> QuerySet[Video]:
        """By the name of the relation: the app that makes memes stands above this one."""
        made = Video.objects.filter(owner=self.creator, renders__state=State.DONE).values("pk")
        return videos.filter(pk__in=made) if value == "yes" else videos.exclude(pk__in=made)

    def last_edited(self, videos: QuerySet[Video], name: str, value: str) -> QuerySet[Video]:
        decided = Consent.objects.filter(video=OuterRef("pk"))
        if value == "never":
            return videos.filter(~Exists(decided))
        since = timezone.now() - _PERIODS[value]
        return videos.filter(Exists(decided.filter(changed_at__gte=since)))

    def changed_by(self, videos: QuerySet[Video], name: str, value: Any) -> QuerySet[Video]:
        edit = Edit.objects.filter(creator=self.creator, uuid=value).first()
        if edit is None:
            return videos.none()
        return videos.filter(pk__in=changed_in(edit).values("video"))

    def to_be_sorted(self, videos: QuerySet[Video], name: str, value: str) -> QuerySet[Video]:
        """With what the pager sorts by, where that is no field."""
        return videos.annotate(lower_title=Lower("title")) if value == "title" else videos


# `from` is a word that no attribute of a class may have.
for _name in ("from", "to"):
    VideoFilter.base_filters[_name] = django_filters.DateFilter(
        field_name=_name,
        method=f"uploaded_{_name}",
        label=f"Uploaded {_name}",
        input_formats=["%Y-%m-%d"],
    )


def changed_in(edit: Edit) -> QuerySet[Item]:
    """The items that this edit has changed so far."""
    return edit.items.filter(outcome=Item.Outcome.PENDING, video__lte=edit.cursor)


def with_reasons(videos: QuerySet[Video], **asked: Any) -> QuerySet[Video]:
    """`with_reason` for every use there is."""
    for use in USES:
        videos = with_reason(videos, use, **asked)
    return videos
