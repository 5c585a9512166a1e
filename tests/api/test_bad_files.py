"""Files that are no video, brought by API: taken, looked at, refused with a sentence."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from creatorhub.models import User
from library.models import Video
from tests.library import clips
from tests.library.conftest import ingested

pytestmark = pytest.mark.django_db


def _bytes(content: bytes) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return write


BAD = {
    "empty": _bytes(b""),
    "random": _bytes(os.urandom(5000)),
    "a web page": clips.HTML,
    "a session description": clips.SDP,
    "a playlist": clips.hls(Path("/etc/passwd")),
    "a list of a neighbour's files": clips.ffconcat(Path("/etc/passwd")),
    "cut off": clips.headless,
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_video_is_refused_with_a_sentence(
    name: str, tmp_path: Path, alice: User, api_of: Callable[[User], APIClient]
) -> None:
    api = api_of(alice)
    with BAD[name](tmp_path / "video.mp4").open("rb") as file:
        brought: Any = api.post("/api/v1/videos/", {"file": file, "title": "T"})

    if brought.status_code == 201:
        ingested(Video.objects.get(uuid=brought.json()["id"]))
        shown = api.get(f"/api/v1/videos/{brought.json()['id']}/").json()
        assert shown["status"] == "refused"
        assert shown["problem"].endswith(".")
        assert shown["consent"]["remix"]["reason"] == "video_unavailable"
    else:
        assert brought.status_code == 400
        assert brought.json()
    assert not Video.objects.filter(status="ready").exists()
