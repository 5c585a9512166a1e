"""Roots and proofs of the log as it is stored: from tiles of 256 hashes, at most two of a level.

Nothing here believes what is stored: a proof that does not lead to a signed root shows that it is
wrong, and `manage.py verify_log` says where.
"""

from __future__ import annotations

from audit import notes, tree
from audit.models import Checkpoint, Event, Leaf
from audit.sequencing import WIDTH, stored_hashes
from audit.tiles import Tile, subtrees


def tile(which: Tile) -> bytes:
    """The hashes of a tile, 32 bytes each. One query. Raises Broken where not all are stored."""
    start = which.index * WIDTH
    return b"".join(stored_hashes(which.level, start, start + which.width))


def root(size: int) -> bytes:
    """Over the first `size` leaves: 32 bytes. A query for each level of 256. Raises Broken."""
    return subtrees(size, tile)(0, size) if size else tree.EMPTY_ROOT


def inclusion(index: int, size: int) -> list[bytes]:
    """From leaf `index` to the root over `size` leaves. Raises Malformed where there is no such
    leaf in so many, Broken where the log has not so many."""
    return tree.inclusion_proof(index, subtrees(size, tile), size)


def consistency(old_size: int, size: int) -> list[bytes]:
    """From the root over `old_size` leaves to that over `size`. Raises as inclusion does."""
    return tree.consistency_proof(old_size, subtrees(size, tile), size)


def of_event(event: Event, checkpoint: Checkpoint | None = None) -> notes.Proof | None:
    """The C2SP tlog-proof that the event is in the log, by this checkpoint or the newest one. None
    while it has no leaf there: for some seconds after it was written."""
    checkpoint = checkpoint or Checkpoint.objects.order_by("size").last()
    leaf = Leaf.objects.filter(event=event).first()
    if checkpoint is None or leaf is None or leaf.index >= checkpoint.size:
        return None
    hashes = inclusion(leaf.index, checkpoint.size)
    return notes.Proof(leaf.index, tuple(hashes), notes.Note.parse(checkpoint.note))
