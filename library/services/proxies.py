"""The job that makes the proxy of a video: right after its ingest, or when somebody first asks."""

from __future__ import annotations

import logging
import time

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop

from creatorhub import jobs
from creatorhub.jobs import LeaseLost, State
from library import files, proxies
from library.ffmpeg import FfmpegFailed, FfmpegTimeout
from library.models import Proxy, Video

logger = logging.getLogger(__name__)

TASK = "library.proxy"
NAME = "proxy.mp4"
BEAT_EVERY = 2.0  # seconds
# Rows keep this sentence.
DID_NOT_WORK = gettext_noop("Making the preview of this video did not work.")


def proxy_of(video: Video) -> str:
    """The storage key of the proxy of a ready video; empty while it is still to be made, which
    this asks for if nobody has. One query where it is there."""
    proxy = Proxy.objects.filter(video=video).first()
    if proxy is None:
        queue_proxy(video)
    return proxy.file_key if proxy and proxy.state == State.DONE else ""


def queue_proxy(video: Video) -> None:
    """Have a worker make the proxy, if there is none and none is asked for yet."""
    with transaction.atomic():
        proxy, is_new = Proxy.objects.get_or_create(video=video)
        if is_new:
            jobs.enqueue(TASK, proxy.pk)


def run_proxy(proxy_pk: int) -> None:
    """Claim the job and do it. Does nothing if it cannot be claimed. A proxy that fails leaves the
    video as it is: memes are cut from the mezzanine."""
    proxy = jobs.claim(Proxy, proxy_pk)
    if proxy is None:
        return
    try:
        _make(proxy, Video.objects.get(pk=proxy.video_id))
    except LeaseLost:
        logger.info("Proxy %s was stopped, or another worker took it over.", proxy.uuid)
    except (FfmpegFailed, FfmpegTimeout, SoftTimeLimitExceeded, OSError) as failure:
        logger.warning("Making the proxy %s did not work: %s", proxy.uuid, failure)
        try:
            jobs.retry(proxy, problem=DID_NOT_WORK)
        except LeaseLost:
            logger.info("Proxy %s was stopped meanwhile.", proxy.uuid)


def _make(proxy: Proxy, video: Video) -> None:
    with files.work_folder(str(proxy.lease_token), attempt_of=proxy.uuid) as folder:
        path, made_here = folder / "in", folder / "made"
        made_here.mkdir()
        part = made_here / "proxy.part"
        files.fetch(video.mezzanine_key, path, on_chunk=lambda: jobs.beat(proxy))
        source = proxies.Source(
            path=path,
            width=video.width,
            height=video.height,
            duration=video.duration,
            has_audio=video.has_audio,
        )
        beaten = 0.0

        def beat(seconds: float) -> None:
            nonlocal beaten
            if time.monotonic() - beaten >= BEAT_EVERY:
                beaten = time.monotonic()
                done = round(seconds * 100_000 / max(1, video.duration_ms))
                jobs.beat(proxy, progress=min(99, done))

        proxies.make(source, part, on_progress=beat)
        size = part.stat().st_size
        key = files.key_of(video.uuid, f"{proxy.lease_token}-{NAME}")
        # The row names the file before it is stored, so that a killed attempt's can be deleted.
        before = proxy.file_key
        jobs.beat(proxy, file_key=key)
        files.delete([before])
        try:
            files.store(part, key)
            _publish(proxy, size=size)
        except LeaseLost:
            files.delete([key])
            raise


def _publish(proxy: Proxy, *, size: int) -> None:
    """Let it be seen, if the video is still there. Raises LeaseLost."""
    with transaction.atomic(durable=True):
        if not Video.objects.locked(proxy.video_id):
            raise LeaseLost
        jobs.finish(proxy, State.DONE)
        Video.objects.filter(pk=proxy.video_id).update(size=F("size") + size)


def sweep_proxies() -> jobs.Swept:
    """Repair what killed workers and lost messages left; part of the sweep. Few at a time: memes
    that people wait for share the workers."""
    swept = jobs.sweep(Proxy, limit=10)
    for pk in swept.due:
        jobs.enqueue(TASK, pk)
    return swept
