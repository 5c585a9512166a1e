"""The only writer of accounts, their tokens and sessions, by topic."""

from accounts.services.accounts import (
    deactivate,
    open_account,
    password_was_changed,
    reactivate,
    set_password,
    set_roles,
    update_profile,
)
from accounts.services.erasing import erase_again, erase_due, what_is_left, wipe_free_space
from accounts.services.exporting import (
    KIND,
    archive_for,
    ask_for_export,
    delete_exports,
    record_taking,
    run_export,
    sweep_exports,
)
from accounts.services.leaving import ask_for_deletion, keep_account
from accounts.services.names import keep_apart, looks_like_another
from accounts.services.security import (
    end_all_sessions,
    end_session,
    move_session,
    record_address,
    record_factor,
    record_failure,
    record_reading,
    record_sign_in,
    remove_second_factors,
)
from accounts.services.tokens import TOKENS_MAX, end_token, make_token, note_use, token_of_key

__all__ = [
    "KIND",
    "TOKENS_MAX",
    "archive_for",
    "ask_for_deletion",
    "ask_for_export",
    "deactivate",
    "delete_exports",
    "end_all_sessions",
    "end_session",
    "end_token",
    "erase_again",
    "erase_due",
    "keep_account",
    "keep_apart",
    "looks_like_another",
    "make_token",
    "move_session",
    "note_use",
    "open_account",
    "password_was_changed",
    "reactivate",
    "record_address",
    "record_factor",
    "record_failure",
    "record_reading",
    "record_sign_in",
    "record_taking",
    "remove_second_factors",
    "run_export",
    "set_password",
    "set_roles",
    "sweep_exports",
    "token_of_key",
    "update_profile",
    "what_is_left",
    "wipe_free_space",
]
