"""Files that ffmpeg makes for tests: good ones, odd ones, and bad ones."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from library.ffmpeg import binary

BARS = "testsrc2=size=320x180:rate=25:duration=2"
TONE = "sine=frequency=440:duration=2"
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def make(path: Path, *argv: str) -> Path:
    subprocess.run(
        [binary(), "-nostdin", "-v", "error", "-y", *argv, str(path)], check=True, timeout=60
    )
    return path


def bars(path: Path, *argv: str, picture: str = BARS, sound: str = "") -> Path:
    inputs = ["-f", "lavfi", "-i", picture]
    if sound:
        inputs += ["-f", "lavfi", "-i", sound, "-c:a", "aac"]
    return make(path, *inputs, *(argv or X264))


def good(path: Path) -> Path:
    return bars(path, sound=TONE)


def truncated(path: Path) -> Path:
    """The index is there, the second half of the pictures is not."""
    whole = bars(path.with_stem("whole"), *X264, "-movflags", "+faststart")
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    return path


def headless(path: Path) -> Path:
    """The index, at the end, was lost with it."""
    whole = good(path.with_stem("whole"))
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    return path


def encrypted(path: Path) -> Path:
    key, kid = "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"
    locked = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", key)
    return bars(path, *X264, *locked, "-encryption_kid", kid)


def thousand_streams(path: Path) -> Path:
    source = bars(path.with_stem("one"), *X264, "-frames:v", "2")
    return make(path, "-i", str(source), *(["-map", "0:v"] * 1000), "-c", "copy")


def huge(path: Path) -> Path:
    picture = "color=size=8192x8192:rate=2:duration=1"
    return bars(path, *X264, picture=picture)


def ten_hours(path: Path) -> Path:
    return bars(path, *X264, picture="color=size=64x64:rate=1:duration=36000")


def _text(text: str) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_text(text)
        return path

    return write


def hls(neighbour: Path) -> Callable[[Path], Path]:
    return _text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{neighbour}\n#EXT-X-ENDLIST\n")


def dash(neighbour: Path) -> Callable[[Path], Path]:
    return _text(
        '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT2S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">'
        '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1">'
        f"<BaseURL>{neighbour}</BaseURL></Representation></AdaptationSet></Period></MPD>\n"
    )


def ffconcat(neighbour: Path) -> Callable[[Path], Path]:
    return _text(f"ffconcat version 1.0\nfile '{neighbour}'\n")


SDP = _text(
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\n"
)
HTML = _text("<!DOCTYPE html>\n<html><head><title>404</title></head><body>No</body></html>\n")
