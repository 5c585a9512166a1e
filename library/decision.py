"""What is done with a file? One pure function from what the probe saw to a decision, or a refusal.

Which picture and which sound are taken, when they begin and end, which way up and which colours
they are: all of it is decided here, once. What builds ffmpeg's arguments only reads the answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from library import colour, refusals
from library.colour import Colour, Tags
from library.refusals import MAX_FPS, MAX_SECONDS, MAX_TRACKS, MIN_SECONDS, Refusal

VIDEO_CODECS = {
    "h264": "H.264",
    "hevc": "H.265",
    "vp8": "VP8",
    "vp9": "VP9",
    "av1": "AV1",
    "mpeg4": "MPEG-4",
}
AUDIO_CODECS = {"aac": "AAC", "opus": "Opus", "vorbis": "Vorbis", "mp3": "MP3", "flac": "FLAC"}
# Cameras write plain samples.
AUDIO_CODECS |= {f"pcm_{kind}": "PCM" for kind in ("u8", "s16le", "s16be", "s24le", "s24be")}
AUDIO_CODECS |= {f"pcm_{kind}": "PCM" for kind in ("s32le", "s32be", "f32le", "f32be", "f64le")}

# Seconds by which sound may begin before the picture or end after it without counting: coders fill
# whole blocks, and cameras start and stop their parts one after the other.
OVERHANG = 0.15
STILL_RATE = 10.0  # frames a second of one picture under a sound
_STANDARD_RATES = [Fraction(n, 1001) for n in (24000, 30000, 60000)]
_STANDARD_RATES += [Fraction(n) for n in (10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 120)]


@dataclass(frozen=True, slots=True)
class Picture:
    """The first picture of a track; before one is decoded, what its header says.

    `matrix`: the nine numbers of its display matrix, or none. `aspect`: the width of a pixel by its
    height.
    """

    width: int
    height: int
    pixel_format: str
    aspect: float = 1.0
    matrix: Sequence[int] = ()
    tags: Tags = field(default_factory=Tags)


@dataclass(slots=True)
class Track:
    """What the probe saw of a picture or sound track. Times are in seconds of the file's clock.

    is_aside: a comment, a version for the blind or the deaf, or a part of another track.
    decodes: a first picture, or a first piece of sound, came out of it.
    mean_rate, usual_rate: pictures a second over all, and by the median gap; 0 if not known.
    """

    index: int
    codec: str = ""
    is_default: bool = False
    is_aside: bool = False
    packets: int = 0
    begin: float = math.inf
    end: float = -math.inf
    declared: float = 0.0
    is_locked: bool = False
    decodes: bool = False
    picture: Picture | None = None
    mean_rate: float = 0.0
    usual_rate: float = 0.0

    @property
    def is_present(self) -> bool:
        return self.packets > 0 and self.end >= self.begin


@dataclass(slots=True)
class Seen:
    """What the probe saw of a file. Cover art is no track of pictures here.

    declared: the length that the container names, 0 if none. starts, ends: when the first and the
    last of all its packets is shown, subtitles included. is_cut: bytes are missing at its end.
    """

    container: str
    declared: float = 0.0
    starts: float = 0.0
    ends: float = 0.0
    is_cut: bool = False
    videos: list[Track] = field(default_factory=list)
    audios: list[Track] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is decided about a file that is accepted.

    `width` and `height` are those of the shown picture: upright, with square pixels; `coded_width`
    and `coded_height` those of its frames. `duration` is in seconds and comes from the packets.
    `begin` is the moment of the file's clock that becomes 0, and `read` how many seconds after the
    file's first packet nothing more is needed. `hold`: for so long the sound goes on after the
    picture has ended, in seconds. `rate` is `fps` as a fraction, like "30000/1001".
    `turns` are the filters that put the picture upright, with their arguments.
    """

    container: str
    begin: float
    duration: float
    read: float
    hold: float
    width: int
    height: int
    coded_width: int
    coded_height: int
    fps: float
    rate: str
    video_codec: str
    video_index: int
    pixel_format: str
    rotation: int
    turns: Sequence[Sequence[str]]
    colour: Colour
    audio_codec: str
    audio_index: int | None

    @property
    def has_audio(self) -> bool:
        return self.audio_index is not None

    @property
    def is_hdr(self) -> bool:
        return self.colour.is_hdr


def decide(seen: Seen) -> Facts:
    """Raises Refusal."""
    if len(seen.videos) + len(seen.audios) >= MAX_TRACKS:
        raise Refusal(refusals.TOO_MANY_TRACKS)
    video = _video(seen)
    audio = _audio(seen)
    picture = video.picture
    if picture is None:
        raise Refusal(refusals.PICTURE_DAMAGED)
    if sentence := refusals.size(picture.width, picture.height):
        raise Refusal(sentence)
    _check_whole(seen)
    begin, end = _span(video, audio)
    _check_length(video, end - begin)
    rotation, turns = _upright(picture.matrix)
    width, height = _shown_size(picture, is_turned=rotation % 180 == 90)
    rate = _rate(video)
    return Facts(
        container=seen.container,
        begin=round(begin, 6),
        duration=round(end - begin, 3),
        read=round(max(end - seen.starts, end - begin), 3),
        hold=round(end - video.end, 3),
        width=width,
        height=height,
        coded_width=picture.width,
        coded_height=picture.height,
        fps=round(float(rate), 3),
        rate=str(rate),
        video_codec=video.codec,
        video_index=video.index,
        pixel_format=picture.pixel_format,
        rotation=rotation,
        turns=turns,
        colour=colour.decide(
            picture.tags,
            width=picture.width,
            height=picture.height,
            pixel_format=picture.pixel_format,
        ),
        audio_codec=audio.codec if audio else "",
        audio_index=audio.index if audio else None,
    )


def preferred(tracks: Sequence[Track]) -> list[Track]:
    """As a player chooses: what the file marks as default, then what is no side track, then the
    first."""
    return sorted(tracks, key=lambda track: (not track.is_default, track.is_aside, track.index))


def _video(seen: Seen) -> Track:
    """The first track of the preferred order that plays; a moving picture before a still one."""
    tracks = preferred(seen.videos)
    if not tracks:
        raise Refusal(refusals.NO_PICTURE if seen.audios else refusals.NO_VIDEO)
    usable = [one for one in tracks if one.codec in VIDEO_CODECS and one.is_present and one.decodes]
    if usable:
        return next((one for one in usable if one.packets > 1), usable[0])
    present = [one for one in tracks if one.is_present]
    if not present and seen.is_cut:
        raise Refusal(refusals.CUT_SHORT)
    raise Refusal(
        _why_not(
            (present or tracks)[0],
            taken=VIDEO_CODECS,
            codec=refusals.picture_codec,
            locked=refusals.LOCKED,
            empty=refusals.PICTURE_EMPTY,
            damaged=refusals.PICTURE_DAMAGED,
        )
    )


def _audio(seen: Seen) -> Track | None:
    """The sound, or None if there is none: a track that is declared and empty is none."""
    present = [track for track in preferred(seen.audios) if track.is_present]
    usable = [one for one in present if one.codec in AUDIO_CODECS and one.decodes]
    if usable or not present:
        return next(iter(usable), None)
    raise Refusal(
        _why_not(
            present[0],
            taken=AUDIO_CODECS,
            codec=refusals.sound_codec,
            locked=refusals.SOUND_LOCKED,
            empty="",
            damaged=refusals.SOUND_DAMAGED,
        )
    )


def _why_not(
    track: Track,
    *,
    taken: dict[str, str],
    codec: Callable[[str], str],
    locked: str,
    empty: str,
    damaged: str,
) -> str:
    if track.is_locked:
        return locked
    if track.codec not in taken:
        return codec(track.codec)
    if track.picture and (sentence := refusals.size(track.picture.width, track.picture.height)):
        return sentence
    return damaged if track.packets else empty


def _check_whole(seen: Seen) -> None:
    """A file that has lost a few bytes at its end plays as well as before."""
    shown = seen.ends - seen.starts
    # Some programs count from 0 on the file's clock, others from its first packet.
    expected = seen.declared - seen.starts if seen.declared > seen.starts else seen.declared
    if seen.is_cut and shown < expected * 0.9 - 0.5:
        raise Refusal(refusals.CUT_SHORT)


def _span(video: Track, audio: Track | None) -> tuple[float, float]:
    """From the first to the last moment of picture and sound."""
    begin, end = video.begin, video.end
    if audio and audio.begin < begin - OVERHANG:
        begin = audio.begin
    if audio and audio.end > end + OVERHANG:
        end = audio.end
    return begin, end


def _check_length(video: Track, duration: float) -> None:
    length = video.end - video.begin
    if length > MAX_SECONDS + 1:
        told = max(video.declared, length)
        is_told = video.declared > MAX_SECONDS + 1
        raise Refusal(refusals.too_long(told) if is_told else refusals.MUCH_TOO_LONG)
    if duration > MAX_SECONDS + 1:
        raise Refusal(refusals.SOUND_TOO_LONG % {"length": refusals.readable(duration)})
    if video.packets == 1 and duration <= length + OVERHANG:
        raise Refusal(refusals.ONE_PICTURE)
    if duration < MIN_SECONDS:
        raise Refusal(refusals.TOO_SHORT)
    if video.packets > 1 and not (0 < video.mean_rate <= MAX_FPS * 1.02):
        raise Refusal(refusals.too_fast(video.mean_rate) if video.mean_rate else refusals.NO_TIMES)


def _rate(video: Track) -> Fraction:
    """The nearest standard rate if it is within 2 %, else the rate itself; at least 5, so that
    seeking stays fast. If the rate varies, the median gap tells the rate of the camera."""
    fps = max(video.mean_rate, min(video.usual_rate, MAX_FPS)) or STILL_RATE
    nearest = min(_STANDARD_RATES, key=lambda rate: abs(rate - fps))
    if abs(nearest - fps) <= nearest * Fraction(2, 100):
        return nearest
    return max(Fraction(5), Fraction(fps).limit_denominator(1001))


def _shown_size(picture: Picture, *, is_turned: bool) -> tuple[int, int]:
    width, height = picture.width, picture.height
    if 0.25 <= picture.aspect <= 4:
        width = round(width * picture.aspect)
    return (height, width) if is_turned else (width, height)


def _upright(matrix: Sequence[int]) -> tuple[int, list[list[str]]]:
    """The rotation in degrees, counter-clockwise as files tell it, and the filters that undo it.
    A matrix can mirror the picture too, as the front camera of a phone does."""
    if len(matrix) != 9:
        return 0, []
    a, b, c, d = matrix[0], matrix[1], matrix[3], matrix[4]
    across, down = math.hypot(a, c), math.hypot(b, d)
    if not (across and down):
        return 0, []
    clockwise = round(math.degrees(math.atan2(b / down, a / across)) / 90) * 90 % 360
    if clockwise == 90:
        turns = [["transpose", "cclock_flip" if c > 0 else "clock"]]
    elif clockwise == 270:
        turns = [["transpose", "clock_flip" if c < 0 else "cclock"]]
    else:
        turns = [["hflip"]] if a < 0 else []
        turns += [["vflip"]] if d < 0 else []
    return -clockwise % 360, turns
