"""What creators allow. Only consent.services writes these rows."""

from __future__ import annotations

import uuid
from datetime import UTC

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from consent.uses import CHOICES
from library.models import Video


class Notice(models.Model):
    """The text a creator sees before allowing a use. Immutable once published (a trigger).

    The newest published version in force is what a grant names. A *material* version makes the
    grants under older ones lapse, by comparison of `version`; no row is rewritten.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    use = models.CharField(max_length=32, choices=CHOICES)
    version = models.PositiveIntegerField()
    language = models.CharField(max_length=16, default="en")
    material = models.BooleanField(
        default=True, help_text="Permissions given under an older text lapse."
    )
    title = models.CharField(max_length=120)
    text = models.TextField()
    published_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["use", "version", "language"], name="notice_version_is_unique"
            ),
        ]
        ordering = ["use", "-version"]

    def __str__(self) -> str:
        return f"{self.title} (version {self.version})"


class Terms(models.Model):
    """What exactly is allowed. Immutable and shared: equal terms are one row."""

    class Audience(models.TextChoices):
        EVERYONE = "everyone", "Everyone"

    class Mode(models.TextChoices):
        ALLOWED = "allowed", "Allowed"
        ASK = "ask", "Ask me each time"

    use = models.CharField(max_length=32, choices=CHOICES)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="+")
    audience = models.CharField(max_length=16, choices=Audience.choices, default=Audience.EVERYONE)
    mode = models.CharField(max_length=16, choices=Mode.choices, default=Mode.ALLOWED)
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "terms"
        constraints = [
            models.UniqueConstraint(
                fields=["use", "notice", "audience", "mode", "until"],
                condition=Q(until__isnull=False),
                name="terms_with_an_end_are_shared",
            ),
            models.UniqueConstraint(
                fields=["use", "notice", "audience", "mode"],
                condition=Q(until=None),
                name="terms_without_an_end_are_shared",
            ),
        ]

    def __str__(self) -> str:
        end = f" until {self.until:%Y-%m-%d}" if self.until else ""
        return f"{self.use}: {self.mode}, {self.audience}{end}"

    def line(self) -> str:
        """As the log names terms: `remix/1 allowed everyone 2027-03-01T00:00:00Z`, or `-` for
        no end. Reads the notice."""
        until = f"{self.until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if self.until else "-"
        return f"{self.use}/{self.notice.version} {self.mode} {self.audience} {until}"


def state_line(terms: Terms | None, *, decided: bool) -> str:
    """As the log names a consent: the line of its terms, `off`, or `undecided`."""
    if terms:
        return terms.line()
    return "off" if decided else "undecided"


class Standing(models.Model):
    """One row per creator: the global opt-out, and the version that every change of that
    creator's consent raises. Locked first by every change of consent and every publish."""

    creator = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.PROTECT,
        related_name="standing",
    )
    opted_out = models.BooleanField(default=False)
    version = models.BigIntegerField(default=0)
    withdrawn_version = models.BigIntegerField(
        default=0, help_text="The version of the last opt-out: what was allowed before is void."
    )
    changed_at = models.DateTimeField(null=True, blank=True)
    opted_out_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"standing of {self.creator_id}: {'opted out' if self.opted_out else 'open'}"


class Edit(models.Model):
    """One act of a creator: who, what change, which videos, when, why.

        draft ──confirm──> confirmed ──> applying ──> applied ──undo──> (a new edit, the inverse)
          └─> expired                       └─cancel─> cancelled

    `terms` is what its items get, None for off; an undo has None here and its items carry their
    own `after`. Counts are frozen when written: `selected` = `will_change` + `already` +
    `not_eligible` for the draft; `changed` + `already` + `superseded` + `not_eligible` =
    `selected` once applied.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        CONFIRMED = "confirmed", "Confirmed"
        APPLYING = "applying", "Applying"
        APPLIED = "applied", "Applied"
        CANCELLED = "cancelled", "Cancelled"
        EXPIRED = "expired", "Expired"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="edits"
    )
    actor = models.CharField(max_length=64)
    use = models.CharField(max_length=32, choices=CHOICES)
    terms = models.ForeignKey(
        Terms, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    undoes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by"
    )
    reason = models.CharField(max_length=500, blank=True)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.DRAFT)
    idempotency_key = models.CharField(max_length=100, null=True, blank=True)
    selected = models.PositiveIntegerField(default=0)
    will_change = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    already = models.PositiveIntegerField(default=0)
    superseded = models.PositiveIntegerField(default=0)
    not_eligible = models.PositiveIntegerField(default=0)
    stopped = models.PositiveIntegerField(default=0, help_text="Renders it stopped.")
    taken_down = models.PositiveIntegerField(default=0, help_text="Memes it took down.")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "idempotency_key"], name="edit_is_confirmed_once_per_key"
            ),
        ]
        indexes = [models.Index(fields=["creator", "-id"], name="edit_of_creator_newest_first")]

    def __str__(self) -> str:
        return f"edit {self.uuid}: {self.use} {'allow' if self.terms_id else 'off'}"

    @property
    def is_grant(self) -> bool:
        return self.terms_id is not None


class Item(models.Model):
    """One video in an edit: terms before, terms after, outcome.

    `before_decided` tells "off" (True, no terms) from "never decided" (False); an undo puts
    either back exactly. `reason` names why an item is not eligible.
    """

    class Outcome(models.TextChoices):
        PENDING = "pending", "Will change"
        CHANGED = "changed", "Changed"
        ALREADY = "already", "Already so"
        SUPERSEDED = "superseded", "Changed since, left alone"
        NOT_ELIGIBLE = "not_eligible", "Not eligible"

    edit = models.ForeignKey(Edit, on_delete=models.CASCADE, related_name="items")
    video = models.ForeignKey(Video, on_delete=models.PROTECT, related_name="+")
    before = models.ForeignKey(Terms, null=True, on_delete=models.PROTECT, related_name="+")
    before_decided = models.BooleanField()
    after = models.ForeignKey(Terms, null=True, on_delete=models.PROTECT, related_name="+")
    after_decided = models.BooleanField(default=True)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, default=Outcome.PENDING)
    reason = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edit", "video"], name="item_is_once_in_an_edit"),
        ]
        indexes = [
            models.Index(fields=["video", "-edit"], name="item_of_a_video_newest_first"),
            models.Index(
                fields=["video"], condition=Q(outcome="pending"), name="item_that_is_pending"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.video_id} in {self.edit_id}: {self.outcome}"

    def line(self) -> dict[str, str]:
        """As the log's items root hashes it. Reads the video and both terms with their notices."""
        return {
            "video": str(self.video.uuid),
            "before": state_line(self.before, decided=self.before_decided),
            "after": state_line(self.after, decided=self.after_decided),
            "outcome": self.outcome,
        }


class Consent(models.Model):
    """The state of one (video, use): terms, or off. No row = never decided = off.

    `decided` is False only where an undo put back "never decided". `version` is the standing's
    version at the last change, `withdrawn_version` at the last change away from an allowed
    state: a render allowed at an older version than that never publishes.
    """

    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    video = models.ForeignKey(Video, on_delete=models.PROTECT, related_name="consents")
    use = models.CharField(max_length=32, choices=CHOICES)
    terms = models.ForeignKey(
        Terms, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided = models.BooleanField(default=True)
    version = models.BigIntegerField()
    withdrawn_version = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField()
    edit = models.ForeignKey(Edit, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["video", "use"], name="consent_is_once_per_use"),
        ]
        indexes = [
            models.Index(fields=["creator", "use", "terms"], name="consent_of_creator_by_terms"),
        ]

    def __str__(self) -> str:
        return f"{self.use} of {self.video_id}: {self.terms_id or 'off'}"
