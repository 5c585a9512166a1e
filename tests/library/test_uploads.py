"""Bytes are counted while they arrive; too many are refused with a sentence and not kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import Settings

from creatorhub.models import User
from library import uploads
from tests.factories import make_video

FOLDER = Path(django_settings.FILE_UPLOAD_TEMP_DIR)


def send(user: User | AnonymousUser, *sizes: int) -> HttpRequest:
    """A form with files of these sizes, its title behind them, not yet read."""
    files = {
        f"file{n}": SimpleUploadedFile(f"{n}.mp4", b"x" * size) for n, size in enumerate(sizes)
    }
    request = RequestFactory().post("/", {**files, "title": "Sunday"})
    request.user = user
    return request


def test_a_file_within_the_limits_arrives(alice: User) -> None:
    request = send(alice, 300_000)

    (file,) = request.FILES.getlist("file0")
    assert file.size == 300_000
    assert uploads.refusal(request) is None
    request.close()


def test_a_file_above_the_limit_is_refused_and_the_form_is_still_read(
    alice: User, settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 200_000
    request = send(alice, 300_000)

    assert not request.FILES
    assert request.POST["title"] == "Sunday"
    refused = uploads.refusal(request)

    assert refused
    assert (refused.code, refused.status) == ("file_too_large", 413)
    assert not list(FOLDER.iterdir())


def test_a_file_above_the_quota_is_refused(alice: User, settings: Settings) -> None:
    settings.QUOTA_BYTES = 250_000
    make_video(owner=alice, with_files=False, size=100_000)
    request = send(alice, 200_000)

    assert not request.FILES
    refused = uploads.refusal(request)

    assert refused
    assert (refused.code, refused.status) == ("quota_exceeded", 413)
    assert refused.sentence.startswith("There is no room for this file: you use 98 KB of 244 KB.")


def test_several_files_are_counted_together(alice: User, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 250_000
    request = send(alice, 200_000, 200_000)

    request.POST  # noqa: B018  (reads the body)
    request.close()

    assert uploads.refusal(request)
    assert not list(FOLDER.iterdir())


@pytest.mark.django_db
def test_nobody_uploads_without_signing_in() -> None:
    request = send(AnonymousUser(), 1)

    assert not request.FILES
    refused = uploads.refusal(request)

    assert refused
    assert (refused.code, refused.status) == ("not_authenticated", 403)
