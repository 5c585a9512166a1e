"""What the query string of a video list means, on the page and in the API alike.

?q=beach&collection=Summer&remix=allowed&train=off&sort=title
"""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet

from consent.policy import Reason
from consent.querysets import with_reason
from consent.uses import USES
from library.models import Video

SORTS: dict[str, tuple[str, ...]] = {
    "newest": ("-id",),
    "oldest": ("id",),
    "title": ("title", "-id"),
}
SORT_LABELS = {"newest": "Newest first", "oldest": "Oldest first", "title": "Title"}

# A state of the list: the reasons it stands for. "off" is whatever is not a yes.
_YES = (Reason.ALLOWED, Reason.APPROVAL_NEEDED)
STATES: dict[str, tuple[Reason, ...]] = {
    "allowed": (Reason.ALLOWED,),
    "ask": (Reason.APPROVAL_NEEDED,),
    "off": tuple(reason for reason in Reason if reason not in _YES),
    "undecided": (Reason.UNDECIDED,),
    "expired": (Reason.EXPIRED,),
    "notice_changed": (Reason.NOTICE_CHANGED,),
}
STATE_LABELS = {
    "allowed": "Allowed",
    "ask": "Ask first",
    "off": "Off",
    "undecided": "Never decided",
    "expired": "Ended",
    "notice_changed": "Terms changed",
}


def state_of(reason: str) -> str:
    """The effective state that a reason amounts to: "allowed", "ask" or "off"."""
    return {Reason.ALLOWED: "allowed", Reason.APPROVAL_NEEDED: "ask"}.get(Reason(reason), "off")


def ordering(sort: str) -> tuple[str, ...]:
    return SORTS.get(sort, SORTS["newest"])


class VideoFilter(django_filters.FilterSet):  # type: ignore[misc]  # the library has no types
    """Over videos that `with_reasons` has annotated. Sorting is left to the pager."""

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
    sort = django_filters.ChoiceFilter(
        method="left_alone", choices=[*SORT_LABELS.items()], label="Sort"
    )

    class Meta:
        model = Video
        fields: list[str] = []

    def containing(self, videos: QuerySet[Video], name: str, value: str) -> QuerySet[Video]:
        return videos.filter(title__icontains=value)

    def in_state(self, videos: QuerySet[Video], name: str, value: str) -> QuerySet[Video]:
        return videos.filter(**{f"reason_{name}__in": STATES[value]})

    def left_alone(self, videos: QuerySet[Video], name: str, value: str) -> QuerySet[Video]:
        return videos


def with_reasons(videos: QuerySet[Video], **asked: Any) -> QuerySet[Video]:
    """`with_reason` for every use there is."""
    for use in USES:
        videos = with_reason(videos, use, **asked)
    return videos
