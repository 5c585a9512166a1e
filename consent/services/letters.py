"""Mails to a creator about what staff have turned off or removed, with the reason."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.models import Edit
from consent.uses import use_of
from creatorhub.actors import Actor
from creatorhub.letters import tell
from creatorhub.models import User
from library.models import Video


def tell_turned_off(edit: Edit) -> None:
    """Nothing where nothing changed. At most one query."""
    if edit.status == Edit.Status.APPLIED and not edit.changed:
        return
    words = {"use": use_of(edit.use).label, "what": _what(edit)}
    _tell(
        edit.creator,
        _("%(use)s of %(what)s was turned off") % words,
        _(
            "CreatorHub staff have turned off %(use)s of %(what)s: the answer is no for everybody, "
            "and memes made under this permission are hidden. You can allow it again."
        )
        % words,
        edit.reason,
    )


def tell_opted_out(creator: User, *, actor: Actor, reason: str) -> None:
    """Nothing where it was not staff."""
    if actor.kind == "staff":
        text = _(
            "CreatorHub staff have turned everything off for all your videos. What you had allowed "
            "stays stored, and only you can turn it back on."
        )
        _tell(creator, _("Everything of yours was turned off"), text, reason)


def tell_removed(video: Video, *, actor: Actor, reason: str) -> None:
    """Nothing where it was not staff."""
    if actor.kind == "staff":
        words = {"title": video.title}
        text = _("CreatorHub staff have removed your video “%(title)s” for good.") % words
        _tell(video.owner, _("“%(title)s” was removed") % words, text, reason)


def _tell(creator: User, subject: str, text: str, reason: str) -> None:
    why = _("Why: %(reason)s") % {"reason": reason}
    more = _("Your activity says what was changed, and when.")
    tell(creator, subject=subject, text="\n\n".join([text, why, more] if reason else [text, more]))


def _what(edit: Edit) -> str:
    if edit.status == Edit.Status.HOLDING:
        return _("all that was selected of yours")
    if edit.selected == 1 and (item := edit.items.select_related("video").first()):
        return _("“%(title)s”") % {"title": item.video.title}
    number = edit.changed if edit.status == Edit.Status.APPLIED else edit.will_change
    sentence = ngettext("%(count)s video", "%(count)s videos", number)
    return sentence % {"count": f"{number:,}"}
