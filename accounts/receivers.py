"""What follows from a change of an account that allauth makes."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.account.signals import email_added
from django.dispatch import receiver
from django.http import HttpRequest

from creatorhub.models import User


@receiver(email_added)
def tell_of_an_added_address(
    request: HttpRequest, user: User, email_address: EmailAddress, **_: Any
) -> None:
    """By a mail to the main address: whoever adds another one may mean to take the account."""
    added = {"added_email": email_address.email}
    get_adapter(request).send_notification_mail("account/email/email_added", user, added)
