"""allauth's forms and sentences, in this product's words."""

from __future__ import annotations

import zoneinfo
from typing import Any

from allauth.account import forms as allauth
from allauth.account.adapter import DefaultAccountAdapter
from django import forms

LABELS = {
    "login": "Username or email address",
    "username": "Username",
    "email": "Email address",
    "oldpassword": "Current password",
    "password": "Password",
    "password1": "Password",
    "password2": "The same password again",
}
HINTS = {
    "username": "Others see this name beside what you make.",
    "password1": (
        "At least 8 characters. Not a common password, not only digits, and unlike your name."
    ),
}
MISMATCH = "This name and this password do not belong together. Check both and try again."


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": MISMATCH,
        "email_password_mismatch": MISMATCH,
        "too_many_login_attempts": "Too many tries. Wait five minutes, then try again.",
        "incorrect_password": "This is not the password of your account.",
        "enter_current_password": "This is not the password you have now.",
        "email_taken": "There is an account with this address already.",
        "duplicate_email": "This address is in your account already.",
        "username_taken": "Somebody has this name already. Choose another one.",
        "username_blacklisted": "This name is not to be had. Choose another one.",
    }


class _Ours:
    """Our labels and hints, and no placeholders: they would repeat the labels."""

    labels: dict[str, str] = {}
    hints: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels, hints = LABELS | self.labels, HINTS | self.hints
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            field.widget.attrs.pop("placeholder", None)
            field.label = labels.get(name, field.label)
            field.help_text = hints.get(name, "")
        if "login" in self.fields:  # type: ignore[attr-defined]
            self.fields["login"].widget.attrs["autocomplete"] = "username"  # type: ignore[attr-defined]


class AddEmailForm(_Ours, allauth.AddEmailForm):  # type: ignore[misc]
    hints = {"email": "We send a mail there to see that it is yours."}


class ChangePasswordForm(_Ours, allauth.ChangePasswordForm):  # type: ignore[misc]
    labels = {"password1": "New password", "password2": "The new password again"}


class LoginForm(_Ours, allauth.LoginForm):  # type: ignore[misc]
    pass


class ReauthenticateForm(_Ours, allauth.ReauthenticateForm):  # type: ignore[misc]
    pass


class ResetPasswordForm(_Ours, allauth.ResetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordKeyForm(_Ours, allauth.ResetPasswordKeyForm):  # type: ignore[misc]
    labels = {"password1": "New password"}


class SetPasswordForm(_Ours, allauth.SetPasswordForm):  # type: ignore[misc]
    pass


class SignupForm(_Ours, allauth.SignupForm):  # type: ignore[misc]
    hints = {"email": "We use it to let you back in. Nobody else sees it."}


class ProfileForm(forms.Form):
    display_name = forms.CharField(
        max_length=80, required=False, help_text="What other people see. Empty: your username."
    )
    time_zone = forms.ChoiceField(
        choices=lambda: [(zone, zone) for zone in sorted(zoneinfo.available_timezones())],
        help_text="Times on the pages are shown in this zone.",
    )
