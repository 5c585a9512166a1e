"""The account. All other models are in the apps."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models

from creatorhub.texts import FoldedField, LineField


class User(AbstractUser):
    """A person. A creator is an account that owns videos; anyone may become one by uploading.

    Rows are joined by `id`; everything outside the database (URLs, API, log) names the account
    by `uuid` or, where people read it, by `username`.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    display_name = LineField(max_length=80, blank=True)
    folded_name = FoldedField(of="name", max_length=450)
    time_zone = models.CharField(max_length=64, default="UTC")

    class Meta(AbstractUser.Meta):
        pass

    @property
    def name(self) -> str:
        """What other people see: the chosen name, or the username."""
        return self.display_name or self.username
