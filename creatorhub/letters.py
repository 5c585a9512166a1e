"""Mail to people about what was done with their things. The record is in their activity; the mail
is a courtesy, and never undoes or delays the act that it tells of."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

from creatorhub.models import User

logger = logging.getLogger(__name__)


def tell(person: User, *, subject: str, text: str) -> None:
    """Mail this to the person once the transaction has committed; without an address, nothing. A
    mail that cannot be sent is noted in the server's log alone."""
    if person.email and person.is_active:
        transaction.on_commit(lambda: _send(person.email, subject, text))


def _send(address: str, subject: str, text: str) -> None:
    try:
        send_mail(f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject}", text, None, [address])
    except OSError:  # whatever the mail server does: SMTPException is one too
        logger.exception("A mail to %s could not be sent.", address)
