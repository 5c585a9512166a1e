"""What stands against a use whatever the creator allows: holds by staff, and blocks of people."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent import uses
from library.models import Video

_STANDS = Q(lifted_at=None)


class HoldQuerySet(models.QuerySet["Hold"]):
    def standing(self) -> HoldQuerySet:
        """Those that hold now."""
        return self.filter(_STANDS)

    def standing_at(self, version: int) -> HoldQuerySet:
        """Those that held when the consent state of their creator had this version."""
        lifted_since = _STANDS | Q(lifted_version__gt=version)
        return self.filter(lifted_since, version__lte=version)

    def on(self, video: Any) -> HoldQuerySet:
        """Those that reach a video (or an OuterRef to one) of their creator: its own, and one of
        everything."""
        return self.filter(Q(video=None) | Q(video=video))


class Hold(models.Model):
    """Staff keep one use of a video, or of everything of a creator (`video` is empty), from being
    done, with a reason that the creator reads. It changes nothing that the creator has stored, and
    deletes no file: lifted, it leaves what there was. Only staff lift it; the creator may appeal.

    `version` and `lifted_version` are those of the creator's consent state, which both acts raise.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    video = models.ForeignKey(
        Video,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="holds",
        help_text=_("Empty: everything of this creator, also what is uploaded later."),
    )
    use = models.CharField(max_length=32, choices=uses.choices)
    reason = models.CharField(max_length=500)
    by = models.CharField(max_length=64, help_text=_("The actor, as kind:id."))
    placed_at = models.DateTimeField(default=timezone.now)
    version = models.BigIntegerField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=64, blank=True)
    lifted_reason = models.CharField(max_length=500, blank=True)
    lifted_version = models.BigIntegerField(null=True, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "use"],
                condition=_STANDS & Q(video=None),
                name="hold_of_everything_stands_once",
            ),
            models.UniqueConstraint(
                fields=["creator", "use", "video"],
                condition=_STANDS & Q(video__isnull=False),
                name="hold_of_a_video_stands_once",
            ),
        ]
        indexes = [models.Index(fields=["creator", "use", "video"], name="hold_of_creator")]

    def __str__(self) -> str:
        what = self.video.title if self.video else _("everything")
        return f"{self.label}: {what}"

    @property
    def label(self) -> uses.Text:
        """Of the use."""
        return uses.use_of(self.use).label


class Block(models.Model):
    """A person whom a creator lets do nothing with their videos, whatever they allow others."""

    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="blocks"
    )
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creator", "person"], name="block_is_once"),
            models.CheckConstraint(
                condition=~Q(creator=F("person")), name="nobody_blocks_themselves"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.creator_id} blocks {self.person_id}"
