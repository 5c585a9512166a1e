"""What the log records of memes and of the pause, and how it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from audit.vocabulary import Action, Body
from consent.wording import SENTENCES

if TYPE_CHECKING:
    from creatorhub.models import User


def _words(body: Body, reader: User | None) -> dict[str, str]:
    """`maker` begins a sentence, `by_maker` stands inside one: who asked for the meme. A reason
    is the short name of the policy's, or what a member of staff wrote."""
    name, reason = body["requester_name"], body.get("reason") or ""
    if reader and body["requester"] == str(reader.uuid):
        maker, by_maker = gettext("You"), gettext("by you")
    else:
        maker, by_maker = name, gettext("by %(name)s") % {"name": name}
    return {"maker": maker, "by_maker": by_maker, "reason": str(SENTENCES.get(reason, reason))}


def _refused(body: Body, reader: User | None) -> dict[str, str]:
    """The sentence itself says why."""
    words = _words(body, reader)
    return {**words, "why": words["reason"], "reason": ""}


_CAME = {
    "upheld": gettext_lazy("the report was right"),
    "dismissed": gettext_lazy("nothing changes"),
    "granted": gettext_lazy("it is undone"),
    "denied": gettext_lazy("nothing changes"),
}


def _thing(body: Body, reader: User | None) -> dict[str, str]:
    """`what` was reported, `held` was decided by staff, `came` of it."""
    title = gettext("“%(title)s”") % {"title": body["title"]} if body.get("title") else ""
    meme = gettext("a meme of %(title)s") % {"title": title}
    return {
        "what": meme if body.get("render") else title,
        "held": title or gettext("everything"),
        "came": str(_CAME.get(body.get("outcome") or "", "")),
    }


_MEME = ("render", "requester", "requester_name", "title")
_REQUEST = (*_MEME, "template", "terms", "version")

ACTIONS = [
    Action(
        "render.requested", _("{maker} asked for a meme of “{title}”"), _REQUEST, "sparkles", _words
    ),
    Action("render.published", _("{maker} made a meme of “{title}”"), _REQUEST, "sparkles", _words),
    Action(
        "render.refused",
        _("A meme of “{title}” was refused: {why}"),
        (*_MEME, "reason"),
        "slash",
        _refused,
    ),
    Action("render.failed", _("A meme of “{title}” failed"), (*_MEME, "problem"), "alert", _words),
    Action("render.cancelled", _("{maker} cancelled a meme of “{title}”"), _MEME, "slash", _words),
    Action(
        "render.stopped",
        _("A meme of “{title}” {by_maker} was stopped"),
        (*_MEME, "reason"),
        "slash",
        _words,
    ),
    Action(
        "render.taken_down",
        _("A meme of “{title}” {by_maker} was taken down"),
        (*_MEME, "reason"),
        "slash",
        _words,
    ),
    Action(
        "render.hidden",
        _("A meme of “{title}” {by_maker} was hidden"),
        (*_MEME, "reason"),
        "slash",
        _words,
    ),
    Action("render.restored", _("A meme of “{title}” {by_maker} came back"), _MEME, "undo", _words),
    Action(
        "render.deleted",
        _("A meme of “{title}” {by_maker} was deleted: it can no longer come back"),
        _MEME,
        "trash",
        _words,
    ),
    Action("render.removed", _("{maker} removed their meme of “{title}”"), _MEME, "trash", _words),
    Action(
        "render.put_back",
        _("A meme of “{title}” {by_maker} is shown again"),
        (*_MEME, "reason"),
        "undo",
        _words,
    ),
    Action(
        "render.watched",
        _("{who} watched a meme of “{title}” {by_maker}, to look into it"),
        _MEME,
        "play",
        _words,
    ),
    Action(
        "report.made",
        _("{who} reported {what}"),
        ("report", "kind", "title", "render"),
        "flag",
        _thing,
    ),
    Action("report.taken", _("{who} took a report to look into it"), ("report",), "flag"),
    Action(
        "report.decided",
        _("{who} looked into a report about {what}: {came}"),
        ("report", "title", "render", "outcome", "reason"),
        "flag",
        _thing,
    ),
    Action(
        "appeal.made",
        _("{who} asked for another look at {held}"),
        ("appeal", "title", "reason"),
        "hand",
        _thing,
    ),
    Action(
        "appeal.decided",
        _("{who} looked at {held} again: {came}"),
        ("appeal", "title", "outcome", "reason"),
        "hand",
        _thing,
    ),
    Action("remixer.paused", _("{who} paused remixing"), ("reason", "stopped"), "pause"),
    Action("remixer.resumed", _("{who} resumed remixing"), ("reason",), "play"),
]
