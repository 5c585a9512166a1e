"""What allauth says when it refuses, in the words of this product, and where it writes."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.utils import build_absolute_uri
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import services
from creatorhub.actors import Actor
from creatorhub.fresh import is_fresh
from creatorhub.models import User

MISMATCH = _("This username and this password do not match. Check both and try again.")


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": MISMATCH,
        "email_password_mismatch": MISMATCH,
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, then try again."),
        "incorrect_password": _("This is not the password of your account."),
        "enter_current_password": _("This is not your current password."),
        "email_taken": _("There is already an account with this address."),
        "duplicate_email": _("This address is already in your account."),
        "username_taken": _("This username is taken. Choose another one."),
        "username_blacklisted": _("This username is not available. Choose another one."),
    }

    def set_password(self, user: User, password: str) -> None:
        """For a change, a reset and a first password."""
        services.set_password(user, password, actor=Actor.creator(user))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """A sign-in counts, not only one that was asked for."""
        return not is_fresh(context.request)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """To the main address as it was, and to an address that was removed."""
        values = {**(context or {}), "reset_url": self.reset_url()}
        super().send_notification_mail(template_prefix, user, values, email)
        if removed := values.get("deleted_email"):
            super().send_notification_mail(template_prefix, user, values, removed)

    def reset_url(self) -> str:
        return str(build_absolute_uri(self.request, reverse("account_reset_password")))
