"""Listens for videos that have become ready and for the start of a process, and calls services."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

from django.db import DatabaseError
from django.db.models.signals import post_migrate
from django.dispatch import receiver

from consent import services
from consent.journal import JournalProblem
from creatorhub.signals import starting
from library.models import Video
from library.signals import video_ready


@receiver(video_ready, dispatch_uid="consent.apply_upload_defaults")
def apply_upload_defaults(*, video: Video, **_: Any) -> None:
    services.apply_upload_defaults(video)


@receiver(post_migrate, dispatch_uid="consent.begin_journal")
def begin_journal(*, sender: Any, **_: Any) -> None:
    """So that the first withdrawal has its journal. What is wrong with one, the start says."""
    if sender.label == "consent":
        with suppress(DatabaseError, JournalProblem, OSError):
            services.begin_journal()


@receiver(starting, dispatch_uid="consent.look_at_journal")
def look_at_journal(**_: Any) -> None:
    """A database that was restored by hand is found here, before anybody is answered."""
    if problem := services.look_at_journal():
        sys.stderr.write(f"Nothing is allowed for now. {problem}\n")
