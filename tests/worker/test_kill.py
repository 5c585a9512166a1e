"""A worker that is killed while ffmpeg runs: nothing is left running, and the job ends once."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone

from audit.models import Event
from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Video
from remixer import services as remixer
from remixer.models import Render
from tests import factories
from tests.acts import turn_off
from tests.memes import request_meme
from tests.processes import processes_with
from tests.worker.processes import stop_for_good, wait_until, worker

pytestmark = [
    pytest.mark.worker,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc"),
]

LENGTH = 8  # seconds of 1080p: some seconds of work, so that there is something to kill


def long_video(owner: User) -> Video:
    video = factories.make_video(
        owner=owner, with_files=False, duration_ms=LENGTH * 1000, width=1920, height=1080
    )
    second = factories._made(
        "second.mp4",
        *("-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=25:duration=1"),
        *("-f", "lavfi", "-i", "sine=duration=1", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest"),
    )
    loop = ("-stream_loop", str(LENGTH - 1), "-i", str(second), "-c", "copy")
    factories._place(factories._made("long.mp4", *loop), video.mezzanine_key)
    return video


def test_a_killed_worker_leaves_no_ffmpeg_and_the_job_ends_once(alice: User, bob: User) -> None:
    video = long_video(alice)
    factories.make_consent(video)

    with worker("render") as first:
        render = request_meme(bob, video, start=0, length=LENGTH - 1)
        wait_until(lambda: processes_with(f"{render.uuid}"), watched=first)
        stop_for_good(f"{render.uuid}")
        first.kill()
        wait_until(lambda: not processes_with(f"{render.uuid}"), watched=first)
    past = timezone.now() - timedelta(seconds=30)
    Render.objects.filter(pk=render.pk).update(created_at=past, lease_until=past)
    with worker("render") as second:
        assert remixer.sweep_renders().requeued == 1
        wait_until(lambda: not Render.objects.get(pk=render.pk).is_live, watched=second)

    render.refresh_from_db()
    assert (render.state, render.attempts, render.problem) == (State.DONE, 2, "")
    published = Event.objects.filter(action="render.published", subject=video.uuid)
    assert published.count() == 1
    path = Path(default_storage.path(render.file_key))
    assert sorted(each.suffix for each in path.parent.iterdir()) == [".jpg", ".jpg", ".mp4"]
    assert path.stat().st_size == render.size


def test_a_withdrawal_stops_ffmpeg_in_another_process(alice: User, bob: User) -> None:
    video = long_video(alice)
    factories.make_consent(video)

    with worker("render") as running:
        render = request_meme(bob, video, start=0, length=LENGTH - 1)
        wait_until(lambda: processes_with(f"{render.uuid}"), watched=running)
        stop_for_good(f"{render.uuid}")
        edit = turn_off(video)
        wait_until(lambda: not processes_with(f"{render.uuid}"), watched=running, seconds=20)

    render.refresh_from_db()
    assert (render.state, render.ended_for, edit.stopped) == (State.REFUSED, "off", 1)
    assert not list((settings.WORK_DIR / "jobs").glob(f"{render.uuid}-*"))
