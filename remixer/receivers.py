"""Connects the withdrawals of consent, and their undoing, to the services that act on them."""

from __future__ import annotations

from consent.signals import (
    consent_withdrawn,
    hidden_memes_wanted,
    say_again,
    withdrawal_undone,
)
from remixer.services import hidden_memes, restore, say_again_of_memes, stop_and_takedown

consent_withdrawn.connect(stop_and_takedown, dispatch_uid="remixer.takedown")
withdrawal_undone.connect(restore, dispatch_uid="remixer.restore")
hidden_memes_wanted.connect(hidden_memes, dispatch_uid="remixer.hidden_memes")
say_again.connect(say_again_of_memes, dispatch_uid="remixer.say_again")
