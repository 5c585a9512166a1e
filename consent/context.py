"""What every page of a signed-in person gets: the uses, and the bar that says where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.counts import Overview, overview_of
from consent.models import Edit, UploadDefault
from consent.services import is_in_force
from consent.uses import USES, use_of
from consent.wording import verbs
from creatorhub.models import User


@dataclass(frozen=True)
class ConsentBar:
    """What the bar says, from where the creator stands."""

    creator: User
    overview: Overview

    @property
    def opted_out(self) -> bool:
        return self.overview.opted_out

    @property
    def since(self) -> datetime | None:
        return self.overview.since

    @property
    def videos(self) -> int:
        return self.overview.videos

    @cached_property
    def starts_on(self) -> list[str]:
        """The uses that new uploads start with allowed, by name. One query, and one for each."""
        if self.opted_out:
            return []
        defaults = UploadDefault.objects.filter(creator=self.creator, use__in=USES)
        chosen = defaults.select_related("terms__notice")
        return [str(USES[one.use].label) for one in chosen if is_in_force(one)]

    @property
    def allows_something(self) -> bool:
        return bool(self._allowed())

    @property
    def sentence(self) -> str:
        """The consequence first: what may be done now."""
        overview = self.overview
        if overview.opted_out:
            return _("Everything is off.")
        for use, edit in overview.withdrawing.items():
            return _being_turned_off(str(use_of(use).label), edit)
        if not overview.videos:
            return _("You have no videos yet.")
        allowed = self._allowed()
        return allowed[0] if allowed else _("Everything is off.")

    @property
    def detail(self) -> str:
        overview = self.overview
        if overview.opted_out:
            return _("Nothing may be %(verbs)s.") % {"verbs": verbs(USES.values())}
        if overview.withdrawing:
            return _("It is in force already, and is being written down for each video.")
        if not overview.videos:
            return _("Whatever you add starts off.")
        allowed = self._allowed()
        if not allowed:
            return ngettext(
                "Your video may not be %(verbs)s.",
                "None of your %(count)s videos may be %(verbs)s.",
                overview.videos,
            ) % {"count": f"{overview.videos:,}", "verbs": verbs(USES.values())}
        return " ".join(allowed[1:])

    def _allowed(self) -> list[str]:
        """A sentence for each use, those that are allowed first; empty where none is."""
        allowed = {use: self.overview.allowed(use) for use in USES}
        if not any(allowed.values()):
            return []
        first = sorted(USES.values(), key=lambda use: allowed[use.id] == 0)
        return [_may_be(allowed[use.id], self.overview.videos, str(use.verb)) for use in first]


def _being_turned_off(use: str, edit: Edit) -> str:
    if edit.status == Edit.Status.HOLDING:
        return _("%(use)s is being turned off for the videos you chose.") % {"use": use}
    return ngettext(
        "%(use)s is being turned off for %(count)s video.",
        "%(use)s is being turned off for %(count)s videos.",
        edit.will_change,
    ) % {"use": use, "count": f"{edit.will_change:,}"}


def _may_be(number: int, total: int, verb: str) -> str:
    words = {"number": f"{number:,}", "total": f"{total:,}", "verb": verb}
    if not number:
        return _("None may be %(verb)s.") % words
    return (
        ngettext(
            "%(number)s of %(total)s video may be %(verb)s.",
            "%(number)s of %(total)s videos may be %(verb)s.",
            total,
        )
        % words
    )


def consent_bar_of(user: User) -> ConsentBar:
    """Four queries, whatever the size of the library."""
    return ConsentBar(user, overview_of(user))


def consent_bar(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Lazy: a page that does not show the bar does not ask the database."""
    user = getattr(request, "user", None)  # an error before the middleware leaves none
    if user is None or not user.is_authenticated:
        return {"consent_bar": None}
    return {
        "consent_bar": SimpleLazyObject(lambda: consent_bar_of(user)),
        "uses": tuple(USES.values()),
    }
