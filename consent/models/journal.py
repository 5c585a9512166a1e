"""What this database knows of the withdrawal journal (consent.journal), a file beside it."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Exists
from django.utils.translation import gettext_lazy as _


class JournalQuerySet(models.QuerySet["Journal"]):
    def restoring(self) -> Exists:
        """Whether nothing is allowed until the journal was applied, as a part of another query."""
        return Exists(self.filter(held=True))

    def are_restoring(self) -> bool:
        """The same by itself: one query."""
        return self.filter(held=True).exists()


class Journal(models.Model):
    """One row. While it is `held`, every decision is no: this database is older than the journal's
    end, or its journal is not there (`problem` says so), and what was withdrawn is not known.

    Every line up to `seq`, which ends at `offset` in the file and has the sum `digest`, is known
    to this database; of later ones each has its JournalLine. No digest: it never had a journal.
    """

    installation = models.UUIDField(default=uuid.uuid4, editable=False)
    held = models.BooleanField(default=False)
    held_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True, default="")
    seq = models.BigIntegerField(default=0)
    offset = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True, default="")

    objects = JournalQuerySet.as_manager()

    def __str__(self) -> str:
        return f"journal of {self.installation}, up to line {self.seq}"


class JournalLine(models.Model):
    """A line of the journal that this database knows, written in the transaction of the withdrawal:
    a line without its row is a withdrawal that the database has lost, or that was never committed.

    `seq` is empty as long as it could not be written to the file. `body` has the line until the
    row is forgotten, and beside it, as `journal`, whose journal it went into: an operator may have
    put that of another installation in the place of this one's.
    """

    uuid = models.UUIDField(primary_key=True, editable=False)
    seq = models.BigIntegerField(null=True, db_index=True)
    body: Any = models.JSONField(
        null=True, help_text=_("What is still to be written to the journal.")
    )

    def __str__(self) -> str:
        return f"line {self.seq or 'to be written'}"
