"""Bringing a video by the page, naming it, and its files for the one who owns it."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Ingest, Video
from tests.conftest import ClientOf
from tests.factories import make_video, mezzanine

pytestmark = pytest.mark.django_db

UPLOAD = reverse("library:upload")
SCRIPT = {"Accept": "application/json"}
MIB = 1024**2


def clip(content: bytes = b"some bytes", name: str = "cat_on_a_bus.mp4") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="video/mp4")


def page(name: str, video: Video | UUID) -> str:
    return reverse(f"library:{name}", args=[video.uuid if isinstance(video, Video) else video])


def test_the_upload_page_says_what_is_left(
    client_of: ClientOf, alice: User, settings: Settings
) -> None:
    settings.QUOTA_BYTES = 3 * MIB
    make_video(owner=alice, with_files=False, size=MIB)
    make_video(owner=alice, with_files=False, collection="Street rides")

    answer = client_of(alice).get(UPLOAD)

    assert "2 MB of 3 MB free" in answer.text
    assert '<option value="Street rides">' in answer.text


def test_an_uploaded_video_belongs_to_its_uploader(client_of: ClientOf, alice: User) -> None:
    fields = {"file": clip(), "title": "Cat on a bus", "collection": "Cats"}

    answer = client_of(alice).post(UPLOAD, fields)

    video = Video.objects.get()
    assert (answer.status_code, answer["Location"]) == (
        303,
        reverse("consent:video", args=[video.uuid]),
    )
    assert (video.owner, video.title, video.collection) == (alice, "Cat on a bus", "Cats")
    assert video.status == Video.Status.PROCESSING
    assert Ingest.objects.get(video=video).state == State.QUEUED


def test_an_upload_without_title_takes_the_name_of_the_file(
    client_of: ClientOf, alice: User
) -> None:
    client_of(alice).post(UPLOAD, {"file": clip()})

    assert Video.objects.get().title == "cat on a bus"


def test_a_script_gets_the_address_to_go_to(client_of: ClientOf, alice: User) -> None:
    answer = client_of(alice).post(UPLOAD, {"file": clip(), "title": "One"}, headers=SCRIPT)

    assert answer.status_code == 201
    assert answer.json() == {"location": reverse("consent:video", args=[Video.objects.get().uuid])}


BAD = [
    ({}, 422, "Choose a video file first."),
    ({"file": clip(b"")}, 422, "This file is empty. Choose another one."),
    ({"file": clip(), "title": "x" * 201}, 422, "This title is longer than 200 letters."),
    ({"file": clip(b"x" * MIB)}, 413, "This file is larger than 512 KB."),
]


@pytest.mark.parametrize(("fields", "status", "sentence"), BAD)
@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["page", "script"])
def test_a_bad_upload_is_refused_in_words(
    *,
    fields: dict[str, object],
    status: int,
    sentence: str,
    headers: dict[str, str],
    client_of: ClientOf,
    alice: User,
    settings: Settings,
) -> None:
    settings.UPLOAD_MAX_BYTES = MIB // 2
    for value in fields.values():
        if isinstance(value, SimpleUploadedFile):
            value.seek(0)

    answer = client_of(alice).post(UPLOAD, {"collection": "Kept", **fields}, headers=headers)

    assert answer.status_code == status
    assert sentence in (answer.json()["detail"] if headers else answer.text)
    assert headers or 'value="Kept"' in answer.text
    assert not Video.objects.exists()


def test_a_full_quota_is_said_once_and_nothing_is_kept(
    client_of: ClientOf, alice: User, settings: Settings
) -> None:
    settings.QUOTA_BYTES = 100

    answer = client_of(alice).post(UPLOAD, {"file": clip(b"x" * 101)})

    assert answer.status_code == 413
    assert answer.text.count("There is no room for this file") == 1
    assert "Choose a video file first" not in answer.text
    assert not Video.objects.exists()


def test_a_form_sent_twice_adds_one_video(client_of: ClientOf, alice: User) -> None:
    browser, once = client_of(alice), str(uuid4())

    first, second = (
        browser.post(UPLOAD, {"file": clip(), "title": "One", "once": once}) for _ in range(2)
    )

    assert first["Location"] == second["Location"]
    assert Video.objects.count() == 1


def test_the_same_form_adds_another_file_too(client_of: ClientOf, alice: User) -> None:
    browser, once = client_of(alice), str(uuid4())

    browser.post(UPLOAD, {"file": clip(), "once": once})
    browser.post(UPLOAD, {"file": clip(name="dog.mp4"), "once": once})

    assert set(Video.objects.values_list("title", flat=True)) == {"cat on a bus", "dog"}


@pytest.mark.parametrize(("headers", "status"), [({}, 302), (SCRIPT, 401)])
def test_nobody_uploads_without_an_account(headers: dict[str, str], status: int, db: None) -> None:
    answer = Client().post(UPLOAD, {"file": clip()}, headers=headers)

    assert answer.status_code == status
    assert not Video.objects.exists()


def test_a_video_gets_a_new_name(client_of: ClientOf, alice: User) -> None:
    video = make_video(owner=alice, with_files=False)

    answer = client_of(alice).post(page("video_rename", video), {"title": "New", "collection": "C"})

    video.refresh_from_db()
    assert answer.status_code == 303
    assert (video.title, video.collection) == ("New", "C")


def test_a_video_keeps_its_name_when_the_new_one_is_bad(client_of: ClientOf, alice: User) -> None:
    video = make_video(owner=alice, with_files=False, title="Old")

    answer = client_of(alice).post(page("video_rename", video), {"title": "\x01", "collection": ""})

    video.refresh_from_db()
    assert answer.status_code == 422
    assert "Give the video a title." in answer.text
    assert video.title == "Old"


def test_the_owner_gets_the_file_by_parts(client_of: ClientOf, alice: User) -> None:
    video = make_video(owner=alice)
    whole = mezzanine().read_bytes()

    answer = client_of(alice).get(page("video_file", video), headers={"Range": "bytes=10-19"})

    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes 10-19/{len(whole)}"
    assert b"".join(answer.streaming_content) == whole[10:20]  # type: ignore[attr-defined]
    assert answer["Cache-Control"] == "private, no-store"


def test_lists_show_the_small_poster_or_the_large_one_of_before(
    client_of: ClientOf, alice: User
) -> None:
    video, browser = make_video(owner=alice), client_of(alice)
    small = f"{page('poster', video)}?small"
    large = b"".join(browser.get(page("poster", video)).streaming_content)  # type: ignore[attr-defined]

    before = b"".join(browser.get(small).streaming_content)  # type: ignore[attr-defined]
    video.thumb_key = default_storage.save("thumb.jpg", ContentFile(b"small"))
    video.save()
    after = b"".join(browser.get(small).streaming_content)  # type: ignore[attr-defined]

    assert (before, after) == (large, b"small")
    assert f'src="{small}"' in browser.get("/videos/").text


def test_the_owner_gets_the_poster(client_of: ClientOf, alice: User) -> None:
    answer = client_of(alice).get(page("poster", make_video(owner=alice)))

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")


PAGES = [
    ("get", "video_rename"),
    ("post", "video_rename"),
    ("post", "video_retry"),
    ("get", "ingest_status"),
    ("get", "video_file"),
    ("get", "poster"),
]


@pytest.mark.parametrize(("method", "name"), PAGES)
def test_to_a_stranger_the_video_does_not_exist(
    method: str, name: str, client_of: ClientOf, alice: User, carol: User
) -> None:
    theirs, stranger = make_video(owner=alice), client_of(carol)

    foreign = getattr(stranger, method)(page(name, theirs), {"title": "Mine now"})
    unknown = getattr(stranger, method)(page(name, uuid4()), {"title": "Mine now"})

    assert foreign.status_code == unknown.status_code == 404
    assert Video.objects.get().title == theirs.title


def test_a_page_asks_how_far_a_video_is_until_that_has_ended(
    client_of: ClientOf, alice: User
) -> None:
    video = make_video(owner=alice, ready=False)
    browser, address = client_of(alice), page("ingest_status", video) + "?reload"

    under_way = browser.get(address, headers={"HX-Request": "true"})
    Video.objects.update(status=Video.Status.READY)
    ended = browser.get(address, headers={"HX-Request": "true"})

    assert 'hx-trigger="every 1s"' in under_way.text
    assert "HX-Refresh" not in under_way
    assert "hx-trigger" not in ended.text
    assert ended["HX-Refresh"] == "true"


def test_a_file_that_was_refused_is_not_tried_again(client_of: ClientOf, alice: User) -> None:
    video = make_video(owner=alice, ready=False)
    Ingest.objects.update(state=State.REFUSED)
    Video.objects.update(status=Video.Status.REFUSED, problem="This is no video.")
    browser = client_of(alice)

    shown = browser.get(page("ingest_status", video), headers={"HX-Request": "true"})
    on_its_page = browser.get(f"/videos/{video.uuid}/")
    answer = browser.post(page("video_retry", video))

    assert "Try again" not in on_its_page.text
    assert "Upload another file" in on_its_page.text
    assert "This is no video." in shown.text
    assert "Try again" not in shown.text
    assert answer.status_code == 409
    assert "Upload the file once more instead." in answer.text


def test_an_ingest_that_failed_is_tried_again(client_of: ClientOf, alice: User) -> None:
    video = make_video(owner=alice, ready=False, source_key="videos/aa/source")
    Ingest.objects.update(state=State.FAILED, attempts=3)
    Video.objects.update(status=Video.Status.REFUSED)

    answer = client_of(alice).post(page("video_retry", video))

    assert answer.status_code == 303
    assert Ingest.objects.get().state == State.QUEUED
