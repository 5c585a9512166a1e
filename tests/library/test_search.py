"""The index of titles stays in step with its table, and the shelf with what is on it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from consent import services as consent
from creatorhub.actors import Actor
from creatorhub.errors import Refused
from creatorhub.models import User
from library import search, services
from library.models import Video, VideoCount
from library.services import ReadyVideo
from tests.factories import make_videos
from tests.library import clips
from tests.library.conftest import bring, ingested

pytestmark = pytest.mark.django_db

# One title: as most keyboards write it, as a Mac does, in capitals, with characters nobody sees.
FORMS = (
    "Café am Fluss",
    "Cafe\u0301 am Fluss",
    "CAFÉ AM FLUSS",
    "Ca\u00adfé\u200b am  Fluss\ufeff",
)


def found(text: str) -> set[str]:
    return set(search.titled(Video.objects.all(), text).values_list("title", flat=True))


def in_step() -> bool:
    """On SQLite the index itself compares every word with its table; on PostgreSQL the database
    keeps the two together, and what is left to see is that there is one."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "INSERT INTO library_video_folded(library_video_folded, rank) "
                "VALUES ('integrity-check', 1)"
            )
            return True
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'library_video_folded'")
        return "gin_trgm_ops" in cursor.fetchone()[0]


def counted(owner: User) -> bool:
    return services.video_count(owner) == Video.objects.owned_by(owner).count()


def ready(title: str) -> ReadyVideo:
    return ReadyVideo(
        uuid=uuid4(),
        title=title,
        collection="",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        duration_ms=1000,
        width=320,
        height=180,
        has_audio=True,
        size=1,
    )


def test_the_index_follows_what_is_added_renamed_moved_and_removed(
    alice: User, tmp_path: Path
) -> None:
    actor = Actor.creator(alice)
    uploaded = bring(clips.good(tmp_path / "a.mp4"), alice, title="Morning ride")
    assert in_step()
    ingested(uploaded)
    assert in_step()
    [made] = services.add_ready_videos(
        [ready("Evening ride")], owner=alice, actor=Actor.system("demo"), via="demo"
    )
    assert in_step()
    services.rename_video(uploaded, actor=actor, title="Ärmel, “kurz”", collection="Trips")
    assert in_step()
    services.rename_video(made, actor=actor, title="Evening ride", collection="Trips")
    assert in_step()
    consent.remove_video(made, actor=actor)
    assert in_step()

    assert found("ride") == {"Evening ride"}  # the row stays; whose list it is asks for the rest
    assert found("ärmel") == found("“kurz”") == {"Ärmel, “kurz”"}
    assert found("morning") == set()


def test_the_index_follows_what_is_written_and_deleted_in_bulk(alice: User) -> None:
    videos = make_videos(20, owner=alice, title="Street")

    Video.objects.filter(pk__in=[video.pk for video in videos[:5]]).update(
        title="Garden", folded_title="garden"
    )
    assert in_step()
    Video.objects.filter(pk=videos[0].pk).delete()
    assert in_step()

    assert search.titled(Video.objects.all(), "street").count() == 15
    assert search.titled(Video.objects.all(), "garden").count() == 4


def test_the_index_takes_back_what_is_rolled_back(alice: User) -> None:
    [video] = make_videos(1, owner=alice, title="Street")

    with transaction.atomic():
        Video.objects.filter(pk=video.pk).update(title="Garden", folded_title="garden")
        transaction.set_rollback(True)

    assert in_step()
    assert (found("street"), found("garden")) == ({"Street"}, set())


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps its indexes itself")
def test_the_check_of_the_index_finds_one_that_is_out_of_step(alice: User) -> None:
    make_videos(1, owner=alice, title="Street")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO library_video_folded(rowid, folded_title) VALUES (987654, 'Nobody')"
        )

    with pytest.raises(DatabaseError), transaction.atomic():
        in_step()


def test_a_title_is_found_all_the_same_where_there_is_no_index(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_videos(1, owner=alice, title="Übung 100%")
    make_videos(1, owner=alice, title="Übung 1000")
    monkeypatch.setattr(search, "_has_index", lambda: False)

    assert found("ÜBUNG 100%") == {"Übung 100%"}
    assert found("100%") == {"Übung 100%"}
    assert found("1000") == {"Übung 1000"}


@pytest.mark.parametrize("stored", FORMS)
@pytest.mark.parametrize("indexed", [True, False])
def test_a_title_is_found_in_whatever_form_it_was_stored_and_is_typed(
    alice: User, monkeypatch: pytest.MonkeyPatch, stored: str, indexed: bool
) -> None:
    make_videos(1, owner=alice, title=stored)
    if not indexed:
        monkeypatch.setattr(search, "_has_index", lambda: False)

    for typed in (*FORMS, "afé am", "É"):
        assert len(found(typed)) == 1, typed
    assert not found("cafe")
    assert not found("\u200b")


def test_titles_are_sorted_without_regard_to_case_and_form(alice: User) -> None:
    for title in ("Éb", "e\u0301a", "ÉC"):
        make_videos(1, owner=alice, title=title)

    ordered = Video.objects.order_by("folded_title").values_list("title", flat=True)

    assert list(ordered) == ["éa", "Éb", "ÉC"]


def test_what_a_release_before_has_added_is_found_after_the_next_sweep(alice: User) -> None:
    """Its processes run on for a while after the migration, and leave the column to its default."""
    videos = make_videos(3, owner=alice, title="CAFE\u0301")
    Video.objects.update(folded_title="")
    assert in_step()

    assert services.fold_titles() == len(videos)

    assert len(found("café")) == 1
    assert search.titled(Video.objects.all(), "café").count() == len(videos)
    assert services.fold_titles() == 0


def test_the_index_is_used(alice: User) -> None:
    make_videos(3, owner=alice)
    sqlite = connection.vendor == "sqlite"
    if not sqlite:  # so few rows are read faster without
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")

    plan = search.titled(Video.objects.all(), "street").order_by().explain()

    assert ("VIRTUAL TABLE INDEX" if sqlite else "library_video_folded") in plan


# the shelf


def test_the_shelf_is_what_counting_finds_after_every_kind_of_act(
    alice: User, bob: User, tmp_path: Path
) -> None:
    actor = Actor.creator(alice)
    assert (services.video_count(alice), counted(alice)) == (0, True)
    video = bring(clips.good(tmp_path / "a.mp4"), alice)
    assert (services.video_count(alice), counted(alice)) == (1, True)
    ingested(video)
    assert (services.video_count(alice), counted(alice)) == (1, True)
    services.add_ready_videos(
        [ready("a"), ready("b")], owner=alice, actor=Actor.system("demo"), via="demo"
    )
    services.add_ready_videos([], owner=alice, actor=Actor.system("demo"), via="demo")
    assert (services.video_count(alice), counted(alice)) == (3, True)
    services.rename_video(video, actor=actor, title="New", collection="")
    consent.remove_video(video, actor=actor)
    consent.remove_video(video, actor=actor)
    assert (services.video_count(alice), counted(alice)) == (2, True)

    assert services.video_count(bob) == 0
    assert not VideoCount.objects.filter(owner=bob).exists()


def test_bringing_the_same_import_twice_is_counted_once(alice: User, tmp_path: Path) -> None:
    path = clips.good(tmp_path / "a.mp4")

    for _ in range(2):
        bring(path, alice, import_key="k" * 64)

    assert (services.video_count(alice), counted(alice)) == (1, True)


def test_a_video_that_was_refused_is_not_counted(
    alice: User, tmp_path: Path, settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 10

    with pytest.raises(Refused):
        bring(clips.good(tmp_path / "a.mp4"), alice)

    assert (services.video_count(alice), counted(alice)) == (0, True)


def test_a_wrong_video_count_is_counted_again(alice: User) -> None:
    make_videos(3, owner=alice)
    VideoCount.objects.update(videos=7)

    assert services.recount(alice) == services.video_count(alice) == 3
