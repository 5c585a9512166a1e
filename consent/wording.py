"""How decisions and edits read, on pages, in the API and in mail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from consent.policy import Reason
from consent.uses import Text, Use, use_of
from creatorhub.actors import Actor
from creatorhub.days import last_day

if TYPE_CHECKING:
    from consent.models import Edit

LABELS: dict[str, Text] = {
    Reason.RESTORING: gettext_lazy("Off for now"),
    Reason.PAUSED: gettext_lazy("Paused"),
    Reason.VIDEO_UNAVAILABLE: gettext_lazy("Not ready"),
    Reason.OPTED_OUT: gettext_lazy("Off"),
    Reason.HELD: gettext_lazy("Held"),
    Reason.WITHDRAWN: gettext_lazy("Off"),
    Reason.UNDECIDED: gettext_lazy("Off"),
    Reason.OFF: gettext_lazy("Off"),
    Reason.EXPIRED: gettext_lazy("Ended"),
    Reason.NOTICE_CHANGED: gettext_lazy("Needs a look"),
    Reason.BLOCKED: gettext_lazy("Blocked"),
    Reason.NOT_IN_AUDIENCE: gettext_lazy("Off"),
    Reason.APPROVAL_NEEDED: gettext_lazy("Ask first"),
    Reason.ALLOWED: gettext_lazy("Allowed"),
}

# In the list's filter.
REASON_LABELS: dict[str, Text] = {
    Reason.ALLOWED: gettext_lazy("Allowed"),
    Reason.UNDECIDED: gettext_lazy("Never decided"),
    Reason.OFF: gettext_lazy("Turned off"),
    Reason.EXPIRED: gettext_lazy("Ended"),
    Reason.NOTICE_CHANGED: gettext_lazy("Terms changed"),
    Reason.OPTED_OUT: gettext_lazy("Everything turned off"),
    Reason.HELD: gettext_lazy("Held by CreatorHub"),
    Reason.WITHDRAWN: gettext_lazy("Being turned off"),
    Reason.VIDEO_UNAVAILABLE: gettext_lazy("Not ready"),
    Reason.RESTORING: gettext_lazy("CreatorHub is being restored"),
    Reason.PAUSED: gettext_lazy("Paused by CreatorHub"),
    Reason.BLOCKED: gettext_lazy("Person blocked"),
    Reason.NOT_IN_AUDIENCE: gettext_lazy("Not for everyone"),
    Reason.APPROVAL_NEEDED: gettext_lazy("Ask first"),
}

# Names of symbols in the icon sprite. Colour alone never says a status.
ICONS: dict[str, str] = {
    **dict.fromkeys(Reason, "slash"),
    Reason.ALLOWED: "check",
    Reason.EXPIRED: "clock",
    Reason.NOTICE_CHANGED: "page",
    Reason.RESTORING: "clock",
    Reason.PAUSED: "pause",
    Reason.HELD: "hand",
    Reason.APPROVAL_NEEDED: "hand",
}


def inside(label: Text) -> str:
    """A label as it stands inside a sentence: “Held by CreatorHub” after a colon."""
    text = str(label)
    return text[:1].lower() + text[1:]


def verbs(uses: Iterable[Use]) -> str:
    """“remixed or used for training”: what may be done, for a sentence about all of these uses."""
    return get_text_list([str(use.verb) for use in uses], _("or"))


def for_videos(counted: Iterable[tuple[Use, int]]) -> str:
    """“Remix for 2 videos and AI training for 1 video”; nothing if no video is counted."""
    parts = [
        ngettext("%(use)s for %(number)s video", "%(use)s for %(number)s videos", count)
        % {"use": use.label, "number": f"{count:,}"}
        for use, count in counted
        if count
    ]
    return get_text_list(parts, _("and"))


def reach(stopped: int, taken_down: int, *, by: str) -> str:
    """How far a withdrawal by this actor reached into what was made; nothing if it reached none.
    What the creator withdraws is hidden for as long as it can come back, the rest is final."""
    making = ngettext(
        "%(count)s meme in the making stopped", "%(count)s memes in the making stopped", stopped
    )
    if settings.WITHDRAWN_MEMES_KEPT and Actor.parse(by).kind == "creator":
        memes = ngettext("%(count)s meme hidden", "%(count)s memes hidden", taken_down)
    else:
        memes = ngettext("%(count)s meme taken down", "%(count)s memes taken down", taken_down)
    parts = [
        words % {"count": f"{number:,}"}
        for number, words in ((stopped, making), (taken_down, memes))
        if number
    ]
    return f"{', '.join(parts)}." if parts else ""


def summary_of(edit: Edit) -> str:
    """What an edit did, in a sentence or two."""
    sentences = [_main_sentence(edit)]
    if edit.status == edit.Status.EXPIRED:
        return sentences[0]
    if edit.undoes and edit.changed and not (edit.grants or edit.withdraws):
        sentences.append(_("It allows nothing."))  # as before: ended, lapsed, or never decided
    if edit.left_out:
        sentences.append(
            ngettext(
                "Cancelled before the other %(count)s.",
                "Cancelled before the other %(count)s.",
                edit.left_out,
            )
            % {"count": f"{edit.left_out:,}"}
        )
    if edit.superseded:
        sentences.append(superseded(edit))
    sentences.append(reach(edit.stopped, edit.taken_down, by=edit.actor))
    return " ".join(filter(None, sentences))


def superseded(edit: Edit) -> str:
    """How many videos an edit left alone because something else changed them first."""
    if edit.undoes:
        sentence = ngettext(
            "%(count)s video was changed or turned off since and was left alone.",
            "%(count)s videos were changed or turned off since and were left alone.",
            edit.superseded,
        )
    else:
        sentence = ngettext(
            "%(count)s video had changed since and was left alone.",
            "%(count)s videos had changed since and were left alone.",
            edit.superseded,
        )
    return sentence % {"count": f"{edit.superseded:,}"}


def _main_sentence(edit: Edit) -> str:
    if edit.status == edit.Status.EXPIRED:
        return _("This draft was never confirmed. Nothing changed.")
    words = {"use": use_of(edit.use).label, "count": f"{edit.changed:,}"}
    if not edit.changed:
        if edit.status != edit.Status.CANCELLED and edit.already == edit.selected:
            if edit.change == edit.Change.OFF:
                return _("Nothing changed: %(use)s was off for these already.") % words
            return _("Nothing changed: %(use)s was set like this already.") % words
        return _("Nothing changed.")
    if edit.change == edit.Change.FORMER:
        sentence = ngettext(
            "%(use)s is back as it was for %(count)s video.",
            "%(use)s is back as it was for %(count)s videos.",
            edit.changed,
        )
    elif edit.change == edit.Change.LISTED:
        sentence = ngettext(
            "%(use)s was set from the file for %(count)s video.",
            "%(use)s was set from the file for %(count)s videos.",
            edit.changed,
        )
    elif edit.terms and edit.terms.until and not edit.keeps_ends:
        words["day"] = date_format(last_day(edit.terms.until), "j F Y")
        sentence = ngettext(
            "%(use)s is allowed until %(day)s for %(count)s video.",
            "%(use)s is allowed until %(day)s for %(count)s videos.",
            edit.changed,
        )
    elif edit.change == edit.Change.ALLOWED:
        sentence = ngettext(
            "%(use)s is allowed for %(count)s video.",
            "%(use)s is allowed for %(count)s videos.",
            edit.changed,
        )
    else:
        sentence = ngettext(
            "%(use)s is off for %(count)s video.",
            "%(use)s is off for %(count)s videos.",
            edit.changed,
        )
    return sentence % words
