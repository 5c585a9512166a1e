"""What an edit does to its videos, by kind: “111 allowed until 25 November 2027 would lose their
end”. From the numbers that its draft keeps (`Edit.kinds`). Reading only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Count, TextChoices
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from consent.models import Edit, Item, Notice, Terms
from consent.policy import Reason
from creatorhub.days import last_day

MOST_DAYS = 3  # former ends that are named one by one; more are “from … to …”


class Kind(TextChoices):
    """What becomes of a video, in the order in which it is told. First an end that is lost."""

    LOSES_END = "loses_end", gettext_lazy("Allowed until a day, and would have no end")
    NEW = "newly_allowed", gettext_lazy("Not allowed, and would be")
    AGAIN = "allowed_again", gettext_lazy("Ended, and would be allowed again")
    GETS_END = "gets_end", gettext_lazy("Allowed without an end, and would end")
    EARLIER = "ends_earlier", gettext_lazy("Would end earlier")
    LATER = "ends_later", gettext_lazy("Would end later")
    RENEWED = (
        "renewed",
        gettext_lazy("Under an older notice, and would be under the new one, with the same end"),
    )
    OFF = "turned_off", gettext_lazy("Would be turned off")
    STAYS_OFF = "stays_off", gettext_lazy("Off before and after; only the record changes")


# The sentence of each kind: for what has an end after it, and for what has none.
_FORMS: dict[Kind, tuple[Any, Any]] = {
    Kind.NEW: (
        ngettext_lazy(
            "%(number)s newly allowed, until %(until)s",
            "%(number)s newly allowed, until %(until)s",
            "count",
        ),
        ngettext_lazy(
            "%(number)s newly allowed, without an end date",
            "%(number)s newly allowed, without an end date",
            "count",
        ),
    ),
    Kind.AGAIN: (
        ngettext_lazy(
            "%(number)s that has ended would be allowed again, until %(until)s",
            "%(number)s that have ended would be allowed again, until %(until)s",
            "count",
        ),
        ngettext_lazy(
            "%(number)s that has ended would be allowed again, without an end date",
            "%(number)s that have ended would be allowed again, without an end date",
            "count",
        ),
    ),
    Kind.RENEWED: (
        ngettext_lazy(
            "%(number)s under an older notice would be renewed, still until %(until)s",
            "%(number)s under an older notice would be renewed, still until %(until)s",
            "count",
        ),
        ngettext_lazy(
            "%(number)s under an older notice would be renewed, still without an end date",
            "%(number)s under an older notice would be renewed, still without an end date",
            "count",
        ),
    ),
}
_WITHOUT_CHOICE = {
    Kind.LOSES_END: ngettext_lazy(
        "%(number)s allowed until %(was)s would lose its end",
        "%(number)s allowed until %(was)s would lose their end",
        "count",
    ),
    Kind.GETS_END: ngettext_lazy(
        "%(number)s allowed without an end date would end after %(until)s",
        "%(number)s allowed without an end date would end after %(until)s",
        "count",
    ),
    Kind.EARLIER: ngettext_lazy(
        "%(number)s allowed until %(was)s would end earlier, after %(until)s",
        "%(number)s allowed until %(was)s would end earlier, after %(until)s",
        "count",
    ),
    Kind.LATER: ngettext_lazy(
        "%(number)s allowed until %(was)s would end later, after %(until)s",
        "%(number)s allowed until %(was)s would end later, after %(until)s",
        "count",
    ),
    Kind.OFF: ngettext_lazy(
        "%(number)s would be turned off", "%(number)s would be turned off", "count"
    ),
    Kind.STAYS_OFF: ngettext_lazy(
        "%(number)s is off and stays off; only the record changes",
        "%(number)s are off and stay off; only the record changes",
        "count",
    ),
}
_FORMS |= {kind: (form, form) for kind, form in _WITHOUT_CHOICE.items()}
# Of what is off since its notice was revised.
_WHERE_LAPSED: dict[Kind, tuple[Any, Any]] = {
    Kind.RENEWED: (
        ngettext_lazy(
            "%(number)s off since the terms changed would be allowed again, until %(until)s",
            "%(number)s off since the terms changed would be allowed again, until %(until)s",
            "count",
        ),
        ngettext_lazy(
            "%(number)s off since the terms changed would be allowed again, without an end date",
            "%(number)s off since the terms changed would be allowed again, without an end date",
            "count",
        ),
    ),
    Kind.GETS_END: (
        ngettext_lazy(
            "%(number)s off since the terms changed would be allowed again, and end after "
            "%(until)s instead of having no end date",
            "%(number)s off since the terms changed would be allowed again, and end after "
            "%(until)s instead of having no end date",
            "count",
        ),
        "",
    ),
    Kind.EARLIER: (
        ngettext_lazy(
            "%(number)s off since the terms changed would be allowed again, and end earlier: "
            "%(until)s instead of %(was)s",
            "%(number)s off since the terms changed would be allowed again, and end earlier: "
            "%(until)s instead of %(was)s",
            "count",
        ),
        "",
    ),
    Kind.LATER: (
        ngettext_lazy(
            "%(number)s off since the terms changed would be allowed again, and end later: "
            "%(until)s instead of %(was)s",
            "%(number)s off since the terms changed would be allowed again, and end later: "
            "%(until)s instead of %(was)s",
            "count",
        ),
        "",
    ),
    Kind.LOSES_END: (
        "",
        ngettext_lazy(
            "%(number)s off since the terms changed would be allowed again and lose its end, "
            "%(was)s",
            "%(number)s off since the terms changed would be allowed again and lose their end, "
            "%(was)s",
            "count",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of `videos` that are alike. `was` and `becomes` are states as the policy names
    them: allowed, expired, notice_changed, off or undecided."""

    kind: Kind
    videos: int
    was: Reason
    was_until: datetime | None
    becomes: Reason
    until: datetime | None

    @property
    def lapsed(self) -> bool:
        """Whether it is off until the creator agrees to a revised notice."""
        return self.was is Reason.NOTICE_CHANGED


@dataclass(frozen=True, slots=True)
class Told:
    """One sentence about some of the changes; `warns` where an end would be lost."""

    text: str
    warns: bool


def changes_of(edit: Edit, left_alone: Mapping[Any, int] | None = None) -> list[Change]:
    """What this edit would do, or did, without the videos that are `left_alone` by now, by kind.
    Three queries at most."""
    rows = _rows(edit)
    state = _States(edit, rows)
    found = []
    for outcome, *alike, number in rows:
        videos = number - (left_alone or {}).get(tuple(alike), 0)
        if outcome == Item.Outcome.PENDING and videos > 0:
            found.append(state.change(alike, videos=videos))
    order = list(Kind)
    return sorted(found, key=lambda one: (order.index(one.kind), *_by_days(one)))


def standing_ends(edit: Edit) -> set[datetime | None]:
    """The ends that the videos of this edit have, of those that are allowed; None for no end."""
    rows = _rows(edit)
    lasting = (Item.Outcome.PENDING, Item.Outcome.ALREADY)
    known = {row[1] for row in rows if row[1] and row[0] in lasting}
    ends = set(Terms.objects.filter(pk__in=known).values_list("until", flat=True))
    return {end for end in ends if end is None or end > timezone.now()}


def _rows(edit: Edit) -> list[Any]:
    """Of a draft that an older release made, counted now."""
    if edit.kinds is not None:
        return list(edit.kinds)
    alike = edit.items.order_by().values(*Item.ALIKE).annotate(n=Count("pk"))
    return list(alike.values_list(*Item.ALIKE, "n"))


class _States:
    """The terms that some rows name, and what each of them allows now: two queries."""

    def __init__(self, edit: Edit, rows: Iterable[Any]) -> None:
        keys = {key for row in rows for key in (row[1], row[3]) if key}
        self.terms = Terms.objects.select_related("notice").in_bulk(keys)
        self.material = Notice.objects.material_versions().get(edit.use, 0)
        self.now = timezone.now()

    def of(self, terms: Terms | None, *, decided: bool) -> Reason:
        if terms is None:
            return Reason.OFF if decided else Reason.UNDECIDED
        return terms.state(now=self.now, material=self.material)

    def change(
        self,
        alike: Iterable[Any],
        *,
        videos: int,
    ) -> Change:
        before, before_decided, after, after_decided = alike
        former, given = self.terms.get(before or 0), self.terms.get(after or 0)
        was = self.of(former, decided=before_decided)
        becomes = self.of(given, decided=after_decided)
        was_until = former.until if former else None
        until = given.until if given else None
        kind = _kind(was, was_until, becomes, until)
        return Change(kind, videos, was, was_until, becomes, until)


def _kind(was: Reason, was_until: datetime | None, becomes: Reason, until: datetime | None) -> Kind:
    if becomes is not Reason.ALLOWED:
        stays = was is not Reason.ALLOWED and becomes not in (Reason.OFF, Reason.UNDECIDED)
        return Kind.STAYS_OFF if stays or was in (Reason.OFF, Reason.UNDECIDED) else Kind.OFF
    if was is Reason.EXPIRED:
        return Kind.AGAIN
    if was not in (Reason.ALLOWED, Reason.NOTICE_CHANGED):
        return Kind.NEW
    if was_until and not until:
        return Kind.LOSES_END
    if was_until == until:
        return Kind.RENEWED
    if was_until is None or until is None:
        return Kind.GETS_END
    return Kind.EARLIER if until < was_until else Kind.LATER


def _by_days(change: Change) -> tuple[float, ...]:
    ends = (change.was_until, change.until)
    days = (end.timestamp() if end else 0.0 for end in ends)
    return (change.lapsed, change.until is not None, *days)


def told(changes: Iterable[Change]) -> list[Told]:
    """The changes in sentences, days in the reader's own zone."""
    sentences = []
    for (kind, __, __), group in groupby(changes, key=_form):
        alike = _by_sentence(list(group))
        sentences += [Told(_sentence(some), kind is Kind.LOSES_END) for some in alike]
    return sentences


def _form(change: Change) -> tuple[Kind, bool, bool]:
    """What chooses the form of its sentence."""
    return change.kind, change.lapsed, change.until is None


def _by_sentence(group: list[Change]) -> list[list[Change]]:
    """Those that one sentence tells: with the same days in it, or all of them where there are
    many."""
    by_words: dict[str, list[Change]] = {}
    for one in group:
        by_words.setdefault(_sentence([replace(one, videos=1)]), []).append(one)
    return list(by_words.values()) if len(by_words) <= MOST_DAYS else [group]


def _sentence(some: list[Change]) -> str:
    """Of changes with one form."""
    kind, lapsed, endless = _form(some[0])
    number = sum(one.videos for one in some)
    words = {
        "number": f"{number:,}",
        "was": _days(one.was_until for one in some),
        "until": _days(one.until for one in some),
    }
    forms = {**_FORMS, **(_WHERE_LAPSED if lapsed else {})}
    with_end, without = forms[kind]
    return str((without if endless else with_end) % {**words, "count": number})


def _day(end: datetime | None) -> str:
    return date_format(last_day(end), "j F Y") if end else ""


def _days(ends: Iterable[datetime | None]) -> str:
    """“25 November 2027”, “a day between 1 March and 25 November 2027”; nothing for no end."""
    known = sorted({end for end in ends if end})
    if not known:
        return ""
    first, last = _day(known[0]), _day(known[-1])
    if first == last:
        return first
    return _("a day between %(first)s and %(last)s") % {"first": first, "last": last}
