"""With media in a bucket the content security policy lets the player follow the redirect."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHOW = (
    "from django.conf import settings as s;"
    "print(*s.CONTENT_SECURITY_POLICY['DIRECTIVES']['media-src'])"
)


def media_src(**environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "creatorhub.settings"} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_media_in_a_folder_come_from_this_site_alone() -> None:
    assert media_src() == "'self'"


def test_media_in_a_bucket_may_come_from_there_too() -> None:
    assert media_src(MEDIA_BUCKET="media") == "'self' https://media.s3.amazonaws.com"
    assert (
        media_src(MEDIA_BUCKET="media", MEDIA_ENDPOINT_URL="https://s3.example.com")
        == "'self' https://s3.example.com"
    )
    assert media_src(MEDIA_BUCKET="m", MEDIA_ORIGINS="https://a.example") == (
        "'self' https://a.example"
    )
