"""What every page of a signed-in person gets: the uses, and the bar that says where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from rest_framework.request import Request

from consent.counts import Overview, UseFacts, overview_of
from consent.models import Edit, UploadDefault
from consent.policy import Reason
from consent.reasons import Act, Why
from consent.services import is_in_force
from consent.uses import USES, Text, use_of
from consent.wording import for_videos
from creatorhub.models import User


@dataclass(frozen=True)
class ConsentBar:
    """What the bar says, from where the creator stands: first what may be done now, then what is
    stored and what holds it back. One sentence for each thing that holds something back, whatever
    the number of uses."""

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

    @property
    def stored(self) -> bool:
        return self.overview.stored

    @cached_property
    def facts(self) -> list[UseFacts]:
        """Of every use; those that most may be done with first."""
        facts = [self.overview.facts(use) for use in USES]
        return sorted(facts, key=lambda use: use.in_force == 0)

    @property
    def by_use(self) -> dict[str, UseFacts]:
        return {facts.use.id: facts for facts in self.facts}

    @property
    def text(self) -> str:
        return f"{self.sentence} {self.detail}".strip()

    @cached_property
    def starts_on(self) -> list[str]:
        """The uses that new uploads start with allowed, by name. One query, and one for each."""
        if self.opted_out:
            return []
        defaults = UploadDefault.objects.filter(creator=self.creator, use__in=USES)
        chosen = defaults.select_related("terms__notice")
        return [str(USES[one.use].label) for one in chosen if is_in_force(one)]

    @property
    def sentence(self) -> str:
        """The consequence first: what may be done now."""
        overview = self.overview
        if overview.opted_out or overview.restoring:
            return _("Everything is off.")
        for use, edit in overview.withdrawing.items():
            return _being_turned_off(str(use_of(use).label), edit)
        if not overview.videos:
            return _("You have no videos yet.")
        first = self.facts[0]
        if first.in_force:
            return _may_be(first.in_force, overview.videos, str(first.use.verb))
        if self.stored:
            return _("Nothing may be done with your videos at the moment.")
        return _("Everything is off.")

    @property
    def detail(self) -> str:
        overview = self.overview
        if overview.restoring and not overview.opted_out:
            return " ".join([Why(Reason.RESTORING).told(to_creator=True), *self.held_back()])
        if not overview.videos and not overview.opted_out:
            return _("Whatever you add starts off.")
        if not self.stored and not overview.opted_out:
            return ngettext(
                "Nothing is allowed for your video.",
                "Nothing is allowed for any of your %(count)s videos.",
                overview.videos,
            ) % {"count": f"{overview.videos:,}"}
        return " ".join([*self._beside(), *self.held_back()])

    def _beside(self) -> list[str]:
        """What else may be done, or who turned everything off."""
        overview = self.overview
        if overview.opted_out:
            act = Act(overview.opted_out_by, overview.opted_out_note)
            why = Why(Reason.OPTED_OUT, act).told(to_creator=True)
            return [why if why.endswith((".", "!", "?", "…")) else f"{why}."]  # a note of staff
        said = []
        if overview.withdrawing:
            said.append(_("It is in force already, and is being written down for each video."))
        told = 0 if overview.withdrawing else 1  # the first use in force is in the headline
        others = [use for use in self.facts[told:] if use.in_force]
        if others:
            also = for_videos((use.use, use.in_force) for use in others)
            said.append(_("Also allowed: %(uses)s.") % {"uses": also})
        elif self.facts[0].in_force and len(self.facts) > 1:
            said.append(_("Nothing else is allowed."))
        return said

    def held_back(self) -> list[str]:
        """What is stored and not in force, and why: each video once."""
        held = [(use.use, use.held) for use in self.facts]
        beneath = [(use.use, use.beneath) for use in self.facts]
        said = []
        for sentences, counted in ((_HELD, held), (_BENEATH, beneath), (_BY_TERMS, held)):
            for reason, sentence in sentences.items():
                if uses := for_videos((use, found.get(reason, 0)) for use, found in counted):
                    said.append(str(sentence) % {"uses": uses})
        return said


# One sentence for each reason, whatever the number of uses, in the order of the policy. A
# withdrawal has the headline.
_HELD: dict[Reason, Text] = {
    Reason.RESTORING: gettext_lazy("Stored, and waiting for that: %(uses)s."),
    Reason.PAUSED: gettext_lazy("Paused by CreatorHub, and stored: %(uses)s."),
    Reason.OPTED_OUT: gettext_lazy("Stored beneath: %(uses)s."),
    Reason.HELD: gettext_lazy("On hold by CreatorHub staff, and stored: %(uses)s."),
}
# Of what those hold back, what would not be allowed without them either.
_BENEATH: dict[Reason, Text] = {
    Reason.EXPIRED: gettext_lazy("Of what is held back, ended: %(uses)s."),
    Reason.NOTICE_CHANGED: gettext_lazy(
        "Of what is held back, waiting for you since CreatorHub changed the terms: %(uses)s."
    ),
    Reason.APPROVAL_NEEDED: gettext_lazy(
        "Of what is held back, you are asked each time: %(uses)s."
    ),
}
_BY_TERMS: dict[Reason, Text] = {
    Reason.EXPIRED: gettext_lazy("Ended: %(uses)s."),
    Reason.NOTICE_CHANGED: gettext_lazy("CreatorHub changed the terms; waiting for you: %(uses)s."),
    Reason.APPROVAL_NEEDED: gettext_lazy("You are asked each time: %(uses)s."),
}


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
    return (
        ngettext(
            "%(number)s of %(total)s video may be %(verb)s.",
            "%(number)s of %(total)s videos may be %(verb)s.",
            total,
        )
        % words
    )


def stand_of(request: HttpRequest | Request) -> Overview:
    """Where the person of this request stands: four queries, once for each request that reads. A
    view that has changed something since asks `overview_of` itself."""
    if not isinstance(request.user, User):
        raise PermissionError("Nobody is signed in.")
    known: Overview | None = getattr(request, "_stand", None)
    if known is None:
        known = overview_of(request.user)
        request._stand = known  # type: ignore[attr-defined]
    return known


def consent_bar_of(user: User) -> ConsentBar:
    """Four queries, whatever the size of the library."""
    return ConsentBar(user, overview_of(user))


def consent_bar(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Lazy: a page that does not show the bar does not ask the database."""
    user = getattr(request, "user", None)  # an error before the middleware leaves none
    if user is None or not user.is_authenticated:
        return {"consent_bar": None}
    return {
        "consent_bar": SimpleLazyObject(lambda: ConsentBar(user, stand_of(request))),
        "uses": tuple(USES.values()),
    }
