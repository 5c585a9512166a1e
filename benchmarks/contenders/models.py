"""What the contenders write: a history table made by hand, and the same flag on a video as two
well-known libraries would keep its history. No part of the product."""

from __future__ import annotations

from typing import ClassVar

from auditlog.registry import auditlog  # type: ignore[import-untyped]
from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords  # type: ignore[import-untyped]


class History(models.Model):
    """One row for each change of one video's consent: its former and its later terms. A primary
    key and an index on the video; references are kept by the code that writes."""

    video_id = models.BigIntegerField(db_index=True)
    use = models.CharField(max_length=32)
    before_terms_id = models.BigIntegerField(null=True)
    before_decided = models.BooleanField()
    after_terms_id = models.BigIntegerField(null=True)
    after_decided = models.BooleanField()
    actor = models.CharField(max_length=64)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.use} of {self.video_id}"


class _Flagged(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=200)
    allowed = models.BooleanField(default=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title


class Audited(_Flagged):
    """Its changes are noted by django-auditlog at every save()."""

    objects: ClassVar[models.Manager[Audited]] = models.Manager()


class Remembered(_Flagged):
    """Its changes are noted by django-simple-history."""

    objects: ClassVar[models.Manager[Remembered]] = models.Manager()
    history = HistoricalRecords()


auditlog.register(Audited)
