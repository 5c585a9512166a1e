"""What is taken and what is refused, file by file. No database."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from library import refusals, sandbox
from library.probe import Refusal, probe
from tests.library import clips

SECONDS = 12  # of this process's own work, of which each needs a fraction of one


def _bytes(data: bytes) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_bytes(data)
        return path

    return write


def _bars(*argv: str, picture: str = clips.BARS) -> Callable[[Path], Path]:
    return lambda path: clips.bars(path, *argv, picture=picture)


NOISE = random.Random(5).randbytes(100_000)
SILENT = ("-f", "lavfi", "-i", clips.TONE, "-vn")

REFUSED: dict[str, tuple[str, Callable[[Path], Path], str]] = {
    "empty": ("a.mp4", _bytes(b""), refusals.EMPTY),
    "random": ("a.mp4", _bytes(NOISE), refusals.NOT_A_VIDEO),
    "one byte": ("a.mp4", _bytes(b"\0"), refusals.NOT_A_VIDEO),
    "truncated": ("a.mp4", clips.truncated, refusals.CUT_SHORT),
    "without its index": ("a.mp4", clips.headless, refusals.CUT_SHORT),
    "a web page": ("a.mp4", clips.HTML, refusals.WEB_PAGE),
    "HLS": ("a.mp4", clips.hls(Path("/etc/hostname")), refusals.PLAYLIST),
    "DASH": ("a.mp4", clips.dash(Path("/etc/hostname")), refusals.PLAYLIST),
    "ffconcat": ("a.mp4", clips.ffconcat(Path("/etc/hostname")), refusals.PLAYLIST),
    "SDP": ("a.mp4", clips.SDP, refusals.PLAYLIST),
    "1,000 streams in MP4": ("a.mp4", clips.thousand_streams, refusals.TOO_MANY_STREAMS),
    "1,000 streams in MKV": ("a.mkv", clips.thousand_streams, refusals.TOO_MANY_TRACKS),
    "encrypted": ("a.mp4", clips.encrypted, refusals.LOCKED),
    "sound only": ("a.mp4", lambda path: clips.make(path, *SILENT), refusals.NO_PICTURE),
    "one picture": ("a.mp4", _bars(*clips.X264, "-frames:v", "1"), refusals.ONE_PICTURE),
    "too short": ("a.mp4", _bars(*clips.X264, "-frames:v", "3"), refusals.TOO_SHORT),
    "ten hours": (
        "a.mp4",
        clips.ten_hours,
        "This video lasts 10 hours. We take up to 10 minutes. Cut it and upload the parts.",
    ),
    "8192 x 8192": (
        "a.mp4",
        clips.huge,
        (
            "This video is 8192 × 8192 pixels. We take up to 3840 × 2160. "
            "Export it smaller and upload that."
        ),
    ),
    "240 pictures a second": (
        "a.mp4",
        _bars(picture="testsrc2=size=64x64:rate=240:duration=1"),
        (
            "This video has 240 pictures a second. We take up to 120. "
            "Export it with 60 or fewer and upload that."
        ),
    ),
    "MagicYUV": (
        "a.mkv",
        _bars("-c:v", "magicyuv"),
        "The picture in this file is coded as MAGICYUV, which we don't take. " + refusals.AS_MP4,
    ),
    "sound in AC-3": (
        "a.mp4",
        lambda path: clips.make(
            path,
            "-f",
            "lavfi",
            "-i",
            clips.BARS,
            "-f",
            "lavfi",
            "-i",
            clips.TONE,
            *clips.X264,
            "-c:a",
            "ac3",
        ),
        "The sound in this file is coded as AC3, which we don't take. " + refusals.WITH_AAC,
    ),
    "AVI": (
        "a.avi",
        _bars("-c:v", "mpeg4"),
        "This is an AVI file, which we don't take. " + refusals.AS_MP4,
    ),
    "MPEG-TS": ("a.ts", _bars(), f"{refusals.MPEG} {refusals.AS_MP4}"),
    "a picture": (
        "a.png",
        _bars("-frames:v", "1", "-c:v", "png"),
        "This is a picture. Upload a video.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_we_cannot_take_is_refused_with_a_sentence(case: str, tmp_path: Path) -> None:
    name, write, sentence = REFUSED[case]
    path = write(tmp_path / name)
    began = time.process_time()

    with pytest.raises(Refusal) as refused:
        probe(path)

    assert refused.value.sentence == sentence
    assert time.process_time() - began < SECONDS


def test_every_sentence_says_what_to_do() -> None:
    sentences = {sentence for _, _, sentence in REFUSED.values()} | {refusals.DAMAGED}

    for sentence in sentences:
        assert any(word in sentence for word in ("pload", "xport")), sentence
        assert sentence.endswith(".")


def test_the_facts_of_a_usual_video(tmp_path: Path) -> None:
    facts = probe(clips.good(tmp_path / "a.mp4"))

    assert (facts.width, facts.height, facts.rate) == (320, 180, "25")
    assert facts.duration == pytest.approx(2, abs=0.05)
    assert (facts.video_codec, facts.audio_codec) == ("h264", "aac")
    assert facts.has_audio
    assert not facts.is_hdr


@pytest.mark.parametrize(
    ("name", "argv", "codec"),
    [
        ("a.mov", clips.X264, "h264"),
        ("a.mkv", clips.X264, "h264"),
        ("a.mp4", ("-c:v", "libx265", "-x265-params", "log-level=none"), "hevc"),
        ("a.webm", ("-c:v", "libvpx", "-deadline", "realtime"), "vp8"),
        ("a.webm", ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"), "vp9"),
        ("a.mp4", ("-c:v", "mpeg4"), "mpeg4"),
        ("a.mp4", ("-c:v", "libx264", "-pix_fmt", "yuv422p10le"), "h264"),
        ("a.mp4", ("-c:v", "libx264", "-pix_fmt", "yuv444p"), "h264"),
    ],
)
def test_the_containers_and_codecs_that_we_take(
    name: str, argv: tuple[str, ...], codec: str, tmp_path: Path
) -> None:
    facts = probe(clips.bars(tmp_path / name, *argv))

    assert facts.video_codec == codec
    assert facts.duration == pytest.approx(2, abs=0.1)


def test_a_turned_video_has_the_size_that_people_see(tmp_path: Path) -> None:
    flat = clips.good(tmp_path / "flat.mp4")
    turned = clips.make(
        tmp_path / "a.mp4", "-display_rotation", "90", "-i", str(flat), "-c", "copy"
    )

    facts = probe(turned)

    assert (facts.width, facts.height, facts.rotation) == (180, 320, 90)


def test_wide_pixels_are_counted_as_people_see_them(tmp_path: Path) -> None:
    facts = probe(clips.bars(tmp_path / "a.mp4", "-vf", "setsar=4/3", *clips.X264))

    assert (facts.width, facts.height) == (427, 180)


def test_cover_art_is_not_a_video(tmp_path: Path) -> None:
    cover = clips.bars(tmp_path / "cover.png", "-frames:v", "1", "-c:v", "png")
    song = clips.make(
        tmp_path / "song.m4a",
        *("-f", "lavfi", "-i", clips.TONE, "-i", str(cover), "-map", "0:a", "-map", "1:v"),
        *("-c:a", "aac", "-c:v", "mjpeg", "-disposition:v", "attached_pic"),
    )

    with pytest.raises(Refusal) as refused:
        probe(song)

    assert refused.value.sentence == refusals.NO_PICTURE


def test_a_browser_recording_without_a_length_is_measured(tmp_path: Path) -> None:
    """What MediaRecorder writes: a WebM that was streamed, so its header has no length."""
    live = clips.bars(tmp_path / "a.webm", "-c:v", "libvpx", "-deadline", "realtime", "-live", "1")

    assert probe(live).duration == pytest.approx(2, abs=0.1)


def test_a_rate_that_varies_becomes_the_usual_one(tmp_path: Path) -> None:
    varied = clips.bars(
        tmp_path / "a.mkv",
        *("-vf", "select='not(between(n,10,19))'", "-fps_mode", "vfr", *clips.X264),
        picture="testsrc2=size=320x180:rate=30:duration=2",
    )

    facts = probe(varied)

    assert facts.rate == "30"
    assert facts.duration == pytest.approx(2, abs=0.1)


def test_a_missing_interpreter_is_our_fault_and_not_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_OURS", tmp_path)

    with pytest.raises(RuntimeError):
        probe(clips.good(tmp_path / "a.mp4"))
