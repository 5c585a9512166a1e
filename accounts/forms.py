"""The form of the account page, and allauth's forms as this product shows them."""

from __future__ import annotations

import zoneinfo
from typing import Any

from allauth.account import forms as allauth
from django import forms
from django.utils.translation import gettext_lazy as _

HINT = _("At least 8 characters. Not a common password, not only digits, and unlike your name.")


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
        label=_("Display name"),
        max_length=80,
        required=False,
        help_text=_("What other people see. If empty: your username."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(zone, zone) for zone in sorted(zoneinfo.available_timezones())],
        help_text=_("Times on the pages are shown in this zone."),
    )
