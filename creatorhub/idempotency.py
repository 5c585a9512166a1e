"""Idempotency keys: text that a program (in a header) or a form (in a hidden field) sends with a
request, so that the same request sent twice is done once."""

from __future__ import annotations

import hashlib

from django.utils.translation import gettext as _

from creatorhub.errors import Refused

MAX_LENGTH = 100


def checked_key(text: str) -> str | None:
    """The key without spaces around it; None if there is none. Raises Refused for one that is too
    long or not printable: a key that is cut short could equal another one."""
    key = text.strip()
    if len(key) > MAX_LENGTH or not key.isprintable():
        raise Refused(
            _(
                "An idempotency key is printable text of at most %(limit)s characters. Send a "
                "shorter one, or none."
            )
            % {"limit": MAX_LENGTH},
            code="invalid_idempotency_key",
        )
    return key or None


def combined_key(key: str, *parts: str) -> str:
    """One key for this key together with what is requested: with other parts it is another one."""
    return hashlib.sha256("|".join([key, *parts]).encode()).hexdigest()
