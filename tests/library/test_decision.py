"""What is decided about a file, from what the probe saw. No file, no ffmpeg, no database."""

from __future__ import annotations

from typing import Any

import pytest

from library import colour, refusals
from library.colour import BT709, BT2020, HLG, PQ, SMPTE170M, Tags
from library.decision import Picture, Seen, Track, decide
from library.refusals import Refusal

FILM = Picture(320, 240, "yuv420p")


def picture(index: int = 0, begin: float = 0.0, end: float = 4.0, **fields: Any) -> Track:
    values: dict[str, Any] = {"codec": "h264", "packets": 100, "decodes": True, "picture": FILM}
    values |= {"mean_rate": 25.0, "usual_rate": 25.0, **fields}
    return Track(index, begin=begin, end=end, **values)


def sound(index: int = 1, begin: float = 0.0, end: float = 4.0, **fields: Any) -> Track:
    values = {"codec": "aac", "packets": 100, "decodes": True, **fields}
    return Track(index, begin=begin, end=end, **values)


def empty(index: int, codec: str) -> Track:
    return Track(index, codec=codec, is_default=True)


def seen(*tracks: Track, **fields: Any) -> Seen:
    videos = [track for track in tracks if track.picture or track.codec in ("h264", "mjpeg")]
    values: dict[str, Any] = {"declared": 4.0, "ends": 4.0, **fields}
    return Seen("mp4", videos=videos, audios=[one for one in tracks if one not in videos], **values)


def why(*tracks: Track, **fields: Any) -> str:
    with pytest.raises(Refusal) as refused:
        decide(seen(*tracks, **fields))
    return refused.value.sentence


@pytest.mark.parametrize(
    ("tracks", "begin", "duration", "hold"),
    [
        ([picture()], 0, 4, 0),
        ([picture(begin=100, end=104), sound(begin=99.98, end=104.01)], 100, 4, 0),
        ([picture(begin=4, end=6), sound(end=6)], 0, 6, 0),
        ([picture(), sound(begin=1)], 0, 4, 0),
        ([picture(), sound(end=6.5)], 0, 6.5, 2.5),
        ([picture(), sound(end=2)], 0, 4, 0),
        ([picture(begin=-0.5, end=3.5)], -0.5, 4, 0),
        ([picture(), sound(), sound(2, end=900)], 0, 4, 0),
    ],
)
def test_it_lasts_from_the_first_to_the_last_of_picture_and_sound(
    tracks: list[Track], begin: float, duration: float, hold: float
) -> None:
    facts = decide(seen(*tracks))

    assert (facts.begin, facts.duration, facts.hold) == (begin, duration, hold)


def test_what_is_longer_and_not_taken_says_nothing_about_the_length() -> None:
    """A subtitle track that ends at 30 seconds, in a file that lost nothing."""
    assert decide(seen(picture(), declared=30.0, ends=30.0)).duration == 4


@pytest.mark.parametrize(
    ("tracks", "video", "audio"),
    [
        ([picture(), sound(codec=""), sound(2)], 0, 2),
        ([picture(), sound(), sound(2, codec="")], 0, 1),
        ([picture(), empty(1, "aac")], 0, None),
        ([picture(), empty(1, "ac3"), sound(2)], 0, 2),
        ([picture(), sound(decodes=False), sound(2)], 0, 2),
        ([picture(), sound(), sound(2, is_default=True)], 0, 2),
        ([picture(), sound(is_aside=True), sound(2)], 0, 2),
        ([picture(), picture(1, is_default=True)], 1, None),
        ([picture(0, packets=1), picture(1)], 1, None),
        ([picture(0, codec="mjpeg"), picture(1)], 1, None),
        ([empty(0, "h264"), picture(1)], 1, None),
    ],
)
def test_the_first_track_that_plays_is_taken(
    tracks: list[Track], video: int, audio: int | None
) -> None:
    facts = decide(seen(*tracks))

    assert (facts.video_index, facts.audio_index) == (video, audio)


@pytest.mark.parametrize(
    ("tracks", "sentence"),
    [
        ([sound()], refusals.NO_PICTURE),
        ([], refusals.NO_VIDEO),
        ([picture(codec="mjpeg")], refusals.picture_codec("mjpeg")),
        ([empty(0, "h264")], refusals.PICTURE_EMPTY),
        ([picture(decodes=False)], refusals.PICTURE_DAMAGED),
        ([picture(decodes=False, is_locked=True)], refusals.LOCKED),
        ([picture(), sound(codec="ac3")], refusals.sound_codec("ac3")),
        ([picture(), sound(codec="")], refusals.sound_codec("")),
        ([picture(), sound(decodes=False)], refusals.SOUND_DAMAGED),
        ([picture(), sound(decodes=False, is_locked=True)], refusals.SOUND_LOCKED),
        ([picture(), *(sound(n) for n in range(1, 16))], refusals.TOO_MANY_TRACKS),
        ([picture(packets=1, end=0.04)], refusals.ONE_PICTURE),
        ([picture(end=0.1)], refusals.TOO_SHORT),
        ([picture(mean_rate=0)], refusals.NO_TIMES),
        ([picture(mean_rate=240)], refusals.too_fast(240)),
        ([picture(end=700, declared=700)], refusals.too_long(700)),
        ([picture(end=700)], refusals.MUCH_TOO_LONG),
        ([picture(), sound(end=700)], refusals.SOUND_TOO_LONG % {"length": "12 minutes"}),
    ],
)
def test_each_cause_has_its_own_sentence(tracks: list[Track], sentence: str) -> None:
    assert why(*tracks) == sentence


def test_what_is_wrong_with_the_sound_is_said_of_the_sound() -> None:
    for track in (sound(codec="ac3"), sound(codec=""), sound(decodes=False)):
        sentence = why(picture(), track)
        assert "sound" in sentence
        assert "H.264" not in sentence


def test_a_file_that_lost_its_end_is_refused_and_one_that_lost_a_moment_is_not() -> None:
    assert why(picture(end=2), is_cut=True, declared=4.0, ends=2.0) == refusals.CUT_SHORT
    assert decide(seen(picture(end=3.9), is_cut=True, ends=3.9)).duration == 3.9


def test_one_picture_under_a_song_is_a_video() -> None:
    facts = decide(seen(picture(packets=1, end=0.04, mean_rate=0, usual_rate=0), sound()))

    assert (facts.duration, facts.hold, facts.rate) == (4, 3.96, "10")


@pytest.mark.parametrize("transfer", [PQ, HLG])
@pytest.mark.parametrize("tags", [Tags(), Tags(primaries=BT2020), Tags(matrix=BT2020)])
def test_hdr_is_bt_2020_where_its_file_names_no_more(transfer: int, tags: Tags) -> None:
    said = Tags(primaries=tags.primaries, matrix=tags.matrix, transfer=transfer)

    made = colour.decide(said, width=320, height=240, pixel_format="yuv420p10le")

    assert (made.primaries, made.matrix, made.is_hdr) == (BT2020, BT2020, True)


@pytest.mark.parametrize(
    ("tags", "size", "pixels", "matrix", "is_full"),
    [
        (Tags(), (320, 240), "yuv420p", SMPTE170M, False),
        (Tags(), (1280, 720), "yuv420p", BT709, False),
        (Tags(), (720, 1280), "yuv420p", BT709, False),
        (Tags(matrix=BT709), (320, 240), "yuv420p", BT709, False),
        (Tags(matrix=SMPTE170M), (1280, 720), "yuv420p", SMPTE170M, False),
        (Tags(), (320, 240), "yuvj420p", SMPTE170M, True),
        (Tags(range=2), (320, 240), "yuv420p", SMPTE170M, True),
        (Tags(matrix=3, primaries=0, transfer=77), (320, 240), "yuv420p", SMPTE170M, False),
        (Tags(), (320, 240), "gbrp", colour.RGB, True),
    ],
)
def test_what_is_not_said_about_colours_is_what_everybody_takes_for_granted(
    tags: Tags, size: tuple[int, int], pixels: str, matrix: int, is_full: bool
) -> None:
    made = colour.decide(tags, width=size[0], height=size[1], pixel_format=pixels)

    assert (made.matrix, made.is_full_range, made.is_plain) == (matrix, is_full, True)


def test_light_levels_tell_hdr_that_does_not_name_its_curve() -> None:
    tags = Tags(primaries=BT2020, has_light_levels=True)

    assert colour.decide(tags, width=640, height=360, pixel_format="yuv420p10le").transfer == PQ


@pytest.mark.parametrize(
    ("matrix", "turns", "size"),
    [
        ((65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30), [], (320, 240)),
        ((0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30), [["transpose", "clock"]], (240, 320)),
        ((0, -65536, 0, 65536, 0, 0, 0, 0, 1 << 30), [["transpose", "cclock"]], (240, 320)),
        ((-65536, 0, 0, 0, -65536, 0, 0, 0, 1 << 30), [["hflip"], ["vflip"]], (320, 240)),
        ((-65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30), [["hflip"]], (320, 240)),
        ((0, 0, 0, 0, 0, 0, 0, 0, 0), [], (320, 240)),
    ],
)
def test_a_picture_is_put_upright_as_its_file_says(
    matrix: tuple[int, ...], turns: list[list[str]], size: tuple[int, int]
) -> None:
    facts = decide(seen(picture(picture=Picture(320, 240, "yuv420p", matrix=matrix))))

    assert ([*facts.turns], (facts.width, facts.height)) == (turns, size)
