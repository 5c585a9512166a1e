"""Text that people type, in the one form in which it is stored, compared and searched.

The same word can be written in several ways that look alike: a Mac writes the é of “Café” as two
code points, others as one, and what is pasted may hold characters that nobody sees. `line` is what
is stored, `folded` what is searched; docs/decisions/0014 says why.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.db import models
from django.db.models.lookups import Contains
from rest_framework import serializers

# Invisible characters that change nothing which a reader should see: soft hyphens, spaces without
# width, marks of byte order, fillers, and what turns the direction of text around it.
_DROPPED = re.compile(
    "[\u00ad\u17b4\u17b5\u180e\u200b\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\U000e0001]"
)
# Those, and the invisible ones that writing needs: joiners, marks of direction, variants, tags.
# They are stored, but nobody types them to find something.
_NOT_SEARCHED = re.compile(
    f"{_DROPPED.pattern[:-1]}\u034f\u061c\u115f\u1160\u180b-\u180f\u200c-\u200f"
    "\ufe00-\ufe0f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def nfc(text: str) -> str:
    """With every letter in its shortest form, whoever typed it."""
    return unicodedata.normalize("NFC", text)


def line(text: str) -> str:
    """What is stored of a text on one line: NFC, without control characters, lone surrogates
    (PostgreSQL can store neither) and invisible characters that say nothing. Empty if nothing of
    it can be seen."""
    shown = (" " if unicodedata.category(char) in ("Cc", "Cs") else char for char in text)
    cleaned = nfc(" ".join(_DROPPED.sub("", "".join(shown)).split()))
    return cleaned if folded(cleaned) else ""


def folded(text: str) -> str:
    """The form in which texts are searched and sorted: two texts that differ only in the case of
    letters of any alphabet, in their form, in invisible characters or in spaces have the same."""
    seen = " ".join(_NOT_SEARCHED.sub("", text).split())
    return nfc(unicodedata.normalize("NFD", seen).casefold())


def typed(value: Any) -> Any:
    """A `line` of what a field was sent. What no person types is left for it to refuse."""
    return line(value) if isinstance(value, str) and "\0" not in value else value


class LineField(models.CharField[str, str]):
    """A column for a text that a person typed. Its rows, and what they are compared with for
    equality, are in NFC by whichever way they come. Migrations see Django's own field."""

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return nfc(prepared) if isinstance(prepared, str) else prepared

    def pre_save(self, instance: models.Model, add: bool) -> Any:  # noqa: FBT001
        value = self.get_prep_value(super().pre_save(instance, add))
        setattr(instance, self.attname, value)
        return value

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, __, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class FoldedField(models.CharField[str, str]):
    """A column that holds the attribute `of`, folded. Saving a row fills it, if the fields to be
    saved are not limited to others; a search by `contains` folds what is searched.

    It is empty only in a row that a release before it has written; never where `of` has text.
    """

    def __init__(self, *args: Any, of: str = "", **options: Any) -> None:
        self.of = of
        super().__init__(
            *args, **{"db_default": "", "default": "", "editable": False, "blank": True, **options}
        )

    def pre_save(self, instance: models.Model, add: bool) -> Any:  # noqa: FBT001
        text = getattr(instance, self.of)
        value = folded(text) or text
        setattr(instance, self.attname, value)
        return value

    def get_lookup(self, lookup_name: str) -> Any:
        """Upper and lower case are the same here: `icontains`, as the admin asks, is `contains`."""
        return super().get_lookup("contains" if lookup_name == "icontains" else lookup_name)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, __, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


@FoldedField.register_lookup
class _FoldedContains(Contains):
    def get_prep_lookup(self) -> Any:
        return folded(self.rhs) if isinstance(self.rhs, str) else super().get_prep_lookup()


class LineInput(forms.CharField):
    """A form's field for such a text. Its length is that of what is stored."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return typed(text)


class LineSerializerField(serializers.CharField):
    """The same, in the body of a request to the API."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(typed(data))
