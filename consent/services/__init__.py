"""The only writer of consent. Each service is one durable transaction whose first statement locks
the creator's consent state; then consent, then renders (by signal), then the log.

From the ground up: the lock (`consent_state`), `terms`, the edits (`edits/`, a module for each
thing one can do with them), then what works on everything at once (`opt_out`, `removal`,
`upload_defaults`). Each imports only what stands below it. `holds` and `blocks` are limits beside
what is stored: they change no consent.
"""

from consent.services.blocks import block, unblock
from consent.services.catching_up import (
    apply_journal,
    hold_everything,
    look_at_journal,
    without_journal,
)
from consent.services.consent_state import lock_consent_state
from consent.services.edits.cancel import cancel_edit
from consent.services.edits.confirm import confirm_edit, turn_off
from consent.services.edits.draft import (
    MAX_IDS,
    dead_terms,
    draft_again,
    draft_edit,
    draft_expired,
    left_alone,
)
from consent.services.edits.items import LeftAlone
from consent.services.edits.job import retry_edit, run_edit, sweep_edits
from consent.services.edits.spreadsheet import draft_from_spreadsheet
from consent.services.edits.undo import undo_edit, undo_or_draft
from consent.services.erasing import ERASABLE, erase_words
from consent.services.holds import Held, hold, lift
from consent.services.journal import begin_journal
from consent.services.notices import publish_notice, write_notice
from consent.services.opt_out import OptedIn, OptedOut, opt_in, opt_out
from consent.services.removal import remove_video
from consent.services.saved_filters import forget_filter, save_filter, tag_of
from consent.services.terms import MAX_GRANT, TOO_FAR, Grant
from consent.services.upload_defaults import (
    apply_upload_defaults,
    is_in_force,
    set_upload_default,
)

__all__ = [
    "ERASABLE",
    "MAX_GRANT",
    "MAX_IDS",
    "TOO_FAR",
    "Grant",
    "Held",
    "LeftAlone",
    "OptedIn",
    "OptedOut",
    "apply_journal",
    "apply_upload_defaults",
    "begin_journal",
    "block",
    "cancel_edit",
    "confirm_edit",
    "dead_terms",
    "draft_again",
    "draft_edit",
    "draft_expired",
    "draft_from_spreadsheet",
    "erase_words",
    "forget_filter",
    "hold",
    "hold_everything",
    "is_in_force",
    "left_alone",
    "lift",
    "lock_consent_state",
    "look_at_journal",
    "opt_in",
    "opt_out",
    "publish_notice",
    "remove_video",
    "retry_edit",
    "run_edit",
    "save_filter",
    "set_upload_default",
    "sweep_edits",
    "tag_of",
    "turn_off",
    "unblock",
    "undo_edit",
    "undo_or_draft",
    "without_journal",
    "write_notice",
]
