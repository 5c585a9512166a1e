"""API tokens. The account itself is creatorhub.models.User, where every app can reach it."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from creatorhub.jobs import Job, State
from creatorhub.scopes import Scope
from creatorhub.texts import LineField

NAME_MAX = 60
USE_NOTED_EVERY = timedelta(hours=1)  # not a write for each request


class Token(models.Model):
    """What a program signs in with. Whoever has the key has it alone: the row keeps its SHA-256.

    A key has 256 random bits, so that no slow hash is needed, and begins with `creatorhub_`, by
    which programs that look for secrets in published code find it.

        creatorhub_vK3…  ──SHA-256──>  digest
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens"
    )
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = LineField(max_length=NAME_MAX)
    scope = models.CharField(max_length=8, choices=Scope.choices)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, help_text="To the hour: not a write per request.")

    def __str__(self) -> str:
        return self.name


class Export(Job):
    """The job that packs all of a person's data into an archive, and its result. `file_key` is
    written before the file is stored. The sweep deletes archive and row after `expires_at`."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exports"
    )
    file_key = models.CharField(max_length=200, blank=True)
    size = models.BigIntegerField(default=0, help_text="Bytes of the archive.")
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(state__in=["queued", "running"]),
                name="export_is_made_one_at_a_time",
            )
        ]
        indexes = [
            models.Index(
                fields=["state", "next_attempt_at"],
                condition=models.Q(state__in=["queued", "running"]),
                name="export_that_is_live",
            ),
            models.Index(fields=["expires_at"], name="export_by_its_end"),
        ]

    def __str__(self) -> str:
        return f"export of {self.user_id}: {self.state}"

    @property
    def is_ready(self) -> bool:
        """Made, and not expired."""
        return bool(
            self.state == State.DONE and self.expires_at and self.expires_at > timezone.now()
        )
