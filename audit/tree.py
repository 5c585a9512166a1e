"""Bytes and hashes of the log, pure: RFC 8785 canonical JSON and RFC 6962 Merkle trees."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import rfc8785


def canonical(body: Mapping[str, Any]) -> bytes:
    """RFC 8785 bytes of a JSON object. A UUID becomes its text, a time RFC 3339 in UTC with
    microseconds: 2026-11-22T12:00:00.000000Z.

    Raises ValueError for a float (languages write its digits differently), for an integer beyond
    ±(2**53 - 1), and for anything else that is not JSON.
    """
    return rfc8785.dumps(_plain(body))


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError(f"The log holds no floating-point numbers: {value!r}.")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(member) for member in value]
    return value


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data): 32 bytes. RFC 6962, section 2.1."""
    return hashlib.sha256(b"\x00" + data).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash over leaf hashes (RFC 6962, section 2.1): 32 bytes. Without leaves it
    is SHA-256 of nothing.

    Each level pairs neighbours, SHA-256(0x01 || left || right), and carries an odd last one up
    unchanged, which gives the same tree as the RFC's split at the largest power of two.
    """
    if not leaves:
        return hashlib.sha256().digest()
    level = list(leaves)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        level = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return level[0]
