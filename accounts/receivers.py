"""What follows from a change of an account that allauth makes: an event, and sometimes a mail."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import services
from consent.signals import say_again
from creatorhub.models import User


@receiver(account.user_logged_in)
def record_a_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    records = get_authentication_records(request, user)
    means = sorted({record.get("type") or record["method"] for record in records})
    services.record_sign_in(user, means=means)


@receiver(account.authentication_step_completed)
def renew_the_session(
    request: HttpRequest, user: User, *, reauthenticated: bool = False, **_: Any
) -> None:
    """A fresh sign-in gives the session another key: a stolen copy of the cookie does not become
    fresh with it, it ends."""
    if reauthenticated:
        before = request.session.session_key
        request.session.cycle_key()
        services.move_session(user, before, request.session.session_key)


@receiver(account.email_added)
def tell_of_an_added_address(
    request: HttpRequest, user: User, email_address: EmailAddress, **_: Any
) -> None:
    """By a mail to the main address: whoever adds another one may mean to take the account."""
    services.record_address(user, "added")
    added = {"added_email": email_address.email}
    get_adapter(request).send_notification_mail("account/email/email_added", user, added)


@receiver(account.email_removed)
def record_a_removed_address(user: User, **_: Any) -> None:
    services.record_address(user, "removed")


@receiver(account.email_changed)
def record_another_main_address(user: User, **_: Any) -> None:
    services.record_address(user, "main")


@receiver(account.email_confirmed)
def record_a_confirmed_address(email_address: EmailAddress, **_: Any) -> None:
    services.record_address(email_address.user, "confirmed")


@receiver(mfa.authenticator_added)
def record_an_added_factor(user: User, authenticator: Authenticator, **_: Any) -> None:
    services.record_factor(user, "added", kind=str(authenticator.type))


@receiver(mfa.authenticator_removed)
def record_a_removed_factor(user: User, authenticator: Authenticator, **_: Any) -> None:
    services.record_factor(user, "removed", kind=str(authenticator.type))


@receiver(mfa.authenticator_reset)
def record_new_recovery_codes(user: User, authenticator: Authenticator, **_: Any) -> None:
    services.record_factor(user, "renewed", kind=str(authenticator.type))


@receiver(mfa.authentication_failed)
def record_a_wrong_code(user: User, **_: Any) -> None:
    services.record_failure(user)


say_again.connect(services.erase_again, dispatch_uid="accounts.erase_again")
