"""What a username may be: one that nobody can take for another person's."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

ALLOWED = re.compile(r"[\w.+-]+")
# Scripts that are written together, by the first word of the names that Unicode gives to letters.
TOGETHER = (
    {"CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"},
    {"CJK", "HANGUL"},
    {"CJK", "BOPOMOFO"},
)
OF_EVERY_SCRIPT = {"MODIFIER", "COMBINING"}


def normal(username: str) -> str:
    """The form in which a username is stored: NFKC, as Django has it too."""
    return unicodedata.normalize("NFKC", username.strip())


def username_key(username: str) -> str:
    """The same for two usernames that differ only in the case of letters or in their form."""
    return normal(normal(username).casefold())


def validate_username(username: str) -> None:
    """Raises ValidationError."""
    if "@" in username:
        raise ValidationError(
            _("A username has no @: it could be taken for an e-mail address."), code="invalid"
        )
    if not ALLOWED.fullmatch(username):
        raise ValidationError(
            _("Use letters, digits and . + - _ only, without spaces."), code="invalid"
        )
    used = scripts(username)
    if len(used) > 1 and not any(used <= together for together in TOGETHER):
        raise ValidationError(
            _(
                "These letters belong to different alphabets, of which some look alike. Use the "
                "letters of one."
            ),
            code="mixed_scripts",
        )


def scripts(username: str) -> set[str]:
    names = {unicodedata.name(char, "").partition(" ")[0] for char in username if char.isalpha()}
    return names - OF_EVERY_SCRIPT
