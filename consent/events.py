"""What the log records of consent and of the notices it is given under, and how it reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db.models import F, Max, Min, Q
from django.shortcuts import resolve_url
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from audit.vocabulary import Action, Body, Period, of_creator
from consent import receipts
from consent.models import Consent, ConsentCount, Edit, Item
from consent.uses import use_of
from creatorhub.days import last_day
from creatorhub.models import User
from library.models import Video

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class _Change(NamedTuple):
    """`done` completes “You … for 3 videos”, `becomes` completes “You confirmed an edit: …”."""

    done: StrOrPromise
    becomes: StrOrPromise
    icon: str = ""


_CHANGES = {
    Edit.Change.ALLOWED: _Change(_("allowed “{use}”"), _("“{use}” allowed")),
    Edit.Change.OFF: _Change(_("turned “{use}” off"), _("“{use}” off"), "slash"),
    Edit.Change.FORMER: _Change(
        _("put “{use}” back as it was"), _("“{use}” as it was before"), "undo"
    ),
    Edit.Change.LISTED: _Change(_("set “{use}” from a file"), _("“{use}” as listed in a file")),
}
_KEPT = _Change(
    _("allowed “{use}”, with the ends that were set before,"),
    _("“{use}” allowed, with the ends that were set before"),
)
_KEPT_AND_NEW = _Change(
    _("allowed “{use}”, with the ends that were set before and the new ones without an end,"),
    _("“{use}” allowed, with the ends that were set before and the new ones without an end"),
)
_KEPT_AND_NEW_UNTIL = _Change(
    _("allowed “{use}”, with the ends that were set before and the new ones until {day},"),
    _("“{use}” allowed, with the ends that were set before and the new ones until {day}"),
)
_ENDLESS = _Change(_("allowed “{use}” without an end"), _("“{use}” allowed without an end"))
_ALLOWED_UNTIL = _Change(_("allowed “{use}” until {day}"), _("“{use}” allowed until {day}"))
_UNKNOWN = _Change(_("changed “{use}”"), _("“{use}” changed"))


def _words(body: Body, reader: User | None) -> dict[str, str]:
    """`change` and `becomes`: what an edit did to a use, and what the use is from then on."""
    use = use_of(body["use"]).label
    until = parse_datetime(body["until"]) if body["until"] else None
    change = _ALLOWED_UNTIL if until else _CHANGES.get(body["to"], _UNKNOWN)
    # Of an edit that keeps ends. `until` is then that of what was newly allowed.
    if body["to"] == "kept":
        change = _KEPT
    elif body["to"] == "kept_and_new":
        change = _KEPT_AND_NEW_UNTIL if until else _KEPT_AND_NEW
    elif body["to"] == "endless":  # nothing that it changes has an end
        change = _ENDLESS
    day = date_format(last_day(until), "j F Y") if until else ""
    words = {
        "change": change.done.format(use=use, day=day),
        "becomes": change.becomes.format(use=use, day=day),
    }
    return {**words, "icon": change.icon} if change.icon else words


def _start(body: Body, reader: User | None) -> dict[str, str]:
    """`start` is what an opt-out ended with."""
    starts = {
        "previous": gettext(", with what was allowed before"),
        "all_off": gettext(", with every video off"),
    }
    return {"start": starts.get(body["restore"], "")}


def _held(body: Body, reader: User | None) -> dict[str, str]:
    """`label` is the use, `what` is held of it."""
    title = body["title"]
    return {
        "label": str(use_of(body["use"] or "").label),
        "what": gettext("“%(title)s”") % {"title": title} if title else gettext("everything"),
    }


def _notice(body: Body, reader: User | None) -> dict[str, str]:
    """What a material notice means, to creators."""
    words = {"use": str(use_of(body["use"]).label)}
    if reader and body["material"]:
        words["reason"] = gettext("What you had allowed under older terms waits for your answer.")
    return words


def _withdrawn_again(body: Body, reader: User | None) -> dict[str, str]:
    """`day` is that of the withdrawal; `withdrawn` says it, without who did it then."""
    at = parse_datetime(body["withdrawn_at"] or "")
    use = str(use_of(body["use"] or "").label)
    words = {
        "opted_out": _("everything is turned off again"),
        "off": _("“%(use)s” is off again, as it was then"),
        "cancelled": _("an edit that allowed “%(use)s” is cancelled again"),
        "default_off": _("new uploads do not start with “%(use)s” allowed, as it was then"),
        "held": _("“%(use)s” is on hold again by CreatorHub staff"),
        "blocked": _("a person is blocked again"),
        "removed": _("a video is removed again"),
        "notice": _("the terms of “%(use)s” that were published then count again"),
        "paused": _("“%(use)s” is paused again"),
        "meme_taken_down": _("a meme is taken down again"),
        "meme_removed": _("a meme is removed again"),
        "erased": _("an account is deleted again"),
    }
    withdrawn = str(words.get(body["what"] or "", _("a withdrawal is in force again")))
    return {
        "day": date_format(at, "j F Y") if at else "",
        "withdrawn": withdrawn % {"use": use},
    }


_EDIT = ("edit", "use", "to", "until", "notice", "undoes", "reason")
_OUTCOMES = ("changed", "already", "superseded", "not_eligible")
_ENDED = ("stopped", "taken_down")
_APPLIED = ngettext_lazy(
    "{who} {change} for {changed:,} video", "{who} {change} for {changed:,} videos", "changed"
)

_REASON = of_creator("reason")
_ONE = _("{who} {change} for “{video}”")

ACTIONS = [
    Action(
        "consent.edited",
        _APPLIED,
        (*_EDIT, "selected", *_OUTCOMES, "items_root", "version", *_ENDED),
        "check-check",
        _words,
        about_one=_ONE,
        personal=_REASON,
    ),
    # An edit too large for one transaction: its confirmation, each part of it, its end.
    Action(
        "edit.confirmed",
        _("{who} confirmed an edit: {becomes}"),
        (*_EDIT, "selected", "will_change", "version", *_ENDED),
        "check",
        _words,
        personal=_REASON,
    ),
    Action(
        "edit.part_applied",
        ngettext_lazy(
            "Part {part} of an edit was applied: {changed:,} video changed",
            "Part {part} of an edit was applied: {changed:,} videos changed",
            "changed",
        ),
        ("edit", "use", "part", *_OUTCOMES, "items_root", "version"),
        "check",
    ),
    Action(
        "edit.applied",
        _APPLIED,
        (*_EDIT, "selected", *_OUTCOMES, "version", *_ENDED, "parts"),
        "check-check",
        _words,
        personal=_REASON,
    ),
    Action(
        "edit.cancelled",
        ngettext_lazy(
            "{who} cancelled an edit: {changed:,} video changed, {left_out:,} left as they were",
            "{who} cancelled an edit: {changed:,} videos changed, {left_out:,} left as they were",
            "changed",
        ),
        ("edit", "use", "selected", "changed", "left_out"),
        "slash",
    ),
    Action(
        "upload_default.chosen",
        _("{who} chose that new uploads start with {becomes}"),
        ("use", "to", "until", "notice"),
        "upload",
        _words,
    ),
    Action(
        "creator.opted_out",
        _("{who} turned everything off"),
        ("version", "reason", *_ENDED),
        "slash",
        personal=_REASON,
    ),
    Action(
        "creator.opted_in",
        _("{who} turned permissions back on{start}"),
        ("version", "restore"),
        "undo",
        _start,
    ),
    Action(
        "hold.placed",
        _("{who} put “{label}” of {what} on hold"),
        ("hold", "use", "title", "reason", "version"),
        "hand",
        _held,
        personal=of_creator("title", "reason"),
    ),
    Action(
        "hold.lifted",
        _("{who} lifted the hold on “{label}” of {what}"),
        ("hold", "use", "title", "reason", "version"),
        "undo",
        _held,
        personal=of_creator("title", "reason"),
    ),
    Action(
        "person.blocked",
        _("{who} blocked {name}"),
        ("person", "name", "version", "stopped"),
        "slash",
        personal={"name": "person"},
    ),
    Action(
        "person.unblocked",
        _("{who} unblocked {name}"),
        ("person", "name", "version"),
        "undo",
        personal={"name": "person"},
    ),
    Action(
        "consent.withdrawn_again",
        _("Restored after {day}: {withdrawn}"),
        ("what", "use", "changed", "withdrawn_at", "line"),
        "undo",
        _withdrawn_again,
    ),
    Action(
        "restore.held",
        _("{who} turned everything off for everybody, until it is known what was withdrawn"),
        ("problem",),
        "pause",
        lambda body, reader: {} if reader else {"reason": body["problem"]},
    ),
    Action(
        "restore.finished",
        _("{who} ended a restore: what was withdrawn since the backup is withdrawn again"),
        ("changed",),
        "check-check",
    ),
    Action(
        "notice.written",
        _("{who} wrote the notice “{title}”, version {version}"),
        ("notice", "use", "version", "title"),
        "page",
    ),
    Action(
        "notice.published",
        _("{who} published the notice “{title}”, version {version}"),
        ("notice", "use", "version", "material", "title"),
        "page",
        _notice,
        concerns=lambda body: str(body["use"]) if body["material"] else "",
        to_creator=_("{who} published new terms for “{use}”: “{title}”, version {version}"),
    ),
]


def sentence_of(body: Body, *, who: str, changed: int, video: str) -> str:
    """What an edit did, from any event that describes it: “You allowed “Remix” for 3 videos”, or
    the name of the video where it changed one."""
    change = _words(body, None)["change"]
    if video and changed == 1:
        return str(_ONE).format(who=who, change=change, video=video)
    return _APPLIED.format(who=who, change=change, changed=changed)


def links_of(bodies: Mapping[UUID, Body], *, reader: User) -> dict[UUID, str]:
    """The results of the reader's own edits. One query."""
    edits = {key: body["edit"] for key, body in bodies.items() if body.get("edit")}
    mine = Edit.objects.filter(creator=reader, uuid__in=set(edits.values()))
    known = {str(edit) for edit in mine.values_list("uuid", flat=True)}
    return {
        key: resolve_url("consent:edit_result", one) for key, one in edits.items() if one in known
    }


def also_about(subject: UUID, *, reader: User) -> dict[str, list[str]]:
    """The edits that changed this video of the reader's, among others. One query."""
    items = Item.objects.filter(video__uuid=subject, edit__creator=reader)
    changed = items.changed(upto=F("edit__cursor")).values_list("edit__uuid", flat=True)
    return {"edit": [str(edit) for edit in changed]}


# What receipts ask for.
LineReader, event_with, records_of = receipts.LineReader, receipts.event_with, receipts.records_of


def periods_of(creator: User) -> dict[str, Period]:
    """For each use, from the first permission to the last withdrawal, or on while any is stored:
    what happens to the use then concerns the creator. Two queries."""
    confirmed = Edit.objects.filter(creator=creator, confirmed_at__isnull=False)
    times = (
        confirmed.order_by()
        .values_list("use")
        .annotate(
            first=Min("confirmed_at", filter=Q(grants__gt=0)),
            last=Max("confirmed_at", filter=Q(withdraws__gt=0)),
        )
    )
    counted = ConsentCount.objects.filter(creator=creator, videos__gt=0)
    stored = set(counted.values_list("use", flat=True))
    return {
        use: Period(first, None if use in stored else last) for use, first, last in times if first
    }


def periods_of_video(video: Video) -> dict[str, Period]:
    """As periods_of, of one video alone. Two queries."""
    items = Item.objects.filter(video=video).changed(upto=F("edit__cursor"))
    times = (
        items.order_by()
        .values_list("edit__use")
        .annotate(
            first=Min("edit__confirmed_at", filter=Q(after__isnull=False)),
            last=Max("edit__confirmed_at", filter=Q(after=None)),
        )
    )
    allowed = Consent.objects.filter(video=video, terms__isnull=False)
    stored = set(allowed.values_list("use", flat=True))
    return {
        use: Period(first, None if use in stored else last) for use, first, last in times if first
    }
