"""The state bar, on every page of a creator: what is allowed now and since when, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, cached_property

from consent.counts import Stand, stand_of
from consent.models import UploadDefault
from consent.services.upload_defaults import is_in_force
from consent.uses import REMIX, TRAIN, USES
from creatorhub.models import User


@dataclass(frozen=True)
class ConsentBar:
    """What the bar says, from where the creator stands."""

    creator: User
    stand: Stand

    @property
    def opted_out(self) -> bool:
        return self.stand.opted_out

    @property
    def since(self) -> datetime | None:
        return self.stand.since

    @property
    def videos(self) -> int:
        return self.stand.videos

    @cached_property
    def starts_on(self) -> list[str]:
        """The uses that new uploads start with allowed, by name. One query, and one for each."""
        if self.opted_out:
            return []
        chosen = UploadDefault.objects.filter(creator=self.creator).select_related("terms__notice")
        return [USES[one.use].label for one in chosen if is_in_force(one)]

    @property
    def allows_something(self) -> bool:
        return any(self.stand.allowed(use) for use in USES)

    @property
    def sentence(self) -> str:
        stand = self.stand
        if stand.opted_out:
            return "Everything of yours is off."
        for use, edit in stand.withdrawing.items():
            if edit.is_holding:
                return f"{USES[use].label} is being turned off for the videos you chose."
            return f"{USES[use].label} is being turned off for {edit.will_change:,} videos."
        if not any(stand.allowed(use) for use in USES):
            return "Nothing of yours is allowed." if stand.videos else "You have no videos yet."
        return f"{_count(stand.allowed(REMIX.id), stand.videos)} may be remixed."

    @property
    def detail(self) -> str:
        stand = self.stand
        if stand.opted_out:
            return "Nothing may be remixed or used for training."
        if stand.withdrawing:
            return "It is in force already, and is being written down for each."
        if not stand.videos:
            return "Whatever you add starts off."
        if not any(stand.allowed(use) for use in USES):
            owned = "Your video is" if stand.videos == 1 else f"Your {stand.videos:,} videos are"
            return f"{owned} off for remix and training."
        training = stand.allowed(TRAIN.id)
        if not training:
            return "None may be used for training."
        return f"{_count(training, stand.videos)} may be used for training."


def _count(n: int, total: int) -> str:
    videos = "video" if total == 1 else "videos"
    return f"{n:,} of {total:,} {videos}" if n else f"None of your {videos}"


def consent_bar_of(user: User) -> ConsentBar:
    """Four queries, whatever the size of the library."""
    return ConsentBar(user, stand_of(user))


def consent_bar(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Lazy: a page that does not show the bar does not ask the database."""
    user = getattr(request, "user", None)  # an error before the middleware leaves none
    if user is None or not user.is_authenticated:
        return {"consent_bar": None}
    return {
        "consent_bar": SimpleLazyObject(lambda: consent_bar_of(user)),
        "uses": tuple(USES.values()),
    }
