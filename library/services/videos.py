"""What is done with videos: add, rename, retry, remove."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import PurePath
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from audit import log
from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, NotFound, Refused
from creatorhub.jobs import State
from creatorhub.models import User
from creatorhub.roles import Power
from creatorhub.shown import merged
from creatorhub.texts import line
from creatorhub.verified import require_verified
from library import files
from library.models import Ingest, Proxy, Video, VideoCount
from library.services.budget import check_pending

TITLE_MAX = 200
COLLECTION_MAX = 100
GIB = 1024**3
BY_PEOPLE = ("upload", "api")  # how a video comes; an operator's import may queue any number
REMOVED = gettext_noop("The video was removed.")


def add_video(
    file: File[Any],
    *,
    owner: User,
    actor: Actor,
    title: str,
    collection: str = "",
    original_name: str = "",
    via: str = "upload",
    import_key: str | None = None,
) -> Video:
    """Store the file and queue its ingest. An uploaded temporary file is moved, others are copied.

    If a video of this owner has the same `import_key`, that video is returned, and nothing happens
    unless its file was refused: then it is taken in once more, with this file, which a later
    release may accept. Locks the row of the owner's account while it counts the quota. Raises
    Refused, and for an owner without a verified address Forbidden.
    """
    _require_owner(actor, owner)
    if actor.kind == "creator":
        require_verified(owner)
    title, collection = _title(title, original_name), _collection(collection)
    size = file.size or 0
    if import_key and (known := _imported(owner, import_key)):
        return _bring_again(known, file, actor=actor)
    _check_room(owner, size)
    if via in BY_PEOPLE:
        check_pending(owner)
    uuid = uuid4()
    key = default_storage.save(files.key_of(uuid, "source"), file)
    try:
        with transaction.atomic(durable=True):
            _lock(owner)
            _check_room(owner, size)
            video = Video.objects.create(
                uuid=uuid,
                owner=owner,
                title=title,
                collection=collection,
                original_name=line(original_name)[-255:],
                size=size,
                source_key=key,
                import_key=import_key,
                via=via,
            )
            _change_video_count(owner, 1)
            turn = jobs.next_turn(Ingest, video__owner=owner)
            ingest = Ingest.objects.create(video=video, turn=turn)
            log.append(
                "video.added", actor=actor, creator=owner, subject=uuid, title=title, via=via
            )
            jobs.enqueue("library.ingest", ingest.pk)
    except IntegrityError:
        files.delete([key])
        if import_key and (known := _imported(owner, import_key)):
            return known
        raise
    except BaseException:
        files.delete([key])
        raise
    return video


def _bring_again(video: Video, file: File[Any], *, actor: Actor) -> Video:
    """Queue the ingest of a refused video with this file; any other video stays as it is."""
    if video.status != Video.Status.REFUSED:
        return video
    size = file.size or 0
    _check_room(video.owner, size)
    key = default_storage.save(files.key_of(video.uuid, "source"), file)
    try:
        with transaction.atomic(durable=True):
            _lock(video.owner)
            _check_room(video.owner, size)
            video = _locked(video)
            before, video.source_key, video.size = video.source_key, key, size
            if not _requeue(video, actor=actor):
                before = key  # somebody else was faster
            transaction.on_commit(lambda: files.delete([before]), robust=True)
    except BaseException:
        files.delete([key])
        raise
    return video


@dataclass(frozen=True, slots=True)
class ReadyVideo:
    """A video whose mezzanine and poster are already in the storage, under the keys of `uuid`."""

    uuid: UUID
    title: str
    collection: str
    created_at: datetime
    duration_ms: int
    width: int
    height: int
    has_audio: bool
    size: int
    has_thumb: bool = False


def add_ready_videos(
    videos: Sequence[ReadyVideo], *, owner: User, actor: Actor, via: str
) -> list[Video]:
    """Add videos that need no ingest, in one transaction with one event. The quota is not checked.

    Their files must be at `files.key_of(uuid, "mezzanine.mp4")` and `files.key_of(uuid,
    "poster.jpg")`, and with `has_thumb` at `files.key_of(uuid, "thumb.jpg")`.
    """
    _require_owner(actor, owner)
    if not videos:
        return []
    rows = [
        Video(
            uuid=video.uuid,
            owner=owner,
            title=video.title,
            collection=video.collection,
            status=Video.Status.READY,
            size=video.size,
            mezzanine_key=files.key_of(video.uuid, "mezzanine.mp4"),
            poster_key=files.key_of(video.uuid, "poster.jpg"),
            thumb_key=files.key_of(video.uuid, "thumb.jpg") if video.has_thumb else "",
            duration_ms=video.duration_ms,
            width=video.width,
            height=video.height,
            has_audio=video.has_audio,
            created_at=video.created_at,
            via=via,
        )
        for video in videos
    ]
    with transaction.atomic(durable=True):
        made = Video.objects.bulk_create(rows, batch_size=1000)
        _change_video_count(owner, len(made))
        log.append("videos.added", actor=actor, creator=owner, count=len(made), via=via)
    return made


def rename_video(
    video: Video,
    *,
    actor: Actor,
    title: str,
    collection: str,
    shown: Mapping[str, str] | None = None,
    if_match: str | None = None,
) -> Video:
    """Change title and collection, with an event for each that changes. What equals what was
    `shown` stays as it is now. Raises ChangedMeanwhile where both changed, and Refused (412) if
    the video's `name_tag` is another than `if_match`."""
    _require_owner(actor, video.owner)
    sent = {"title": _title(title, ""), "collection": _collection(collection)}
    with transaction.atomic(durable=True):
        video = _locked(video)
        old_title, old_collection = video.title, video.collection
        if if_match and if_match not in ("*", name_tag(video)):
            raise Refused(
                _("The title or the collection was changed since. Read it again, then change it."),
                code="changed_meanwhile",
                status=412,
            )
        new = merged({"title": old_title, "collection": old_collection}, sent, shown)
        title, collection = new["title"], new["collection"]
        if (old_title, old_collection) == (title, collection):
            return video
        video.title, video.collection = title, collection
        video.save(update_fields=["title", "folded_title", "collection"])
        append = partial(log.append, actor=actor, creator=video.owner, subject=video.uuid)
        if old_title != title:
            append("video.renamed", before=old_title, after=title)
        if old_collection != collection:
            append("video.moved", title=title, before=old_collection, after=collection)
    return video


def name_tag(video: Video) -> str:
    """The ETag of a video: another for every other title and collection."""
    text = f"{video.title}\n{video.collection}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'


def retry_ingest(video: Video, *, actor: Actor) -> Video:
    """Queue the ingest of a video once more. Raises Conflict if it has not failed, or if the file
    was refused and so deleted."""
    _require_owner(actor, video.owner)
    with transaction.atomic(durable=True):
        video = _locked(video)
        if not (video.source_key and _requeue(video, actor=actor)):
            raise Conflict(
                _("This cannot be tried again. Upload the file once more instead."),
                code="nothing_to_retry",
            )
    return video


def _requeue(video: Video, *, actor: Actor) -> bool:
    """Queue the ingest of a locked video again and save where its file is. False, and nothing is
    written, if the ingest has not ended badly."""
    ingest = Ingest.objects.filter(video=video).first()
    turn = jobs.next_turn(Ingest, video__owner=video.owner)
    if not (ingest and jobs.requeue(ingest, turn=turn)):
        return False
    video.status, video.problem = Video.Status.PROCESSING, ""
    video.save(update_fields=["status", "problem", "source_key", "size"])
    log.append(
        "video.retried", actor=actor, creator=video.owner, subject=video.uuid, title=video.title
    )
    jobs.enqueue("library.ingest", ingest.pk)
    return True


def mark_removed(video: Video, *, actor: Actor, reason: str = "") -> None:
    """Remove the video as part of the caller's transaction. Its ingest is stopped; its row stays;
    its files are deleted after the commit. Does nothing if it was removed already."""
    if not connection.in_atomic_block:
        raise RuntimeError(
            "Call this inside the transaction that withdraws the consent of the video."
        )
    _require_owner(actor, video.owner)
    locked = Video.objects.locked(video.pk)
    if not locked:
        return
    jobs.stop(Ingest.objects.filter(video=locked), State.CANCELLED, problem=REMOVED)
    jobs.stop(Proxy.objects.filter(video=locked), State.CANCELLED, problem=REMOVED)
    video.removed_at = timezone.now()
    keys = ["source_key", "mezzanine_key", "poster_key", "thumb_key"]
    for key in keys:
        setattr(video, key, "")
    video.size = 0
    video.save(update_fields=["removed_at", "size", *keys])
    _change_video_count(video.owner, -1)
    log.append(
        "video.removed",
        actor=actor,
        creator=video.owner,
        subject=video.uuid,
        title=locked.title,
        reason=reason,
    )
    transaction.on_commit(lambda: files.delete_all(video.uuid), robust=True)


def video_count(owner: User) -> int:
    """How many videos this creator has, without removed ones. Reads one row."""
    return VideoCount.objects.filter(owner=owner).values_list("videos", flat=True).first() or 0


def recount(owner: User) -> int:
    """Count this creator's videos and store the number. Repairs it, and is for tests and benchmarks
    that add rows without the services. Returns the number."""
    with transaction.atomic():
        row = VideoCount.objects.select_for_update().get_or_create(owner=owner)[0]
        row.videos = Video.objects.owned_by(owner).count()
        row.save()
    return int(row.videos)


def _change_video_count(owner: User, number: int) -> None:
    row = VideoCount.objects.filter(owner=owner)
    if not row.update(videos=F("videos") + number):
        # Two first videos at the same time: one inserts the row, the other finds it. Both then add.
        VideoCount.objects.bulk_create([VideoCount(owner=owner)], ignore_conflicts=True)
        row.update(videos=F("videos") + number)


def quota_used(owner: User) -> int:
    """Bytes of all the owner's files."""
    used = Video.objects.owned_by(owner).aggregate(bytes=Sum("size"))["bytes"]
    return int(used or 0)


def quota_left(owner: User) -> int:
    """Bytes that the owner may still upload."""
    quota: int = settings.QUOTA_BYTES
    return max(0, quota - quota_used(owner))


def too_large() -> Refused:
    """The refusal of a file above the limit for one file."""
    limit = readable_size(settings.UPLOAD_MAX_BYTES)
    return Refused(
        _("This file is larger than %(limit)s. Export it smaller and upload that.")
        % {"limit": limit},
        code="file_too_large",
        status=413,
    )


def no_room(owner: User) -> Refused:
    """The refusal of a file that does not fit into what is left of the quota."""
    used, quota = readable_size(quota_used(owner)), readable_size(settings.QUOTA_BYTES)
    sentence = _(
        "There is no room for this file: you use %(used)s of %(quota)s. Remove videos that you no "
        "longer need, then try again."
    )
    return Refused(sentence % {"used": used, "quota": quota}, code="quota_exceeded", status=413)


def readable_size(size: int) -> str:
    """A number of bytes for people: 512 MB, 1.5 GB."""
    if size >= GIB:
        return _("%(size)s GB") % {"size": f"{size / GIB:.1f}".removesuffix(".0")}
    if size >= 1024**2:
        return _("%(size)s MB") % {"size": f"{size / 1024**2:.0f}"}
    return _("%(size)s KB") % {"size": f"{size / 1024:.0f}"}


def _check_room(owner: User, size: int) -> None:
    if size > settings.UPLOAD_MAX_BYTES:
        raise too_large()
    if size > quota_left(owner):
        raise no_room(owner)


def _lock(owner: User) -> None:
    """Two uploads at the same time must not both fit into room for one. SQLite needs no such lock:
    it locks the whole database."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)


def _locked(video: Video) -> Video:
    locked = Video.objects.locked(video.pk)
    if not locked:
        raise _no_such_video()
    return locked


def _require_owner(actor: Actor, owner: User) -> None:
    """Raises NotFound for another creator, for whom the video does not exist. Staff and parts of
    the system may act on everybody's videos."""
    if actor.kind == "creator" and actor != Actor.creator(owner):
        raise _no_such_video()


def _no_such_video() -> NotFound:
    return NotFound(_("This video does not exist."), code="not_found")


def _imported(owner: User, import_key: str) -> Video | None:
    return Video.objects.owned_by(owner).filter(import_key=import_key).first()


def _title(title: str, original_name: str) -> str:
    """The title, or else the name of the file."""
    title = line(title) or line(PurePath(original_name).stem.replace("_", " "))[:TITLE_MAX]
    if not title:
        raise Refused(_("Give the video a title."), code="title_missing", status=422)
    if len(title) > TITLE_MAX:
        sentence = ngettext(
            "This title is longer than %(most)d letter. Shorten it.",
            "This title is longer than %(most)d letters. Shorten it.",
            TITLE_MAX,
        )
        raise Refused(sentence % {"most": TITLE_MAX}, code="title_too_long", status=422)
    return title


def _collection(collection: str) -> str:
    collection = line(collection)
    if len(collection) > COLLECTION_MAX:
        sentence = ngettext(
            "This collection's name is longer than %(most)d letter. Shorten it.",
            "This collection's name is longer than %(most)d letters. Shorten it.",
            COLLECTION_MAX,
        )
        raise Refused(sentence % {"most": COLLECTION_MAX}, code="collection_too_long", status=422)
    return collection


def record_watching(video: Video, *, actor: Actor) -> None:
    """Write down that a moderator plays this video, whatever its creator allows."""
    actor.require_staff(Power.MODERATE)
    with transaction.atomic(durable=True):
        log.append(
            "video.watched",
            actor=actor,
            creator=video.owner,
            subject=video.uuid,
            title=video.title,
        )
