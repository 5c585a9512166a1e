"""What creators allow. Only consent.services writes these rows."""

from consent.models.consents import (
    Consent,
    ConsentCount,
    ConsentState,
    SavedFilter,
    UploadDefault,
)
from consent.models.edits import Edit, EditJob, EditQuerySet, Item, ItemQuerySet
from consent.models.journal import Journal, JournalLine
from consent.models.limits import Block, Hold, HoldQuerySet
from consent.models.terms import Notice, NoticeQuerySet, Terms, state_line

__all__ = [
    "Block",
    "Consent",
    "ConsentCount",
    "ConsentState",
    "Edit",
    "EditJob",
    "EditQuerySet",
    "Hold",
    "HoldQuerySet",
    "Item",
    "ItemQuerySet",
    "Journal",
    "JournalLine",
    "Notice",
    "NoticeQuerySet",
    "SavedFilter",
    "Terms",
    "UploadDefault",
    "state_line",
]
