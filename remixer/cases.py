"""What people say of memes and videos, and of what staff decided: reports and appeals. Only
remixer.services writes these rows."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.models import Hold
from library.models import Video

OPEN = ("open", "in_review")


class Report(models.Model):
    """A person says that a meme, or a video (`render` is empty), should not be there.

        open ──take──> in_review ──decide──> upheld, dismissed
          └───────────────decide───────────────^

    To uphold it says in the same step what becomes of the thing: `measure`.
    """

    class Kind(models.TextChoices):
        PERSON = "person", _("It shows me, or somebody who did not agree")
        RIGHTS = "rights", _("It uses something that is mine")
        HARASSMENT = "harassment", _("It insults or threatens somebody")
        HATE = "hate", _("It is hateful")
        SEXUAL = "sexual", _("It is sexual")
        VIOLENCE = "violence", _("It shows or calls for violence")
        FALSE = "false", _("It deceives people")
        OTHER = "other", _("Something else")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        IN_REVIEW = "in_review", _("In review")
        UPHELD = "upheld", _("Upheld")
        DISMISSED = "dismissed", _("Dismissed")

    class Measure(models.TextChoices):
        TAKEN_DOWN = "taken_down", _("The meme was taken down")
        HELD = "held", _("The video is on hold, and so is every meme of it")
        LEFT = "left", _("It stays where it is")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reports"
    )
    video = models.ForeignKey(Video, on_delete=models.PROTECT, related_name="reports")
    render = models.ForeignKey(
        "remixer.Render", null=True, blank=True, on_delete=models.PROTECT, related_name="reports"
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    text = models.CharField(max_length=1000, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=64, blank=True, help_text=_("The actor, as kind:id."))
    decision = models.CharField(max_length=500, blank=True, help_text=_("Both sides read it."))
    measure = models.CharField(
        max_length=16,
        choices=Measure.choices,
        blank=True,
        default="",
        db_default="",
        help_text=_("What became of the thing when the report was upheld."),
    )

    is_seen = False  # whether the reporter may see the thing: services.note_seen asks

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reporter", "render"],
                condition=Q(state__in=OPEN, render__isnull=False),
                name="report_of_a_meme_is_open_once",
            ),
            models.UniqueConstraint(
                fields=["reporter", "video"],
                condition=Q(state__in=OPEN, render=None),
                name="report_of_a_video_is_open_once",
            ),
        ]
        indexes = [models.Index(fields=["state", "id"], name="report_queue")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.video.title}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class Appeal(models.Model):
    """Whose thing was held or taken down asks for another look, once. Another member of staff than
    the one who decided judges it."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        GRANTED = "granted", _("Granted")
        DENIED = "denied", _("Denied")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="appeals"
    )
    hold = models.OneToOneField(
        Hold, null=True, blank=True, on_delete=models.PROTECT, related_name="appeal"
    )
    render = models.OneToOneField(
        "remixer.Render", null=True, blank=True, on_delete=models.PROTECT, related_name="appeal"
    )
    against = models.CharField(
        max_length=64, help_text=_("Who decided, as kind:id: they do not judge it.")
    )
    text = models.CharField(max_length=1000)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=64, blank=True, help_text=_("The actor, as kind:id."))
    decision = models.CharField(max_length=500, blank=True)

    nothing_back = (
        ""  # why a meme did not come back, where services.decide_appeal granted it just now
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(hold=None) ^ Q(render=None), name="appeal_is_about_one_thing"
            ),
        ]
        indexes = [models.Index(fields=["state", "id"], name="appeal_queue")]

    def __str__(self) -> str:
        return f"{self.person}: {self.hold or self.render}"
