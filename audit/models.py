"""The log's rows. audit.log writes the events, audit.sequencing and audit.signing what makes a tree
of them; the database itself refuses changes."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """One line of the log, append-only: triggers on both engines refuse UPDATE and DELETE.

    `body` is what counts: the canonical JSON bytes (RFC 8785) exactly as hashed. `leaf_hash` is
    SHA-256(0x00 || body), RFC 6962 section 2.1. The other columns repeat parts of the body, so
    that rows can be searched; verification compares the two.

        {"action":"video.renamed","actor":"creator:…","after":{"sha256":"…"},
         "at":"2026-11-22T12:00:00.000000Z","before":{"sha256":"…"},"correlation_id":"…",
         "creator":"…","creator_seq":7,"id":"…","subject":"…","v":2}

    `v` is the version of the format. In 1, which is no longer written, personal data stood in the
    body itself; from 2 on its hash stands there, and the data in Personal.
    """

    uuid = models.UUIDField(unique=True)
    action = models.CharField(max_length=64)
    actor = models.CharField(max_length=64, help_text="kind:id")
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        help_text=_("Whose record this belongs to; empty for changes of the whole platform."),
    )
    creator_seq = models.BigIntegerField(null=True)
    platform_seq = models.BigIntegerField(
        null=True,
        help_text=_("Numbers the changes of the whole platform, as creator_seq those of a record."),
    )
    correlation_id = models.UUIDField(help_text=_("Shared by all events of one change."))
    subject = models.UUIDField(
        null=True, help_text=_("The video this is about, if it is one video.")
    )
    at = models.DateTimeField()
    body = models.BinaryField()
    leaf_hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "creator_seq"], name="event_creator_seq_is_unique"
            ),
            models.UniqueConstraint(
                fields=["platform_seq"],
                condition=models.Q(platform_seq__isnull=False),
                name="event_platform_seq_is_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["actor", "-id"], name="event_by_actor"),
            models.Index(fields=["subject", "-id"], name="event_of_a_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.action}, {date_format(timezone.localtime(self.at), 'j F Y, H:i')}"

    @property
    def written(self) -> dict[str, Any]:
        """The body as it was hashed. audit.personal.read puts personal data back into it."""
        body: dict[str, Any] = json.loads(bytes(self.body))
        return body


class Counter(models.Model):
    """How many events a creator has. Updating the row makes that creator's next append wait for
    the commit, so `creator_seq` has neither gaps nor duplicates, after a rollback too."""

    creator = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.creator_id}: {self.last}"


class PlatformCounter(models.Model):
    """How many numbered events of the whole platform there are: one row, as Counter otherwise. All
    of them wait for each other, which nobody notices: members of staff cause them, one at a time.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"platform: {self.last}"


class Concern(models.Model):
    """An event concerns a person who neither caused it nor is the creator whose record it is in:
    somebody asked for the meme that was stopped. It repeats the field of the body that the action
    names as its `person`, so that the person's activity finds the event."""

    event = models.ForeignKey(Event, on_delete=models.DO_NOTHING, related_name="+", db_index=False)
    person = models.UUIDField(help_text=_("The account's uuid."))

    class Meta:
        indexes = [models.Index(fields=["person", "event"], name="concern_of_a_person")]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.person}"


class Personal(models.Model):
    """A field of an event that says something about a person: a name, a title, a reason. It is the
    part of the log that can be erased. The body holds SHA-256(salt || data) in its place:

        "title": {"sha256": "9f2c…"}    salt: 16 random bytes    data: the text, UTF-8 when hashed

    Without the salt nobody can try out what was hashed. A row can be deleted and not be changed.
    """

    pk = models.CompositePrimaryKey("event_id", "field")
    event = models.ForeignKey(
        Event, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    field = models.CharField(max_length=64)
    person = models.UUIDField(
        null=True, db_index=True, help_text="The uuid of the account that the data is about."
    )
    salt = models.BinaryField(max_length=16)
    data = models.TextField()

    def __str__(self) -> str:
        return f"{self.event_id}: {self.field}"


class Leaf(models.Model):
    """Which event is leaf number `index`, from 0, of the tree over the whole log. Insert-only, and
    only by audit.sequencing; the hash is the event's."""

    index = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, on_delete=models.DO_NOTHING, related_name="leaf")

    def __str__(self) -> str:
        return f"{self.index}: {self.event_id}"


class Node(models.Model):
    """The hash of a complete subtree: number `index`, from 0, of those over 256**level leaves each.
    Level 0 are the leaves themselves and has no rows. 256 neighbours are a full tile of C2SP
    tlog-tiles. Insert-only: a subtree that is not complete yet is put together when it is asked
    for, from at most 255 hashes of each level."""

    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "index"], name="node_is_stored_once"),
        ]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class Bookmark(models.Model):
    """Where audit.sequencing goes on, one row. Only for speed: verification does not believe it.

    Every event up to the id `settled` has its leaf, and none can appear there any more. Those up
    to `seen` are settled once every transaction with a number below `seen_before` has ended, for
    one of them may hold a smaller id and commit late.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    settled = models.BigIntegerField(default=0)
    seen = models.BigIntegerField(default=0)
    seen_before = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.settled}"


class Checkpoint(models.Model):
    """What the log signed: its first `size` leaves have this `root`. `note` is the whole C2SP
    checkpoint with its signature. Insert-only, and only by audit.signing.

    `previous` is the size of the checkpoint before, 0 for the first. It is unique, so that of two
    signers at once one finds its place taken: the checkpoints are one line without a fork.
    """

    size = models.BigIntegerField(unique=True)
    previous = models.BigIntegerField(unique=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(size__gt=models.F("previous")), name="checkpoint_grows"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.size}"


class HandedOut(models.Model):
    """A creator was given receipts against the checkpoint of this size. Later ones carry a proof
    that the log continues it, so that nobody needs to be asked when two files are compared."""

    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    size = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "size"], name="checkpoint_is_handed_out_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.creator_id}: {self.size}"
