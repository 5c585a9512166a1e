"""The standing bar, on every page of a creator: what is allowed now and since when, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from consent import querysets
from consent.models import Standing
from consent.uses import REMIX, TRAIN, USES
from creatorhub.models import User
from library.models import Video


@dataclass(frozen=True, slots=True)
class StandingBar:
    """`allowed` counts per use what is effectively allowed now; `since` is the last change."""

    opted_out: bool
    since: datetime | None
    videos: int
    allowed: dict[str, int]

    @property
    def sentence(self) -> str:
        if self.opted_out:
            return "Everything of yours is off."
        if not any(self.allowed.values()):
            return "Nothing of yours is allowed." if self.videos else "You have no videos yet."
        return f"{_count(self.allowed[REMIX.id], self.videos)} may be remixed."

    @property
    def detail(self) -> str:
        if self.opted_out:
            return "Nothing may be remixed or used for training."
        if not self.videos:
            return "Whatever you add starts off."
        if not any(self.allowed.values()):
            owned = "Your video is" if self.videos == 1 else f"Your {self.videos:,} videos are"
            return f"{owned} off for remix and training."
        training = self.allowed[TRAIN.id]
        if not training:
            return "None may be used for training."
        return f"{_count(training, self.videos)} may be used for training."


def _count(n: int, total: int) -> str:
    videos = "video" if total == 1 else "videos"
    return f"{n:,} of {total:,} {videos}" if n else f"None of your {videos}"


def standing_bar_of(user: User) -> StandingBar:
    """At most four queries, whatever the size of the library."""
    standing = Standing.objects.filter(creator=user).first()
    mine = Video.objects.owned_by(user)
    opted_out = bool(standing and standing.opted_out)
    allowed = {use: 0 if opted_out else querysets.permitting(mine, use).count() for use in USES}
    return StandingBar(
        opted_out=opted_out,
        since=standing.changed_at if standing else None,
        videos=mine.count(),
        allowed=allowed,
    )


def standing_bar(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Lazy: a page that does not show the bar does not ask the database."""
    user = getattr(request, "user", None)  # an error before the middleware leaves none
    if user is None or not user.is_authenticated:
        return {"standing_bar": None}
    return {"standing_bar": SimpleLazyObject(lambda: standing_bar_of(user))}
