"""Files by the byte: what browsers ask for when somebody drags the slider."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.http import Http404, HttpResponseBase, StreamingHttpResponse
from django.test import RequestFactory

from creatorhub.errors import Gone
from library.serving import CHUNK, NoLongerAllowed, serve

DATA = bytes(range(256)) * 10
SIZE = len(DATA)
KEY = "videos/00/serving/mezzanine.mp4"


@pytest.fixture(autouse=True)
def _file() -> None:
    path = Path(django_settings.MEDIA_ROOT, KEY)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(DATA)


def allowed() -> None:
    """Asked again, the answer is yes."""


def ask(method: str = "GET", key: str = KEY, **headers: str) -> HttpResponseBase:
    request = RequestFactory().generic(
        method, "/", headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    return serve(request, key, content_type="video/mp4", filename="Ünïque.mp4", ask_again=allowed)


def body(response: HttpResponseBase) -> bytes:
    return b"".join(response)


def test_the_whole_file_is_private_and_never_stored() -> None:
    response = ask()

    assert response.status_code == 200
    assert body(response) == DATA
    assert response["Content-Length"] == str(SIZE)
    assert response["Content-Type"] == "video/mp4"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Accept-Ranges"] == "bytes"
    assert response["Content-Disposition"] == "inline; filename*=utf-8''%C3%9Cn%C3%AFque.mp4"


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, SIZE - 1),
        ("bytes=-100", SIZE - 100, SIZE - 1),
        ("bytes=2559-2559", 2559, 2559),
        ("bytes=2000-99999999999999999999", 2000, SIZE - 1),
        ("BYTES=5-6", 5, 6),
    ],
)
def test_a_part_is_answered_with_206(header: str, first: int, last: int) -> None:
    response = ask(Range=header)

    assert response.status_code == 206
    assert body(response) == DATA[first : last + 1]
    assert response["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert response["Content-Length"] == str(last - first + 1)


@pytest.mark.parametrize("header", ["bytes=2560-", "bytes=99999-100000", "bytes=-0"])
def test_a_part_outside_the_file_is_answered_with_416(header: str) -> None:
    response = ask(Range=header)

    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{SIZE}"
    assert body(response) == b""


@pytest.mark.parametrize(
    "header",
    ["bytes=0-1,5-6", "items=0-5", "bytes=5-2", "bytes=-", "bytes=a-b", "0-5", "bytes=--5"],
)
def test_a_range_that_we_do_not_serve_gets_the_whole(header: str) -> None:
    response = ask(Range=header)

    assert response.status_code == 200
    assert body(response) == DATA


def test_a_part_of_a_file_that_changed_is_not_mixed_with_the_old() -> None:
    etag = ask()["ETag"]
    date = ask()["Last-Modified"]

    assert ask(Range="bytes=0-9", If_Range=etag).status_code == 206
    assert ask(Range="bytes=0-9", If_Range=date).status_code == 206
    assert ask(Range="bytes=0-9", If_Range='"other"').status_code == 200
    assert ask(Range="bytes=0-9", If_Range=f"W/{etag}").status_code == 200
    assert ask(Range="bytes=0-9", If_Range="Sat, 01 Jan 2000 00:00:00 GMT").status_code == 200


def test_what_the_client_has_already_is_not_sent() -> None:
    etag = ask()["ETag"]

    assert ask(If_None_Match=f'"x", W/{etag}').status_code == 304
    assert ask(If_None_Match='"x"').status_code == 200


def test_head_gives_the_size_and_sends_no_content() -> None:
    response = ask("HEAD", Range="bytes=0-9")

    assert (response.status_code, response["Content-Length"]) == (200, str(SIZE))
    assert body(response) == b""


@pytest.mark.parametrize("key", ["", "videos/00/serving/none.mp4", "videos/00"])
def test_a_file_that_is_not_there_is_404(key: str) -> None:
    with pytest.raises(Http404):
        ask(key=key)


def test_a_download_says_so() -> None:
    request = RequestFactory().get("/")

    response = serve(
        request,
        KEY,
        content_type="video/mp4",
        filename="a.mp4",
        download=True,
        ask_again=allowed,
    )

    assert response["Content-Disposition"] == 'attachment; filename="a.mp4"'


@pytest.mark.django_db  # closing a response tells Django that the request is over
def test_an_answer_that_nobody_reads_closes_its_file() -> None:
    response = ask(Range="bytes=0-9")
    parts = response._iterator  # type: ignore[attr-defined]

    response.close()

    assert parts.file.closed


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class TestASlowClient:
    """It takes a piece whenever it likes; each is CHUNK bytes."""

    @pytest.fixture(autouse=True)
    def _large_file(self) -> None:
        Path(django_settings.MEDIA_ROOT, KEY).write_bytes(bytes(4 * CHUNK))

    def download(self, clock: Clock, ask_again: Any) -> Any:
        response = serve(
            RequestFactory().get("/"),
            KEY,
            content_type="video/mp4",
            ask_again=ask_again,
            clock=clock,
        )
        assert isinstance(response, StreamingHttpResponse)
        return response._iterator  # type: ignore[attr-defined]

    def test_is_asked_about_once_for_each_second(self) -> None:
        clock, asked = Clock(), []
        parts = self.download(clock, lambda: asked.append(clock.now))

        for now in (0.5, 0.9, 1.2, 2.1):
            clock.now = now
            next(parts)

        assert asked == [1.2]
        assert list(parts) == []

    @pytest.mark.parametrize("refusal", [Gone("No more.", code="off"), Http404()])
    def test_gets_no_more_once_it_is_refused(self, refusal: Exception) -> None:
        clock = Clock()

        def refuse() -> None:
            raise refusal

        parts = self.download(clock, refuse)
        first = next(parts)
        clock.now = 1.0

        with pytest.raises(NoLongerAllowed):
            next(parts)

        assert len(first) == CHUNK
        assert parts.file.closed
