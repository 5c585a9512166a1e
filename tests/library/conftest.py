"""What the library's tests share."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files import File
from django.test import TestCase
from pytest_django import Settings

from creatorhub.actors import Actor
from creatorhub.models import User
from library import sandbox, services
from library.models import Video
from tests.library import clips


@pytest.fixture
def fake_ffmpeg(
    tmp_path_factory: pytest.TempPathFactory, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """`fake_ffmpeg("sys.exit(1)")` puts a Python script in ffmpeg's place. It is locked in like
    ffmpeg, but may also run and read the interpreter."""
    python = os.path.realpath(sys.executable)
    readable = (python, sysconfig.get_path("stdlib"), str(sysconfig.get_config_var("LIBDIR")))
    monkeypatch.setattr(sandbox, "LIBRARIES", (*sandbox.LIBRARIES, *readable))

    def put(script: str) -> None:
        path = tmp_path_factory.mktemp("bin") / "fake-ffmpeg"  # nothing runs from a job's folder
        path.write_text(f"#!{python} -IS\nimport os, signal, sys, time\n{script}\n")
        path.chmod(0o700)
        settings.FFMPEG_BINARY = str(path)

    return put


@pytest.fixture
def good_file(tmp_path: Path) -> Path:
    return clips.good(tmp_path / "good.mp4")


def bring(path: Path, owner: User, **fields: str) -> Video:
    """The owner uploads the file; a worker has not come yet."""
    values = {"title": "A title", "original_name": path.name, **fields}
    with path.open("rb") as file:
        return services.add_video(
            File(file, name=path.name), owner=owner, actor=Actor.creator(owner), **values
        )


def ingested(video: Video) -> Video:
    """The video after a worker has done its job, and what that does on commit."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        services.run_ingest(video.ingest.pk)
    return Video.objects.select_related("ingest").get(pk=video.pk)


def stored() -> set[str]:
    """Every file below media and work, as a path from the data folder."""
    root = Path(django_settings.DATA_DIR)
    found = [path for name in ("media", "work") for path in (root / name).rglob("*")]
    return {path.relative_to(root).as_posix() for path in found if path.is_file()}


def job_folders() -> list[Path]:
    folder = Path(django_settings.WORK_DIR) / "jobs"
    return list(folder.iterdir()) if folder.exists() else []
