"""What is in a file, or why is it refused? Knows no Django: it runs in a child process that is
locked in (library.sandbox).

python -m library.probe FILE     →     {"facts": {…}}   or   {"refused": "A sentence."}
"""

from __future__ import annotations

import itertools
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from library import sandbox
from library.sandbox import Limits

MAX_SIDE, MAX_PIXELS = 3840, 3840 * 2160
MIN_SIDE = 16
MAX_FPS = 120
MAX_SECONDS = 600
MIN_SECONDS = 0.2
MAX_STREAMS = 16
# The keys are libavformat's names of its demuxers.
CONTAINERS = {"mov,mp4,m4a,3gp,3g2,mj2": "MP4 or MOV", "matroska,webm": "MKV or WebM"}
VIDEO_CODECS = {
    "h264": "H.264",
    "hevc": "H.265",
    "vp8": "VP8",
    "vp9": "VP9",
    "av1": "AV1",
    "mpeg4": "MPEG-4",
}
AUDIO_CODECS = {"aac": "AAC", "opus": "Opus", "vorbis": "Vorbis", "mp3": "MP3", "flac": "FLAC"}

TIMEOUT = 25  # seconds: shorter than the lease of a job
LIMITS = Limits(cpu=20, memory=2 * 1024**3, file=1024**2, open_files=64)
_STANDARD_RATES = [Fraction(n, 1001) for n in (24000, 30000, 60000)]
_STANDARD_RATES += [Fraction(n) for n in (10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 120)]
_HDR_TRANSFERS = (16, 18)  # ITU-T H.273: PQ and HLG


# Marks for the sentences to translate. Django is not here: pages translate what a row keeps.
def _(sentence: str) -> str:
    return sentence


def ngettext(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


AS_MP4 = _("Export it as MP4 with H.264 and upload that.")
DAMAGED = _(
    "We could not read this file: it is damaged, or no ordinary video. "
    "Check that it plays on your device, then export it again as MP4 and upload that."
)
NOT_A_VIDEO = _("This is not a video that we can read. Upload an MP4, MOV, MKV or WebM file.")
EMPTY = _("This file is empty. Check that the export finished, then upload it again.")
CUT_SHORT = _(
    "This file is incomplete: its end is missing. Copy or export it again, then upload the whole."
)
PLAYLIST = _("This is a playlist, a text that points to videos. Upload the video file itself.")
WEB_PAGE = _("This is a web page, not a video. Download the video itself, then upload that file.")
LOCKED = _("This video is encrypted, so nobody can play it without its key. Upload a copy without.")
PICTURE = _("This is a picture. Upload a video.")
NO_PICTURE = _("This file has sound but no picture. Upload a video.")
NO_VIDEO = _("There is no video in this file. Upload an MP4, MOV, MKV or WebM file with a picture.")
ONE_PICTURE = _("This file holds a single picture. Upload a video.")
TOO_SHORT = _("This video is shorter than a fifth of a second. Upload a longer one.")
TOO_MANY_STREAMS = _(
    "This file holds %(count)d tracks or more. "
    "Export it with one picture and one sound track, then upload that."
) % {"count": MAX_STREAMS}
TOO_LONG_UNKNOWN = _(
    "This video lasts longer than 10 minutes. Cut it to 10 minutes or less, then upload the parts."
)
TOO_LONG = _("This video lasts %(length)s. We take up to 10 minutes. Cut it and upload the parts.")
TOO_FAST = _(
    "This video has %(rate)s pictures a second. We take up to 120. "
    "Export it with 60 or fewer and upload that."
)
MUCH_TOO_FAST = _(
    "This video has too many pictures a second. We take up to 120. "
    "Export it with 60 or fewer and upload that."
)
TOO_LARGE = _(
    "This video is %(width)d × %(height)d pixels. We take up to 3840 × 2160. "
    "Export it smaller and upload that."
)
TOO_SMALL = _("This video is %(width)d × %(height)d pixels, too small to see.")
PICTURE_CODEC = _("The picture in this file is coded as %(kind)s, which we don't take.")
SOUND_CODEC = _("The sound in this file is coded as %(kind)s, which we don't take.")
AVI = _("This is an AVI file, which we don't take.")
FLASH = _("This is a Flash video, which we don't take.")
GIF = _("This is a GIF, which we don't take.")
WINDOWS_MEDIA = _("This is a Windows Media file, which we don't take.")
OGG = _("This is an Ogg file, which we don't take.")
# The first bytes of files that people take for videos: (offset, bytes, the sentence).
_BEGINNINGS = (
    (0, b"#EXTM3U", PLAYLIST),
    (0, b"ffconcat", PLAYLIST),
    (0, b"v=0", PLAYLIST),
    (0, b"[playlist]", PLAYLIST),
    (8, b"AVI ", f"{AVI} {AS_MP4}"),
    (0, b"FLV", f"{FLASH} {AS_MP4}"),
    (0, b"GIF8", f"{GIF} {AS_MP4}"),
    (0, b"\x30\x26\xb2\x75", f"{WINDOWS_MEDIA} {AS_MP4}"),
    (0, b"\x89PNG", PICTURE),
    (0, b"\xff\xd8\xff", PICTURE),
    (0, b"ID3", NO_PICTURE),
    (8, b"WAVE", NO_PICTURE),
    (0, b"OggS", f"{OGG} {AS_MP4}"),
)


class Refusal(Exception):
    """The file is refused. `sentence` says what is wrong with it and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of a file that is accepted.

    `width` and `height` are those of the shown picture: upright, with square pixels. `duration` is
    in seconds and comes from the packets, not from the header. `rate` is `fps` as a fraction, like
    "30000/1001".
    """

    container: str
    duration: float
    width: int
    height: int
    fps: float
    rate: str
    video_codec: str
    video_index: int
    pixel_format: str
    rotation: int
    is_hdr: bool
    audio_codec: str
    audio_index: int | None

    @property
    def has_audio(self) -> bool:
        return self.audio_index is not None


def probe(path: Path | str) -> Facts:
    """Examine a file in a child process that is locked in, for at most TIMEOUT seconds. Raises
    Refusal, and RuntimeError if the child failed for a reason that is not the file."""
    try:
        child = sandbox.run_python("probe", str(path), reads=[path], limits=LIMITS, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise Refusal(DAMAGED) from None
    if child.returncode < 0:
        raise Refusal(DAMAGED)
    if child.returncode:
        raise RuntimeError(f"The probe failed: {child.stderr[-2000:].decode(errors='replace')}")
    answer = json.loads(child.stdout)
    if "refused" in answer:
        raise Refusal(answer["refused"])
    return Facts(**answer["facts"])


def examine(path: str) -> Facts:
    """What `probe` does, but in this process. Raises Refusal."""
    _check_beginning(path)
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": ",".join(CONTAINERS),
        "codec_whitelist": ",".join([*VIDEO_CODECS, "libdav1d", *AUDIO_CODECS, "mp3float"]),
        "max_streams": str(MAX_STREAMS),
        "probesize": "5000000",
        "analyzeduration": "5000000",
    }
    try:
        with av.open(f"file:{path}", options=options, metadata_errors="replace") as container:
            video, audio = _streams(container)
            _check_length(container.duration and container.duration / av.time_base)
            rotation, width, height, pixel_format = _first_picture(container, video)
        with av.open(f"file:{path}", options=options, metadata_errors="replace") as container:
            video, audio = _streams(container)
            duration, fps = _scan(container, video, audio)
            rate = _standard(fps)
            return Facts(
                container=container.format.name,
                duration=round(duration, 3),
                width=width,
                height=height,
                fps=round(float(rate), 3),
                rate=str(rate),
                video_codec=video.codec_context.codec.canonical_name,
                video_index=video.index,
                pixel_format=pixel_format,
                rotation=rotation,
                is_hdr=int(video.codec_context.color_trc or 0) in _HDR_TRANSFERS,
                audio_codec=audio.codec_context.codec.canonical_name if audio else "",
                audio_index=audio.index if audio else None,
            )
    except (av.error.MemoryError, MemoryError):
        raise Refusal(TOO_MANY_STREAMS) from None
    except (av.error.InvalidDataError, av.error.ArgumentError):
        raise Refusal(CUT_SHORT if _looks_like_mp4(path) else NOT_A_VIDEO) from None
    except av.error.FFmpegError:
        raise Refusal(DAMAGED) from None


def _check_beginning(path: str) -> None:
    with Path(path).open("rb") as file:
        head = file.read(4096)
    if not head:
        raise Refusal(EMPTY)
    for offset, magic, sentence in _BEGINNINGS:
        if head[offset:].startswith(magic):
            raise Refusal(sentence)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<script")):
        raise Refusal(WEB_PAGE)
    if text.startswith((b"<mpd", b"<?xml")) and b"<mpd" in text:
        raise Refusal(PLAYLIST)


def _looks_like_mp4(path: str) -> bool:
    with Path(path).open("rb") as file:
        return file.read(8)[4:] in (b"ftyp", b"moov", b"mdat", b"wide", b"free")


def _streams(container: Any) -> tuple[Any, Any]:
    """The video stream that we use, and the audio stream or None."""
    if len(container.streams) >= MAX_STREAMS:
        raise Refusal(TOO_MANY_STREAMS)
    video = next((s for s in container.streams.video if not _is_cover(s)), None)
    if video is None:
        raise Refusal(NO_PICTURE if container.streams.audio else NO_VIDEO)
    audio = next(iter(container.streams.audio), None)
    _check_codec(video, VIDEO_CODECS, sentence=PICTURE_CODEC)
    if audio is not None:
        _check_codec(audio, AUDIO_CODECS, sentence=SOUND_CODEC)
    _check_size(video.codec_context.width, video.codec_context.height)
    return video, audio


def _is_cover(stream: Any) -> bool:
    """For libavformat, cover art and thumbnails are video streams."""
    kinds = av.stream.Disposition
    return bool(stream.disposition & (kinds.attached_pic | kinds.timed_thumbnails))


def _check_codec(stream: Any, accepted: dict[str, str], *, sentence: str) -> None:
    context = stream.codec_context
    name = context.codec.canonical_name if context is not None and context.codec else ""
    if name not in accepted:
        kind = name.upper().replace("_", " ") or _("a way that we don't know")
        raise Refusal(f"{sentence % {'kind': kind}} {AS_MP4}")


def _check_size(width: int, height: int) -> None:
    if not (width and height):
        raise Refusal(DAMAGED)
    size = {"width": width, "height": height}
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise Refusal(TOO_LARGE % size)
    if min(width, height) < MIN_SIDE:
        raise Refusal(f"{TOO_SMALL % size} {AS_MP4}")


def _check_length(seconds: float | None) -> None:
    if seconds and seconds > MAX_SECONDS + 1:
        raise Refusal(TOO_LONG % {"length": _readable(seconds)})


def _readable(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours >= 48 or (hours and not minutes):
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    if seconds < (MAX_SECONDS + 60):
        values = {"minutes": int(seconds // 60), "seconds": int(seconds % 60)}
        return _("%(minutes)d min %(seconds)d s") % values
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


def _first_picture(container: Any, video: Any) -> tuple[int, int, int, str]:
    """Decode one frame: rotation in degrees, width and height as shown, pixel format."""
    context = video.codec_context
    context.thread_count = 1
    context.options = {"max_pixels": str(MAX_PIXELS)}
    try:
        frame = next(_frames(container, video), None)
    except av.error.FFmpegError:
        frame = None
    if frame is None:
        raise Refusal(DAMAGED)
    _check_size(frame.width, frame.height)
    width, height = frame.width, frame.height
    shape = video.sample_aspect_ratio or Fraction(1)
    if Fraction(1, 4) <= shape <= 4:
        width = round(width * shape)
    rotation = round(frame.rotation) % 360
    if rotation % 180 == 90:
        width, height = height, width
    return rotation, width, height, frame.format.name


def _frames(container: Any, video: Any) -> Iterator[Any]:
    """Frames of the first 500 packets. An encrypted packet is refused before it is decoded."""
    errors = 0
    for count, packet in enumerate(container.demux(video)):
        if count > 500:
            return
        if any(side.data_type.startswith("encryption") for side in packet.iter_sidedata()):
            raise Refusal(LOCKED)
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            errors += 1
            if errors > 50:
                return


def _scan(container: Any, video: Any, audio: Any) -> tuple[float, float]:
    """Read all packets without decoding them: the real duration in seconds, and frames per
    second."""
    times: list[float] = []
    ends = {video.index: 0.0}
    for packet in container.demux([stream for stream in (video, audio) if stream]):
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None:
            continue
        stream = packet.stream
        begin = float((stamp - (stream.start_time or 0)) * stream.time_base)
        end = begin + float((packet.duration or 0) * stream.time_base)
        ends[stream.index] = max(ends.get(stream.index, 0.0), end)
        if stream.index == video.index:
            times.append(begin)
        if end > MAX_SECONDS + 1:
            raise Refusal(TOO_LONG_UNKNOWN)
        if len(times) > MAX_SECONDS * MAX_FPS * 1.05:
            raise Refusal(_too_fast(None))
    if len(times) < 2:
        raise Refusal(ONE_PICTURE if times else DAMAGED)
    declared = container.duration / av.time_base if container.duration else 0.0
    if max(ends.values()) < declared * 0.9 - 0.5:
        raise Refusal(CUT_SHORT)
    duration = ends[video.index]
    if duration < MIN_SECONDS:
        raise Refusal(TOO_SHORT)
    times.sort()
    span = times[-1] - times[0]
    mean = (len(times) - 1) / span if span > 0 else MAX_FPS + 1.0
    if mean > MAX_FPS * 1.02:
        raise Refusal(_too_fast(mean))
    gaps = [gap for a, b in itertools.pairwise(times) if (gap := b - a) > 0]
    # If the frame rate varies, the median gap tells the rate of the camera.
    usual = 1 / statistics.median(gaps)
    return duration, max(mean, min(usual, MAX_FPS))


def _too_fast(fps: float | None) -> str:
    if fps and fps < 10_000:
        return TOO_FAST % {"rate": f"{fps:.0f}"}
    return MUCH_TOO_FAST


def _standard(fps: float) -> Fraction:
    """The nearest standard rate if it is within 2 %, else the rate itself; at least 5, so that
    seeking stays fast."""
    nearest = min(_STANDARD_RATES, key=lambda rate: abs(rate - fps))
    if abs(nearest - fps) <= nearest * Fraction(2, 100):
        return nearest
    return max(Fraction(5), Fraction(fps).limit_denominator(1001))


def main(path: str) -> None:
    av.logging.set_level(None)
    try:
        answer: dict[str, Any] = {"facts": asdict(examine(path))}
    except Refusal as refusal:
        answer = {"refused": refusal.sentence}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
