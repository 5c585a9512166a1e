"""What others choose a cut from: small, marked, and never the video itself."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image, ImageChops, ImageStat

from consent import services as consent
from creatorhub.actors import Actor
from creatorhub.jobs import State
from creatorhub.models import User
from library import proxies, services
from library.models import Proxy, Video
from library.still import still
from operations import fsck
from remixer import services as remixer
from tests.acts import turn_off
from tests.conftest import ClientOf
from tests.factories import make_consent, make_video

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def video(alice: User) -> Video:
    """Allowed, and as it was before there were proxies."""
    video = make_video(owner=alice)
    default_storage.delete(services.proxy_of(video))
    Proxy.objects.filter(video=video).delete()
    make_consent(video)
    return video


def made(video: Video) -> Proxy:
    services.proxy_of(video)
    services.run_proxy(Proxy.objects.get(video=video).pk)
    return Proxy.objects.get(video=video)


def picture(key: str) -> Image.Image:
    first = still(Path(django_settings.MEDIA_ROOT) / key, at=0)
    return Image.frombytes("RGB", (first.width, first.height), first.pixels)


def test_it_is_asked_for_once_and_made_by_a_worker(video: Video) -> None:
    first, second = services.proxy_of(video), services.proxy_of(video)

    proxy = made(video)

    assert (first, second) == ("", "")
    assert (proxy.state, services.proxy_of(video)) == (State.DONE, proxy.file_key)
    assert default_storage.exists(proxy.file_key)
    assert Video.objects.get(pk=video.pk).size > video.size
    problems = [*fsck.every_file_has_its_row(), *fsck.every_row_has_its_files()]
    assert not [one for one in problems if str(video.uuid) in one]


def test_it_is_marked_and_has_the_sound(video: Video) -> None:
    key = made(video).file_key

    with av.open(str(Path(django_settings.MEDIA_ROOT) / key)) as container:
        assert len(container.streams.audio) == 1
        assert container.duration is not None
        assert container.duration / av.time_base == pytest.approx(2, abs=0.2)
    difference = ImageChops.difference(picture(key), picture(video.mezzanine_key)).convert("L")
    mark = proxies.mark_for((320, 180)).getchannel("A").point(lambda alpha: 255 * (alpha > 60))
    inside = ImageStat.Stat(difference, mark).mean[0]
    outside = ImageStat.Stat(difference, ImageChops.invert(mark)).mean[0]
    assert inside > 2 * outside


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((1920, 1080), (480, 270)),
        ((1080, 1920), (270, 480)),
        ((320, 180), (320, 180)),
        ((1920, 16), (480, 4)),
        ((3, 3), (4, 4)),
    ],
)
def test_it_is_small_whatever_the_video_is(size: tuple[int, int], small: tuple[int, int]) -> None:
    assert proxies.size_of(*size) == small


def test_nobody_but_the_owner_gets_the_video_itself(
    alice: User, bob: User, video: Video, client_of: ClientOf
) -> None:
    proxy = made(video)
    whole = (Path(django_settings.MEDIA_ROOT) / video.mezzanine_key).read_bytes()
    small = (Path(django_settings.MEDIA_ROOT) / proxy.file_key).read_bytes()
    clip, file = (
        reverse("remixer:source_clip", args=[video.uuid]),
        reverse("library:video_file", args=[video.uuid]),
    )

    assert b"".join(client_of(bob).get(clip)) == small
    assert client_of(bob).get(file).status_code == 404
    assert b"".join(client_of(alice).get(file)) == whole


def test_it_is_not_for_those_who_may_not_remix(
    bob: User, video: Video, client_of: ClientOf
) -> None:
    made(video)
    turn_off(video)

    assert client_of(bob).get(reverse("remixer:source_clip", args=[video.uuid])).status_code == 403


def test_until_it_is_there_the_editor_says_so_and_makes_memes(
    bob: User, video: Video, client_of: ClientOf
) -> None:
    client = client_of(bob)
    editor = reverse("remixer:editor", args=[video.uuid])

    before = client.get(editor).content.decode()
    clip = client.get(reverse("remixer:source_clip", args=[video.uuid])).status_code
    plain = remixer.preview_image(
        video, asker=bob, template="top_bottom", captions={"top": "Hi"}, start=0.0
    )
    made(video)
    after = client.get(editor).content.decode()

    assert "The pictures of this video are still being made." in before
    assert clip == 404
    assert plain.startswith(b"\xff\xd8")
    assert "The picture here is small and marked" in after


def test_it_goes_with_its_video(alice: User, video: Video) -> None:
    key = made(video).file_key

    consent.remove_video(video, actor=Actor.creator(alice))

    assert not default_storage.exists(key)
    assert not list(fsck.every_row_has_its_files())


def test_a_video_that_is_removed_while_it_is_made_gets_none(alice: User, video: Video) -> None:
    services.proxy_of(video)
    proxy = Proxy.objects.get(video=video)
    consent.remove_video(video, actor=Actor.creator(alice))

    services.run_proxy(proxy.pk)

    proxy.refresh_from_db()
    assert (proxy.state, proxy.file_key) == (State.CANCELLED, "")


def test_one_that_fails_leaves_the_video_as_it_is(bob: User, video: Video) -> None:
    services.proxy_of(video)
    proxy = Proxy.objects.get(video=video)
    Proxy.objects.filter(pk=proxy.pk).update(max_attempts=1)
    default_storage.delete(video.mezzanine_key)

    services.run_proxy(proxy.pk)

    proxy.refresh_from_db()
    assert (proxy.state, proxy.problem) == (
        State.FAILED,
        "Making the preview of this video did not work.",
    )
    assert Video.objects.get(pk=video.pk).status == Video.Status.READY
