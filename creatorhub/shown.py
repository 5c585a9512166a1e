"""A form changes only what differs from what it showed.

A page may be open while what it shows is changed elsewhere: in another tab, by a program, by staff.
Its form carries what it showed, and the service compares field by field, under its lock: what the
person left alone stays as it is now, what they changed is stored, and where both changed the same
field nothing is, until they have seen it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext as _

from creatorhub.errors import Conflict

SALT = "shown"
Values = Mapping[str, Any]


class ChangedMeanwhile(Conflict):
    """Somebody else changed what this would change. `now` is what is stored, `fields` are those
    that both changed."""

    def __init__(self, now: Values, fields: Iterable[str] = ()) -> None:
        self.now, self.fields = now, list(fields)
        super().__init__(
            _("This was changed after you opened the page, so nothing was saved."),
            code="changed_meanwhile",
        )


def merged(now: Values, sent: Values, shown: Values | None) -> dict[str, Any]:
    """What is to be stored, of what is stored `now` and was `sent` by a form that had `shown`
    something; without `shown` all that was sent. To be called under the lock. Raises
    ChangedMeanwhile."""
    if shown is None:
        return dict(sent)
    changed = {name: value for name, value in sent.items() if value != shown.get(name)}
    both = [
        name for name in changed if name in shown and now[name] not in (shown[name], changed[name])
    ]
    if both:
        raise ChangedMeanwhile(now, both)
    return {**now, **changed}


class ShownForm(forms.Form):
    """A form of texts that carries its initial values. `cleaned_data["shown"]` is for the service:
    None if it was sent without."""

    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        texts = {name: text for name, text in self.initial.items() if isinstance(text, str)}
        if texts:
            self.fields["shown"].initial = _sealed(texts)

    def clean_shown(self) -> dict[str, Any] | None:
        try:
            return dict(signing.loads(self.cleaned_data["shown"], salt=SALT))
        except (signing.BadSignature, TypeError, ValueError):
            return None

    def show_again(self, changed: ChangedMeanwhile, *, how: str = "") -> None:
        """Keep what was typed, put what was not changed here as it is now, and say what happened:
        `how` is a sentence about who did it and when. Sent once more, the form replaces it."""
        shown = self.cleaned_data["shown"] or {}
        self.add_error(None, " ".join(filter(None, [changed.sentence, how])))
        data = self.data.copy()  # type: ignore[attr-defined]  # what a form was sent
        data[self.add_prefix("shown")] = _sealed(changed.now)
        for name, value in changed.now.items():
            if name in changed.fields:
                sentence = (
                    _("It is “%(now)s” now. Save to replace that with what you typed.")
                    if value
                    else _("It is empty now. Save to replace that with what you typed.")
                )
                self.add_error(name, sentence % {"now": value})
            elif self[name].data == shown.get(name):
                data[self.add_prefix(name)] = value
        self.data = data


def _sealed(values: Values) -> str:
    return signing.dumps(dict(values), salt=SALT, compress=True)
