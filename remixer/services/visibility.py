"""Who may see what of a meme, now: the one answer for pages, the API and files.

                          its maker           the video's creator    anybody else
    not published         all, no file yet    nothing (404)          nothing (404)
    published             all                 all                    all
    hidden, taken down    texts, the reason   texts, the reason      the reason alone (410)
    removed by its maker  nothing (404)       that it was there      nothing (404)

Nobody gets the file of what is hidden or taken down.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from consent import querysets
from consent.policy import Reason
from consent.uses import REMIX
from creatorhub.errors import Gone, NotFound
from creatorhub.jobs import State
from creatorhub.models import User
from remixer.cases import Report
from remixer.models import Render
from remixer.services.permission import why_not
from remixer.wording import is_creator, why_ended


def meme_for(reader: User, uuid: UUID) -> Render:
    """A meme of which this person may know, with all that a page says of it; what of it they may
    see, `why_gone` and `require_visible` tell. One query. Raises NotFound."""
    render = Render.objects.watchable_by(reader).with_details().filter(uuid=uuid).first()
    if render is None:
        raise _no_such_meme()
    return render


def why_gone(render: Render, *, reader: User) -> Gone | None:
    """Why nobody may see this meme now; None if it can be seen, or was never published. Raises it
    for a reader who may not even read its texts: neither its maker nor the video's creator. At
    most one query."""
    try:
        require_visible(render, reader=reader)
    except Gone as gone:
        if reader.pk not in (render.requester_id, render.creator_id):
            raise
        return gone if render.published_at else None
    except NotFound:
        return None
    return None


def require_visible(render: Render, *, reader: User | None = None) -> None:
    """Whether its file may be seen, by one query. The row must have been read for this request. The
    reader, None for anybody, is told why not in their own person.

    Raises Gone (code: the reason) for a meme that was taken down or stopped, or is hidden now;
    NotFound where there is no file or not yet one.
    """
    if render.ended_for and render.state != Render.REMOVED:
        raise Gone(why_ended(render, reader=reader), code=render.ended_for)
    if render.state != State.DONE or not render.file_key:
        raise NotFound(_("There is no such file."), code="not_found")
    if why := why_not(render):
        sentence = why.told(to_creator=is_creator(render, reader))
        raise Gone(sentence, code=str(why.reason))


def note_hidden(renders: Sequence[Render]) -> None:
    """Set `hidden_for` on those that were published and may not be seen now, and `may_retry` on
    those that ended badly and would be allowed once more: by two queries."""
    asked = [render for render in renders if render.state == State.DONE or render.ended_badly]
    videos = list({render.video.uuid for render in asked})
    rulings = querysets.rulings(videos, REMIX.id, asker=None)
    decisions = {uuid: decision for uuid, decision, __ in rulings}
    blocked = querysets.blocked([(one.creator_id, one.requester_id) for one in asked])
    for render in asked:
        decision = decisions[render.video.uuid]
        hidden = "" if decision.allowed else str(decision.reason)
        if not hidden and (render.creator_id, render.requester_id) in blocked:
            hidden = str(Reason.BLOCKED)
        if render.state == State.DONE:
            render.hidden_for = hidden
        else:
            render.may_retry = not hidden


def note_seen(reports: Sequence[Report], *, reader: User) -> None:
    """Set `is_seen` on those whose meme, or video, this person may see now: by three queries."""
    note_hidden([one.render for one in reports if one.render])
    videos = {one.video.uuid for one in reports if not one.render}
    rulings = querysets.rulings(list(videos), REMIX.id, asker=reader)
    allowed = {uuid for uuid, decision, __ in rulings if decision.allowed}
    for one in reports:
        if one.render:
            shown = one.render.state == State.DONE and not one.render.hidden_for
            owners = {one.render.creator_id, one.render.requester_id}
        else:
            shown, owners = one.video.uuid in allowed, {one.video.owner_id}
        one.is_seen = shown or reader.pk in owners


def _no_such_meme() -> NotFound:
    return NotFound(_("There is no such meme, or it is not yours to see."), code="not_found")
