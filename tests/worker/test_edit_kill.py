"""A worker is killed ten times while it prepares and applies one edit of 100,000 videos: each video
is changed once, and is in one event."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Count
from django.utils import timezone

from audit import tree
from audit.models import Event
from consent import selection, services
from consent.models import Consent, ConsentCount, Edit, EditJob, state_line
from creatorhub.actors import Actor
from creatorhub.jobs import State
from creatorhub.models import User
from library import services as library
from library.models import Video
from operations import fsck
from tests.factories import make_videos
from tests.log import body as body_of
from tests.worker.processes import Worker, wait_until

pytestmark = [
    pytest.mark.worker,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
]

VIDEOS = 100_000
WHILE_PREPARING, WHILE_APPLYING = 3, 7
# Chunks small enough for ten kills.
LIMITS = {"EDIT_MAX_FREEZE_INLINE": "2000", "EDIT_CHUNK_SIZE": "1000", "EDIT_JOB_TURN": "1.0"}
# The real worker, each of whose chunks takes a moment longer before its commit than this machine
# would need. It loads itself while another works, and begins when the file that its first argument
# names is there.
PROGRAM = """
import sys, time
from pathlib import Path
from celery.__main__ import main
from creatorhub.celery import app
import django
django.setup()
app.loader.import_default_modules()
from creatorhub import jobs
beat = jobs.beat
def slow_beat(*given, **named):
    time.sleep(0.03)
    beat(*given, **named)
jobs.beat = slow_beat
go = Path(sys.argv.pop(1))
while not go.exists():
    time.sleep(0.02)
main()
"""


def many_videos(owner: User) -> None:
    """Copies of one video, by one statement."""
    [first] = make_videos(1, owner=owner, title="Video")
    names = [
        field.column
        for field in Video._meta.local_concrete_fields
        if field.column not in ("id", "uuid")
    ]
    columns = ", ".join(f'"{name}"' for name in names)
    unique, numbers = "gen_random_uuid()", f"generate_series(2, {VIDEOS})"
    if connection.vendor == "sqlite":
        unique = "lower(hex(randomblob(16)))"
        numbers = (
            f"(WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {VIDEOS})"
            " SELECT i FROM n)"
        )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO library_video (uuid, {columns})"
            f" SELECT {unique}, {columns} FROM {numbers} AS numbers"
            " CROSS JOIN library_video WHERE id = %s",
            [first.pk],
        )
    library.recount(owner)


class Relay:
    """Workers that follow one another at one edit."""

    def __init__(self, edit: Edit, folder: Path, closing: ExitStack) -> None:
        self.edit = edit
        self.folder = folder
        self.closing = closing
        self.number = 0
        self.load()

    def kill_one(self, *, while_: str) -> None:
        """Start a worker, and kill it at some moment after it has done something."""
        before = self.progress()
        current = self.start()
        self.load()
        wait_until(lambda: self.progress() > before, watched=current)
        time.sleep(random.random() * 0.2)
        current.kill()
        assert self.now().status in while_.split(), "it was done before it could be killed"
        self.half_a_minute_passes()

    def start(self) -> Worker:
        worker = self.next
        (self.folder / f"{self.number}").touch()
        return worker

    def now(self) -> Edit:
        return Edit.objects.get(pk=self.edit.pk)

    def progress(self) -> tuple[int, int]:
        edit = self.now()
        return edit.parts, edit.selected

    def half_a_minute_passes(self) -> None:
        """For the job alone: its lease has ended, and its hint is lost."""
        past = timezone.now() - timedelta(seconds=30)
        job = EditJob.objects.filter(edit=self.edit)
        job.update(created_at=past)
        job.filter(state=State.RUNNING).update(lease_until=past)
        services.sweep_edits()

    def load(self) -> None:
        """Start the next worker, which waits for its file."""
        self.number += 1
        program = ("-c", PROGRAM, f"{self.folder / str(self.number)}")
        self.next = Worker("control", *program, env=LIMITS)
        self.closing.callback(self.next.end)


def test_ten_killed_workers_apply_an_edit_exactly_once(alice: User, tmp_path: Path) -> None:
    many_videos(alice)
    me = Actor.creator(alice)
    edit = services.draft_edit(
        actor=me,
        creator=alice,
        use="remix",
        grant=services.Grant(),
        matching=selection.everything(alice),
    )
    assert edit.status == "preparing"

    with ExitStack() as closing:
        relay = Relay(edit, tmp_path, closing)
        for _ in range(WHILE_PREPARING):
            relay.kill_one(while_="preparing")
        last = relay.start()
        relay.load()
        wait_until(lambda: relay.now().status == "draft", watched=last)
        last.end()
        assert relay.now().will_change == relay.now().selected == VIDEOS
        services.confirm_edit(edit.uuid, actor=me, creator=alice)
        for _ in range(WHILE_APPLYING):
            relay.kill_one(while_="confirmed applying")
        last = relay.start()
        wait_until(lambda: relay.now().status == "applied", watched=last)

    it_was_applied_exactly_once(relay.now(), alice)


def it_was_applied_exactly_once(edit: Edit, owner: User) -> None:
    numbers = (edit.changed, edit.already, edit.superseded, edit.not_eligible)
    assert (edit.selected, *numbers) == (VIDEOS, VIDEOS, 0, 0, 0)
    job = EditJob.objects.get(edit=edit)
    assert (job.state, job.progress, job.problem) == (State.DONE, 100, "")
    assert not Edit.objects.exclude(pk=edit.pk).exists()
    assert edit.items.count() == edit.items.filter(outcome="pending").count() == VIDEOS
    consents = Consent.objects.filter(creator=owner)
    right = consents.filter(use="remix", terms=edit.terms, decided=True, edit=edit)
    assert consents.count() == right.count() == VIDEOS
    assert ConsentCount.objects.get(creator=owner).videos == VIDEOS
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # as autovacuum does within a minute of such an edit
            cursor.execute("ANALYZE")
    the_events_are_of_the_rows(edit, owner)
    for check in (
        fsck.the_log_is_complete,
        fsck.confirmed_edits_are_applied,
        fsck.counts_match_rows,
    ):
        assert not list(check())


def the_events_are_of_the_rows(edit: Edit, owner: User) -> None:
    """One event for each chunk, in order, each with the root over the lines of its videos."""
    events = Event.objects.filter(creator=owner).order_by("creator_seq")
    assert [event.creator_seq for event in events] == list(range(1, len(events) + 1))
    actions = [event.action for event in events]
    assert actions == ["edit.confirmed", *["edit.part_applied"] * edit.parts, "edit.applied"]
    parts = [body_of(event) for event in events[1 : edit.parts + 1]]
    assert [part["part"] for part in parts] == list(range(1, edit.parts + 1))
    assert sum(part["changed"] for part in parts) == VIDEOS
    assert edit.terms
    before, after = state_line(None, decided=False), state_line(edit.terms, decided=True)
    uuids = edit.items.order_by("video").values_list("video__uuid", flat=True).iterator()
    for part in parts:
        chunk = sorted(f"{uuid}" for uuid in islice(uuids, part["changed"]))
        assert (
            part["items_root"]
            == tree.root(
                [
                    tree.leaf_hash(
                        tree.canonical(
                            {"video": uuid, "before": before, "after": after, "outcome": "changed"}
                        )
                    )
                    for uuid in chunk
                ]
            ).hex()
        )
    versions = Consent.objects.filter(edit=edit).order_by("version").values_list("version")
    assert list(versions.annotate(n=Count("pk"))) == [
        (part["version"], part["changed"]) for part in parts
    ]
