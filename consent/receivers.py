"""Listens for videos that have become ready, and hands them to the service."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from consent import services
from library.models import Video
from library.signals import video_ready


@receiver(video_ready, dispatch_uid="consent.start_upload")
def start_upload(*, video: Video, **_: Any) -> None:
    services.start_upload(video)
