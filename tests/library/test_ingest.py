"""From an upload to a video that plays, or to a sentence that says why not."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import av
import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.utils import timezone
from PIL import Image

from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.jobs import State
from creatorhub.models import User
from library import files, probe, refusals, services
from library.models import Ingest, Video
from library.services import ingests
from tests.library import clips
from tests.library.conftest import bring, ingested, job_folders, stored
from tests.log import of_video
from tests.processes import eventually, processes_with


def mezzanine_of(video: Video) -> Path:
    return Path(django_settings.MEDIA_ROOT) / video.mezzanine_key


def test_an_upload_becomes_a_video_that_plays(alice: User, good_file: Path) -> None:
    before = stored()

    video = ingested(bring(good_file, alice, title="Sunday"))

    assert (video.status, video.problem) == ("ready", "")
    assert (video.ingest.state, video.ingest.progress) == (State.DONE, 100)
    assert (video.width, video.height, video.has_audio) == (320, 180, True)
    assert video.duration == pytest.approx(2, abs=0.1)
    facts = probe.probe(mezzanine_of(video))
    assert (facts.video_codec, facts.audio_codec, facts.pixel_format) == ("h264", "aac", "yuv420p")
    poster = Path(django_settings.MEDIA_ROOT, video.poster_key)
    with Image.open(poster) as image:
        assert (image.format, image.size) == ("JPEG", (320, 180))
    thumb = Path(django_settings.MEDIA_ROOT, video.thumb_key)
    with Image.open(thumb) as image:
        assert (image.format, image.size) == ("JPEG", (320, 180))
    assert thumb.stat().st_size < 20_000
    parts = (mezzanine_of(video), poster, thumb)
    assert video.size == sum(part.stat().st_size for part in parts)
    keys = (video.mezzanine_key, video.poster_key, video.thumb_key)
    assert stored() - before == {f"media/{key}" for key in keys}
    assert not job_folders()
    assert of_video(video)[1:] == [
        {
            "action": "video.ingested",
            "actor": "system:worker",
            "title": "Sunday",
            "duration_ms": video.duration_ms,
        }
    ]


def test_a_mezzanine_starts_at_once_and_seeks_quickly(alice: User, tmp_path: Path) -> None:
    """The index comes before the pictures, and there is a key frame every second."""
    source = clips.bars(
        tmp_path / "a.mp4", *clips.X264, picture="testsrc2=size=320x180:rate=30:duration=4"
    )

    path = mezzanine_of(ingested(bring(source, alice)))

    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        keys = [
            float(packet.pts * (stream.time_base or 0))
            for packet in container.demux(stream)
            if packet.is_keyframe and packet.pts is not None
        ]
    assert keys == pytest.approx([0, 1, 2, 3], abs=0.05)


def test_files_are_ours_alone(alice: User, good_file: Path) -> None:
    path = mezzanine_of(ingested(bring(good_file, alice)))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("pixels", ["yuv444p", "yuv422p10le", "gray", "yuvj420p"])
def test_odd_pixel_formats_become_the_usual_one(alice: User, tmp_path: Path, pixels: str) -> None:
    source = clips.bars(tmp_path / "a.mp4", "-c:v", "libx264", "-pix_fmt", pixels)

    video = ingested(bring(source, alice))

    assert video.status == "ready", video.problem
    assert probe.probe(mezzanine_of(video)).pixel_format == "yuv420p"


def test_hdr_becomes_sdr(alice: User, tmp_path: Path) -> None:
    source = clips.bars(
        tmp_path / "a.mp4",
        *("-c:v", "libx264", "-pix_fmt", "yuv420p10le", "-color_trc", "smpte2084"),
        *("-colorspace", "bt2020nc", "-color_primaries", "bt2020"),
    )

    video = ingested(bring(source, alice))

    assert video.status == "ready", video.problem
    assert not probe.probe(mezzanine_of(video)).is_hdr


def test_a_turned_video_is_upright(alice: User, tmp_path: Path) -> None:
    """Red above blue, filmed lying on its side: upright again, red is left or right of blue."""
    flat = clips.bars(
        tmp_path / "flat.mp4",
        picture="color=red:size=320x90:duration=1,pad=320:180:0:0:blue",
    )
    source = clips.make(
        tmp_path / "a.mp4", "-display_rotation", "90", "-i", str(flat), "-c", "copy"
    )

    video = ingested(bring(source, alice))

    assert (video.width, video.height) == (180, 320)
    with Image.open(Path(django_settings.MEDIA_ROOT, video.poster_key)) as image:
        left, right = image.getpixel((20, 160)), image.getpixel((160, 160))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > 180 > left[2]
    assert right[2] > 180 > right[0]


def test_odd_sizes_and_wide_pixels_become_even_and_square(alice: User, tmp_path: Path) -> None:
    source = clips.bars(
        tmp_path / "a.mkv",
        *("-vf", "scale=321:181,setsar=4/3", "-c:v", "libx264", "-pix_fmt", "yuv444p"),
    )

    video = ingested(bring(source, alice))

    assert (video.width, video.height) == (428, 180)


def test_a_large_video_is_made_to_fit(alice: User, tmp_path: Path) -> None:
    source = clips.bars(tmp_path / "a.mp4", picture="testsrc2=size=1440x2560:rate=10:duration=0.5")

    video = ingested(bring(source, alice))

    assert (video.width, video.height) == (1080, 1920)


def test_a_varying_rate_becomes_constant(alice: User, tmp_path: Path) -> None:
    source = clips.bars(
        tmp_path / "a.mkv",
        *("-vf", "select='not(between(n,10,29))'", "-fps_mode", "vfr", *clips.X264),
        picture="testsrc2=size=320x180:rate=30:duration=2",
    )

    path = mezzanine_of(ingested(bring(source, alice)))

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        times = sorted(packet.pts for packet in container.demux(stream) if packet.pts is not None)
    assert len({later - sooner for sooner, later in pairwise(times)}) == 1
    assert len(times) == pytest.approx(60, abs=1)


def _empty(path: Path) -> Path:
    path.touch()
    return path


BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "empty": (_empty, refusals.EMPTY),
    "truncated": (clips.truncated, refusals.CUT_SHORT),
    "a web page": (clips.HTML, refusals.WEB_PAGE),
    "SDP": (clips.SDP, refusals.PLAYLIST),
    "encrypted": (clips.encrypted, refusals.LOCKED),
    "1,000 streams": (clips.thousand_streams, refusals.TOO_MANY_STREAMS),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_and_leaves_nothing_behind(
    alice: User,
    tmp_path: Path,
    case: str,
) -> None:
    write, sentence = BAD[case]
    path = write(tmp_path / "a.mp4")
    before = stored()

    video = ingested(bring(path, alice, title="Bad"))

    assert (video.status, video.problem) == ("refused", sentence)
    assert (video.ingest.state, video.ingest.problem) == (State.REFUSED, sentence)
    assert (video.size, video.source_key) == (0, "")
    assert stored() == before
    assert not job_folders()
    assert of_video(video)[1:] == [
        {
            "action": "video.refused",
            "actor": "system:worker",
            "title": "Bad",
            "problem": sentence,
        }
    ]


@pytest.mark.parametrize("trick", [clips.hls, clips.dash, clips.ffconcat])
def test_a_playlist_never_reads_another_file(
    alice: User, good_file: Path, tmp_path: Path, trick: Callable[[Path], Callable[[Path], Path]]
) -> None:
    path = trick(good_file)(tmp_path / "video.mp4")

    video = ingested(bring(path, alice))

    assert (video.status, video.problem) == ("refused", refusals.PLAYLIST)
    assert not video.mezzanine_key


def test_a_file_that_is_mostly_damaged_is_refused(alice: User, good_file: Path) -> None:
    data = bytearray(good_file.read_bytes())
    start = data.index(b"mdat") + 4000
    data[start : start + 60_000] = bytes(range(1, 251)) * 240
    good_file.write_bytes(data)

    video = ingested(bring(good_file, alice))

    assert video.status == "refused"
    assert video.problem == ingests.PICTURE_LOST


def test_an_ingest_is_done_once(alice: User, good_file: Path) -> None:
    video = ingested(bring(good_file, alice))

    services.run_ingest(video.ingest.pk)

    assert Ingest.objects.get(video=video).attempts == 1
    assert len(of_video(video)) == 2


def test_a_killed_ffmpeg_is_tried_again_and_then_given_up(
    alice: User, good_file: Path, fake_ffmpeg: Callable[[str], None]
) -> None:
    fake_ffmpeg("os.kill(os.getpid(), signal.SIGKILL)")
    video = bring(good_file, alice)

    for attempt in (1, 2):
        video = ingested(video)
        assert (video.status, video.ingest.state) == ("processing", State.QUEUED)
        assert video.ingest.attempts == attempt
        Ingest.objects.update(next_attempt_at=timezone.now())
    video = ingested(video)

    assert (video.status, video.problem) == ("refused", ingests.INTERRUPTED)
    assert video.ingest.state == State.FAILED
    assert not job_folders()


def test_what_failed_can_be_tried_again(
    alice: User, good_file: Path, fake_ffmpeg: Callable[[str], None], settings: object
) -> None:
    fake_ffmpeg("os.kill(os.getpid(), signal.SIGKILL)")
    video = bring(good_file, alice)
    Ingest.objects.update(max_attempts=1)
    video = ingested(video)
    assert video.status == "refused"
    settings.FFMPEG_BINARY = ""  # type: ignore[attr-defined]

    services.retry_ingest(video, actor=Actor.creator(alice))
    video = ingested(video)

    assert (video.status, video.problem, video.ingest.state) == ("ready", "", State.DONE)
    assert [body["action"] for body in of_video(video)] == [
        "video.added",
        "video.refused",
        "video.retried",
        "video.ingested",
    ]


@pytest.mark.django_db(transaction=True)
def test_removing_a_video_stops_its_running_ingest(
    alice: User, good_file: Path, fake_ffmpeg: Callable[[str], None]
) -> None:
    before = stored()
    fake_ffmpeg("time.sleep(600)")
    video = bring(good_file, alice)

    def work() -> None:
        try:
            services.run_ingest(video.ingest.pk)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert eventually(lambda: any([*f.rglob("ffmpeg.stderr")] for f in job_folders()))
    with transaction.atomic():
        services.mark_removed(video, actor=Actor.creator(alice))
    worker.join(timeout=60)

    assert not worker.is_alive()
    assert Ingest.objects.get(video=video).state == State.CANCELLED
    assert not job_folders()
    assert not processes_with("sleep\x00600")
    assert stored() == before


def test_a_worker_whose_lease_went_to_another_publishes_nothing(
    alice: User, good_file: Path
) -> None:
    video = bring(good_file, alice)
    slow = jobs.claim(Ingest, video.ingest.pk)
    assert slow
    Ingest.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    video = ingested(video)
    after = stored()

    with pytest.raises(jobs.LeaseLost):
        ingests._publish(slow, video, probe.probe(good_file), size=1, keys=["x", "y", "z"])

    assert stored() == after
    assert Video.objects.get(pk=video.pk).mezzanine_key == video.mezzanine_key


def test_what_a_killed_attempt_had_stored_is_deleted_by_the_next(
    alice: User, good_file: Path
) -> None:
    video = bring(good_file, alice)
    orphan = Path(django_settings.MEDIA_ROOT, files.key_of(video.uuid, "mezzanine.mp4"))
    orphan.write_bytes(b"half of it")
    folder = Path(django_settings.WORK_DIR, "jobs", f"{video.ingest.uuid}-killed")
    folder.mkdir(parents=True)

    video = ingested(video)

    assert mezzanine_of(video) == orphan
    assert orphan.stat().st_size > 1000
    assert not folder.exists()


def test_the_sweeper_refuses_a_video_whose_ingest_died_three_times(alice: User) -> None:
    video = Video.objects.create(owner=alice, title="Sunday", source_key="videos/a/source")
    past = timezone.now() - timedelta(minutes=1)
    Ingest.objects.create(video=video, state=State.RUNNING, attempts=3, lease_until=past)

    services.sweep_ingests()
    services.sweep_ingests()

    video.refresh_from_db()
    assert (video.status, video.problem) == ("refused", jobs.OUT_OF_ATTEMPTS)
    assert video.source_key, "kept, so that it can be tried again"
    assert [(b["action"], b["actor"]) for b in of_video(video)] == [
        ("video.refused", "system:sweeper")
    ]


def test_the_sweeper_gives_a_dead_workers_job_to_the_next(alice: User, good_file: Path) -> None:
    video = bring(good_file, alice)
    assert jobs.claim(Ingest, video.ingest.pk)
    Ingest.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    swept = services.sweep_ingests()

    assert swept.requeued == 1
    assert ingested(video).status == "ready"


def test_leftovers_are_swept_when_nobody_has_written_for_an_hour(
    good_file: Path,
) -> None:
    jobs_folder = Path(django_settings.WORK_DIR) / "jobs"
    old, new = jobs_folder / "old", jobs_folder / "new"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "x.part").write_bytes(b"x")
    upload = Path(django_settings.WORK_DIR) / "uploads" / "old.upload.mp4"
    upload.write_bytes(b"x")
    past = timezone.now().timestamp() - 7200
    for path in (old / "x.part", old, upload):
        os.utime(path, (past, past))

    swept = services.sweep_leftovers()

    assert swept == 2
    assert not old.exists()
    assert not upload.exists()
    assert (new / "x.part").exists()
    files.remove_leftovers(timedelta(0))
