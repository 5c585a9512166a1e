"""The only writer of consent. Each service is one durable transaction whose first statement
locks the creator's standing; then consent, then renders (by signal), then the log."""

from consent.services.accounts import (
    deactivate_account,
    reactivate_account,
    renew_token,
    revoke_token,
    update_profile,
)
from consent.services.applying import retry_edit, run_edit, sweep_edits
from consent.services.drafts import (
    AT_ONCE,
    DRAFT_LASTS,
    INSIDE,
    LONGEST,
    MOST_IDS,
    TOO_FAR,
    Grant,
    current_notice,
    dead_terms,
    draft_again,
    draft_edit,
    draft_expired,
    stale_items,
    undo_edit,
)
from consent.services.edits import cancel_edit, confirm_edit, turn_off, undo_or_draft
from consent.services.lists import forget_filter, save_filter
from consent.services.notices import publish_notice, write_notice
from consent.services.sheets import draft_from_sheet
from consent.services.standing import (
    OptedOut,
    lock_standing,
    opt_in,
    opt_out,
    remove_video,
)
from consent.services.uploads import choose_for_uploads, is_in_force, start_upload

__all__ = [
    "AT_ONCE",
    "DRAFT_LASTS",
    "INSIDE",
    "LONGEST",
    "MOST_IDS",
    "TOO_FAR",
    "Grant",
    "OptedOut",
    "cancel_edit",
    "choose_for_uploads",
    "confirm_edit",
    "current_notice",
    "deactivate_account",
    "dead_terms",
    "draft_again",
    "draft_edit",
    "draft_expired",
    "draft_from_sheet",
    "forget_filter",
    "is_in_force",
    "lock_standing",
    "opt_in",
    "opt_out",
    "publish_notice",
    "reactivate_account",
    "remove_video",
    "renew_token",
    "retry_edit",
    "revoke_token",
    "run_edit",
    "save_filter",
    "stale_items",
    "start_upload",
    "sweep_edits",
    "turn_off",
    "undo_edit",
    "undo_or_draft",
    "update_profile",
    "write_notice",
]
