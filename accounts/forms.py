"""allauth's forms and sentences, as this product puts them. Templates give the labels."""

from __future__ import annotations

import zoneinfo
from typing import Any

from allauth.account import forms as allauth
from allauth.account.adapter import DefaultAccountAdapter
from django import forms

HINT = "At least 8 characters. Not a common password, not only digits, and unlike your name."
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


class _Bare:
    """Placeholders repeat the labels, and vanish just when one wants to look at them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields  # type: ignore[attr-defined]
        for field in fields.values():
            field.widget.attrs.pop("placeholder", None)
        if "password2" in fields:
            fields["password1"].help_text = HINT
        for name in ("oldpassword", "password"):
            if name in fields:
                fields[name].help_text = ""
        if "login" in fields:
            fields["login"].widget.attrs["autocomplete"] = "username"


class AddEmailForm(_Bare, allauth.AddEmailForm):  # type: ignore[misc]
    pass


class ChangePasswordForm(_Bare, allauth.ChangePasswordForm):  # type: ignore[misc]
    pass


class LoginForm(_Bare, allauth.LoginForm):  # type: ignore[misc]
    pass


class ReauthenticateForm(_Bare, allauth.ReauthenticateForm):  # type: ignore[misc]
    pass


class ResetPasswordForm(_Bare, allauth.ResetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordKeyForm(_Bare, allauth.ResetPasswordKeyForm):  # type: ignore[misc]
    pass


class SetPasswordForm(_Bare, allauth.SetPasswordForm):  # type: ignore[misc]
    pass


class SignupForm(_Bare, allauth.SignupForm):  # type: ignore[misc]
    pass


class ProfileForm(forms.Form):
    display_name = forms.CharField(
        max_length=80, required=False, help_text="What other people see. Empty: your username."
    )
    time_zone = forms.ChoiceField(
        choices=lambda: [(zone, zone) for zone in sorted(zoneinfo.available_timezones())],
        help_text="Times on the pages are shown in this zone.",
    )
