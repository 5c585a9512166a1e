"""API tokens. The account itself is creatorhub.models.User, where every app can reach it."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models

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
