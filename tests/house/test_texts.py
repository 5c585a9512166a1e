"""Texts that people type have one form, whatever keyboard, computer or file they come from."""

from __future__ import annotations

import unicodedata

import pytest
from django.apps import apps
from django.db.models import CharField, TextField

from creatorhub import checks
from creatorhub.texts import FoldedField, LineField, folded, line

# Columns of text that nobody types: codes, names of files in the storage, our own sentences;
# reasons, which have their form from the field that takes them; and
# what is drawn, hashed or fixed by something else.
NOT_TYPED = {
    "action actor use change status state outcome kind mode audience language via template",
    "scope digest by lifted_by lifted_reason ended_by decided_by decision against",
    "opted_out_by opted_out_reason username_key username_skeleton display_skeleton thumb_key",
    "source_key mezzanine_key poster_key file_key import_key idempotency_key ended_for query",
    "username password email first_name last_name time_zone problem reason title text",
    "data deletion field measure note",
}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Café", "Café"),
        ("Cafe\u0301", "Café"),
        ("  two\n lines\t ", "two lines"),
        ("a\0b\ud800c", "a b c"),
        ("soft\u00adhyphen", "softhyphen"),
        ("\ufeffmark", "mark"),
        ("in\u202everted", "inverted"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # a joiner that Persian needs
        ("👩\u200d🚀 ❤\ufe0f", "👩\u200d🚀 ❤\ufe0f"),
        ("שלום\u200f!", "שלום\u200f!"),
        ("\u200b\u200d\u3164", ""),  # nothing of it can be seen
        ("", ""),
    ],
)
def test_a_line_is_stored_in_one_form_without_what_nobody_sees(typed: str, stored: str) -> None:
    assert line(typed) == stored
    assert line(stored) == stored


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("É", "e\u0301"),
        ("STRASSE", "straße"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("Ж", "ж"),
        ("Å", "\u212b"),
        ("a  b", " A B "),
        ("👩\u200d🚀", "👩🚀"),
        ("co\u00adop", "co\u200bop"),
    ],
)
def test_what_looks_alike_to_a_reader_is_searched_alike(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_folding_is_done_once_for_every_letter_there_is() -> None:
    """What is folded twice is the same, and stays in the form in which it is stored."""
    for code in range(0x110000):
        char = chr(code)
        if unicodedata.category(char) in ("Cs", "Cn", "Co"):
            continue
        once = folded(f"x{char}x")
        assert folded(once) == once
        assert unicodedata.is_normalized("NFC", once)
        assert len(once) <= 2 + 3 * len(unicodedata.normalize("NFC", char))


def test_no_column_for_a_text_that_people_type_takes_it_as_it_comes() -> None:
    known = {name for names in NOT_TYPED for name in names.split()}
    found = {
        f"{model._meta.label}.{field.name}"
        for label in checks.our_apps()
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, (CharField, TextField))
        and not isinstance(field, (LineField, FoldedField))
        and field.name not in known
    }
    assert not found, "Make it a LineField, or name it above if nobody types it."
