"""The account. All other models are in the apps."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from creatorhub import roles
from creatorhub.lookalikes import skeleton
from creatorhub.texts import FoldedField, LineField
from creatorhub.usernames import username_key, validate_username


class UsernameKeyField(models.CharField[str | None, str | None]):
    """The username as it is compared: no two accounts have the same. Saving the row fills it. NULL
    only in a row that a release before it has written."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"null": True, "editable": False, **options})

    def pre_save(self, instance: models.Model, add: bool) -> Any:  # noqa: FBT001
        key = username_key(instance.username)  # type: ignore[attr-defined]
        setattr(instance, self.attname, key)
        return key

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, __, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class SkeletonField(models.CharField[str | None, str | None]):
    """What the name in the field `of` looks like; no other account's looks so. A new row fills it,
    and whoever changes the name. NULL: there is no name, or it looked like an older account's when
    skeletons were introduced, or a release before has written the row."""

    def __init__(self, *args: Any, of: str = "", **options: Any) -> None:
        self.of = of
        super().__init__(*args, **{"null": True, "editable": False, **options})

    def pre_save(self, instance: models.Model, add: bool) -> Any:  # noqa: FBT001
        if add:
            setattr(instance, self.attname, skeleton(getattr(instance, self.of)) or None)
        return getattr(instance, self.attname)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, __, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class Deletion(models.TextChoices):
    """asked ──> erasing ──> erased: from the second on there is no way back."""

    ASKED = "asked", _("Asked for")
    ERASING = "erasing", _("Being erased")
    ERASED = "erased", _("Erased")


GONE = (Deletion.ERASING, Deletion.ERASED)


class User(AbstractUser):
    """A person. A creator is an account that owns videos; anyone may become one by uploading.
    The row of an erased account stays, for what refers to it, and says nothing about the person.

    Rows are joined by `id`; everything outside the database (URLs, API, log) names the account
    by `uuid` or, where people read it, by `username`.
    """

    username = models.CharField(
        _("username"),
        max_length=150,
        unique=True,
        validators=[validate_username],
        error_messages={"unique": _("This username is taken. Choose another one.")},
    )
    username_key = UsernameKeyField(max_length=450)
    username_skeleton = SkeletonField(of="username", max_length=450)
    display_skeleton = SkeletonField(of="display_name", max_length=450)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    display_name = LineField(max_length=80, blank=True)
    folded_name = FoldedField(of="name", max_length=450)
    time_zone = models.CharField(max_length=64, default="UTC")
    deletion = models.CharField(
        max_length=8,
        choices=Deletion,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="How far the deletion of this account has come; empty if nobody asked for it.",
    )
    erase_after = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Until then it can be kept after all."
    )
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    access_ended = models.PositiveIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="How often all sessions were ended. A session of before does not work again.",
    )

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["username_key"],
                condition=models.Q(username_key__isnull=False),
                name="username_key_is_unique",
            ),
            models.UniqueConstraint(
                fields=["username_skeleton"],
                condition=models.Q(username_skeleton__isnull=False),
                name="username_looks_like_no_other",
            ),
            models.UniqueConstraint(
                fields=["display_skeleton"],
                condition=models.Q(display_skeleton__isnull=False),
                name="display_name_looks_like_no_other",
            ),
        ]
        indexes = [
            models.Index(
                fields=["erase_after"],
                condition=models.Q(erase_after__isnull=False),
                name="user_that_is_leaving",
            )
        ]

    @property
    def name(self) -> str:
        """What other people see: the chosen name, or the username."""
        if self.deletion in GONE:
            return gettext("A deleted creator")
        return self.display_name or self.username

    @cached_property
    def powers(self) -> frozenset[roles.Power]:
        """What this person may do as staff, as it was when first asked: for one request."""
        return roles.powers_of(self)

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Django's, which changes with the password, and here also each time that all sessions are
        ended. Until the first time it is Django's own: an upgrade signs nobody out."""
        own: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]
        if not self.access_ended:
            return own
        return salted_hmac(
            "creatorhub.models.User",
            f"{own}:{self.access_ended}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()
