"""What the log records of consent and of the notices it is given under, and how it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from audit.vocabulary import Action, Body
from consent.models import Edit
from consent.uses import use_of
from creatorhub.days import last_day

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from creatorhub.models import User


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
_ALLOWED_UNTIL = _Change(_("allowed “{use}” until {day}"), _("“{use}” allowed until {day}"))
_UNKNOWN = _Change(_("changed “{use}”"), _("“{use}” changed"))


def _words(body: Body, reader: User | None) -> dict[str, str]:
    """`change` and `becomes`: what an edit did to a use, and what the use is from then on."""
    use = use_of(body["use"]).label
    until = parse_datetime(body["until"]) if body["until"] else None
    change = _ALLOWED_UNTIL if until else _CHANGES.get(body["to"], _UNKNOWN)
    if body["to"] == "kept":  # `until` is then that of what was newly allowed
        change = _KEPT
    day = date_format(last_day(until), "j F Y") if until else ""
    words = {
        "change": change.done.format(use=use, day=day),
        "becomes": change.becomes.format(use=use, day=day),
    }
    return {**words, "icon": change.icon} if change.icon else words


def _held(body: Body, reader: User | None) -> dict[str, str]:
    """`label` is the use, `what` is held of it."""
    title = body["title"]
    return {
        "label": str(use_of(body["use"] or "").label),
        "what": gettext("“%(title)s”") % {"title": title} if title else gettext("everything"),
    }


_EDIT = ("edit", "use", "to", "until", "notice", "undoes", "reason")
_OUTCOMES = ("changed", "already", "superseded", "not_eligible")
_ENDED = ("stopped", "taken_down")
_APPLIED = ngettext_lazy(
    "{who} {change} for {changed:,} video", "{who} {change} for {changed:,} videos", "changed"
)

ACTIONS = [
    Action(
        "consent.edited",
        _APPLIED,
        (*_EDIT, "selected", *_OUTCOMES, "items_root", "version", *_ENDED),
        "check-check",
        _words,
    ),
    # An edit too large for one transaction: its confirmation, each part of it, its end.
    Action(
        "edit.confirmed",
        _("{who} confirmed an edit: {becomes}"),
        (*_EDIT, "selected", "will_change", "version", *_ENDED),
        "check",
        _words,
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
    ),
    Action(
        "creator.opted_in", _("{who} turned permissions back on"), ("version", "restore"), "undo"
    ),
    Action(
        "hold.placed",
        _("{who} put “{label}” of {what} on hold"),
        ("hold", "use", "title", "reason", "version"),
        "hand",
        _held,
    ),
    Action(
        "hold.lifted",
        _("{who} lifted the hold on “{label}” of {what}"),
        ("hold", "use", "title", "reason", "version"),
        "undo",
        _held,
    ),
    Action(
        "person.blocked",
        _("{who} blocked {name}"),
        ("person", "name", "version", "stopped"),
        "slash",
    ),
    Action("person.unblocked", _("{who} unblocked {name}"), ("person", "name", "version"), "undo"),
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
    ),
]
