"""The form of the account page, and allauth's forms as this product shows them."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING, Any

from allauth.account import forms as allauth
from django import forms
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import services
from accounts.models import NAME_MAX
from creatorhub.scopes import Scope
from creatorhub.shown import ShownForm
from creatorhub.texts import LineInput

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LABELS: dict[str, StrOrPromise] = {
    "login": _("Username or email address"),
    "username": _("Username"),
    "email": _("Email address"),
    "oldpassword": _("Current password"),
    "password": _("Password"),
    "password1": _("Password"),
    "password2": _("The same password again"),
}
HINTS: dict[str, StrOrPromise] = {
    "username": _("Others see this name beside what you make."),
    "password1": _(
        "At least 8 characters. Not a common password, not only digits, and unlike your name."
    ),
}


class Ours:
    """Our labels and hints, and no placeholders: they would repeat the labels."""

    fields: dict[str, forms.Field]
    labels: dict[str, StrOrPromise] = {}
    hints: dict[str, StrOrPromise] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels, hints = LABELS | self.labels, HINTS | self.hints
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = labels.get(name, field.label)
            field.help_text = hints.get(name, "")
        if "login" in self.fields:
            self.fields["login"].widget.attrs["autocomplete"] = "username"


class AddEmailForm(Ours, allauth.AddEmailForm):  # type: ignore[misc]
    hints = {"email": _("We send a mail there to see that it is yours.")}


class ChangePasswordForm(Ours, allauth.ChangePasswordForm):  # type: ignore[misc]
    labels = {"password1": _("New password"), "password2": _("The new password again")}


class LoginForm(Ours, allauth.LoginForm):  # type: ignore[misc]
    pass


class ReauthenticateForm(Ours, allauth.ReauthenticateForm):  # type: ignore[misc]
    pass


class ResetPasswordForm(Ours, allauth.ResetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordKeyForm(Ours, allauth.ResetPasswordKeyForm):  # type: ignore[misc]
    labels = {"password1": _("New password")}


class SetPasswordForm(Ours, allauth.SetPasswordForm):  # type: ignore[misc]
    pass


class NameTaken(Exception):
    """Somebody else has taken the username since it was looked up."""


class SignupForm(Ours, allauth.SignupForm):  # type: ignore[misc]
    """`time_zone` is filled by app.js with the browser's; without a script it stays empty."""

    time_zone = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput({"data-time-zone": ""})
    )
    hints = {
        "username": _(
            "Others see this name beside what you make. Letters of one alphabet, digits, . + - _"
        ),
        "email": _("We use it to let you back in. Nobody else sees it."),
    }

    def try_save(self, request: HttpRequest) -> Any:
        """Raises NameTaken, and then nothing is saved."""
        try:
            with transaction.atomic():
                services.keep_apart(self.cleaned_data["username"])
                if services.looks_like_another(self.cleaned_data["username"]):
                    raise NameTaken
                return super().try_save(request)
        except IntegrityError as error:
            raise NameTaken from error


class ProfileForm(ShownForm):
    display_name = LineInput(
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


LIVES = (7, 30, 90, 365)  # days
SCOPES = {
    Scope.READ: _("Look: lists, decisions, your record"),
    Scope.MAKE: _("Also upload and name videos, and make memes"),
    Scope.DECIDE: _("Also decide what is allowed, turn it off, and remove videos"),
}


class TokenForm(forms.Form):
    """`once` is a new UUID for each empty form: a form that is sent twice makes one token."""

    once = forms.UUIDField(required=False, widget=forms.HiddenInput)
    name = LineInput(
        label=_("Name"),
        max_length=NAME_MAX,
        help_text=_("What it is for, so that you know it again."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scope = forms.TypedChoiceField(
        label=_("What it may do"),
        choices=list(SCOPES.items()),
        coerce=Scope,
        initial=Scope.READ,
        widget=forms.RadioSelect,
    )
    days = forms.TypedChoiceField(
        label=_("Ends after"),
        choices=lambda: [
            (days, ngettext("%(days)d day", "%(days)d days", days) % {"days": days})
            for days in LIVES
        ],
        coerce=int,
        initial=90,
    )
