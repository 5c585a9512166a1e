"""The only writer of consent. Each service is one durable transaction whose first statement
locks the creator's standing; then consent, then renders (by signal), then the log."""

from consent.services.accounts import (
    deactivate_account,
    reactivate_account,
    renew_token,
    revoke_token,
    update_profile,
)
from consent.services.edits import (
    DRAFT_LASTS,
    LONGEST,
    MOST_AT_ONCE,
    TOO_FAR,
    Grant,
    confirm_edit,
    draft_edit,
    turn_off,
    undo_edit,
)
from consent.services.notices import publish_notice, write_notice
from consent.services.standing import (
    OptedOut,
    lock_standing,
    opt_in,
    opt_out,
    remove_video,
)

__all__ = [
    "DRAFT_LASTS",
    "LONGEST",
    "MOST_AT_ONCE",
    "TOO_FAR",
    "Grant",
    "OptedOut",
    "confirm_edit",
    "deactivate_account",
    "draft_edit",
    "lock_standing",
    "opt_in",
    "opt_out",
    "publish_notice",
    "reactivate_account",
    "remove_video",
    "renew_token",
    "revoke_token",
    "turn_off",
    "undo_edit",
    "update_profile",
    "write_notice",
]
