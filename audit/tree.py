"""Bytes and hashes of the log, pure: RFC 8785 canonical JSON and RFC 6962 Merkle hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785


def canonical(body: Mapping[str, Any]) -> bytes:
    """RFC 8785 bytes of a JSON object. Raises ValueError for a float, whose text is a trap."""
    _refuse_floats(body)
    return rfc8785.dumps(dict(body))


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise ValueError(f"The log holds no floating-point numbers: {value!r}.")
    if isinstance(value, Mapping):
        for member in value.values():
            _refuse_floats(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            _refuse_floats(member)


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data): 32 bytes. RFC 6962, section 2.1."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right): 32 bytes. RFC 6962, section 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash over leaf hashes (RFC 6962, 2.1); SHA-256 of nothing for none.

    Pairs neighbours level by level and carries an odd last one up unchanged, which gives the
    same tree as the RFC's split at the largest power of two.
    """
    if not leaves:
        return hashlib.sha256().digest()
    level = list(leaves)
    while len(level) > 1:
        paired = list(map(node_hash, level[::2], level[1::2]))
        level = paired + level[len(paired) * 2 :]
    return level[0]
