"""Clips that are whole, and unusual: what cameras, phones, browsers and cutting programs make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.library.clips import X264, make

PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=10:duration=2")
SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:duration=2")
AAC = ("-c:a", "aac")
PATCHES = ("c02020", "20a020", "2040c0", "ffff00")
# What nobody may see: it is on in the file's own clock, not in ours.
SUBTITLES = "1\n00:00:00,500 --> 00:00:01,000\nSoon\n\n2\n00:00:28,000 --> 00:00:30,000\nLate\n"

Clip = Callable[[Path], Path]


def _clip(name: str, *argv: str) -> Clip:
    return lambda folder: make(folder / name, *argv)


def long_subtitles(folder: Path) -> Path:
    (folder / "a.srt").write_text(SUBTITLES)
    subtitles = ("-i", str(folder / "a.srt"), "-map", "0", "-map", "1", "-map", "2")
    return make(folder / "a.mkv", *PICTURE, *SOUND, *subtitles, *X264, *AAC)


def empty_sound(folder: Path) -> Path:
    """A track is declared, and all its packets are left out."""
    whole = make(folder / "whole.mkv", *PICTURE, *SOUND, *X264, *AAC)
    return make(
        folder / "a.mkv", "-i", str(whole), "-map", "0", "-c", "copy", "-bsf:a", "noise=drop=1"
    )


def late_picture(folder: Path) -> Path:
    """As a lossless cut leaves it: the sound from the start, the picture from a key frame on."""
    return make(folder / "a.mp4", "-itsoffset", "1", *PICTURE, *SOUND, *X264, *AAC)


def attachments(folder: Path) -> Path:
    (folder / "font.ttf").write_bytes(bytes(100))
    one = ("-attach", str(folder / "font.ttf"))
    kinds = [part for n in range(18) for part in (f"-metadata:s:t:{n}", "mimetype=font/ttf")]
    return make(folder / "a.mkv", *PICTURE, *X264, *(one * 18), *kinds)


def grows(folder: Path) -> Path:
    """A browser's recording of a window that was made larger."""
    parts = []
    for size in ("160x120", "120x214"):
        parts.append(part := folder / f"{size}.webm")
        make(part, *PICTURE[:3], f"testsrc2=size={size}:rate=10:duration=1", "-c:v", "libvpx")
    listed = folder / "list.txt"
    listed.write_text("".join(f"file {part}\n" for part in parts))
    return make(folder / "a.webm", "-f", "concat", "-safe", "0", "-i", str(listed), "-c", "copy")


def not_utf8(folder: Path) -> Path:
    tagged = make(folder / "whole.mkv", *PICTURE, *X264, "-metadata", "title=Caf_ noir")
    target = folder / "a.mkv"
    target.write_bytes(tagged.read_bytes().replace(b"Caf_ noir", b"Caf\xe9 noir"))
    return target


def still_under_a_song(folder: Path) -> Path:
    one = make(folder / "one.mp4", *PICTURE, *X264, "-frames:v", "1")
    song = make(folder / "song.m4a", *SOUND, *AAC)
    return make(folder / "a.mp4", "-i", str(one), "-i", str(song), "-c", "copy")


# name → (what makes it, its length in seconds, whether it has sound)
WHOLE: dict[str, tuple[Clip, float, bool]] = {
    "a clock that starts at 100": (
        _clip("a.mkv", *PICTURE, *SOUND, *X264, *AAC, "-output_ts_offset", "100"),
        2,
        True,
    ),
    "a clock that starts before 0": (
        _clip(
            "a.mp4",
            *(*PICTURE, *X264, "-output_ts_offset", "-0.5", "-avoid_negative_ts", "disabled"),
        ),
        1.5,
        False,
    ),
    "a subtitle track that is longer": (long_subtitles, 2, True),
    "sound that is longer": (
        _clip("a.mp4", *PICTURE, *SOUND[:-1], "sine=duration=3.5", *X264, *AAC),
        3.5,
        True,
    ),
    "sound that begins late": (
        _clip("a.mp4", *PICTURE, "-itsoffset", "1", *SOUND[:-1], "sine=duration=1", *X264, *AAC),
        2,
        True,
    ),
    "a picture that begins late": (late_picture, 3, True),
    "an empty sound track": (empty_sound, 2, False),
    "plain samples": (_clip("a.mov", *PICTURE, *SOUND, *X264, "-c:a", "pcm_s16le"), 2, True),
    "sound that we do not know before sound that we do": (
        _clip(
            "a.mp4",
            *(*PICTURE, *SOUND, *SOUND, "-map", "0", "-map", "1", "-map", "2"),
            *(*X264, "-c:a:0", "ac3", "-c:a:1", "aac"),
        ),
        2,
        True,
    ),
    "18 attachments": (attachments, 2, False),
    "a size that changes": (grows, 2, False),
    "a title in Latin-1": (not_utf8, 2, False),
    "one picture under a song": (still_under_a_song, 2, True),
    "a mirrored picture": (
        lambda folder: make(
            folder / "a.mp4",
            *("-display_hflip", "-i", str(make(folder / "whole.mp4", *PICTURE, *X264))),
            *("-c", "copy"),
        ),
        2,
        False,
    ),
}


def patches(path: Path, *, matrix: str, argv: tuple[str, ...], size: str = "320x180") -> Path:
    """Four patches side by side, in the colours of PATCHES, coded with this matrix."""
    width, height = (int(side) for side in size.split("x"))
    inputs = [f"color=0x{patch}:size={width // 4}x{height}:rate=10:duration=1" for patch in PATCHES]
    sources = [part for one in inputs for part in ("-f", "lavfi", "-i", f"{one},format=gbrp")]
    graph = f"hstack=inputs=4,scale=out_color_matrix={matrix}:flags=accurate_rnd+full_chroma_int"
    return make(path, *sources, "-filter_complex", graph, "-c:v", "libx264", "-qp", "4", *argv)


def hdr_patches(path: Path, *, transfer: str, tags: tuple[str, ...]) -> Path:
    """As `patches`, with white in place of the last one, on an HDR screen on which SDR white has
    203 nits."""
    colours = [*PATCHES[:3], "ffffff"]
    inputs = [f"color=0x{patch}:size=80x180:rate=10:duration=1,format=gbrp" for patch in colours]
    sources = [part for one in inputs for part in ("-f", "lavfi", "-i", one)]
    graph = (
        "hstack=inputs=4,setparams=colorspace=gbr:color_primaries=bt709:color_trc=bt709:range=pc,"
        f"zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt2020:t={transfer}:m=bt2020nc:r=tv:"
        "npl=203,format=yuv420p10le"
    )
    code = ("-c:v", "libx264", "-qp", "4", "-color_trc", transfer)
    return make(path, *sources, "-filter_complex", graph, *code, *tags)
