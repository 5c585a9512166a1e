"""What is done with videos: taken in, named, tried again, removed."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
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

from audit import log
from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, NotFound, Refused
from creatorhub.jobs import State
from creatorhub.models import User
from library import files
from library.models import Ingest, Video, VideoCount

TITLE_MAX = 200
COLLECTION_MAX = 100
GIB = 1024**3
REMOVED = "The video was removed."


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

    With an `import_key` that this owner has already, nothing happens and the video that has it is
    returned: bringing the same thing twice does it once. Locks the owner's account row while it
    counts the quota. Raises Refused.
    """
    _require_owner(actor, owner)
    title, collection = _title(title, original_name), _collection(collection)
    size = file.size or 0
    if import_key and (known := _imported(owner, import_key)):
        return known
    _check_room(owner, size)
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
                original_name=_clean(original_name)[-255:],
                size=size,
                source_key=key,
                import_key=import_key,
                via=via,
            )
            _change_video_count(owner, 1)
            ingest = Ingest.objects.create(video=video)
            log.append(
                "video.added", actor=actor, creator=owner, subject=uuid, title=title, via=via
            )
            jobs.enqueue("library.ingest", ingest.pk)
    except IntegrityError:
        files.forget([key])
        if import_key and (known := _imported(owner, import_key)):
            return known
        raise
    except BaseException:
        files.forget([key])
        raise
    return video


@dataclass(frozen=True, slots=True)
class ReadyVideo:
    """A video whose mezzanine and poster are in storage already, under the keys of `uuid`."""

    uuid: UUID
    title: str
    collection: str
    created_at: datetime
    duration_ms: int
    width: int
    height: int
    has_audio: bool
    size: int


def add_ready_videos(
    videos: Sequence[ReadyVideo], *, owner: User, actor: Actor, via: str
) -> list[Video]:
    """Add videos that need no ingest, in one transaction with one event. Asks no quota.

    The files are at `files.key_of(uuid, "mezzanine.mp4")` and `"poster.jpg"`.
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


def rename_video(video: Video, *, actor: Actor, title: str, collection: str) -> Video:
    """Give the video a title and a collection. Writes an event for each that changed."""
    _require_owner(actor, video.owner)
    title, collection = _title(title, ""), _collection(collection)
    with transaction.atomic(durable=True):
        video = _locked(video)
        before, place = video.title, video.collection
        if (before, place) == (title, collection):
            return video
        video.title, video.collection = title, collection
        video.save(update_fields=["title", "collection"])
        note = partial(log.append, actor=actor, creator=video.owner, subject=video.uuid)
        if before != title:
            note("video.renamed", before=before, after=title)
        if place != collection:
            note("video.moved", title=title, before=place, after=collection)
    return video


def retry_ingest(video: Video, *, actor: Actor) -> Video:
    """Try once more to get a video ready whose ingest failed. Raises Conflict if it did not fail,
    or if the file itself was refused: that file is gone."""
    _require_owner(actor, video.owner)
    with transaction.atomic(durable=True):
        video = _locked(video)
        ingest = Ingest.objects.filter(video=video).first()
        if not (ingest and video.source_key and jobs.requeue(ingest)):
            raise Conflict(
                "There is nothing to try again here. Upload the file once more instead.",
                code="nothing_to_retry",
            )
        video.status, video.problem = Video.Status.PROCESSING, ""
        video.save(update_fields=["status", "problem"])
        log.append(
            "video.retried",
            actor=actor,
            creator=video.owner,
            subject=video.uuid,
            title=video.title,
        )
        jobs.enqueue("library.ingest", ingest.pk)
    return video


def mark_removed(video: Video, *, actor: Actor, reason: str = "") -> None:
    """Remove the video within the caller's transaction: its row stays, without files; they are
    deleted on commit. Stops its ingest. A video that is removed already is left alone."""
    if not connection.in_atomic_block:
        raise RuntimeError("A video is removed inside the transaction that withdraws its consent.")
    _require_owner(actor, video.owner)
    locked = Video.objects.locked(video.pk)
    if not locked:
        return
    jobs.stop(Ingest.objects.filter(video=locked), State.CANCELLED, problem=REMOVED)
    video.removed_at = timezone.now()
    video.source_key = video.mezzanine_key = video.poster_key = ""
    video.size = 0
    video.save(update_fields=["removed_at", "source_key", "mezzanine_key", "poster_key", "size"])
    _change_video_count(video.owner, -1)
    log.append(
        "video.removed",
        actor=actor,
        creator=video.owner,
        subject=video.uuid,
        title=locked.title,
        reason=reason,
    )
    transaction.on_commit(partial(files.forget_all, video.uuid), robust=True)


def video_count(owner: User) -> int:
    """How many videos this creator has, removed ones not counted: one row."""
    return VideoCount.objects.filter(owner=owner).values_list("videos", flat=True).first() or 0


def recount(owner: User) -> int:
    """Count this creator's videos anew and keep the number: a repair, and for videos that came
    past the services. Returns it."""
    with transaction.atomic():
        shelf, _ = VideoCount.objects.select_for_update().get_or_create(owner=owner)
        shelf.videos = Video.objects.owned_by(owner).count()
        shelf.save()
    return int(shelf.videos)


def _change_video_count(owner: User, number: int) -> None:
    shelf = VideoCount.objects.filter(owner=owner)
    if not shelf.update(videos=F("videos") + number):
        # Two first videos at once: one inserts, the other finds the row and counts on.
        VideoCount.objects.bulk_create([VideoCount(owner=owner)], ignore_conflicts=True)
        shelf.update(videos=F("videos") + number)


def quota_used(owner: User) -> int:
    """Bytes of all the owner's files."""
    used = Video.objects.owned_by(owner).aggregate(bytes=Sum("size"))["bytes"]
    return int(used or 0)


def quota_left(owner: User) -> int:
    """Bytes that the owner may still bring."""
    quota: int = settings.QUOTA_BYTES
    return max(0, quota - quota_used(owner))


def too_large() -> Refused:
    """The refusal of a file above the limit for one file."""
    limit = spoken(settings.UPLOAD_MAX_BYTES)
    return Refused(
        f"This file is larger than {limit}. Export it smaller and upload that.",
        code="file_too_large",
        status=413,
    )


def no_room(owner: User) -> Refused:
    """The refusal of a file that does not fit into what is left of the quota."""
    return Refused(
        f"There is no room for this file: you use {spoken(quota_used(owner))} of "
        f"{spoken(settings.QUOTA_BYTES)}. Remove videos that you no longer need, then try again.",
        code="quota_exceeded",
        status=413,
    )


def spoken(size: int) -> str:
    """Bytes as people say them: 512 MB, 1.5 GB."""
    if size >= GIB:
        return f"{size / GIB:.1f}".removesuffix(".0") + " GB"
    return f"{size / 1024**2:.0f} MB" if size >= 1024**2 else f"{size / 1024:.0f} KB"


def _check_room(owner: User, size: int) -> None:
    if size > settings.UPLOAD_MAX_BYTES:
        raise too_large()
    if size > quota_left(owner):
        raise no_room(owner)


def _lock(owner: User) -> None:
    """Two uploads at once must not both find room for one. SQLite locks the whole database."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)


def _locked(video: Video) -> Video:
    locked = Video.objects.locked(video.pk)
    if not locked:
        raise _no_such_video()
    return locked


def _require_owner(actor: Actor, owner: User) -> None:
    """Creators act on their own videos only; others' videos do not exist for them. Staff and parts
    of the system act on everybody's."""
    if actor.kind == "creator" and actor != Actor.creator(owner):
        raise _no_such_video()


def _no_such_video() -> NotFound:
    return NotFound("This video does not exist.", code="not_found")


def _imported(owner: User, import_key: str) -> Video | None:
    return Video.objects.owned_by(owner).filter(import_key=import_key).first()


def _title(title: str, original_name: str) -> str:
    """The title, or else what the file's name says."""
    title = _clean(title) or _clean(PurePath(original_name).stem.replace("_", " "))[:TITLE_MAX]
    if not title:
        raise Refused("Give the video a title.", code="title_missing", status=422)
    if len(title) > TITLE_MAX:
        raise Refused(
            f"This title is longer than {TITLE_MAX} letters. Shorten it.",
            code="title_too_long",
            status=422,
        )
    return title


def _collection(collection: str) -> str:
    collection = _clean(collection)
    if len(collection) > COLLECTION_MAX:
        raise Refused(
            f"This collection's name is longer than {COLLECTION_MAX} letters. Shorten it.",
            code="collection_too_long",
            status=422,
        )
    return collection


def _clean(text: str) -> str:
    """One line without control characters or lone surrogates, which PostgreSQL would not store."""
    shown = (" " if unicodedata.category(char) in ("Cc", "Cs") else char for char in text)
    return " ".join("".join(shown).split())
