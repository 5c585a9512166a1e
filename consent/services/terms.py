"""Terms: what a grant names, made under the notice in force and shared by all that are equal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.models import Notice, Terms
from creatorhub.errors import Conflict, Refused

# Beyond this, a time near the calendar's end could not be shown in every zone.
MAX_GRANT = timedelta(days=36525)
TOO_FAR = gettext_lazy("The end is more than a hundred years away. Leave it empty for no end date.")


@dataclass(frozen=True, slots=True)
class Grant:
    """What to allow: always under the notice in force, for everyone; `until` None for no end. With
    `keeps_ends` a video that is allowed already keeps its own end, and `until` is for the others.
    """

    until: datetime | None = None
    keeps_ends: bool = False


def terms_for(use: str, grant: Grant) -> Terms:
    """The shared row for these terms under the notice in force. Raises Refused for an end in the
    past or too far away, and for a use without a notice."""
    now = timezone.now()
    if grant.until and grant.until <= now:
        raise Refused(_("The end is in the past. Choose a later day."), code="end_in_the_past")
    if grant.until and grant.until > now + MAX_GRANT:
        raise Refused(str(TOO_FAR), code="end_too_far")
    notice = Notice.objects.in_force(use)
    if notice is None:
        raise Refused(_("There is no notice for this use yet."), code="no_notice")
    same = {
        "use": use,
        "notice": notice,
        "audience": Terms.Audience.EVERYONE,
        "mode": Terms.Mode.ALLOWED,
        "until": grant.until,
    }
    terms = Terms.objects.filter(**same).first()
    if terms is None:
        Terms.objects.bulk_create([Terms(**same)], ignore_conflicts=True)
        terms = Terms.objects.get(**same)
    return terms


def make_with_ends(like: Terms, ends: Iterable[datetime | None]) -> None:
    """See that there are terms with each of these ends, otherwise equal to these. One query."""
    same = {"use": like.use, "notice": like.notice, "audience": like.audience, "mode": like.mode}
    made = [Terms(**same, until=until) for until in ends]
    Terms.objects.bulk_create(made, ignore_conflicts=True)


def notice_changed() -> Conflict:
    """The refusal of terms whose notice is no longer the one in force."""
    return Conflict(
        _("The notice was revised after you saw it. Read the new text and try again."),
        code="notice_changed",
    )
