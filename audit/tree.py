"""Bytes and hashes of the log, pure: RFC 8785 canonical JSON and RFC 6962 Merkle trees.

    leaf  = SHA-256(0x00 || bytes of an event)      32 bytes
    node  = SHA-256(0x01 || left || right)          32 bytes, the left side full, a power of two
    proof = hash || hash || ...                     from the bottom to the top of the tree

A proof has the one shape that its numbers give it: a hash too many or too few is malformed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import rfc8785

HASH_SIZE = 32
SIZE_LIMIT = 2**63 - 1
EMPTY_ROOT = hashlib.sha256().digest()
"""The root of a tree without leaves: SHA-256 of nothing."""

Subtree = Callable[[int, int], bytes]
"""Gives the hash over the leaves [start, end), which is a subtree that a proof of the tree names:
complete, or at the right edge."""


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


class Malformed(ValueError):
    """What was handed in is not of the form. The message is a sentence: what is wrong."""


class Mismatch(ValueError):
    """Well formed, and it does not hold. The message is a sentence: what does not fit what."""


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data): 32 bytes. RFC 6962, section 2.1."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right): 32 bytes. RFC 6962, section 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash over leaf hashes (RFC 6962, section 2.1): 32 bytes. Without leaves it
    is SHA-256 of nothing.

    Each level pairs neighbours and carries an odd last one up unchanged, which gives the same tree
    as the RFC's split at the largest power of two.
    """
    if not leaves:
        return EMPTY_ROOT
    level = list(leaves)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        # node_hash, written out: a call for each of a million items takes as long as the hash.
        level = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return level[0]


def inclusion_proof(
    index: int, leaves: Sequence[bytes] | Subtree, size: int | None = None
) -> list[bytes]:
    """The hashes from the leaf's sibling up to the root's child (RFC 6962, section 2.1.1).

    `leaves` are all leaf hashes, or a function that gives the hash of a subtree; `size` is then
    the number of leaves, and only hashes of the proof are asked for, at most 63.
    Raises Malformed where the tree has no such leaf.
    """
    subtree, size = _source(leaves, size)
    _check_index(index, size)
    return [subtree(start, end) for start, end in _siblings(index, size)]


def consistency_proof(
    old_size: int, leaves: Sequence[bytes] | Subtree, size: int | None = None
) -> list[bytes]:
    """The hashes that lead from the tree of the first `old_size` leaves to the whole one (RFC
    6962, section 2.1.2); none where the sizes are equal. `leaves` and `size` as in inclusion_proof.
    Raises Malformed unless 0 < old_size <= size."""
    subtree, size = _source(leaves, size)
    _check_sizes(old_size, size)
    kept, siblings = _split(old_size, size)
    ranges = siblings if kept == (0, old_size) else [kept, *siblings]
    return [subtree(start, end) for start, end in ranges]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes
) -> None:
    """Whether the leaf hash is leaf number `index`, from 0, of the tree with `size` leaves and the
    root `expected`. RFC 9162, section 2.1.3.2.

    Raises Malformed for numbers and proofs that no tree has, Mismatch where the proof leads to
    another root.
    """
    _check_index(index, size)
    siblings = _siblings(index, size)
    _check_hashes(proof, len(siblings))
    _check_hashes([leaf, expected], 2)
    node = leaf
    for (start, _), sibling in zip(siblings, proof, strict=True):
        node = node_hash(node, sibling) if start > index else node_hash(sibling, node)
    if node != expected:
        raise Mismatch(f"The proof does not lead from leaf {index} to the root of {size} leaves.")


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Whether the tree of `new_size` leaves begins with the very leaves of the tree of `old_size`.
    RFC 9162, section 2.1.4.2.

    Raises Malformed for sizes and proofs that no tree has, 0 among them (every tree begins with
    the empty one, so there is nothing to prove); Mismatch where a root is another.
    """
    _check_sizes(old_size, new_size)
    if old_size == new_size:
        _check_hashes(proof, 0)
        if old_root != new_root:
            raise Mismatch(f"Two roots are given for the same {old_size} leaves.")
        return
    kept, siblings = _split(old_size, new_size)
    whole = kept == (0, old_size)  # the old root is itself a node of the new tree
    _check_hashes(proof, len(siblings) + (not whole))
    _check_hashes([old_root, new_root], 2)
    old = new = old_root if whole else proof[0]
    for (start, _), sibling in zip(siblings, proof[not whole :], strict=True):
        if start < kept[0]:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
        else:
            new = node_hash(new, sibling)
    if old != old_root:
        raise Mismatch(f"The proof does not lead to the root of the first {old_size} leaves.")
    if new != new_root:
        raise Mismatch(f"The proof does not lead from {old_size} leaves to the root of {new_size}.")


def from_nodes(node: Callable[[int, int], bytes]) -> Subtree:
    """The subtrees of proofs out of stored nodes: `node(level, index)` is the hash of the complete
    subtree over the 2**level leaves from index * 2**level on. A subtree at the right edge is put
    together from at most 63."""

    def subtree(start: int, end: int) -> bytes:
        parts = []
        while start < end:
            level = (end - start).bit_length() - 1
            parts.append(node(level, start >> level))
            start += 1 << level
        whole = parts[-1]
        for left in reversed(parts[:-1]):
            whole = node_hash(left, whole)
        return whole

    return subtree


class Range:
    """The right edge of a growing tree: enough to append leaves and to know the root, in
    O(log size) of memory. As bytes: the size, then the roots of the complete subtrees that it
    consists of, the largest first; 3 leaves are

        00 00 00 00 00 00 00 03 | 32 bytes, over leaves 0 and 1 | 32 bytes, over leaf 2
    """

    def __init__(self) -> None:
        self.size = 0
        self._nodes: list[bytes] = []

    def append(self, leaf: bytes) -> list[bytes]:
        """Adds a leaf hash. The hashes of the complete subtrees that it closes: number `level`
        covers 2**level leaves and is node `index >> level` of its level, so the first is the leaf.
        """
        _check_hashes([leaf], 1)
        closed = [leaf]
        place = self.size
        while place & 1:
            closed.append(node_hash(self._nodes.pop(), closed[-1]))
            place >>= 1
        self._nodes.append(closed[-1])
        self.size += 1
        return closed

    def root(self) -> bytes:
        """The root over all leaves so far: 32 bytes."""
        if not self._nodes:
            return EMPTY_ROOT
        node = self._nodes[-1]
        for left in reversed(self._nodes[:-1]):
            node = node_hash(left, node)
        return node

    def to_bytes(self) -> bytes:
        return self.size.to_bytes(8, "big") + b"".join(self._nodes)

    @classmethod
    def from_bytes(cls, data: bytes) -> Range:
        """Raises Malformed for what to_bytes does not write."""
        edge = cls()
        edge.size = int.from_bytes(data[:8], "big")
        if len(data) < 8 or edge.size > SIZE_LIMIT:
            raise Malformed("The edge of a tree begins with its size, 8 bytes, below 2**63.")
        nodes = data[8:]
        if len(nodes) != HASH_SIZE * edge.size.bit_count():
            raise Malformed(f"The edge of a tree of {edge.size} leaves has another length.")
        edge._nodes = [nodes[at : at + HASH_SIZE] for at in range(0, len(nodes), HASH_SIZE)]
        return edge


def _siblings(index: int, size: int) -> list[tuple[int, int]]:
    """What an inclusion proof of a leaf consists of: [start, end) of each subtree beside the path,
    from the leaf up. Each is split at the largest power of two below its size."""
    ranges = []
    start, end = 0, size
    while end - start > 1:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def _split(old_size: int, size: int) -> tuple[tuple[int, int], list[tuple[int, int]]]:
    """What a consistency proof consists of: the last subtree that both trees have whole, and those
    beside the path from it to the root, from it up."""
    start, end = 0, size
    ranges = []
    while end != old_size:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        if old_size <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return (start, end), ranges[::-1]


def _source(leaves: Sequence[bytes] | Subtree, size: int | None) -> tuple[Subtree, int]:
    if callable(leaves):
        if size is None:
            raise TypeError("A function of subtrees needs the size of the tree.")
        return leaves, size
    whole = leaves if size is None else leaves[:size]
    return (lambda start, end: root(whole[start:end])), len(whole)


def _check_index(index: int, size: int) -> None:
    if not 0 <= index < size:
        raise Malformed(f"A tree of {size} leaves has no leaf {index}; the first is 0.")
    if size > SIZE_LIMIT:
        raise Malformed("The size of a tree has to be below 2**63.")


def _check_sizes(old_size: int, size: int) -> None:
    if not 0 < old_size <= size:
        raise Malformed(
            f"No proof leads from {old_size} leaves to {size}: it goes from at least one leaf to"
            " as many or more."
        )
    if size > SIZE_LIMIT:
        raise Malformed("The size of a tree has to be below 2**63.")


def _check_hashes(hashes: Sequence[bytes], number: int) -> None:
    if len(hashes) != number:
        raise Malformed(f"The proof has {len(hashes)} hashes, and for this tree it has {number}.")
    if any(len(one) != HASH_SIZE for one in hashes):
        raise Malformed("A hash is not 32 bytes long.")
