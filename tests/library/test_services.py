"""Videos: who may do what, what is written, what is logged."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from audit import sequencing
from audit.models import Event
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, NotFound, Refused
from creatorhub.jobs import State
from creatorhub.models import User
from library import services
from library.models import Ingest, Video
from tests.factories import make_video
from tests.library.conftest import bring, ingested, stored
from tests.log import body, of_video


def add(owner: User, *, content: bytes = b"not looked at yet", **fields: Any) -> Video:
    values = {"title": "Sunday", "actor": Actor.creator(owner), **fields}
    return services.add_video(ContentFile(content, name="sunday.mp4"), owner=owner, **values)


def test_adding_a_video_stores_it_queues_its_ingest_and_logs_it(
    alice: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        video = add(alice, title=" My\tSunday\n", collection="Trips", via="api")

    assert (video.title, video.collection, video.status) == ("My Sunday", "Trips", "processing")
    assert video.size == len(b"not looked at yet")
    assert Path(django_settings.MEDIA_ROOT, video.source_key).read_bytes() == b"not looked at yet"
    assert video.ingest.state == State.QUEUED
    assert len([one for one in callbacks if one is not sequencing.follow]) == 1  # the hint
    assert of_video(video) == [
        {
            "action": "video.added",
            "actor": f"creator:{alice.uuid}",
            "title": "My Sunday",
            "via": "api",
        }
    ]
    assert not video.consents.exists()


def test_a_video_without_a_title_is_named_after_its_file(alice: User) -> None:
    video = add(alice, title="", original_name="last_summer.final.MP4")

    assert video.title == "last summer.final"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"title": " \x00 "}, "title_missing"),
        ({"title": "x" * 201}, "title_too_long"),
        ({"collection": "x" * 101}, "collection_too_long"),
    ],
)
def test_what_cannot_be_a_name_is_refused_and_nothing_is_kept(
    alice: User, fields: dict[str, Any], code: str
) -> None:
    before = stored()

    with pytest.raises(Refused) as refused:
        add(alice, **fields)

    assert (refused.value.code, refused.value.status) == (code, 422)
    assert stored() == before
    assert not Video.objects.exists()


def test_a_stranger_can_do_nothing_with_a_video(alice: User, carol: User) -> None:
    video, stranger = add(alice), Actor.creator(carol)

    with pytest.raises(NotFound):
        services.rename_video(video, actor=stranger, title="Mine", collection="")
    with pytest.raises(NotFound):
        services.retry_ingest(video, actor=stranger)
    with pytest.raises(NotFound), transaction.atomic():
        services.mark_removed(video, actor=stranger)
    with pytest.raises(NotFound):
        add(alice, actor=stranger)

    assert len(of_video(video)) == 1


def test_the_same_import_key_adds_a_video_once(alice: User, bob: User) -> None:
    first = add(alice, import_key="k" * 64)
    before = stored()

    again = add(alice, import_key="k" * 64, title="Another name")

    assert again.pk == first.pk
    assert again.title == "Sunday"
    assert stored() == before
    assert len(of_video(first)) == 1
    assert add(bob, import_key="k" * 64).pk != first.pk


def test_a_file_above_the_limit_is_refused(alice: User, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 10 * 1024**2
    before = stored()

    with pytest.raises(Refused) as refused:
        add(alice, content=b"x" * (10 * 1024**2 + 1))

    assert refused.value.status == 413
    assert refused.value.sentence.startswith("This file is larger than 10 MB.")
    assert stored() == before


def test_the_quota_counts_what_is_there_and_not_what_was_removed(
    alice: User, settings: Settings
) -> None:
    settings.QUOTA_BYTES = 1000
    first = add(alice, content=b"x" * 600)

    with pytest.raises(Refused) as refused:
        add(alice, content=b"x" * 401)
    assert refused.value.code == "quota_exceeded"
    with transaction.atomic():
        services.mark_removed(first, actor=Actor.creator(alice))

    assert services.quota_used(alice) == 0
    assert add(alice, content=b"x" * 1000).size == 1000


@pytest.mark.django_db(transaction=True)
def test_uploads_at_the_same_time_cannot_share_the_last_room(
    alice: User, settings: Settings
) -> None:
    settings.QUOTA_BYTES = 1000
    start, before = threading.Barrier(4), stored()
    outcomes: list[int | str] = []

    def upload() -> None:
        start.wait()
        try:
            outcomes.append(add(alice, content=b"x" * 600).size)
        except Refused as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=upload) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, outcomes)) == ["600", *["quota_exceeded"] * 3]
    assert services.quota_used(alice) == 600
    assert len(stored() - before) == 1


def test_renaming_logs_each_thing_that_changed(alice: User) -> None:
    video, actor = add(alice), Actor.creator(alice)

    services.rename_video(video, actor=actor, title="Monday", collection="Trips")

    video.refresh_from_db()
    assert (video.title, video.collection) == ("Monday", "Trips")
    assert of_video(video)[1:] == [
        {
            "action": "video.renamed",
            "actor": f"creator:{alice.uuid}",
            "before": "Sunday",
            "after": "Monday",
        },
        {
            "action": "video.moved",
            "actor": f"creator:{alice.uuid}",
            "title": "Monday",
            "before": "",
            "after": "Trips",
        },
    ]


def test_renaming_to_the_same_name_writes_nothing(alice: User) -> None:
    video = add(alice)

    services.rename_video(video, actor=Actor.creator(alice), title="Sunday ", collection="")

    assert len(of_video(video)) == 1


def test_removing_deletes_the_files_and_keeps_the_row(
    alice: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    video = make_video(owner=alice, title="Sunday")
    neighbour = make_video(owner=alice)
    key = video.mezzanine_key

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        services.mark_removed(video, actor=Actor.creator(alice), reason="Too long")
        services.mark_removed(video, actor=Actor.creator(alice), reason="Twice")

    video.refresh_from_db()
    assert video.removed_at
    assert not any((video.source_key, video.mezzanine_key, video.poster_key, video.size))
    assert not Path(django_settings.MEDIA_ROOT, key).parent.exists()
    assert Path(django_settings.MEDIA_ROOT, neighbour.mezzanine_key).exists()
    assert of_video(video) == [
        {
            "action": "video.removed",
            "actor": f"creator:{alice.uuid}",
            "title": "Sunday",
            "reason": "Too long",
        }
    ]


def test_removing_stops_an_ingest_that_waits(alice: User) -> None:
    video = add(alice)

    with transaction.atomic():
        services.mark_removed(video, actor=Actor.creator(alice))
    services.run_ingest(video.ingest.pk)

    ingest = Ingest.objects.get(video=video)
    assert (ingest.state, ingest.attempts) == (State.CANCELLED, 0)


@pytest.mark.django_db(transaction=True)
def test_a_removal_outside_a_transaction_is_a_mistake(alice: User) -> None:
    video = make_video(owner=alice)

    with pytest.raises(RuntimeError):
        services.mark_removed(video, actor=Actor.creator(alice))


def test_a_removed_video_cannot_be_renamed(alice: User) -> None:
    video, actor = add(alice), Actor.creator(alice)
    with transaction.atomic():
        services.mark_removed(video, actor=actor)

    with pytest.raises(NotFound):
        services.rename_video(video, actor=actor, title="Back", collection="")


def test_a_refused_file_cannot_be_tried_again(alice: User, tmp_path: Path) -> None:
    path = tmp_path / "bad.mp4"
    path.write_bytes(b"not a video")
    video = ingested(bring(path, alice))

    with pytest.raises(Conflict):
        services.retry_ingest(video, actor=Actor.creator(alice))


def test_ready_videos_are_added_with_one_event(alice: User) -> None:
    videos = [make_ready(number) for number in range(3)]

    made = services.add_ready_videos(videos, owner=alice, actor=Actor.system("demo"), via="demo")

    assert [video.status for video in made] == ["ready"] * 3
    event = Event.objects.get(action="videos.added")
    assert body(event)["count"] == 3
    assert not Video.objects.filter(consents__isnull=False).exists()


def make_ready(number: int) -> services.ReadyVideo:
    return services.ReadyVideo(
        uuid=uuid4(),
        title=f"Video {number}",
        collection="",
        created_at=timezone.now(),
        duration_ms=1000,
        width=320,
        height=180,
        has_audio=False,
        size=10,
    )
