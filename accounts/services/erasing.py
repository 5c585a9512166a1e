"""The end of an account. Each step can be done twice: what is killed is finished by the next sweep.

    asked ──due──> erasing ──> videos, memes, files, words ──> free space ──> erased

First the account loses its name, so that no event of what follows says it. Rows that others refer
to stay without a word; everything else is deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import chain
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authtoken.models import Token as OldToken

from accounts.models import Export, Token
from accounts.services.accounts import end_access, locked
from accounts.services.exporting import delete_exports
from audit import erasing as events
from audit import log
from consent import services as consent
from consent.services import journal
from creatorhub import erasing
from creatorhub.actors import ERASER, RESTORE
from creatorhub.erasing import Erasable
from creatorhub.letters import tell
from creatorhub.lookalikes import skeleton
from creatorhub.models import Deletion, User
from library import services as library
from library.models import Video
from remixer import services as remixer

logger = logging.getLogger(__name__)

ACCOUNTS_PER_SWEEP = 20
VIDEOS_PER_SWEEP = 500
NAMELESS = {
    "email": "",
    "first_name": "",
    "last_name": "",
    "display_name": "",
    "display_skeleton": None,
    "time_zone": "UTC",
    "last_login": None,
}
ERASABLE = (
    Erasable(Token, ("user",)),
    Erasable(Export, ("user",)),
    Erasable(OldToken, ("user",)),
    Erasable(Authenticator, ("user",)),
    Erasable(EmailAddress, ("user",)),
    Erasable(UserSession, ("user",)),
    Erasable(LogEntry, ("user",)),
)


def erase_due() -> int:
    """Erase the accounts whose time has come, or a part of them; the next sweep goes on. Returns
    how many are done with."""
    due = Q(deletion=Deletion.ASKED, erase_after__lte=timezone.now())
    leaving = User.objects.filter(due | Q(deletion=Deletion.ERASING), erase_after__isnull=False)
    some = leaving.order_by("erase_after", "pk")[:ACCOUNTS_PER_SWEEP]
    empty = [user for user in some if _emptied(user)]
    if not empty or not wipe_free_space():
        return 0
    for user in empty:
        _end(user)
    return len(empty)


def what_is_left(user: User) -> Iterator[str]:
    """What still says something about a person whose account is erased."""
    declared = chain(ERASABLE, remixer.ERASABLE, consent.ERASABLE, library.ERASABLE)
    yield from erasing.left([Erasable(User, ("pk",), NAMELESS), *declared], user)
    if user.username != _nameless(user):
        yield "the username"
    if number := events.rows_about(user).count():
        yield f"{number} of texts beside the log"
    if number := Video.objects.owned_by(user).count():
        yield f"{number} videos"


def wipe_free_space() -> bool:
    """What was deleted stays in an SQLite file, in free pages and in the write-ahead log, until
    something else is written there. Writes the file anew, without them; writers wait meanwhile.
    False if a reader was in the way; then it is to be done again. PostgreSQL does without: it does
    not hand out what it deleted, and its vacuum, which runs by itself, lets it be overwritten."""
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy = cursor.fetchone()[0]
    return not busy


def _emptied(user: User) -> bool:
    """One whose files cannot be deleted now does not keep the others waiting."""
    try:
        return _empty(user)
    except OSError:
        logger.exception("The account %s cannot be erased now; the sweep tries again.", user.uuid)
        return False


def _empty(user: User) -> bool:
    """False where there is more to do than fits into one sweep, and where the person has just
    decided to stay."""
    if not _begin(user):
        return False
    for video in Video.objects.owned_by(user).select_related("owner")[:VIDEOS_PER_SWEEP]:
        consent.remove_video(video, actor=ERASER)
    if Video.objects.owned_by(user).exists():
        return False
    while remixer.remove_memes_by(user, actor=ERASER):
        pass
    remixer.erase_memes(user)
    library.erase_videos(user)
    consent.erase_words(user)
    delete_exports(user)
    _delete_sessions(user)
    erasing.erase(ERASABLE, user)
    events.erase(user)
    return True


def erase_again(*, what: str, creator: User | None, **_: Any) -> int:
    """A database that was restored has the account again: it ends once more, without a mail, and
    the sweep erases what is in it. Returns how much that changed."""
    if (
        what != "erased"
        or creator is None
        or creator.deletion in (Deletion.ERASING, Deletion.ERASED)
    ):
        return 0
    consent.opt_out(actor=RESTORE, creator=creator)
    with transaction.atomic(durable=True):
        account = locked(creator)
        account.deletion, account.erase_after = Deletion.ASKED, timezone.now()
        account.save(update_fields=["deletion", "erase_after"])
    return int(_begin(creator, by_mail=False))


def _begin(user: User, *, by_mail: bool = True) -> bool:
    """From its commit on the account has no name, and nobody can keep it."""
    with transaction.atomic(durable=True):
        consent.lock_consent_state(user)  # the journal asks for it
        account = locked(user)
        if account.deletion == Deletion.ERASING:
            return True
        if account.deletion != Deletion.ASKED or not account.erase_after:
            return False
        if by_mail:
            tell(
                account,
                subject=_("Your account is deleted"),
                text=_("Your account is deleted, as it was asked. This is our last mail to you."),
            )
        end_access(account)
        account.deletion, account.is_active = Deletion.ERASING, False
        account.username = _nameless(account)
        account.username_skeleton = skeleton(account.username)
        account.set_unusable_password()
        for name, value in NAMELESS.items():
            setattr(account, name, value)
        account.save()
        account.groups.clear()
        journal.write("erased", creator=account)
    return True


def _nameless(user: User) -> str:
    return f"erased-{user.uuid.hex}"


def _delete_sessions(user: User) -> None:
    """Those in the person's list, and those that were in none. A session is not stored by person:
    all are looked through, once."""
    keys = list(UserSession.objects.filter(user=user).values_list("session_key", flat=True))
    keys += [
        session.session_key
        for session in Session.objects.iterator(chunk_size=1000)
        if session.get_decoded().get("_auth_user_id") == str(user.pk)
    ]
    Session.objects.filter(session_key__in=keys).delete()


def _end(user: User) -> None:
    with transaction.atomic(durable=True):
        account = locked(user)
        if account.deletion != Deletion.ERASING:
            return
        account.deletion, account.erased_at = Deletion.ERASED, timezone.now()
        account.erase_after = None
        account.save(update_fields=["deletion", "erased_at", "erase_after"])
        log.append(
            "account.erased",
            actor=ERASER,
            creator=account,
            videos=Video.objects.filter(owner=account).count(),
            memes=account.renders.count(),
        )
    logger.info("The account %s is erased.", user.uuid)
