"""Signs how far the log has grown: C2SP checkpoints, at most one every ten seconds.

The signer never signs a tree that does not continue the one that it signed before. A checkpoint
takes the place after the newest one, which only one can have: two signers at once make no fork.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from audit import keys, proofs, sequencing
from audit.models import Checkpoint
from audit.notes import Checkpoint as Text
from audit.notes import Note
from audit.sequencing import Broken

AT_MOST_EVERY = timedelta(seconds=10)


def sign() -> Checkpoint | None:
    """A checkpoint over all leaves; None if nothing was added, if the last one is not ten seconds
    old, or if another process has signed meanwhile.

    Raises NoKey, and Broken where the stored tree does not continue the newest checkpoint. It is a
    dozen queries for a log of any size.
    """
    newest = Checkpoint.objects.order_by("size").last()
    now = timezone.now()
    if newest and newest.at <= now < newest.at + AT_MOST_EVERY:
        return None
    size, before = sequencing.size(), newest.size if newest else 0
    if size == before:
        return None
    if newest and (size < before or proofs.root(before) != bytes(newest.root)):
        raise Broken(
            f"The log is no longer the one that was signed with {before} leaves: nothing more is "
            "signed. `manage.py verify_log` says what is wrong."
        )
    signer = keys.signer()
    root = proofs.root(size)
    note = Note(Text(keys.origin(), size, root).format(), ())
    try:
        with transaction.atomic():
            return Checkpoint.objects.create(
                size=size,
                previous=before,
                root=root,
                note=note.signed(signer.sign(note.text)).format(),
                at=now,
            )
    except IntegrityError:
        return None
