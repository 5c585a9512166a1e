"""What the log records of memes and of the pause, and how it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from django.shortcuts import resolve_url
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from audit.personal import ERASED
from audit.vocabulary import Action, Body, of_creator
from consent.policy import Reason
from consent.reasons import Act, Why
from consent.uses import REMIX
from creatorhub.models import User
from remixer.models import Render

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def _words(body: Body, reader: User | None) -> dict[str, str]:
    """`maker` begins a sentence, `by_maker` stands inside one: who asked for the meme. A reason
    is the short name of the policy's, told to each reader in their person, or what a member of
    staff wrote."""
    name, reason = body["requester_name"], body.get("reason") or ""
    if reader and body["requester"] == str(reader.uuid):
        maker, by_maker = gettext("You"), gettext("by you")
    else:
        maker, by_maker = name, gettext("by %(name)s") % {"name": name}
    if name == str(ERASED):
        maker, by_maker = gettext("A deleted creator"), gettext("by a deleted creator")
    if reason in set(Reason):
        own = reader is not None and body.get("creator") == str(reader.uuid)
        reason = Why(Reason(reason), Act(body["actor"])).told(to_creator=own)
    return {"maker": maker, "by_maker": by_maker, "reason": reason}


def _refused(body: Body, reader: User | None) -> dict[str, str]:
    """The sentence itself says why."""
    words = _words(body, reader)
    return {**words, "why": words["reason"], "reason": ""}


_CAME = {
    "upheld": gettext_lazy("the report was right"),
    "dismissed": gettext_lazy("nothing changes"),
    "granted": gettext_lazy("it is undone"),
    "denied": gettext_lazy("nothing changes"),
    "taken_down": gettext_lazy("the report was right, and the meme was taken down"),
    "held": gettext_lazy("the report was right, and the video was put on hold"),
    "left": gettext_lazy("the report was right, and it stays where it is"),
}


def _thing(body: Body, reader: User | None) -> dict[str, str]:
    """`what` was reported, `held` was decided by staff, `came` of it."""
    title = gettext("“%(title)s”") % {"title": body["title"]} if body.get("title") else ""
    meme = gettext("a meme of %(title)s") % {"title": title}
    return {
        "what": meme if body.get("render") else title,
        "held": title or gettext("everything"),
        "came": str(_CAME.get(body.get("measure") or body.get("outcome") or "", "")),
    }


def _still_hidden(body: Body, reader: User | None) -> dict[str, str]:
    """`hidden_by` is a reason of the policy, of which the one who acts here is not behind."""
    words, by = _words(body, reader), body["hidden_by"]
    own = reader is not None and body.get("creator") == str(reader.uuid)
    why = Why(Reason(by)).told(to_creator=own) if by in set(Reason) else ""
    return {**words, "why": why}


def _pause(body: Body, reader: User | None) -> dict[str, str]:
    """The reason was written for staff."""
    return {"reason": ""} if reader else {}


_MEME = ("render", "requester", "requester_name", "title")
_REQUEST = (*_MEME, "template", "terms", "version")


def _meme(
    name: str,
    sentence: StrOrPromise,
    to_person: StrOrPromise,
    *,
    icon: str,
    fields: tuple[str, ...] = _MEME,
    words: Callable[[Body, User | None], dict[str, str]] = _words,
) -> Action:
    """`to_person` is how the one who asked for the meme reads it."""
    personal = {**of_creator("title"), "requester_name": "requester"}
    if "reason" in fields:
        personal["reason"] = "requester"
    return Action(
        name,
        sentence,
        fields,
        icon,
        words,
        to_person=to_person,
        person="requester",
        personal=personal,
    )


_REASON = (*_MEME, "reason")

ACTIONS = [
    _meme(
        "render.requested",
        _("{maker} asked for a meme of “{title}”"),
        _("You asked for a meme of “{title}”"),
        icon="sparkles",
        fields=_REQUEST,
    ),
    _meme(
        "render.started",
        _("A meme of “{title}” {by_maker} is being made: the video may be used"),
        _("Your meme of “{title}” is being made"),
        icon="refresh",
        fields=(*_MEME, "attempt"),
    ),
    _meme(
        "render.published",
        _("{maker} made a meme of “{title}”"),
        _("Your meme of “{title}” is ready"),
        icon="sparkles",
        fields=_REQUEST,
    ),
    _meme(
        "render.refused",
        _("A meme of “{title}” {by_maker} was refused: {why}"),
        _("Your meme of “{title}” was refused: {why}"),
        icon="slash",
        fields=_REASON,
        words=_refused,
    ),
    _meme(
        "render.failed",
        _("A meme of “{title}” {by_maker} failed"),
        _("Your meme of “{title}” failed"),
        icon="alert",
        fields=(*_MEME, "problem"),
    ),
    _meme(
        "render.cancelled",
        _("{maker} cancelled a meme of “{title}”"),
        _("You cancelled your meme of “{title}”"),
        icon="slash",
    ),
    _meme(
        "render.stopped",
        _("A meme of “{title}” {by_maker} was stopped"),
        _("Your meme of “{title}” was stopped"),
        icon="slash",
        fields=_REASON,
    ),
    _meme(
        "render.taken_down",
        _("A meme of “{title}” {by_maker} was taken down"),
        _("Your meme of “{title}” was taken down"),
        icon="slash",
        fields=_REASON,
    ),
    _meme(
        "render.hidden",
        _("A meme of “{title}” {by_maker} was hidden"),
        _("Your meme of “{title}” was hidden"),
        icon="slash",
        fields=_REASON,
    ),
    _meme(
        "render.restored",
        _("A meme of “{title}” {by_maker} came back"),
        _("Your meme of “{title}” came back"),
        icon="undo",
    ),
    _meme(
        "render.restored_hidden",
        _("A meme of “{title}” {by_maker} is kept, and stays hidden for now: {why}"),
        _("Your meme of “{title}” is kept, and stays hidden for now: {why}"),
        icon="undo",
        fields=_REASON,
        words=_refused,
    ),
    _meme(
        "render.deleted",
        _("A meme of “{title}” {by_maker} was deleted: it can no longer come back"),
        _("Your meme of “{title}” was deleted: it can no longer come back"),
        icon="trash",
    ),
    _meme(
        "render.removed",
        _("{maker} removed their meme of “{title}”"),
        _("You removed your meme of “{title}”"),
        icon="trash",
    ),
    Action(
        "remixer.paused",
        _("{who} paused remixing"),
        ("reason", "stopped"),
        "pause",
        _pause,
        personal={"reason": "actor"},
        to_creator=_("{who} paused remixing for everyone. What you allowed stays stored."),
        concerns=lambda body: REMIX.id,
    ),
    Action(
        "remixer.resumed",
        _("{who} resumed remixing"),
        ("reason",),
        "play",
        _pause,
        personal={"reason": "actor"},
        to_creator=_("{who} resumed remixing. What you allow counts again."),
        concerns=lambda body: REMIX.id,
    ),
    _meme(
        "render.put_back",
        _("A meme of “{title}” {by_maker} is shown again"),
        _("Your meme of “{title}” is shown again"),
        icon="undo",
        fields=_REASON,
    ),
    _meme(
        "render.put_back_hidden",
        _("A meme of “{title}” {by_maker} is given back, and stays hidden for now: {why}"),
        _("Your meme of “{title}” is given back, and stays hidden for now: {why}"),
        icon="undo",
        fields=(*_REASON, "hidden_by"),
        words=_still_hidden,
    ),
    _meme(
        "render.watched",
        _("{who} watched a meme of “{title}” {by_maker}, to look into it"),
        _("Your meme of “{title}” was watched by {who}, to look into it"),
        icon="play",
    ),
    Action(
        "report.made",
        _("{who} reported {what}"),
        ("report", "kind", "title", "render"),
        "flag",
        _thing,
        personal=of_creator("title"),
    ),
    Action("report.taken", _("{who} took a report to look into it"), ("report",), "flag"),
    Action(
        "report.decided",
        _("{who} looked into a report about {what}: {came}"),
        ("report", "title", "render", "outcome", "measure", "reason"),
        "flag",
        _thing,
        personal=of_creator("title", "reason"),
    ),
    Action(
        "appeal.made",
        _("{who} asked for another look at {held}"),
        ("appeal", "title", "reason"),
        "hand",
        _thing,
        personal=of_creator("title", "reason"),
    ),
    Action(
        "appeal.decided",
        _("{who} looked at {held} again: {came}"),
        ("appeal", "title", "outcome", "reason"),
        "hand",
        _thing,
        personal=of_creator("title", "reason"),
    ),
]


def pauses() -> dict[str, tuple[str, str]]:
    return {REMIX.id: ("remixer.paused", "remixer.resumed")}


def links_of(bodies: Mapping[UUID, Body], *, reader: User) -> dict[UUID, str]:
    """The pages of memes that the reader may open. One query."""
    memes = {key: body["render"] for key, body in bodies.items() if body.get("render")}
    seen = Render.objects.watchable_by(reader).filter(uuid__in=set(memes.values()))
    known = {str(meme) for meme in seen.values_list("uuid", flat=True)}
    return {key: resolve_url("remixer:meme", one) for key, one in memes.items() if one in known}
