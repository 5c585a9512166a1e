"""May this be made, go on, be shown? The one place where remixing asks consent, each time anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from consent import querysets
from consent.policy import Reason
from consent.reasons import Why
from consent.uses import REMIX
from creatorhub.errors import Forbidden
from creatorhub.models import User
from library.models import Video
from remixer.models import Render


@dataclass(frozen=True, slots=True)
class Permission:
    """What allows a meme: terms, and the version of the creator's consent at which they did."""

    terms_id: int
    version: int
    until: datetime | None


def require_permission(video: Video, *, asker: User) -> Permission:
    """What allows this person to remix the video now: one query. Raises Forbidden (code: the
    reason) if nothing does. Under the lock of the creator's state it stays true until the commit.
    """
    ruling = querysets.ruling(video, REMIX.id, asker=asker)
    if not ruling.allowed or ruling.terms_id is None:  # no terms, no permission
        sentence = ruling.why.told(to_creator=video.owner_id == asker.pk)
        raise Forbidden(sentence, code=ruling.reason)
    return Permission(ruling.terms_id, ruling.version, ruling.until)


def why_not(render: Render) -> Why | None:
    """Why this meme may not go on or be shown now; None if it may. One query.

    A withdrawal since the request counts even where a later permission stands: what was
    withdrawn does not come back by itself.
    """
    ruling = querysets.ruling(render.video, REMIX.id, asker=render.requester)
    if not ruling.allowed:
        return ruling.why
    if render.allowed_version < ruling.withdrawn_version:
        return Why(Reason.WITHDRAWN)
    return None


def ended_because(why: Why) -> dict[str, str]:
    """The columns that say why a decision ended a meme, and who was behind it."""
    return {
        "problem": why.told(to_creator=False),
        "ended_for": str(why.reason),
        "ended_by": why.act.by,
    }
