"""Edits: changes that creators make to any number of videos, with an item for each."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import uses
from consent.models.terms import Terms
from creatorhub.jobs import Job
from library.models import Video


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
    spreadsheet) it is None as well, and `change` says which. With `keeps_ends` only what is not
    allowed yet gets `terms`: what is allowed keeps its own end, under the notice of `terms`.
    `kinds` is how many items the draft has that are alike (`Item.ALIKE`, then the number), None for
    an edit of an older release. `to_withdraw` is from how many videos it is still going to take
    each terms, `{key: number}`; None likewise.

    `version` is the consent state's at the confirm, so it orders the edits of one creator; of a
    draft, that when it was made: what has a later one was changed since. The terms of a draft never
    change: another end is another draft.

    `cursor` is the key of the last video applied: an item up to it that is `pending` was changed.
    Counts are final when written:
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
    keeps_ends = models.BooleanField(
        default=False,
        db_default=False,
        help_text="What is allowed keeps its own end; the terms are for the others.",
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
    kinds = models.JSONField(null=True, blank=True, editable=False)
    to_withdraw = models.JSONField(null=True, blank=True, editable=False)
    selected = models.PositiveIntegerField(default=0)
    will_change = models.PositiveIntegerField(default=0)
    grants = models.PositiveIntegerField(default=0, help_text="Of these, to something allowed.")
    withdraws = models.PositiveIntegerField(default=0, help_text="Of these, from it to off.")
    changed = models.PositiveIntegerField(default=0)
    already = models.PositiveIntegerField(default=0)
    superseded = models.PositiveIntegerField(default=0)
    not_eligible = models.PositiveIntegerField(default=0)
    stopped = models.PositiveIntegerField(default=0, help_text="Renders it stopped.")
    taken_down = models.PositiveIntegerField(
        default=0, help_text="Memes it took down, or hid for as long as it can be undone."
    )
    restored = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Memes that it, an undo, brought back."
    )
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
        words = {
            "use": uses.use_of(self.use).label,
            "change": self.get_change_display(),
            "when": date_format(timezone.localtime(self.created_at), "j F Y, H:i"),
        }
        return gettext("%(use)s: %(change)s, %(when)s") % words

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
    """Applying writes only exceptions to the items, so what an item became depends on the edit's
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
        ALREADY = "already", _("Already set")
        SUPERSEDED = "superseded", _("Changed since, left alone")
        NOT_ELIGIBLE = "not_eligible", _("Not eligible")
        CANCELLED = "cancelled", _("Not done, cancelled")

    ALIKE = ("outcome", "before", "before_decided", "after", "after_decided")

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
        verbose_name = _("video of an edit")
        verbose_name_plural = _("videos of edits")
        constraints = [
            models.UniqueConstraint(fields=["edit", "video"], name="item_is_once_in_an_edit"),
        ]
        indexes = [
            models.Index(fields=["video", "-edit"], name="item_of_a_video_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.video.title}: {self.result_label}"

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
