"""Idempotency keys: text that a program (in a header) or a form (in a hidden field) sends with an
act, so that the same act sent twice is done once."""

from __future__ import annotations

import hashlib

from creatorhub.errors import Refused

MAX_LENGTH = 100


def checked_key(text: str) -> str | None:
    """The key as it was sent, without spaces around it; None if there is none. Raises Refused: a
    key that is cut short could equal another one."""
    key = text.strip()
    if len(key) > MAX_LENGTH or not key.isprintable():
        raise Refused(
            f"An idempotency key is printable text of at most {MAX_LENGTH} characters. Send a "
            "shorter one, or none.",
            code="invalid_idempotency_key",
        )
    return key or None


def key_of_act(key: str, *parts: str) -> str:
    """One key for this key together with what is asked for: with other parts it is another act."""
    return hashlib.sha256("|".join([key, *parts]).encode()).hexdigest()
