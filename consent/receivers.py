"""Listens for videos that have become ready, and hands them to the service."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from consent import services
from library.models import Video
from library.signals import video_ready


@receiver(video_ready, dispatch_uid="consent.apply_upload_defaults")
def apply_upload_defaults(*, video: Video, **_: Any) -> None:
    services.apply_upload_defaults(video)
