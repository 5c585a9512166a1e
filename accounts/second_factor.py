"""Second factors are allauth's. Here is what they are called, and how their secrets are kept."""

from __future__ import annotations

import base64

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import forms as base
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.forms import Ours
from creatorhub.errors import Conflict
from creatorhub.models import User


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The secrets of apps and of recovery codes are encrypted in the database, with SECRET_KEY."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "add_email_blocked": _(
            "Turn your second factor off first. Then add the address, confirm it, and turn the "
            "second factor on again."
        ),
        "cannot_generate_recovery_codes": _("First add an app or a passkey."),
        "incorrect_code": _("This code is not right, or it has ended. Type the newest one."),
        "unverified_email": _("First confirm every e-mail address of your account, or remove it."),
    }

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002
        """Of a passkey whose owner gave none."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey %(number)d") % {"number": number}

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            sentence = _("This second factor can no longer be read. Use another one.")
            raise Conflict(sentence, code="second_factor_unreadable") from None


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(secret)) for secret in keys])


def _key(secret: str) -> bytes:
    digest = salted_hmac("creatorhub.second_factor", "", secret=secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest)


class AuthenticateForm(Ours, base.AuthenticateForm):  # type: ignore[misc]
    labels = {"code": _("Code")}
    hints = {"code": _("From your app, or one of your recovery codes.")}


class ReauthenticateForm(Ours, base.ReauthenticateForm):  # type: ignore[misc]
    labels = {"code": _("Code")}
    hints = {"code": _("From your app, or one of your recovery codes.")}


class ActivateTOTPForm(Ours, totp.ActivateTOTPForm):  # type: ignore[misc]
    labels = {"code": _("The code that your app shows")}


class AddWebAuthnForm(Ours, webauthn.AddWebAuthnForm):  # type: ignore[misc]
    labels = {"name": _("Name"), "passwordless": _("Sign in with it alone, without the password")}
    hints = {"name": _("So that you know it again, such as “Phone”.")}


class EditWebAuthnForm(Ours, webauthn.EditWebAuthnForm):  # type: ignore[misc]
    labels = {"name": _("Name")}
