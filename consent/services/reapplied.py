"""Says again, to a database that was restored, each no of the journal that it has lost.

It says no only: what was allowed again later is not. Each line may be applied any number of times,
and changes nothing where it is so already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit import log
from consent.journal import BEGAN, JournalProblem, Line
from consent.models import Consent, Edit, Item, Journal, JournalLine, UploadDefault
from consent.selection import Matching
from consent.services.blocks import block
from consent.services.consent_state import lock_consent_state
from consent.services.edits.cancel import cancel_edit
from consent.services.edits.confirm import confirm_edit, turn_off
from consent.services.edits.draft import MAX_IDS
from consent.services.holds import hold
from consent.services.notices import publish_again
from consent.services.opt_out import opt_out
from consent.services.removal import remove_video
from consent.services.upload_defaults import set_upload_default
from consent.signals import say_again
from consent.uses import USES
from creatorhub.actors import RESTORE
from creatorhub.errors import Refused
from creatorhub.models import User
from library.models import Video

Body = dict[str, Any]
WRITTEN_DOWN = "written_down"  # a large withdrawal has named all of its videos


def is_lost(line: Line) -> bool:
    """Whether this database does not know the line. Waits for a transaction that is just writing
    it, by the lock that this one holds."""
    with transaction.atomic(durable=True):
        creator = _creator_of(line)
        if creator:
            lock_consent_state(creator)
        else:
            Journal.objects.select_for_update(no_key=True).first()
        return not JournalLine.objects.filter(uuid=line.body["id"]).exists()


def apply_line(line: Line, *, written_down: Collection[str] = ()) -> bool:
    """Say this no again, if this database does not know it, with an event where that changed
    something; returns whether it did. `written_down` are the large withdrawals whose videos other
    lines name. Raises JournalProblem for a line that a later version has written, or that cannot
    be applied."""
    if line.what in (BEGAN, WRITTEN_DOWN):
        return False
    apply = _APPLY.get(line.what)
    if apply is None:
        raise JournalProblem(
            _(
                "Line %(line)s of the withdrawal journal says “%(what)s”, which this version does "
                "not know. Start the version that wrote it."
            )
            % {"line": line.end.seq, "what": line.what}
        )
    if not is_lost(line):
        return False
    body, creator = line.body, _creator_of(line)
    changed = 0
    named_elsewhere = body.get("videos", ()) is None and body.get("edit") in written_down
    if (creator or body["creator"] is None) and not named_elsewhere:
        try:
            changed = apply(body, creator)
        except (Refused, KeyError, ValueError, TypeError) as error:
            raise JournalProblem(
                _("Line %(line)s of the withdrawal journal cannot be applied: %(why)s")
                % {"line": line.end.seq, "why": error}
            ) from error
    with transaction.atomic(durable=True):
        JournalLine.objects.bulk_create(
            [JournalLine(uuid=body["id"], seq=line.end.seq)], ignore_conflicts=True
        )
        if changed:
            log.append(
                "consent.withdrawn_again",
                actor=RESTORE,
                creator=creator,
                what=line.what,
                use=body.get("use"),
                changed=changed,
                withdrawn_at=parse_datetime(body["at"]),
                line=UUID(body["id"]),
            )
    return bool(changed)


def why(body: Body) -> str:
    """What creators read beside what was turned off again: “Turned off: as on …”."""
    at = parse_datetime(body["at"])
    day = date_format(at, "j F Y") if at else ""
    return _("as on %(day)s, before CreatorHub was restored") % {"day": day}


def _creator_of(line: Line) -> User | None:
    """None where it is about nobody, or somebody who was not there yet."""
    key = line.body["creator"]
    return User.objects.filter(uuid=key).first() if key else None


def _opted_out(body: Body, creator: User) -> int:
    return int(opt_out(actor=RESTORE, creator=creator, reason=why(body)).changed)


def _off(body: Body, creator: User) -> int:
    """`videos` are ids; None: all that the edit is about. A database that knows the edit knows
    which those are; for another it is everything that is stored of this use."""
    use = body["use"]
    if use not in USES:
        return 0
    edit = Edit.objects.filter(creator=creator, uuid=body["edit"]).first()
    if edit and (edit.is_withdrawing or (edit.withdraws and edit.status == Edit.Status.APPLIED)):
        return 0  # it is in force, and its job does again the chunk that a crash has lost
    if body["videos"] is not None:
        return _videos_off(body, creator, use)
    is_fresh = edit and edit.status == Edit.Status.DRAFT and edit.expires_at > timezone.now()
    if edit and is_fresh and edit.change == Edit.Change.OFF:
        return confirm_edit(edit.uuid, actor=RESTORE, creator=creator).will_change
    stored = Consent.objects.filter(
        creator=creator, use=use, terms__isnull=False, video__removed_at=None
    )
    newest = stored.order_by("-video").values_list("video", flat=True).first()
    if not newest:
        return 0
    everything = Matching(query="", upto=newest, under_terms=use)
    done = turn_off(actor=RESTORE, creator=creator, use=use, matching=everything, reason=why(body))
    return done.will_change or stored.count()


def _videos_off(body: Body, creator: User, use: str) -> int:
    """Those that are allowed, or that an edit which is under way is going to allow."""
    stored = Consent.objects.filter(video=OuterRef("pk"), use=use, terms__isnull=False)
    named = Item.objects.filter(
        edit__in=Edit.objects.filter(creator=creator, use=use).live().values("pk"),
        video=OuterRef("pk"),
        after__isnull=False,
    )
    changed = 0
    for start in range(0, len(body["videos"]), MAX_IDS):
        some = body["videos"][start : start + MAX_IDS]
        videos = Video.objects.owned_by(creator).filter(uuid__in=some)
        ids = list(
            videos.filter(Q(Exists(stored)) | Q(Exists(named))).values_list("uuid", flat=True)
        )
        if ids:
            edit = turn_off(actor=RESTORE, creator=creator, use=use, ids=ids, reason=why(body))
            changed += edit.will_change
    return changed


def _cancelled(body: Body, creator: User) -> int:
    edit = Edit.objects.filter(creator=creator, uuid=body["edit"]).first()
    if edit is None or not edit.is_under_way or edit.is_withdrawing:
        return 0
    cancel_edit(edit.uuid, actor=RESTORE, creator=creator)
    return 1


def _default_off(body: Body, creator: User) -> int:
    use = body["use"]
    if not UploadDefault.objects.filter(creator=creator, use=use).exists():
        return 0
    set_upload_default(actor=RESTORE, creator=creator, use=use, grant=None)
    return 1


def _held(body: Body, creator: User) -> int:
    videos = None
    if body["videos"] is not None:
        videos = list(Video.objects.owned_by(creator).filter(uuid__in=body["videos"]))
        if not videos:
            return 0
    done = hold(actor=RESTORE, creator=creator, use=body["use"], videos=videos, reason=why(body))
    return len(done.holds)


def _blocked(body: Body, creator: User) -> int:
    person = User.objects.filter(uuid=body["person"]).first()
    return int(bool(person and block(person, actor=RESTORE, creator=creator)))


def _removed(body: Body, creator: User) -> int:
    video = Video.objects.owned_by(creator).filter(uuid=body["videos"][0]).first()
    if video is None:
        return 0
    remove_video(video, actor=RESTORE, reason=why(body))
    return 1


def _notice(body: Body, creator: User | None) -> int:
    return int(publish_again(body["notice"], actor=RESTORE))


def _by_another_app(body: Body, creator: User | None) -> int:
    """What no rule of consent says: the app whose it is listens."""
    answers: list[tuple[Any, Any]] = say_again.send(
        sender=Journal, what=body["what"], body=body, creator=creator
    )
    return sum(changed for _receiver, changed in answers)


_APPLY: dict[str, Callable[[Body, Any], int]] = {
    "opted_out": _opted_out,
    "off": _off,
    "cancelled": _cancelled,
    "default_off": _default_off,
    "held": _held,
    "blocked": _blocked,
    "removed": _removed,
    "notice": _notice,
    "paused": _by_another_app,
    "meme_taken_down": _by_another_app,
    "meme_removed": _by_another_app,
    "erased": _by_another_app,
}
