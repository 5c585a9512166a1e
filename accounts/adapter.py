"""What allauth says when it refuses, in the words of this product."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.utils.translation import gettext_lazy as _

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
