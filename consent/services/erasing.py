"""What consent says about a person in words, and its end. What was allowed or turned off stays as
rows without a word: versions, terms, counts."""

from __future__ import annotations

from consent.models import Block, ConsentState, Edit, Hold, SavedFilter, UploadDefault
from creatorhub import erasing
from creatorhub.erasing import Erasable
from creatorhub.models import User

ERASABLE = (
    Erasable(SavedFilter, ("creator",)),
    Erasable(UploadDefault, ("creator",)),
    Erasable(Block, ("creator", "person")),
    Erasable(Edit, ("creator",), {"reason": "", "matching": None, "idempotency_key": None}),
    Erasable(ConsentState, ("creator",), {"opted_out_reason": ""}),
    Erasable(Hold, ("creator",), {"reason": "", "lifted_reason": ""}),
)


def erase_words(person: User) -> None:
    erasing.erase(ERASABLE, person)
