"""What creators allow. Only consent.services writes these rows."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent import policy, uses
from consent.policy import Reason
from creatorhub.jobs import Job
from library.models import Video

_PUBLISHED = Q(published_at__isnull=False)


class NoticeQuerySet(models.QuerySet["Notice"]):
    def in_force(self, use: str, *, language: str = "en") -> Notice | None:
        """The newest published notice of a use: what a grant made now names."""
        published = self.filter(_PUBLISHED, use=use, language=language)
        return published.order_by("-version").first()

    def material_versions(self) -> dict[str, int]:
        """The version of the last material notice of each use that has one. One query."""
        material = self.filter(_PUBLISHED, material=True).order_by()
        return dict(material.values_list("use").annotate(last=Max("version")))

    def material_version(self, use: Any) -> models.QuerySet[Notice, Any]:
        """The same for one use (or an OuterRef to one), as a subquery of one value."""
        material = self.filter(_PUBLISHED, material=True, use=use).order_by()
        return material.values("use").annotate(last=Max("version")).values("last")


class Notice(models.Model):
    """The text a creator sees before allowing a use. Immutable once published (a trigger).

    The newest published version in force is what a grant names. A *material* version makes the
    grants under older ones lapse, by comparison of `version`; no row is rewritten.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    use = models.CharField(max_length=32, choices=uses.choices)
    version = models.PositiveIntegerField()
    language = models.CharField(max_length=16, default="en")
    material = models.BooleanField(
        default=True, help_text="Permissions given under an older text lapse."
    )
    title = models.CharField(max_length=120)
    text = models.TextField()
    published_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = NoticeQuerySet.as_manager()

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
        EVERYONE = "everyone", _("Everyone")

    class Mode(models.TextChoices):
        ALLOWED = "allowed", _("Allowed")
        ASK = "ask", _("Ask me each time")

    use = models.CharField(max_length=32, choices=uses.choices)
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

    def state(self, *, now: datetime, material: int) -> Reason:
        """What the policy says of a video under these terms where nothing else speaks against it:
        allowed, approval needed, expired or notice changed. `material` is the version of the last
        material notice of their use. Reads the notice."""
        facts = replace(
            policy.ALLOWING,
            ended=self.until is not None and self.until <= now,
            notice_superseded=self.notice.version < material,
            in_audience=self.audience == self.Audience.EVERYONE,
            approval_missing=self.mode == self.Mode.ASK,
        )
        return policy.decide(facts).reason


def state_line(terms: Terms | None, *, decided: bool) -> str:
    """As the log names what a consent says: `off`, `undecided`, or its terms, such as
    `remix/1 allowed everyone 2027-03-01T00:00:00Z`, with `-` for no end. Reads the notice."""
    if terms is None:
        return "off" if decided else "undecided"
    until = f"{terms.until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if terms.until else "-"
    return f"{terms.use}/{terms.notice.version} {terms.mode} {terms.audience} {until}"


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

    def __str__(self) -> str:
        return f"{self.creator_id}: {'opted out' if self.opted_out else 'not opted out'}"

    def raise_version(self) -> None:
        """Count one change of this creator's consent. The caller saves."""
        self.version += 1
        self.changed_at = timezone.now()


class EditQuerySet(models.QuerySet["Edit"]):
    def live(self) -> EditQuerySet:
        """Confirmed, and not yet applied to all their videos."""
        return self.filter(status__in=Edit.LIVE)

    def holding(self) -> EditQuerySet:
        """Withdrawals in force whose videos are not written down yet."""
        return self.filter(status=Edit.Status.HOLDING)

    def under_way(self) -> EditQuerySet:
        """Those that a job works on: being prepared, or live."""
        return self.filter(status__in=[Edit.Status.PREPARING, *Edit.LIVE])

    def with_parents(self) -> EditQuerySet:
        """Joined with all that a service or an answer reads of an edit beside its items."""
        return self.select_related("terms__notice", "undoes", "same_as__creator", "creator")


class Edit(models.Model):
    """One change that a creator makes to any number of videos: who, what, which videos, when, why.

        preparing ──> draft ──confirm──> confirmed ──> applying ──> applied ──undo──> (an edit)
            │           └─> expired       ^   └──────────┴─cancel─> cancelled (only what allows)
            └─> cancelled                 │
        holding ──────────────────────────┘

    `preparing` writes a large selection down as items, in chunks. `holding` does the same for a
    withdrawal that was confirmed as it was requested: until its items say which videos are meant,
    the use is off for everything that this creator has allowed. `confirmed_under` is then what
    applied to all of the creator's videos at the confirm, so that what happens later does not
    change which videos match: `{"opted_out": bool, "paused": [use, …]}`.

    `terms` is what its items get, None for off; where items carry their own `after` (an undo, a
    spreadsheet) it is None as well, and `change` says which. `version` is the consent state's at
    the confirm, so it orders the edits of one creator. `cursor` is the key of the last video
    applied: an item up to it that is `pending` was changed. Counts are final when written:
    `selected` = `will_change` + `already` + `superseded` + `not_eligible` for the draft; once
    applied with `changed` in place of `will_change`. A cancelled edit also has `left_out`.
    """

    class Status(models.TextChoices):
        PREPARING = "preparing", _("Preparing")
        DRAFT = "draft", _("Draft")
        HOLDING = "holding", _("Holding")
        CONFIRMED = "confirmed", _("Confirmed")
        APPLYING = "applying", _("Applying")
        APPLIED = "applied", _("Applied")
        CANCELLED = "cancelled", _("Cancelled")
        EXPIRED = "expired", _("Expired")

    class Change(models.TextChoices):
        ALLOWED = "allowed", _("Allow")
        OFF = "off", _("Turn off")
        FORMER = "former", _("Put back as it was")
        LISTED = "listed", _("As a spreadsheet says")

    LIVE = (Status.HOLDING, Status.CONFIRMED, Status.APPLYING)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="edits"
    )
    actor = models.CharField(max_length=64)
    use = models.CharField(max_length=32, choices=uses.choices)
    change = models.CharField(max_length=16, choices=Change.choices, default=Change.OFF)
    terms = models.ForeignKey(
        Terms, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    undoes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by"
    )
    matching = models.JSONField(
        null=True, blank=True, help_text="The filter that was frozen, and the last video it saw."
    )
    confirmed_under = models.JSONField(
        null=True, blank=True, help_text="The opt-out and the pauses at the confirm, if it held."
    )
    same_as = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The earlier draft whose videos these are.",
    )
    reason = models.CharField(max_length=500, blank=True)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.DRAFT)
    idempotency_key = models.CharField(max_length=100, null=True, blank=True)
    version = models.BigIntegerField(default=0)
    cursor = models.BigIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0, help_text="Chunks applied, each with its event.")
    selected = models.PositiveIntegerField(default=0)
    will_change = models.PositiveIntegerField(default=0)
    grants = models.PositiveIntegerField(default=0, help_text="Of these, to something allowed.")
    withdraws = models.PositiveIntegerField(default=0, help_text="Of these, from it to off.")
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

    objects = EditQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "idempotency_key"], name="edit_is_confirmed_once_per_key"
            ),
        ]
        indexes = [
            models.Index(fields=["creator", "-id"], name="edit_of_creator_newest_first"),
            # Every decision asks whether a live one withdraws the video: almost always none is.
            # Not a partial index: SQLite cannot tell that bound parameters meet its condition.
            models.Index(fields=["creator", "use", "status"], name="edit_of_use_by_status"),
            models.Index(
                fields=["expires_at"],
                condition=Q(status__in=["preparing", "draft"]),
                name="edit_that_may_expire",
            ),
        ]

    def __str__(self) -> str:
        return f"edit {self.uuid}: {self.use} {self.change}"

    @property
    def is_live(self) -> bool:
        return self.status in self.LIVE

    @property
    def is_under_way(self) -> bool:
        return self.is_live or self.status == self.Status.PREPARING

    @property
    def is_withdrawing(self) -> bool:
        """In force for all its videos, though not yet written down for each."""
        return self.status == self.Status.HOLDING or (self.is_live and self.withdraws > 0)

    @property
    def done(self) -> int:
        """Videos that it has reached, whatever the outcome."""
        if self.status == self.Status.APPLIED:
            return self.selected
        return self.changed + self.already + self.superseded + self.not_eligible

    @property
    def left_out(self) -> int:
        """Videos that a cancelled edit did not reach."""
        return self.selected - self.done if self.status == self.Status.CANCELLED else 0

    @property
    def changed_items(self) -> ItemQuerySet:
        """What this edit has changed so far."""
        return Item.objects.filter(edit=self).changed(upto=self.cursor)


class EditJob(Job):
    """The job that freezes a large selection, or applies a large edit, in chunks. One per edit;
    the edit's status says which. `attempts` counts those since the last chunk that was done."""

    edit = models.OneToOneField(Edit, on_delete=models.CASCADE, related_name="job")

    class Meta:
        indexes = [
            models.Index(
                fields=["state", "next_attempt_at"],
                condition=Q(state__in=["queued", "running"]),
                name="edit_job_that_is_live",
            ),
        ]

    def __str__(self) -> str:
        return f"job of {self.edit_id}: {self.state}"


class ItemQuerySet(models.QuerySet["Item"]):
    """Applying writes only exceptions to the items, so what an item became is told by the edit's
    cursor: these are the only statements of it."""

    def changed(self, *, upto: Any) -> ItemQuerySet:
        """Those of one edit that were changed; `upto` is the edit's cursor."""
        return self.filter(outcome=Item.Outcome.PENDING, video__lte=upto)

    def to_change(self, *, after: Any) -> ItemQuerySet:
        """Those that an edit is still going to change; `after` is the edit's cursor."""
        return self.filter(outcome=Item.Outcome.PENDING, video__gt=after)

    def with_result(self, result: str, *, cursor: int) -> ItemQuerySet:
        """Those of one edit whose `result` this is. Raises ValueError for no such result."""
        outcome = Item.Outcome(result)
        if outcome == Item.Outcome.CHANGED:
            return self.changed(upto=cursor)
        if outcome in (Item.Outcome.PENDING, Item.Outcome.CANCELLED):
            return self.to_change(after=cursor)
        return self.filter(outcome=outcome)

    def with_details(self) -> ItemQuerySet:
        """Joined with all that a line of a result reads."""
        return self.select_related("edit", "video", "before__notice", "after__notice")


class Item(models.Model):
    """One video in an edit: terms before, terms after, outcome.

    `before_decided` tells "off" (True, no terms) from "never decided" (False); an undo puts
    either back exactly. `reason` names why an item is not eligible. Applying writes only the
    exceptions here: what stays `pending` was changed once the cursor is past it (`result`).

    A large edit has a million of these: two indexes, and no foreign keys in the database
    (docs/decisions/0009-items-are-lean.md). Videos and terms are never deleted.
    """

    class Outcome(models.TextChoices):
        PENDING = "pending", _("Will change")
        CHANGED = "changed", _("Changed")
        ALREADY = "already", _("Already so")
        SUPERSEDED = "superseded", _("Changed since, left alone")
        NOT_ELIGIBLE = "not_eligible", _("Not eligible")
        CANCELLED = "cancelled", _("Not done, cancelled")

    edit = models.ForeignKey(
        Edit, on_delete=models.CASCADE, related_name="items", db_index=False, db_constraint=False
    )
    video = models.ForeignKey(
        Video, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    before = models.ForeignKey(
        Terms,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    before_decided = models.BooleanField()
    after = models.ForeignKey(
        Terms,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    after_decided = models.BooleanField(default=True)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, default=Outcome.PENDING)
    reason = models.CharField(max_length=32, blank=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edit", "video"], name="item_is_once_in_an_edit"),
        ]
        indexes = [
            models.Index(fields=["video", "-edit"], name="item_of_a_video_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.video_id} in {self.edit_id}: {self.outcome}"

    @property
    def result(self) -> str:
        """The outcome as it is now. Reads the edit."""
        if self.outcome != self.Outcome.PENDING:
            return self.outcome
        if self.video_id <= self.edit.cursor:
            return self.Outcome.CHANGED
        cancelled = self.edit.status == Edit.Status.CANCELLED
        return self.Outcome.CANCELLED if cancelled else self.Outcome.PENDING

    @property
    def result_label(self) -> str:
        return str(self.Outcome(self.result).label)


class Consent(models.Model):
    """The state of one (video, use): terms, or off. No row = never decided = off.

    `decided` is False only where an undo put back "never decided". `version` is the standing's
    version at the last change, `withdrawn_version` at the last change away from an allowed
    state: a render allowed at an older version than that never publishes.
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
        return f"{self.use} of {self.video_id}: {self.terms_id or 'off'}"


class ConsentCount(models.Model):
    """How many videos of a creator stand under each terms, counted as they change.

    Every page says how many videos are allowed, and whether terms have ended or lapsed is a
    question about terms: so a handful of rows answers for a million videos. Only ready videos
    that were not removed have terms that count. Written under the standing's lock; fsck counts
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
                fields=["creator", "use"], name="upload_choice_is_once_per_use"
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
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creator", "name"], name="saved_filter_has_its_name"),
        ]

    def __str__(self) -> str:
        return self.name
