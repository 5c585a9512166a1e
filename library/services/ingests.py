"""The job that makes an upload ready: examine it, normalise it, take a poster."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.utils.translation import gettext_noop

from audit import log
from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.jobs import LeaseLost, State
from library import ffmpeg, files, graphs
from library.ffmpeg import FfmpegFailed, FfmpegTimeout, Limits
from library.models import Ingest, Video
from library.probe import Facts, probe
from library.refusals import Refusal
from library.services.budget import OverBudget, charge
from library.services.proxies import queue_proxy
from library.signals import video_ready

logger = logging.getLogger(__name__)

WORKER = Actor.system("worker")
SWEEPER = Actor.system("sweeper")
QUIET_TIMEOUT = 60.0  # seconds without progress, after which ffmpeg is stopped
LEFTOVER_AFTER = timedelta(hours=1)
END_MAY_DIFFER = 0.25  # seconds by which a mezzanine may be shorter than what was decided
# Rows and the log keep these sentences; pages translate them.
PICTURE_LOST = gettext_noop(
    "Too much of the picture of this video is damaged. "
    "Check that it plays to its end, export it again as MP4 with H.264 and upload that."
)
SOUND_LOST = gettext_noop(
    "Too much of the sound of this video is damaged. "
    "Check that it is heard to its end, export it again with AAC sound and upload that."
)
NOT_CONVERTED = gettext_noop(
    "We could not convert this video, although we could read it. "
    "Export it again as MP4 with H.264 and upload that."
)
TOOK_TOO_LONG = gettext_noop(
    "Getting this video ready took too long. Try again; "
    "if it fails once more, export it smaller and upload that."
)
GONE = gettext_noop("The uploaded file is no longer there. Upload it again.")
INTERRUPTED = gettext_noop("The work on this video was interrupted. Try again later.")


def run_ingest(ingest_pk: int) -> None:
    """Claim the job and do it. Does nothing if it cannot be claimed. A file that is refused and an
    ffmpeg that fails are written into the row; our own faults are raised, and the sweep requeues
    the job."""
    if ingest := jobs.claim(Ingest, ingest_pk):
        _bring_to_an_end(ingest)


def run_next_ingest() -> None:
    """As run_ingest, for the one whose turn it is."""
    if ingest := jobs.claim_next(Ingest):
        _bring_to_an_end(ingest)


def _bring_to_an_end(ingest: Ingest) -> None:
    video = Video.objects.select_related("owner").get(pk=ingest.video_id)
    try:
        _ingest(ingest, video)
    except LeaseLost:
        logger.info("Ingest %s was stopped, or another worker took it over.", ingest.uuid)
    except Refusal as refusal:
        _refuse(ingest, video, problem=refusal.sentence)
    except OverBudget as over:
        jobs.release(ingest, until=over.until)
    except (FfmpegTimeout, SoftTimeLimitExceeded):
        _try_later(ingest, video, problem=TOOK_TOO_LONG)
    except FfmpegFailed as failure:
        logger.warning("ffmpeg failed on ingest %s: %s", ingest.uuid, failure)
        if failure.killed:
            _try_later(ingest, video, problem=INTERRUPTED)
        else:
            _refuse(ingest, video, problem=_cause(failure))


def _cause(failure: FfmpegFailed) -> str:
    """Which part of the file made ffmpeg give up: it names the decoder that met too many errors."""
    lines = [line for line in failure.stderr_tail.splitlines() if "error rate" in line]
    if any("[vist#" in line for line in lines):
        return PICTURE_LOST
    return SOUND_LOST if lines else NOT_CONVERTED


class _Heartbeat:
    """Extends the lease and writes the progress, at most every few seconds."""

    def __init__(self, ingest: Ingest, *, seconds: float) -> None:
        self.ingest = ingest
        self.seconds = seconds
        self.due = 0.0

    def __call__(self, done: float = 0.0) -> None:
        if time.monotonic() >= self.due:
            jobs.beat(self.ingest, progress=5 + round(90 * min(1.0, done / self.seconds)))
            self.due = time.monotonic() + min(jobs.BEAT_EVERY, 2.0)


def _ingest(ingest: Ingest, video: Video) -> None:
    token = str(ingest.lease_token)
    files.delete_all(video.uuid, keep=[video.source_key])  # of an attempt that was killed
    with files.work_folder(token, attempt_of=ingest.uuid) as folder:
        source, made_here = folder / "in", folder / "made"
        made_here.mkdir()
        part, poster = made_here / f"{token}.part", made_here / "poster.part"
        thumb = made_here / "thumb.part"
        _fetch(ingest, video, source)
        facts = probe(source)
        charge(ingest, owner=video.owner, cost=round(facts.width * facts.height * facts.duration))
        jobs.beat(ingest, progress=5)
        _normalise(facts, source, part, on_progress=_Heartbeat(ingest, seconds=facts.duration))
        made = _inspect(part)
        if made.duration - made.hold < facts.duration - END_MAY_DIFFER:
            raise Refusal(PICTURE_LOST)
        _take_pictures(part, poster, thumb, at=min(made.duration * 0.2, 10))
        jobs.beat(ingest, progress=98)
        parts = {"mezzanine.mp4": part, "poster.jpg": poster, "thumb.jpg": thumb}
        size = sum(path.stat().st_size for path in parts.values())
        kept: list[str] = []
        try:
            for name, path in parts.items():
                kept.append(files.store(path, files.key_of(video.uuid, name)))
            _publish(ingest, video, made, size=size, keys=kept)
        except BaseException:
            files.delete(kept)
            raise


def _fetch(ingest: Ingest, video: Video, target: Path) -> None:
    try:
        files.fetch(video.source_key, target, on_chunk=_Heartbeat(ingest, seconds=1))
    except FileNotFoundError:
        raise Refusal(GONE) from None


def _normalise(
    facts: Facts, source: Path, target: Path, *, on_progress: Callable[[float], None]
) -> None:
    timeout = 120 + 2.5 * facts.duration
    ffmpeg.run(
        graphs.mezzanine_args(facts, source, target),
        folder=target.parent,
        reads=[source],
        timeout=timeout,
        quiet_timeout=QUIET_TIMEOUT,
        limits=Limits(cpu=int(timeout) * (os.cpu_count() or 1)),
        on_progress=on_progress,
    )


def _inspect(mezzanine: Path) -> Facts:
    try:
        return probe(mezzanine)
    except Refusal:
        raise Refusal(NOT_CONVERTED) from None


def _take_pictures(mezzanine: Path, poster: Path, thumb: Path, *, at: float) -> None:
    ffmpeg.run(
        graphs.poster_args(mezzanine, poster, thumb, at=at),
        folder=poster.parent,
        timeout=20,
        quiet_timeout=20,
        limits=Limits(cpu=60),
    )


def _publish(ingest: Ingest, video: Video, made: Facts, *, size: int, keys: list[str]) -> None:
    """Make the video ready, if the job is still ours, and delete the upload. `keys` of the
    mezzanine, the poster and the small one."""
    source = video.source_key
    with transaction.atomic(durable=True):
        jobs.finish(ingest, State.DONE)
        video = _locked(video.pk)
        video.status = Video.Status.READY
        video.problem = video.source_key = ""
        video.mezzanine_key, video.poster_key, video.thumb_key = keys
        video.size = size
        video.duration_ms = round(made.duration * 1000)
        video.width, video.height, video.has_audio = made.width, made.height, made.has_audio
        video.save()
        log.append(
            "video.ingested",
            actor=WORKER,
            creator=video.owner,
            subject=video.uuid,
            title=video.title,
            duration_ms=video.duration_ms,
        )
        queue_proxy(video)
        transaction.on_commit(lambda: files.delete([source]), robust=True)
        transaction.on_commit(lambda: video_ready.send(sender=Video, video=video), robust=True)


def _refuse(ingest: Ingest, video: Video, *, problem: str) -> None:
    """Refuse the file and delete it."""
    try:
        with transaction.atomic(durable=True):
            jobs.finish(ingest, State.REFUSED, problem=problem)
            video = _locked(video.pk)
            video.source_key, video.size = "", 0
            _mark_refused(video, actor=WORKER, problem=problem)
            transaction.on_commit(lambda: files.delete_all(video.uuid), robust=True)
    except LeaseLost:
        logger.info("Ingest %s was stopped, or another worker took it over.", ingest.uuid)


def _try_later(ingest: Ingest, video: Video, *, problem: str) -> None:
    """Queue it for another attempt; after the last one it fails. The upload is kept for a retry."""
    try:
        with transaction.atomic(durable=True):
            if jobs.retry(ingest, problem=problem) == State.FAILED:
                _mark_refused(_locked(video.pk), actor=WORKER, problem=problem)
    except LeaseLost:
        logger.info("Ingest %s was stopped, or another worker took it over.", ingest.uuid)


def _mark_refused(video: Video, *, actor: Actor, problem: str) -> None:
    video.status, video.problem = Video.Status.REFUSED, problem
    video.save(update_fields=["status", "problem", "source_key", "size"])
    log.append(
        "video.refused",
        actor=actor,
        creator=video.owner,
        subject=video.uuid,
        title=video.title,
        problem=problem,
    )


def _locked(pk: int) -> Video:
    """The video, locked. Raises LeaseLost if it was removed: its job ended with it."""
    locked = Video.objects.locked(pk)
    if not locked:
        raise LeaseLost
    return locked


def sweep_ingests() -> jobs.Swept:
    """Repair what killed workers and lost messages left; part of the sweep."""
    swept = jobs.sweep(Ingest)
    # All failed jobs, not only those of this sweep: an earlier one can have been killed before it
    # wrote the videos.
    failed = Ingest.objects.filter(
        state=State.FAILED, video__status=Video.Status.PROCESSING, video__removed_at=None
    )
    for pk in failed.values_list("pk", flat=True)[:200]:
        _refuse_video_of(pk)
    for pk in swept.due:
        jobs.enqueue("library.ingest", pk)
    return swept


def _refuse_video_of(ingest_pk: int) -> None:
    """Refuse the video of a failed ingest, unless that was done or the job is queued again."""
    try:
        with transaction.atomic(durable=True):
            ingest = Ingest.objects.select_for_update(no_key=True).get(pk=ingest_pk)
            video = _locked(ingest.video_id)
            if ingest.state == State.FAILED and video.status == Video.Status.PROCESSING:
                _mark_refused(video, actor=SWEEPER, problem=ingest.problem)
    except LeaseLost:
        return


def sweep_leftovers(*, older_than: timedelta = LEFTOVER_AFTER) -> int:
    """Delete work folders and unfinished uploads of processes that were killed. Returns how
    many."""
    return files.remove_leftovers(older_than)
