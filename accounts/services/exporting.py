"""A person's data as an archive: asked for, packed by a worker, taken, and deleted in time."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Export
from accounts.services import archives
from accounts.services.accounts import locked
from audit import log
from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, NotFound
from creatorhub.jobs import LIVE, LeaseLost, State
from creatorhub.letters import tell
from creatorhub.models import User
from library import files

logger = logging.getLogger(__name__)

TASK = "accounts.export"
KIND = "exports"  # the first part of storage keys
BEAT_EVERY = 2.0  # seconds
HOUR = 3600
# Rows keep this sentence.
DID_NOT_WORK = gettext_noop("Packing your data did not work. Ask for it once more.")


def ask_for_export(user: User, *, actor: Actor) -> Export:
    """Have a worker pack everything of this person. An archive that was made before is deleted.
    Only the person themselves. Raises Conflict while one is being made."""
    actor.require(user)
    with transaction.atomic(durable=True):
        account = locked(user)
        theirs = Export.objects.filter(user=account)
        if theirs.filter(state__in=LIVE).exists():
            raise Conflict(
                _("Your data is being packed already. Wait until that is done."),
                code="already_packing",
            )
        old = list(theirs.values_list("pk", "uuid"))
        made = Export.objects.create(user=account)
        log.append("account.exported", actor=actor, creator=account, export=made.uuid)
        jobs.enqueue(TASK, made.pk)
    for key, uuid in old:
        _delete(key, uuid)
    return made


def archive_for(user: User, uuid: UUID) -> str:
    """The storage key of this archive. Raises NotFound for another person's, for one that is not
    made and for one that has expired."""
    made = Export.objects.filter(user=user, uuid=uuid).first()
    if not (made and made.is_ready):
        raise NotFound(_("This archive does not exist, or is deleted by now."), code="not_found")
    return made.file_key


def record_taking(user: User, uuid: UUID, *, actor: Actor) -> None:
    """The person downloads the archive, in however many parts: one event in an hour."""
    actor.require(user)
    if not cache.add(f"export-taken:{uuid}", 1, HOUR):
        return
    with transaction.atomic(durable=True):
        log.append("account.export_taken", actor=actor, creator=user, export=uuid)


def run_export(pk: int) -> None:
    """Claim the job and do it. Does nothing if it cannot be claimed."""
    export = jobs.claim(Export, pk)
    if export is None:
        return
    try:
        _make(export, User.objects.get(pk=export.user_id))
    except LeaseLost:
        logger.info("Export %s was stopped, or another worker took it over.", export.uuid)
    except (OSError, SoftTimeLimitExceeded) as failure:
        logger.warning("Export %s did not work: %s", export.uuid, failure)
        try:
            jobs.retry(export, problem=DID_NOT_WORK)
        except LeaseLost:
            logger.info("Export %s was stopped meanwhile.", export.uuid)


def _make(export: Export, user: User) -> None:
    beaten = 0.0

    def beat(share: float) -> None:
        nonlocal beaten
        if time.monotonic() - beaten >= BEAT_EVERY:
            beaten = time.monotonic()
            jobs.beat(export, progress=min(99, int(share * 100)))

    with files.work_folder(str(export.lease_token), attempt_of=export.uuid) as folder:
        part = folder / "export.zip"
        with part.open("wb") as target:
            archives.pack(user, target, on_progress=beat)
        size = part.stat().st_size
        key = files.key_of(export.uuid, f"{export.lease_token}.zip", kind=KIND)
        # The row names the file before it is stored, so that a killed attempt's can be deleted.
        before = Export.objects.values_list("file_key", flat=True).get(pk=export.pk)
        jobs.beat(export, file_key=key)
        files.delete([before])
        try:
            files.store(part, key)
            _publish(export, user, size=size)
        except LeaseLost:
            files.delete([key])
            raise


def _publish(export: Export, user: User, *, size: int) -> None:
    until = timezone.now() + timedelta(days=settings.EXPORT_DAYS)
    with transaction.atomic(durable=True):
        jobs.finish(export, State.DONE, size=size, expires_at=until)
        tell(
            user,
            subject=_("Your data is packed"),
            text=_(
                "All your data is packed into an archive. Download it from the page of your "
                "account within %(days)s days; then it is deleted. If you did not ask for it, "
                "somebody else is signed in to your account: choose another password."
            )
            % {"days": settings.EXPORT_DAYS},
        )


def sweep_exports() -> jobs.Swept:
    """Repair what killed workers and lost messages left, and delete archives whose time is over;
    part of the sweep."""
    swept = jobs.sweep(Export, limit=10)
    for pk in swept.due:
        jobs.enqueue(TASK, pk)
    over = timezone.now() - timedelta(days=settings.EXPORT_DAYS)
    ended = Q(expires_at__lte=timezone.now()) | Q(
        expires_at=None, finished_at__lte=over, state__in=jobs.ENDED_BADLY
    )
    for pk, uuid in Export.objects.filter(ended).values_list("pk", "uuid")[:100]:
        _delete(pk, uuid)
    return swept


def delete_exports(user: User) -> None:
    """All archives of a person, also one that is being made: its worker finds no row any more."""
    for pk, uuid in Export.objects.filter(user=user).values_list("pk", "uuid"):
        _delete(pk, uuid)


def _delete(pk: int, uuid: UUID) -> None:
    """The row goes last: as long as a file may be there, a row leads to it."""
    files.delete_all(uuid, kind=KIND)
    with transaction.atomic(durable=True):
        Export.objects.filter(pk=pk).delete()
