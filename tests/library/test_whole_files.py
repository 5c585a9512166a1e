"""Files that are whole are taken, through every door, and nothing of them is spoiled."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client
from PIL import Image
from rest_framework.test import APIClient

from creatorhub.models import User
from library import ffmpeg
from library.models import Video
from library.probe import probe
from library.still import still
from remixer import recipe
from remixer.catalogue import TEMPLATES
from tests.library.conftest import bring, ingested
from tests.library.whole import PATCHES, WHOLE, hdr_patches, patches

pytestmark = [pytest.mark.django_db, pytest.mark.once]

Colour = tuple[int, ...]


def file_of(key: str) -> Path:
    return Path(django_settings.MEDIA_ROOT, key)


def heard(path: Path, start: float, end: float) -> bool:
    """Is there a sound in this part?"""
    argv = [ffmpeg.binary(), "-nostdin", "-hide_banner", "-ss", str(start), "-t", str(end - start)]
    argv += ["-i", str(path), "-vn", "-af", "volumedetect", "-f", "null", "-"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stderr
    found = re.search(r"mean_volume: (-?[\d.]+) dB", said)
    return bool(found) and float(found[1]) > -50  # type: ignore[index]


def colours(image: Image.Image, count: int = 4) -> list[Colour]:
    """Of patches side by side, in their middle."""
    width, height = image.size
    places = [(int((n + 0.5) * width / count), height // 2) for n in range(count)]
    return [tuple(image.getpixel(place)) for place in places]  # type: ignore[arg-type]


def frame(path: Path, *, at: float = 0) -> Image.Image:
    seen = still(path, at=at)
    return Image.frombytes("RGB", (seen.width, seen.height), seen.pixels)


def rgb(patch: str) -> Colour:
    return tuple(bytes.fromhex(patch))


def near(one: Colour, other: Colour, *, within: int) -> bool:
    return all(abs(a - b) <= within for a, b in zip(one, other, strict=True))


def meme_of(video: Video, folder: Path, *, start: float, length: float) -> Path:
    """As a worker makes it, without texts."""
    template = TEMPLATES["top_bottom"]
    size = {"width": video.width, "height": video.height}
    canvas = recipe.canvas_for(template, **size)
    Image.new("RGBA", canvas.size).save(folder / "overlay.png")
    (made := folder / "meme").mkdir()
    facts = recipe.Facts(**size, duration=video.duration, has_audio=video.has_audio)
    source, overlay, output = file_of(video.mezzanine_key), folder / "overlay.png", made / "a.mp4"
    argv = recipe.argv_for(
        template,
        facts,
        source=str(source),
        overlay=str(overlay),
        output=str(output),
        start=start,
        length=length,
    )
    ffmpeg.run(argv, folder=made, reads=[source, overlay], timeout=60, quiet_timeout=60)
    return output


@pytest.mark.parametrize("case", WHOLE)
def test_a_whole_file_is_taken_through_every_door(
    alice: User,
    client_of: Callable[[User], Client],
    api_of: Callable[[User], APIClient],
    tmp_path: Path,
    case: str,
) -> None:
    make, seconds, has_sound = WHOLE[case]
    (parts := tmp_path / "parts").mkdir()
    (folder := tmp_path / "import").mkdir()
    path = make(parts)
    (folder / path.name).write_bytes(path.read_bytes())

    with path.open("rb") as file:
        page = client_of(alice).post("/upload/", {"file": file, "title": "Page", "collection": ""})
    with path.open("rb") as file:
        api = api_of(alice).post("/api/v1/videos/", {"file": file, "title": "API"})
    call_command("import_videos", folder, creator="alice", stdout=(out := StringIO()))

    assert (page.status_code, api.status_code) == (303, 201)
    assert "1 taken for alice, 0 there already, 0 refused." in out.getvalue()
    for brought in Video.objects.order_by("pk"):
        video = ingested(brought)
        assert (video.status, video.problem) == ("ready", "")
        assert video.duration == pytest.approx(seconds, abs=0.11)
        assert video.has_audio is has_sound
    mezzanine = file_of(video.mezzanine_key)
    facts = probe(mezzanine)
    assert (facts.begin, facts.hold, facts.colour.matrix) == (0, 0, 1)
    if has_sound and "late" not in case:
        assert heard(mezzanine, 0, video.duration / 2)
        assert heard(mezzanine, video.duration / 2, video.duration)


def test_a_meme_of_any_part_has_sound_where_the_picture_began_late(
    alice: User, tmp_path: Path
) -> None:
    video = ingested(bring(WHOLE["a picture that begins late"][0](tmp_path), alice))

    meme = meme_of(video, tmp_path, start=1.5, length=1.0)

    assert heard(file_of(video.mezzanine_key), 0, 1)
    assert heard(meme, 0, 1)


def test_sound_that_begins_late_stays_in_time(alice: User, tmp_path: Path) -> None:
    path = file_of(
        ingested(bring(WHOLE["sound that begins late"][0](tmp_path), alice)).mezzanine_key
    )

    assert not heard(path, 0, 0.9)
    assert heard(path, 1.1, 1.9)


def test_a_picture_that_changes_its_size_is_not_squeezed(alice: User, tmp_path: Path) -> None:
    video = ingested(bring(WHOLE["a size that changes"][0](tmp_path), alice))

    later = frame(file_of(video.mezzanine_key), at=1.5)

    assert later.size == (160, 120)
    left, _, _, right = colours(later)
    assert near(left, (0, 0, 0), within=4)
    assert near(right, (0, 0, 0), within=4)
    assert not near(tuple(later.getpixel((80, 110))), (0, 0, 0), within=40)  # type: ignore[arg-type]


CODED: dict[str, tuple[str, tuple[str, ...], str]] = {
    "BT.709, named": ("bt709", ("-pix_fmt", "yuv420p", "-colorspace", "bt709"), "1280x720"),
    "BT.709, not named": ("bt709", ("-pix_fmt", "yuv420p", "-colorspace", "unknown"), "1280x720"),
    "BT.601, named": ("bt601", ("-pix_fmt", "yuv420p", "-colorspace", "smpte170m"), "320x180"),
    "BT.601, not named": ("bt601", ("-pix_fmt", "yuv420p", "-colorspace", "unknown"), "320x180"),
    "full range": ("bt601", ("-pix_fmt", "yuvj420p", "-color_range", "pc"), "320x180"),
    "10 bits": ("bt709", ("-pix_fmt", "yuv420p10le", "-colorspace", "bt709"), "320x180"),
}


@pytest.mark.parametrize("case", CODED)
def test_colours_are_the_same_in_video_poster_and_meme(
    alice: User, tmp_path: Path, case: str
) -> None:
    matrix, argv, size = CODED[case]
    source = patches(tmp_path / "a.mp4", matrix=matrix, argv=argv, size=size)

    video = ingested(bring(source, alice))

    meme = meme_of(video, tmp_path, start=0, length=0.5)
    with Image.open(file_of(video.poster_key)) as poster:
        pictures = [poster.convert("RGB"), frame(file_of(video.mezzanine_key)), frame(meme)]
    for picture in pictures:
        for seen, patch in zip(colours(picture), PATCHES, strict=True):
            assert near(seen, rgb(patch), within=3), (picture.size, seen, patch)


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
@pytest.mark.parametrize(
    "tags",
    [
        ("-color_primaries", "bt2020", "-colorspace", "bt2020nc"),
        ("-color_primaries", "unknown", "-colorspace", "unknown"),
    ],
)
def test_hdr_is_as_bright_as_its_makers_saw_it(
    alice: User, tmp_path: Path, transfer: str, tags: tuple[str, ...]
) -> None:
    source = hdr_patches(tmp_path / "a.mp4", transfer=transfer, tags=tags)

    video = ingested(bring(source, alice))

    with Image.open(file_of(video.poster_key)) as poster:
        for picture in (poster.convert("RGB"), frame(file_of(video.mezzanine_key))):
            *inner, white = colours(picture)
            assert min(white) >= 227, white
            for seen, patch in zip(inner, PATCHES, strict=False):
                assert near(seen, rgb(patch), within=14), (seen, patch)
    assert not probe(file_of(video.mezzanine_key)).is_hdr
