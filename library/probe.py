"""What is in a file, or why is it refused? Knows no Django: it runs in a child process that is
locked in (library.sandbox).

python -m library.probe FILE     →     {"facts": {…}}   or   {"refused": "A sentence."}
"""

from __future__ import annotations

import itertools
import json
import math
import signal
import statistics
import struct
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av
from av.sidedata.sidedata import Type as SideData

from library import refusals, sandbox
from library.beginnings import check_beginning, is_cut, why_unreadable
from library.colour import Colour, Tags
from library.decision import (
    AUDIO_CODECS,
    VIDEO_CODECS,
    Facts,
    Picture,
    Seen,
    Track,
    decide,
    preferred,
)
from library.refusals import MAX_FPS, MAX_PIXELS, MAX_SECONDS, Refusal
from library.sandbox import Limits

__all__ = ["AUDIO_CODECS", "CONTAINERS", "MAX_STREAMS", "VIDEO_CODECS", "Facts", "Refusal", "probe"]

# The keys are libavformat's names of its demuxers.
CONTAINERS = {"mov,mp4,m4a,3gp,3g2,mj2": "MP4 or MOV", "matroska,webm": "MKV or WebM"}
MAX_STREAMS = 256  # of any kind: what the demuxer opens at all

TIMEOUT = 25  # seconds: shorter than the lease of a job
LIMITS = Limits(cpu=20, memory=2 * 1024**3, file=1024**2, open_files=64)
_TRIES, _ERRORS = 500, 50  # packets after which no first picture or sound is awaited any more


def probe(path: Path | str) -> Facts:
    """Examine a file in a child process that is locked in, for at most TIMEOUT seconds. Raises
    Refusal, and RuntimeError if the child failed for a reason that is not the file."""
    try:
        child = sandbox.run_python("probe", str(path), reads=[path], limits=LIMITS, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise Refusal(refusals.SLOW_TO_READ) from None
    if child.returncode < 0:
        is_slow = -child.returncode in (signal.SIGXCPU, signal.SIGKILL)
        raise Refusal(refusals.SLOW_TO_READ if is_slow else refusals.STOPPED_READER)
    if child.returncode:
        raise RuntimeError(f"The probe failed: {child.stderr[-2000:].decode(errors='replace')}")
    answer = json.loads(child.stdout)
    if "refused" in answer:
        raise Refusal(answer["refused"])
    facts = answer["facts"]
    return Facts(**{**facts, "colour": Colour(**facts["colour"])})


def examine(path: str) -> Facts:
    """What `probe` does, but in this process. Raises Refusal."""
    check_beginning(path)
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": ",".join(CONTAINERS),
        "codec_whitelist": ",".join([*VIDEO_CODECS, "libdav1d", *AUDIO_CODECS, "mp3float"]),
        "max_streams": str(MAX_STREAMS),
        "probesize": "5000000",
        "analyzeduration": "5000000",
    }
    try:
        # Tags may be in any encoding; we read none of them.
        with av.open(f"file:{path}", options=options, metadata_errors="replace") as container:
            return decide(look(container, is_cut=is_cut(path)))
    except (av.error.MemoryError, MemoryError):
        raise Refusal(refusals.TOO_MANY_STREAMS) from None
    except (av.error.InvalidDataError, av.error.ArgumentError):
        raise Refusal(why_unreadable(path)) from None
    except av.error.FFmpegError:
        raise Refusal(refusals.DAMAGED) from None


def look(container: Any, *, is_cut: bool) -> Seen:
    """Read all packets, and of each track decode only as many as give a first picture or sound."""
    looks = {
        stream.index: _Look(stream)
        for stream in (*container.streams.video, *container.streams.audio)
        if not _is_cover(stream)
    }
    seen = Seen(container=container.format.name, is_cut=is_cut)
    seen.declared = container.duration / av.time_base if container.duration else 0.0
    seen.videos = [one.track for one in looks.values() if one.is_video]
    seen.audios = [one.track for one in looks.values() if not one.is_video]
    first = next((t.index for t in preferred(seen.videos) if t.codec in VIDEO_CODECS), None)
    starts, ends = math.inf, 0.0
    for packet in container.demux():
        begin, end = _times(packet)
        one = looks.get(packet.stream.index)
        if begin is not None:
            starts, ends = min(starts, begin), max(ends, end)
        if one:
            one.take(packet, begin, end)
            if one.track.index == first and one.is_beyond_limits:
                break
    seen.starts, seen.ends = min(starts, ends), ends
    for one in looks.values():
        one.close()
    return seen


def _times(packet: Any) -> tuple[float | None, float]:
    stamp = packet.pts if packet.pts is not None else packet.dts
    if stamp is None:
        return None, 0.0
    begin = float(stamp * packet.stream.time_base)
    return begin, begin + float((packet.duration or 0) * packet.stream.time_base)


def _is_cover(stream: Any) -> bool:
    """For libavformat, cover art and thumbnails are video streams."""
    kinds = av.stream.Disposition
    return bool(
        stream.disposition & (kinds.attached_pic | kinds.timed_thumbnails | kinds.still_image)
    )


class _Look:
    """What is seen of one track, packet by packet."""

    def __init__(self, stream: Any) -> None:
        kinds = av.stream.Disposition
        aside = kinds.comment | kinds.hearing_impaired | kinds.visual_impaired | kinds.descriptions
        context = stream.codec_context
        self.stream = stream
        self.is_video = stream.type == "video"
        self.times: list[float] = []
        self.tries = self.errors = 0
        self.track = Track(
            index=stream.index,
            codec=context.codec.canonical_name if context is not None and context.codec else "",
            is_default=bool(stream.disposition & kinds.default),
            is_aside=bool(stream.disposition & (aside | kinds.dependent | kinds.non_diegetic)),
        )
        if stream.duration:
            self.track.declared = float(stream.duration * stream.time_base)
        self.can_decode = self.track.codec in (VIDEO_CODECS if self.is_video else AUDIO_CODECS)
        if self.is_video and context is not None and context.width and context.height:
            # The decoder overwrites what the container says about colours, even with nothing.
            self.track.picture = Picture(
                context.width, context.height, context.pix_fmt or "", tags=_tags(context)
            )
            self.can_decode &= not refusals.size(context.width, context.height)
        if self.can_decode:
            context.thread_count = 1
            if self.is_video:
                context.options = {"max_pixels": str(MAX_PIXELS)}

    @property
    def is_beyond_limits(self) -> bool:
        track = self.track
        too_many = len(self.times) > MAX_SECONDS * MAX_FPS * 1.05
        return too_many or track.end - track.begin > MAX_SECONDS + 1

    def take(self, packet: Any, begin: float | None, end: float) -> None:
        track = self.track
        if self.can_decode and not track.decodes:
            self._decode(packet)
        if begin is None or packet.is_discard:  # an edit list leaves it out
            return
        track.packets += 1
        track.begin, track.end = min(track.begin, begin), max(track.end, end)
        if self.is_video:
            self.times.append(begin)

    def _decode(self, packet: Any) -> None:
        """An encrypted packet is not given to the decoder."""
        if any(side.data_type.startswith("encryption") for side in packet.iter_sidedata()):
            self.track.is_locked, self.can_decode = True, False
            return
        self.tries += 1
        try:
            frame = next(iter(packet.decode()), None)
        except av.error.FFmpegError:
            frame = None
            self.errors += 1
        if frame is not None:
            self.track.decodes = True
            if self.is_video:
                self.track.picture = _picture(frame, self.stream, self.track.picture)
        elif self.tries > _TRIES or self.errors > _ERRORS:
            self.can_decode = False

    def close(self) -> None:
        """Reckon the rates."""
        self.times.sort()
        gaps = [gap for a, b in itertools.pairwise(self.times) if (gap := b - a) > 0]
        if not gaps:
            return
        usual = statistics.median(gaps)
        span = self.times[-1] - self.times[0]
        self.track.mean_rate = (len(self.times) - 1) / span
        self.track.usual_rate = 1 / usual
        if self.track.end <= self.times[-1]:  # the last packet does not say how long it lasts
            self.track.end = self.times[-1] + usual


def _picture(frame: Any, stream: Any, header: Picture | None) -> Picture:
    said = _tags(frame)
    before = header.tags if header else Tags()
    turned = frame.side_data.get(SideData.DISPLAYMATRIX)
    matrix = bytes(turned) if turned is not None else b""
    levels = (SideData.MASTERING_DISPLAY_METADATA, SideData.CONTENT_LIGHT_LEVEL)
    return Picture(
        width=frame.width,
        height=frame.height,
        pixel_format=frame.format.name,
        aspect=float(stream.sample_aspect_ratio or 1),
        matrix=struct.unpack("=9i", matrix[:36]) if len(matrix) >= 36 else (),
        tags=Tags(
            primaries=before.primaries if said.primaries in _UNSAID else said.primaries,
            transfer=before.transfer if said.transfer in _UNSAID else said.transfer,
            matrix=before.matrix if said.matrix == 2 else said.matrix,
            range=said.range or before.range,
            has_light_levels=any(frame.side_data.get(kind) is not None for kind in levels),
        ),
    )


_UNSAID = (0, 2)


def _tags(thing: Any) -> Tags:
    """Of a frame or of a codec's context."""
    return Tags(
        primaries=int(thing.color_primaries),
        transfer=int(thing.color_trc),
        matrix=int(thing.colorspace),
        range=int(thing.color_range),
    )


def main(path: str) -> None:
    av.logging.set_level(None)
    try:
        answer: dict[str, Any] = {"facts": asdict(examine(path))}
    except Refusal as refusal:
        answer = {"refused": refusal.sentence}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
