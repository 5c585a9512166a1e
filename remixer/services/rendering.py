"""What a worker does with a render: claim it, ask consent, make the file, ask again, publish."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop
from PIL import Image

from consent import services as consent
from consent.reasons import Why
from creatorhub import jobs
from creatorhub.jobs import LeaseLost, State
from library import ffmpeg, files
from library.still import NoPicture, still
from remixer import recipe
from remixer.models import Render
from remixer.services.files import JPEG_QUALITY, discard, keys_for, overlay_of
from remixer.services.permission import ended_because, why_not
from remixer.services.records import WORKER, record
from remixer.services.requests import template_of

logger = logging.getLogger(__name__)

LIMITS = ffmpeg.Limits(cpu=900, file=512 * 1024**2)
TIMEOUT = 300.0  # seconds, far above what the longest meme takes on one slow core
QUIET_TIMEOUT = 60.0
BEAT_EVERY = 1.0  # seconds between two steps of the progress bar
# Rows and the log keep these sentences; pages translate them.
DID_NOT_WORK = gettext_noop(
    "Making this meme did not work. Try again; if it fails once more, tell us."
)
TOOK_TOO_LONG = gettext_noop("Making this meme took too long. Try a shorter one.")


THUMB = (320, 320)  # pixels, at most
THUMB_QUALITY = 75


@dataclass(frozen=True, slots=True)
class _Made:
    """A finished meme in the work folder: pixels, bytes, milliseconds."""

    path: Path
    poster: Path
    thumb: Path
    width: int
    height: int
    size: int
    duration_ms: int


def run_render(render_pk: int) -> None:
    """Claim the job and bring it to an end. Does nothing if it cannot be claimed, so the task may
    run any number of times.

    A cancel, a withdrawal, a pause or another worker that takes the job over stops ffmpeg within a
    second or so, and no file is left.
    """
    if render := jobs.claim(Render, render_pk):
        _bring_to_an_end(render)


def run_next_render() -> None:
    """As run_render, for the one whose turn it is."""
    if render := jobs.claim_next(Render):
        _bring_to_an_end(render)


def _bring_to_an_end(render: Render) -> None:
    try:
        if why := why_not(render):
            refuse(render, why)
        else:
            with transaction.atomic(durable=True):
                record("render.started", render, actor=WORKER, attempt=render.attempts)
            _make_and_publish(render)
    except LeaseLost:
        logger.info("Render %s was stopped, or another worker took it over.", render.uuid)


def _make_and_publish(render: Render) -> None:
    if render.file_key:
        discard(render)  # files of an attempt that was killed
    try:
        with files.work_folder(str(render.lease_token), attempt_of=render.uuid) as folder:
            publish(render, _make(render, folder))
    except (ffmpeg.FfmpegFailed, NoPicture, OSError):
        logger.exception("Render %s, attempt %s, did not work.", render.uuid, render.attempts)
        _try_later(render, problem=DID_NOT_WORK)
    except (ffmpeg.FfmpegTimeout, SoftTimeLimitExceeded) as error:
        logger.warning("Render %s took too long: %s", render.uuid, error)
        _try_later(render, problem=TOOK_TOO_LONG)


def _make(render: Render, folder: Path) -> _Made:
    template, video = template_of(render.template), render.video
    facts = recipe.Facts(
        width=video.width,
        height=video.height,
        duration=video.duration,
        has_audio=video.has_audio,
    )
    canvas = recipe.canvas_for(template, width=video.width, height=video.height)
    source, overlay, made = folder / "in", folder / "overlay.png", folder / "made"
    made.mkdir()
    output = made / "out.part"
    files.fetch(video.mezzanine_key, source)
    overlay_of(template, render.captions, video=video, canvas=canvas).save(overlay)
    argv = recipe.argv_for(
        template,
        facts,
        source=str(source),
        overlay=str(overlay),
        output=str(output),
        start=render.start,
        length=render.length,
    )
    ffmpeg.run(
        argv,
        folder=made,
        reads=[source, overlay],
        timeout=TIMEOUT,
        quiet_timeout=QUIET_TIMEOUT,
        limits=LIMITS,
        on_progress=_heartbeat(render),
    )
    return _inspect(output, poster=folder / "poster.jpg", thumb=folder / "thumb.jpg")


def _heartbeat(render: Render) -> Callable[[float], None]:
    """A callback that extends the lease once a second and writes the progress."""
    beaten = 0.0

    def beat(seconds: float) -> None:
        nonlocal beaten
        if time.monotonic() - beaten >= BEAT_EVERY:
            beaten = time.monotonic()
            jobs.beat(render, progress=min(99, round(seconds * 100_000 / render.length_ms)))

    return beat


def _inspect(path: Path, *, poster: Path, thumb: Path) -> _Made:
    """Read the facts of the finished file, and save its first frame as a JPEG, large and small."""
    first = still(path, at=0)
    image = Image.frombytes("RGB", (first.width, first.height), first.pixels)
    image.save(poster, "JPEG", quality=JPEG_QUALITY)
    image.thumbnail(THUMB)
    image.save(thumb, "JPEG", quality=THUMB_QUALITY)
    return _Made(
        path=path,
        poster=poster,
        thumb=thumb,
        width=first.width,
        height=first.height,
        size=path.stat().st_size,
        duration_ms=round(first.seconds * 1000),
    )


def publish(render: Render, made: _Made) -> None:
    """Store the file and make it visible, if the creator still allows it and has not withdrawn
    since the request. That is asked in the publishing transaction, under the lock of the creator's
    consent state. Raises LeaseLost.
    """
    keys = keys_for(render)
    # The row names the files before they are stored. If this process is killed, the sweep can still
    # find and delete them.
    jobs.beat(render, progress=None, **keys)
    try:
        for path, key in zip((made.path, made.poster, made.thumb), keys.values(), strict=True):
            files.store(path, key)
        with transaction.atomic(durable=True):
            consent.lock_consent_state(render.video.owner)
            why = why_not(render)
            if why is None:
                jobs.finish(
                    render,
                    State.DONE,
                    size=made.size,
                    width=made.width,
                    height=made.height,
                    duration_ms=made.duration_ms,
                    published_at=timezone.now(),
                )
                record(
                    "render.published",
                    render,
                    actor=WORKER,
                    template=render.template,
                    terms=render.terms_id,
                    version=render.allowed_version,
                )
            else:
                _refuse(render, why)
    except LeaseLost:
        # After any other failure the row may be published, so the files must stay.
        files.delete(keys.values())
        raise
    if why:
        discard(render)
        logger.info("Render %s was refused at the end: %s.", render.uuid, why.reason)


def refuse(render: Render, why: Why) -> None:
    """End a render that we hold, because it has no permission. Raises LeaseLost."""
    with transaction.atomic(durable=True):
        _refuse(render, why)


def _refuse(render: Render, why: Why) -> None:
    jobs.finish(render, State.REFUSED, **ended_because(why))
    record("render.refused", render, actor=WORKER, reason=why.reason)


def _try_later(render: Render, *, problem: str) -> None:
    """Queue it for another attempt; after the last one it fails. Raises LeaseLost."""
    with transaction.atomic(durable=True):
        if jobs.retry(render, problem=problem) == State.FAILED:
            record("render.failed", render, actor=WORKER, problem=problem)
