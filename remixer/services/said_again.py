"""Says again, to a restored database, what the withdrawal journal knows of memes."""

from __future__ import annotations

from typing import Any

from consent.services.reapplied import why
from creatorhub.actors import RESTORE
from creatorhub.models import User
from remixer.models import Render
from remixer.services.moderation import takedown_again
from remixer.services.pause import pause
from remixer.services.requests import remove_render


def say_again_of_memes(*, what: str, body: dict[str, Any], creator: User | None, **_: Any) -> int:
    """Returns how much it changed. A pause that was over stays until staff end it again."""
    if what == "paused":
        return int(pause(actor=RESTORE, reason=why(body)) is not None)
    if what not in ("meme_taken_down", "meme_removed") or creator is None:
        return 0
    memes = Render.objects.filter(creator=creator, uuid__in=body["memes"])
    if what == "meme_removed":
        return sum(remove_render(one, actor=RESTORE) for one in memes.with_people())
    return takedown_again(memes, creator=creator, by_creator=body["by_creator"], reason=why(body))
