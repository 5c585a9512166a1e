"""What the query string of a video list means, on the page, in the API and in a selection alike.

?q=beach&collection=Summer&from=2026-01-01&remix=allowed&train=off&memes=yes&sort=title
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent import counts, policy
from consent.models import Consent, Edit
from consent.policy import Reason
from consent.querysets import AsOf, with_reason_alias, with_stored_alias
from consent.uses import USES, Text
from consent.wording import REASON_LABELS
from creatorhub import days
from creatorhub.errors import Refused
from creatorhub.filtering import DAYS, FilterForm, Range
from creatorhub.jobs import State
from creatorhub.models import User
from creatorhub.texts import LineInput
from library.models import Video
from library.search import titled

SORTS: dict[str, tuple[str, ...]] = {
    "newest": ("-created_at", "-id"),
    "oldest": ("created_at", "id"),
    "title": ("folded_title", "-id"),
    "longest": ("-duration_ms", "-id"),
    "shortest": ("duration_ms", "-id"),
}
SORT_LABELS: dict[str, Text] = {
    "newest": gettext_lazy("Newest first"),
    "oldest": gettext_lazy("Oldest first"),
    "title": gettext_lazy("By title"),
    "longest": gettext_lazy("Longest first"),
    "shortest": gettext_lazy("Shortest first"),
}

# A state of the list is what is stored for a video (policy.stored), whatever holds it back for now:
# the reasons it stands for. "off" is whatever is not a yes. What holds it back is `reason`; "held"
# finds what staff hold, also while something else comes first.
_YES = (Reason.ALLOWED, Reason.APPROVAL_NEEDED)
STATES: dict[str, tuple[Reason, ...]] = {
    "allowed": (Reason.ALLOWED,),
    "ending": _YES,
    "ask": (Reason.APPROVAL_NEEDED,),
    "off": tuple(reason for reason in Reason if reason not in _YES),
    "undecided": (Reason.UNDECIDED,),
    "expired": (Reason.EXPIRED,),
    "notice_changed": (Reason.NOTICE_CHANGED,),
    "held": (),
}
STATE_LABELS: dict[str, Text] = {
    "allowed": gettext_lazy("Allowed"),
    "ending": gettext_lazy("Ends within 30 days"),
    "ask": gettext_lazy("Ask first"),
    "off": gettext_lazy("Off"),
    "undecided": gettext_lazy("Never decided"),
    "expired": gettext_lazy("Ended"),
    "notice_changed": gettext_lazy("Terms changed"),
    "held": gettext_lazy("Held by CreatorHub"),
}
MEMES: dict[str, Text] = {
    "yes": gettext_lazy("With memes"),
    "no": gettext_lazy("No memes"),
}
EDITED: dict[str, Text] = {
    "day": gettext_lazy("In the last 24 hours"),
    "week": gettext_lazy("In the last 7 days"),
    "month": gettext_lazy("In the last 30 days"),
    "never": gettext_lazy("Never"),
}
_READY = Q(status=Video.Status.READY)
_PERIODS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
MAX_LENGTH = 86_400  # seconds that a length may be asked for
COUNTED = 1_000  # up to here the list counts what a filter finds
RARE = 100  # one video in so many, or fewer, is looked up by its terms
# The filters that are there whatever the uses; no use may have one of these names.
COMMON = ("q", "collection", "from", "to", "shorter", "longer", "reason", "memes", "edited", "edit")


def narrowing() -> tuple[str, ...]:
    """Every parameter that narrows the list: what a selection and a saved filter keep."""
    return (*COMMON, *USES)


def refuse_unknown(given: Mapping[str, Any], *, allowed: Iterable[str] = ()) -> None:
    """Raises Refused, naming it, for a name that is no filter and not `allowed` beside them, or
    that a query gives twice. A filter that was ignored would select everything."""
    known = narrowing()
    for name in given:
        if isinstance(given, QueryDict) and len(given.getlist(name)) > 1:
            raise Refused(
                _("The filter “%(name)s” is given more than once.") % {"name": name},
                code="invalid_filter",
            )
        if name not in known and name not in allowed:
            raise Refused(
                _("There is no filter “%(name)s”. There are: %(known)s.")
                % {"name": name, "known": ", ".join(known)},
                code="invalid_filter",
            )


def state_of(reason: str) -> str:
    """The effective state that a reason amounts to: "allowed", "ask" or "off"."""
    return {Reason.ALLOWED: "allowed", Reason.APPROVAL_NEEDED: "ask"}.get(Reason(reason), "off")


def counted(found: QuerySet[Video]) -> tuple[int, bool]:
    """How many these are, up to COUNTED, and whether there are more. One query, that costs no more
    in a library of millions."""
    number = found.order_by()[: COUNTED + 1].count()
    return min(number, COUNTED), number > COUNTED


def ordering(sort: str) -> tuple[str, ...]:
    return SORTS.get(sort, SORTS["newest"])


def _looked_up(rows: QuerySet[Any]) -> IsNull:
    """EXISTS, evaluated for each video that is read. For an EXISTS in an OR, PostgreSQL makes a
    hash of all `rows`, not knowing that a page ends after fifty videos."""
    none_found = False
    return IsNull(Subquery(rows.values("pk")[:1]), none_found)


class VideoForm(FilterForm):
    ranges = (
        DAYS,
        Range(
            "longer",
            "shorter",
            gettext_lazy(
                "The most is less than the least, so nothing can match. Change one of them."
            ),
        ),
    )


class LineFilter(django_filters.CharFilter):  # type: ignore[misc]
    """By a text that a person typed."""

    field_class = LineInput


class VideoFilter(django_filters.FilterSet):  # type: ignore[misc]  # the library has no types
    """Over the videos of one `creator`, with one filter for each use. Sorting is left to the
    pager. `few`, once its rows were asked for, says that they are few and quickly found.

    `from` and `to` are days in the person's zone, both included; lengths are seconds.
    """

    q = LineFilter(method="containing", max_length=200, label=gettext_lazy("Search"))
    collection = LineFilter(
        field_name="collection", max_length=100, label=gettext_lazy("Collection")
    )
    longer = django_filters.NumberFilter(
        method="at_least",
        min_value=0,
        max_value=MAX_LENGTH,
        label=gettext_lazy("At least (seconds)"),
    )
    shorter = django_filters.NumberFilter(
        method="at_most", min_value=0, max_value=MAX_LENGTH, label=gettext_lazy("At most (seconds)")
    )
    reason = django_filters.ChoiceFilter(
        method="for_reason", choices=[*REASON_LABELS.items()], label=gettext_lazy("Reason")
    )
    memes = django_filters.ChoiceFilter(
        method="with_memes", choices=[*MEMES.items()], label=gettext_lazy("Memes")
    )
    edited = django_filters.ChoiceFilter(
        method="last_edited", choices=[*EDITED.items()], label=gettext_lazy("Last edit")
    )
    edit = django_filters.UUIDFilter(method="changed_by", label=gettext_lazy("Edit"))
    sort = django_filters.ChoiceFilter(
        method="to_be_sorted", choices=[*SORT_LABELS.items()], label=gettext_lazy("Sort")
    )

    class Meta:
        model = Video
        form = VideoForm
        fields: list[str] = []

    def __init__(
        self,
        data: Any,
        *,
        queryset: QuerySet[Video],
        creator: User,
        as_of: AsOf | None = None,
    ) -> None:
        self.creator = creator
        self.as_of = as_of or AsOf()
        self.few = False
        super().__init__(data, queryset=queryset)
        for use in USES.values():
            chosen = django_filters.ChoiceFilter(
                field_name=use.id,
                method="in_state",
                choices=[*STATE_LABELS.items()],
                label=use.label,
            )
            chosen.parent, chosen.model = self, Video
            self.filters[use.id] = chosen

    def containing(self, videos: QuerySet[Video], name: str, value: str) -> QuerySet[Video]:
        return titled(videos, value)

    def uploaded_from(self, videos: QuerySet[Video], name: str, value: date) -> QuerySet[Video]:
        return videos.filter(created_at__gte=days.start_of(value))

    def uploaded_to(self, videos: QuerySet[Video], name: str, value: date) -> QuerySet[Video]:
        return videos.filter(created_at__lt=days.end_of(value))

    def at_least(self, videos: QuerySet[Video], name: str, value: Any) -> QuerySet[Video]:
        return videos.filter(duration_ms__gte=round(value * 1000))

    def at_most(self, videos: QuerySet[Video], name: str, value: Any) -> QuerySet[Video]:
        return videos.filter(duration_ms__lte=round(value * 1000))

    def in_state(self, videos: QuerySet[Video], name: str, value: str) -> QuerySet[Video]:
        if value == "held":
            everything = name in self._overview.held_uses
            return videos.filter(_READY) if everything else videos.filter(_READY & self._held(name))
        if self._is_changing(name):
            stored = with_stored_alias(self._reasoned(videos, name), name)
            if value == "ending":
                soon = self.as_of.now + counts.SOON
                stored = stored.filter(**{f"consent_{name}__terms__until__lte": soon})
            return stored.filter(**{f"_{name}_stored__in": STATES[value]})
        if value == "off":
            for reason in _YES:
                videos = videos.filter(~self._stored(name, reason))
            self.few = False  # it is the others that were looked up
            return videos
        if value == "ending":
            ending = self._overview.uses[name]
            return videos.filter(self._under(name, ending.ending_terms, count=ending.ending))
        return videos.filter(self._stored(name, STATES[value][0]))

    def for_reason(self, videos: QuerySet[Video], name: str, value: str) -> QuerySet[Video]:
        wanted = Q()
        for use in USES:
            if self._is_changing(use):
                videos = self._reasoned(videos, use)
                wanted |= Q(**{f"_{use}_reason": value})
            else:
                wanted |= self._where(use, Reason(value), exists=_looked_up)
        self.few = False
        return videos.filter(wanted)

    @cached_property
    def _overview(self) -> counts.Overview:
        """Where the creator stands, as of the moment that is asked about."""
        now = counts.overview_of(self.creator)
        live = now.live if self.as_of.edit is None else self.as_of.live_edits(self.creator)
        return replace(
            now,
            live=tuple(live),
            holds=counts.holds_of(self.as_of.holds(self.creator)),
            paused=now.paused if self.as_of.paused is None else self.as_of.paused,
            restoring=now.restoring if self.as_of.restoring is None else self.as_of.restoring,
            opted_out=now.opted_out if self.as_of.opted_out is None else self.as_of.opted_out,
        )

    def _is_changing(self, use: str) -> bool:
        """Whether a live edit may be turning this use off, also for what was never decided."""
        only_allows = Edit.Change.ALLOWED
        return any(one.use == use and one.change != only_allows for one in self._overview.live)

    def _reasoned(self, videos: QuerySet[Video], use: str) -> QuerySet[Video]:
        return with_reason_alias(videos, use, as_of=self.as_of, owner=self.creator.pk)

    def _where(
        self, use: str, reason: Reason, *, exists: Callable[[QuerySet[Any]], Any] = Exists
    ) -> Q:
        """The videos for which the policy gives this reason while nothing is being withdrawn.

        What applies to all of one creator's videos is known beforehand, so the policy is asked
        what it says above the consents; what is left are conditions that an index or the engine's
        own figures can answer, where the reason itself could only be tried on every row.
        """
        above = {
            available: policy.decide(
                replace(
                    policy.ALLOWING,
                    restoring=self._overview.restoring,
                    paused=use in self._overview.paused,
                    available=available,
                    opted_out=self._overview.opted_out,
                    held=use in self._overview.held_uses,
                )
            ).reason
            for available in (True, False)
        }
        found = ~_READY if above[False] is reason else Q(pk__in=[])
        if above[True] is Reason.ALLOWED:  # then each video's own hold and consent decide
            held = self._held(use, exists=exists)
            if reason is Reason.HELD:
                return found | (_READY & held)
            return found | (_READY & self._own(use, reason, exists=exists) & ~held)
        return found | _READY if above[True] is reason else found

    def _stored(self, use: str, reason: Reason) -> Q:
        """The videos for which this is stored while nothing is being withdrawn."""
        return _READY & self._own(use, reason, exists=Exists)

    def _held(self, use: str, *, exists: Callable[[QuerySet[Any]], Any] = Exists) -> Q:
        """The videos that are held each by itself."""
        if not self._overview.holds.get(use):
            return Q(pk__in=[])
        return Q(exists(self.as_of.holds(self.creator).filter(use=use, video=OuterRef("pk"))))

    def _own(self, use: str, reason: Reason, *, exists: Callable[[QuerySet[Any]], Any]) -> Q:
        """The videos whose consent itself gives this reason."""
        consent = Consent.objects.filter(creator=self.creator, use=use, video=OuterRef("pk"))
        if reason is Reason.UNDECIDED:
            return ~Q(exists(consent.filter(decided=True)))
        if reason is Reason.OFF:
            return Q(exists(consent.filter(decided=True, terms=None)))
        counted = self._overview.uses[use]
        keys = counted.terms.get(reason, [])
        return self._under(use, keys, count=counted.videos[reason], exists=exists)

    def _under(
        self,
        use: str,
        keys: list[int],
        *,
        count: int,
        exists: Callable[[QuerySet[Any]], Any] = Exists,
    ) -> Q:
        """The ready videos under these terms, of which there are `count`. Where they are few the
        search begins with them, else they are met on the way through the list."""
        under = Consent.objects.filter(creator=self.creator, use=use, terms__in=keys)
        if count * RARE > self._overview.videos:
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
        return videos.filter(pk__in=edit.changed_items.values("video"))

    def to_be_sorted(self, videos: QuerySet[Video], name: str, value: str) -> QuerySet[Video]:
        return videos


# `from` is a keyword of Python, and can be no attribute of a class.
for _name, _label in (
    ("from", gettext_lazy("Uploaded from")),
    ("to", gettext_lazy("Uploaded up to")),
):
    VideoFilter.base_filters[_name] = django_filters.DateFilter(
        field_name=_name,
        method=f"uploaded_{_name}",
        label=_label,
        input_formats=["%Y-%m-%d"],
    )
