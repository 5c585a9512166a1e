"""The sweep puts right what dead workers left, and fsck finds what is wrong, and only that."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from audit.models import Counter, Event
from consent.models import Consent
from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.celery import app
from creatorhub.jobs import OUT_OF_ATTEMPTS, State
from creatorhub.models import User
from library.models import Video
from operations import sweeping
from remixer import services
from remixer.models import Render
from tests.factories import make_consent, make_video
from tests.memes import request_meme

pytestmark = pytest.mark.django_db(transaction=True)
Sent = list[tuple[str, tuple[int, ...]]]


@pytest.fixture(autouse=True)
def _empty_storage() -> None:
    """Rows of other tests are gone by now, and their files would be found to belong to nothing."""
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
    shutil.rmtree(Path(settings.WORK_DIR) / "jobs", ignore_errors=True)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """The hints that were sent."""
    hints: Sent = []
    monkeypatch.setattr(
        app, "send_task", lambda name, args=(), **options: hints.append((name, tuple(args)))
    )
    return hints


@pytest.fixture
def video(alice: User) -> Video:
    video = make_video(owner=alice)
    make_consent(video)
    return video


@pytest.fixture
def queued(bob: User, video: Video) -> Render:
    return request_meme(bob, video)


@pytest.fixture
def done(queued: Render) -> Render:
    services.run_render(queued.pk)
    queued.refresh_from_db()
    return queued


def leave_dead(render: Render, *, attempts: int = 1) -> None:
    """As a killed worker leaves it."""
    Render.objects.filter(pk=render.pk).update(
        state=State.RUNNING,
        attempts=attempts,
        lease_token=uuid.uuid4(),
        lease_until=timezone.now() - timedelta(seconds=1),
    )


def sweep() -> services.Sweep:
    swept = sweeping.sweep()
    assert swept
    return swept


class TestSweep:
    def test_a_lost_hint_is_sent_again(self, sent: Sent, queued: Render) -> None:
        Render.objects.update(created_at=timezone.now() - timedelta(minutes=1))
        sent.clear()

        assert sweep().enqueued == 1
        assert sent == [("remixer.render", (queued.pk,))]

    def test_a_fresh_request_is_left_to_its_own_hint(self, queued: Render) -> None:
        assert sweep().enqueued == 0

    def test_a_dead_workers_job_is_done_by_the_next(self, queued: Render) -> None:
        leave_dead(queued)

        assert sweep().requeued == 1
        services.run_render(queued.pk)

        queued.refresh_from_db()
        assert (queued.state, queued.attempts) == (State.DONE, 2)

    def test_after_the_last_attempt_it_fails_with_a_reason(self, queued: Render) -> None:
        leave_dead(queued, attempts=3)

        assert sweep().failed == 1
        assert sweep().failed == 0

        queued.refresh_from_db()
        assert (queued.state, queued.problem) == (State.FAILED, OUT_OF_ATTEMPTS)
        assert Event.objects.filter(action="render.failed").count() == 1

    def test_the_files_of_a_killed_attempt_are_deleted_by_the_next(self, queued: Render) -> None:
        left = f"renders/{str(queued.uuid)[:2]}/{queued.uuid}/{uuid.uuid4()}.mp4"
        default_storage.save(left, ContentFile(b"half"))
        leave_dead(queued)
        Render.objects.update(file_key=left)

        sweep()
        services.run_render(queued.pk)

        queued.refresh_from_db()
        assert queued.state == State.DONE
        assert not default_storage.exists(left)
        assert default_storage.exists(queued.file_key)

    def test_only_one_sweeps_at_a_time(self, queued: Render) -> None:
        with another_sweep():
            assert sweeping.sweep() is None

        assert sweeping.sweep() is not None

    def test_the_command_says_what_was_done(self, queued: Render) -> None:
        leave_dead(queued)
        out = StringIO()

        call_command("sweep", stdout=out)

        assert "1 queued again" in out.getvalue()


def another_sweep() -> Any:
    """The lock as another process holds it."""
    if connection.vendor == "postgresql":
        return HeldOnPostgreSQL()
    return sweeping._lock()


class HeldOnPostgreSQL:
    def __enter__(self) -> None:
        self.other = connection.copy("other")
        with self.other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [sweeping.ADVISORY_LOCK])

    def __exit__(self, *_: object) -> None:
        with self.other.cursor() as cursor:  # the server sees later that a connection has ended
            cursor.execute("SELECT pg_advisory_unlock(%s)", [sweeping.ADVISORY_LOCK])
        self.other.close()


class TestHints:
    def test_a_broker_that_is_away_fails_no_request(
        self, bob: User, video: Video, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*args: object, **options: object) -> None:
            raise ConnectionRefusedError

        monkeypatch.setattr(app, "send_task", refuse)

        jobs.enqueue("remixer.render", 1)


def fsck() -> tuple[bool, str]:
    out = StringIO()
    try:
        call_command("fsck", stdout=out)
    except CommandError:
        return False, out.getvalue()
    return True, out.getvalue()


def _stuck(render: Render) -> str:
    leave_dead(render)
    Render.objects.update(lease_until=timezone.now() - timedelta(hours=1))
    return "nobody works on it"


def _contradicted(render: Render) -> str:
    Consent.objects.update(withdrawn_version=render.allowed_version + 1)
    return f"Meme {render.uuid} is published and its permission was withdrawn."


def _file_lost(render: Render) -> str:
    default_storage.delete(render.file_key)
    return f"Meme {render.uuid} has no file."


def _poster_lost(render: Render) -> str:
    default_storage.delete(render.video.poster_key)
    return f"Video {render.video.uuid} has no poster."


def _file_without_row(render: Render) -> str:
    key = default_storage.save(f"renders/00/{uuid.uuid4()}/x.mp4", ContentFile(b"x"))
    return f"The file {key} belongs to nothing."


def _second_file_of_a_row(render: Render) -> str:
    folder = Path(render.file_key).parent
    key = default_storage.save(f"{folder}/{uuid.uuid4()}.mp4", ContentFile(b"x"))
    return f"The file {key} belongs to nothing."


def _old_part(render: Render) -> str:
    folder = Path(settings.WORK_DIR) / "jobs" / "old"
    folder.mkdir(parents=True)
    os.utime(folder, (time.time() - 7200, time.time() - 7200))
    return f"{folder} was left behind."


def _counter_off(render: Render) -> str:
    Counter.objects.update(last=99)
    return "should have 99 events"


FAULTS: list[Callable[[Render], str]] = [
    _stuck,
    _contradicted,
    _file_lost,
    _poster_lost,
    _file_without_row,
    _second_file_of_a_row,
    _old_part,
    _counter_off,
]


class TestFsck:
    def test_a_sound_house_has_no_problems(self, done: Render) -> None:
        holds, output = fsck()

        assert holds, output
        assert output.endswith("Everything fits together.\n")

    @pytest.mark.parametrize("fault", FAULTS)
    def test_it_finds(self, done: Render, fault: Callable[[Render], str]) -> None:
        expected = fault(done)

        holds, output = fsck()

        assert not holds
        assert expected in output

    def test_what_waits_to_be_deleted_is_no_problem(self, done: Render, alice: User) -> None:
        services.remove_render(done, actor=Actor.creator(done.requester))

        assert fsck()[0]
        sweep()
        assert fsck()[0]
