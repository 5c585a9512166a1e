"""From the request to a file that plays: what is made is looked at, not trusted."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import av
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from PIL import Image, ImageChops, ImageStat

from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Video
from remixer import services
from remixer.catalogue import TEMPLATES
from remixer.models import Render
from tests.factories import make_consent, make_video
from tests.memes import make_meme

pytestmark = pytest.mark.django_db(transaction=True)

TEXTS = {
    template.id: {box.id: box.example or "Hello" for box in template.boxes}
    for template in TEMPLATES.values()
} | {
    "top_bottom": {"top": "Hello", "bottom": "World 🎉"},
    "caption_bar": {"caption": "Nobody: مرحبا"},
}


@pytest.fixture
def video(alice: User) -> Video:
    video = make_video(owner=alice, title="Bars")
    make_consent(video)
    return video


def made(bob: User, video: Video, *, template: str = "top_bottom", **wishes: Any) -> Render:
    return make_meme(bob, video, template=template, **{"captions": TEXTS[template], **wishes})


def path_of(key: str) -> Path:
    return Path(default_storage.path(key))


def frame_of(render: Render) -> Image.Image:
    with av.open(str(path_of(render.file_key))) as container:
        image: Image.Image = next(container.decode(video=0)).to_image()  # type: ignore[no-untyped-call]
    return image


def share_of(image: Image.Image, colour: tuple[int, int, int], *, near: int = 40) -> float:
    """How much of the picture has about this colour."""
    bands = image.convert("RGB").split()
    close = [
        band.point([255 * (abs(value - wanted) <= near) for value in range(256)])
        for band, wanted in zip(bands, colour, strict=True)
    ]
    everywhere = ImageChops.darker(ImageChops.darker(close[0], close[1]), close[2])
    return everywhere.histogram()[255] / (image.width * image.height)


@pytest.mark.parametrize("template", TEXTS)
def test_every_template_gives_a_file_that_plays(bob: User, video: Video, template: str) -> None:
    render = made(bob, video, template=template)

    assert (render.state, render.problem) == (State.DONE, "")
    with av.open(str(path_of(services.file_of(render)))) as container:
        kinds = [(stream.type, stream.codec_context.name) for stream in container.streams]
        picture = container.streams.video[0]
        assert kinds == [("video", "h264"), ("audio", "aac")]
        assert picture.pix_fmt == "yuv420p"
        assert (picture.width, picture.height) == (render.width, render.height)
        assert (container.duration or 0) / av.time_base == pytest.approx(1.0, abs=0.1)
        assert len(list(container.decode(picture))) == pytest.approx(25, abs=2)
    assert render.duration_ms == pytest.approx(1000, abs=100)
    assert render.size == path_of(render.file_key).stat().st_size
    assert Image.open(path_of(services.poster_of(render))).size == (render.width, render.height)
    thumb = path_of(services.thumb_of(render))
    assert max(Image.open(thumb).size) == 320
    assert thumb.stat().st_size < 20_000


def test_the_text_is_where_the_template_puts_it(bob: User, video: Video) -> None:
    plain = made(bob, video, captions={"bottom": "."})
    render = made(bob, video, captions={"top": "HHHHHH"})

    top = (0, 0, 1280, 240)
    white = share_of(frame_of(render).crop(top), (255, 255, 255))
    before = share_of(frame_of(plain).crop(top), (255, 255, 255))
    assert white > before + 0.04


def test_the_bar_lies_above_the_picture_and_the_picture_is_whole(bob: User, video: Video) -> None:
    render = made(bob, video, template="caption_bar", captions={"caption": "Hi"})

    assert (render.width, render.height) == (1280, 720 + 172)
    bar = frame_of(render).crop((0, 0, 1280, 170))
    assert 0.8 < share_of(bar, (255, 255, 255)) < 1.0
    assert share_of(frame_of(render).crop((0, 176, 1280, 892)), (255, 255, 255)) < 0.3


def test_the_preview_is_the_picture_that_the_render_shows(bob: User, video: Video) -> None:
    render = made(bob, video, captions={"top": "Same", "bottom": "picture"})

    data = services.preview_image(
        video, asker=bob, template="top_bottom", captions=render.captions, start=0.5
    )

    preview, result = Image.open(BytesIO(data)), frame_of(render)
    assert preview.size == result.size
    difference = ImageChops.difference(preview.convert("L"), result.convert("L"))
    assert ImageStat.Stat(difference).mean[0] < 6


def test_a_video_without_sound_gives_a_meme_without_sound(bob: User, alice: User) -> None:
    video = make_video(owner=alice, has_audio=False)
    make_consent(video)

    render = made(bob, video)

    with av.open(str(path_of(render.file_key))) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_nothing_is_left_in_the_work_folder(bob: User, video: Video) -> None:
    render = made(bob, video)

    assert not list((settings.WORK_DIR / "jobs").glob(f"{render.uuid}*"))
