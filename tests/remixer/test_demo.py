"""The demo: many videos at once, nothing allowed, only where passwords do not matter."""

from __future__ import annotations

import errno
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from pytest_django import Settings

from audit.models import Event
from consent import services as consent
from consent.models import Consent
from creatorhub.actors import Actor
from creatorhub.models import User
from library.files import SharedFile
from library.models import Video
from library.probe import probe
from operations.demo import CLIPS, clip_of, title_of


def run(videos: int) -> str:
    out = StringIO()
    call_command("demo", videos=videos, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_demo_plays_and_allows_nothing(settings: Settings) -> None:
    settings.DEBUG = True

    output = run(14)

    alice = User.objects.get(username="alice")
    assert alice.check_password("demo-alice")
    assert User.objects.get(username="staff").is_staff
    assert "demo-alice" in output
    videos = Video.objects.owned_by(alice).ready()
    assert videos.count() == 14
    assert not Consent.objects.exists()
    assert Event.objects.filter(action="videos.added").count() == 1
    looks = set()
    for video in videos:
        path = Path(django_settings.MEDIA_ROOT, video.mezzanine_key)
        looks.add(path.stat().st_ino)
        assert Path(django_settings.MEDIA_ROOT, video.poster_key).stat().st_size > 1000
    assert len(looks) == len(CLIPS)
    facts = probe(path)
    assert (facts.width, facts.height) == (video.width, video.height) == (640, 360)

    consent.set_upload_default(
        actor=Actor.creator(alice), creator=alice, use="remix", grant=consent.Grant()
    )
    again = run(16)

    assert "2 videos made, 14 were there" in again
    assert videos.all().count() == 16
    assert not Consent.objects.exists()


@pytest.mark.django_db
def test_the_demo_is_refused_where_debug_is_off(settings: Settings) -> None:
    settings.DEBUG = False

    with pytest.raises(CommandError, match="only where DEBUG is on"):
        run(1)

    assert not User.objects.exists()


def test_no_two_videos_share_a_title_and_every_clip_is_shown() -> None:
    titles = [title_of(clip_of(number), number) for number in range(3000)]

    assert len(set(titles)) == len(titles)
    assert {clip_of(number).name for number in range(12)} == {clip.name for clip in CLIPS}


def test_a_file_that_has_all_its_links_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tmp_path / "clip.mp4"
    first.write_bytes(b"clip")
    link = Path.hardlink_to

    def crowded(self: Path, target: Path) -> None:
        if target == first:
            raise OSError(errno.EMLINK, "Too many links")
        link(self, target)

    monkeypatch.setattr(Path, "hardlink_to", crowded)
    shared = SharedFile(first)

    shared.place("videos/00/links/a.mp4")
    shared.place("videos/00/links/b.mp4")

    folder = Path(django_settings.MEDIA_ROOT, "videos/00/links")
    assert (folder / "b.mp4").read_bytes() == b"clip"
    assert (folder / "b.mp4").stat().st_ino == (folder / "a.mp4").stat().st_ino
    assert first.stat().st_nlink == 1
