"""What is allowed now: of each video, of each creator, and of what they upload later."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from consent import uses
from consent.models.edits import Edit
from consent.models.terms import Terms
from creatorhub.texts import LineField
from library.models import Video


class ConsentState(models.Model):
    """The consent state of a creator, one row each: the global opt-out, and the version that every
    change of that creator's consent raises. Every change and every publish locks it first."""

    creator = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.PROTECT,
        related_name="consent_state",
    )
    opted_out = models.BooleanField(default=False)
    version = models.BigIntegerField(default=0)
    withdrawn_version = models.BigIntegerField(
        default=0, help_text="The version of the last opt-out: what was allowed before is void."
    )
    changed_at = models.DateTimeField(null=True, blank=True)
    opted_out_at = models.DateTimeField(null=True, blank=True)
    opted_out_by = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="The actor, as kind:id."
    )
    opted_out_reason = models.CharField(max_length=500, blank=True, default="", db_default="")

    def __str__(self) -> str:
        words = _("%(name)s: opted out") if self.opted_out else _("%(name)s: not opted out")
        return words % {"name": self.creator.username}

    def raise_version(self) -> None:
        """Count one change of this creator's consent. The caller saves."""
        self.version += 1
        self.changed_at = timezone.now()


class Consent(models.Model):
    """The state of one (video, use): terms, or off. No row = never decided = off.

    `decided` is False only where an undo put back "never decided". `version` is the version of
    the consent state at the last change, `withdrawn_version` at the last change away from an
    allowed state: a render allowed at an older version than that never publishes.
    """

    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    video = models.ForeignKey(
        Video, on_delete=models.PROTECT, related_name="consents", db_index=False
    )
    use = models.CharField(max_length=32, choices=uses.choices)
    terms = models.ForeignKey(
        Terms,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    decided = models.BooleanField(default=True)
    version = models.BigIntegerField()
    withdrawn_version = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField()
    edit = models.ForeignKey(Edit, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["video", "use"], name="consent_is_once_per_use"),
        ]
        indexes = [
            models.Index(
                fields=["creator", "use", "terms", "video"], name="consent_of_creator_by_terms"
            ),
        ]

    def __str__(self) -> str:
        words = {"use": uses.use_of(self.use).label, "title": self.video.title}
        return _("%(use)s of “%(title)s”") % words


class ConsentCount(models.Model):
    """How many videos of a creator stand under each terms, counted as they change.

    Every page says how many videos are allowed, and whether terms have ended or lapsed is a
    question about terms: so a handful of rows answers for a million videos. Only ready videos
    that were not removed are counted. Written under the lock of the consent state; fsck counts
    and compares.
    """

    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    use = models.CharField(max_length=32, choices=uses.choices)
    terms = models.ForeignKey(Terms, on_delete=models.PROTECT, related_name="+", db_index=False)
    videos = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "use", "terms"], name="consent_count_is_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.creator_id}: {self.videos} under {self.terms_id}"


class UploadDefault(models.Model):
    """What a creator's later uploads start with, chosen under a notice. No row: they start
    undecided. It reaches only videos whose key is above `after_video`: what came later."""

    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="upload_defaults"
    )
    use = models.CharField(max_length=32, choices=uses.choices)
    terms = models.ForeignKey(Terms, on_delete=models.PROTECT, related_name="+")
    after_video = models.BigIntegerField()
    chosen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "use"], name="upload_default_is_once_per_use"
            ),
        ]

    def __str__(self) -> str:
        return f"later uploads of {self.creator_id}: {self.terms}"


class SavedFilter(models.Model):
    """A filter of the list under a name of the creator's own."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_filters"
    )
    name = LineField(max_length=60)
    query = models.CharField(max_length=1000)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creator", "name"], name="saved_filter_has_its_name"),
        ]

    def __str__(self) -> str:
        return self.name
