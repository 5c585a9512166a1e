"""The runner: what it lets a process do, and that nothing outlives it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from library import ffmpeg, sandbox
from library.ffmpeg import FfmpegFailed, FfmpegTimeout, Limits
from tests.library import clips
from tests.processes import eventually, processes_with

ROOT = Path(__file__).resolve().parents[2]
ENDLESS = ["-re", "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25"]


class Lost(Exception):
    pass


def _run(argv: list[str], folder: Path, **options: object) -> None:
    values = {"timeout": 60.0, "quiet_timeout": 60.0, **options}
    ffmpeg.run(argv, folder=folder, **values)  # type: ignore[arg-type]


def test_a_run_reports_its_progress(tmp_path: Path) -> None:
    reported: list[float] = []

    _run(
        ["-f", "lavfi", "-i", clips.BARS, *clips.X264, str(tmp_path / "a.mp4")],
        tmp_path,
        on_progress=reported.append,
    )

    assert reported == sorted(reported)
    assert reported[-1] == pytest.approx(2, abs=0.2)
    assert (tmp_path / "a.mp4").stat().st_size > 1000


def test_an_exception_from_progress_stops_ffmpeg_and_comes_through(tmp_path: Path) -> None:
    def lose(_: float) -> None:
        raise Lost

    with pytest.raises(Lost):
        _run([*ENDLESS, str(tmp_path / "a.mp4")], tmp_path, on_progress=lose)

    assert not processes_with(str(tmp_path))


def test_a_run_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(FfmpegTimeout, match="not done after 1 seconds"):
        _run([*ENDLESS, str(tmp_path / "a.mp4")], tmp_path, timeout=1.0)

    assert not processes_with(str(tmp_path))


def test_a_run_that_gets_no_further_is_stopped(tmp_path: Path) -> None:
    """It waits for a pipe that nobody writes to."""
    os.mkfifo(tmp_path / "in")
    argv = ["-f", "rawvideo", "-video_size", "64x64", "-i", str(tmp_path / "in")]

    with pytest.raises(FfmpegTimeout, match="no progress for 1 seconds"):
        _run([*argv, str(tmp_path / "a.mp4")], tmp_path, quiet_timeout=1.0)

    assert not processes_with(str(tmp_path))


def test_one_that_ignores_the_request_to_end_is_killed(
    tmp_path: Path, fake_ffmpeg: Callable[[str], None]
) -> None:
    fake_ffmpeg("signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True:\n    time.sleep(0.1)")

    with pytest.raises(FfmpegTimeout):
        _run([str(tmp_path)], tmp_path, timeout=0.5)

    assert not processes_with(str(tmp_path))


def test_ffmpeg_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    program = (
        "import django, sys; django.setup()\n"
        "from pathlib import Path; from library import ffmpeg\n"
        "folder = Path(sys.argv[1])\n"
        f"ffmpeg.run([*{ENDLESS!r}, str(folder / 'a.mp4')], folder=folder, timeout=600,\n"
        "           quiet_timeout=600, on_progress=lambda _: (folder / 'up').touch())\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT)
    try:
        assert eventually((tmp_path / "up").exists)
        assert len(processes_with(str(tmp_path))) == 2
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()

    assert eventually(lambda: not processes_with(str(tmp_path)))


@pytest.mark.parametrize("parts", [sandbox.PARTS, ()], ids=["locked in", "limits only"])
def test_the_limits_hold(
    parts: tuple[str, ...],
    tmp_path: Path,
    fake_ffmpeg: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sandbox, "parts", lambda: frozenset(parts))
    monkeypatch.setenv("SECRET_KEY", "hidden")
    fake_ffmpeg(
        "import json, resource as r\n"
        "limits = [r.getrlimit(each)[0] for each in "
        "(r.RLIMIT_CPU, r.RLIMIT_AS, r.RLIMIT_FSIZE, r.RLIMIT_NOFILE, r.RLIMIT_CORE)]\n"
        "with open('seen', 'w') as file:\n"
        "    json.dump([limits, os.getpriority(0, 0), os.getcwd(), [*os.environ]], file)"
    )

    _run([], tmp_path, limits=Limits(cpu=7, memory=1024**3, file=1024**2, open_files=32, nice=9))

    limits, nice, folder, names = json.loads((tmp_path / "seen").read_text())
    assert limits == [7, 1024**3, 1024**2, 32, 0]
    assert nice >= 9
    assert folder == str(tmp_path)
    assert {*names} <= {"PATH", "LANG", "LC_CTYPE"}


def test_a_file_cannot_grow_past_its_limit(tmp_path: Path) -> None:
    noise = ["-f", "lavfi", "-i", "testsrc2=size=640x360:duration=20", "-c:v", "rawvideo"]

    with pytest.raises(FfmpegFailed):
        _run([*noise, str(tmp_path / "a.mkv")], tmp_path, limits=Limits(file=200_000))

    assert (tmp_path / "a.mkv").stat().st_size <= 200_000


def test_a_failure_keeps_the_end_of_what_ffmpeg_said(
    tmp_path: Path, fake_ffmpeg: Callable[[str], None]
) -> None:
    fake_ffmpeg("sys.stderr.write('x' * 1000000 + 'the reason\\n'); sys.exit(3)")

    with pytest.raises(FfmpegFailed) as failed:
        _run([], tmp_path)

    assert failed.value.returncode == 3
    assert not failed.value.killed
    assert failed.value.stderr_tail.endswith("the reason\n")
    assert len(failed.value.stderr_tail) == 64 * 1024


def test_a_process_that_was_killed_says_so(
    tmp_path: Path, fake_ffmpeg: Callable[[str], None]
) -> None:
    fake_ffmpeg("os.kill(os.getpid(), signal.SIGKILL)")

    with pytest.raises(FfmpegFailed) as failed:
        _run([], tmp_path)

    assert failed.value.killed


@pytest.mark.parametrize("trick", [clips.ffconcat, clips.dash, clips.hls])
def test_a_playlist_never_shows_a_neighbours_file(
    trick: Callable[[Path], Callable[[Path], Path]], tmp_path: Path
) -> None:
    """Past the probe, with ffmpeg alone: the whitelists before -i stop it."""
    neighbour = clips.good(tmp_path / "neighbour.mp4")
    folder = tmp_path / "job"
    folder.mkdir()
    video = trick(neighbour)(folder / "in")

    with pytest.raises(FfmpegFailed):
        _run([*ffmpeg.input_args(video, 10), "-c", "copy", "-f", "mp4", "out.mp4"], folder)

    assert not (folder / "out.mp4").exists() or not (folder / "out.mp4").stat().st_size


def test_without_the_whitelists_a_neighbours_file_would_be_read(tmp_path: Path) -> None:
    """What the test above stands against: if this fails, that one proves nothing."""
    clips.good(tmp_path / "neighbour.mp4")
    video = clips.ffconcat(Path("neighbour.mp4"))(tmp_path / "in")

    _run(["-i", f"file:{video}", "-c", "copy", "-f", "mp4", "out.mp4"], tmp_path)

    assert (tmp_path / "out.mp4").stat().st_size > 1000
