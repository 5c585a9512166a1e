"""Creators' videos and the jobs that take them in. Only library.services writes them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from creatorhub.jobs import FairJob, Job
from creatorhub.models import User
from creatorhub.texts import FoldedField, LineField


class VideoQuerySet(models.QuerySet["Video"]):
    def present(self) -> VideoQuerySet:
        """The videos that were not removed, each with its owner."""
        return self.filter(removed_at=None).select_related("owner")

    def owned_by(self, user: User) -> VideoQuerySet:
        """The videos of this account that were not removed."""
        return self.filter(owner=user, removed_at=None)

    def ready(self) -> VideoQuerySet:
        return self.filter(status=Video.Status.READY, removed_at=None)

    def locked(self, pk: int) -> Video | None:
        """This video with its owner, locked until the transaction ends, as it is under the lock;
        None if it was removed."""
        return self.present().select_for_update(no_key=True, of=("self",)).filter(pk=pk).first()


class Video(models.Model):
    """One uploaded or imported work.

        processing ──ingest──> ready
             └───────────────> refused   (`problem` is a sentence that says why)

    Removing a video sets `removed_at` and deletes its files; the row stays, for the log.
    The `_key` fields name files in the storage; no file has a public address.
    """

    class Status(models.TextChoices):
        PROCESSING = "processing", _("Processing")
        READY = "ready", _("Ready")
        REFUSED = "refused", _("Refused")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="videos"
    )
    title = LineField(max_length=200)
    folded_title = FoldedField(of="title", max_length=600)
    collection = LineField(max_length=100, blank=True)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.PROCESSING)
    problem = models.TextField(blank=True)
    via = models.CharField(
        max_length=16, default="upload", help_text="How it came: upload, import."
    )
    original_name = LineField(max_length=255, blank=True)
    size = models.BigIntegerField(default=0, help_text="Bytes of all its files, for the quota.")
    source_key = models.CharField(max_length=200, blank=True, help_text="The upload, until ingest.")
    mezzanine_key = models.CharField(max_length=200, blank=True)
    poster_key = models.CharField(max_length=200, blank=True)
    thumb_key = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="The poster as lists show it; empty for videos of before it was made.",
    )
    duration_ms = models.PositiveIntegerField(default=0)
    width = models.PositiveIntegerField(default=0, help_text="Pixels of the mezzanine.")
    height = models.PositiveIntegerField(default=0)
    has_audio = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)
    import_key = models.CharField(
        max_length=64,
        null=True,
        blank=True,
        default=None,
        help_text="SHA-256 of the imported file, so that an import can be resumed.",
    )

    objects = VideoQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "import_key"],
                condition=models.Q(removed_at=None),
                name="video_is_imported_once",
            ),
        ]
        indexes = [
            # The list has an index for each of its orders, so that the thousandth page costs as
            # much as the first. The first index is for reading a whole library by key.
            models.Index(fields=["owner", "-id"], name="video_of_owner_by_key"),
            models.Index(
                fields=["owner", "-created_at", "-id"],
                condition=models.Q(removed_at=None),
                name="video_of_owner_newest_first",
            ),
            models.Index(
                fields=["owner", "folded_title", "-id"],
                condition=models.Q(removed_at=None),
                name="video_of_owner_by_folded",
            ),
            models.Index(
                fields=["owner", "duration_ms", "-id"],
                condition=models.Q(removed_at=None),
                name="video_of_owner_by_duration",
            ),
            models.Index(
                fields=["owner", "collection", "-created_at", "-id"],
                condition=models.Q(removed_at=None),
                name="video_of_collection",
            ),
            models.Index(
                fields=["owner"],
                condition=models.Q(status="refused", removed_at=None),
                name="video_that_was_refused",
            ),
            models.Index(
                fields=["status"],
                condition=models.Q(status="processing"),
                name="video_that_is_processing",
            ),
            models.Index(
                fields=["owner", "removed_at"],
                condition=models.Q(removed_at__isnull=False),
                name="video_of_owner_removed",
            ),
            models.Index(
                fields=["id"], condition=models.Q(folded_title=""), name="video_not_folded"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def small_picture_key(self) -> str:
        return self.thumb_key or self.poster_key

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.duration_ms / 1000


class VideoCount(models.Model):
    """How many videos a creator has, without removed ones. Every page shows the number, and
    counting a million rows would take longer than the rest of the page. Only library.services
    writes it, in the transaction that adds or removes a video; fsck counts and compares."""

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="video_count",
    )
    videos = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.owner_id}: {self.videos}"


class Proxy(Job):
    """The job that makes the small, marked copy of a video from which others choose a cut, and its
    result. One per video. `file_key` is written before the file is stored."""

    video = models.OneToOneField(Video, on_delete=models.CASCADE, related_name="proxy")
    file_key = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "proxies"
        indexes = [
            models.Index(
                fields=["state", "next_attempt_at"],
                condition=models.Q(state__in=["queued", "running"]),
                name="proxy_that_is_live",
            ),
        ]

    def __str__(self) -> str:
        return f"proxy of {self.video_id}: {self.state}"


class Ingest(FairJob):
    """The job that turns an upload into a mezzanine and a poster. One per video."""

    video = models.OneToOneField(Video, on_delete=models.CASCADE, related_name="ingest")
    cost = models.BigIntegerField(
        default=0, db_default=0, help_text="Pixels times seconds, charged when the work begins."
    )
    charged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["state", "next_attempt_at"],
                condition=models.Q(state__in=["queued", "running"]),
                name="ingest_that_is_live",
            ),
        ]

    def __str__(self) -> str:
        return f"ingest of {self.video_id}: {self.state}"
