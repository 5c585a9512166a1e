"""What is said of a filter that cannot be read, in the addresses of lists and in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MESSAGES: dict[type[forms.Field], dict[str, StrOrPromise]] = {
    forms.ChoiceField: {"invalid_choice": _("There is no “%(value)s” to choose from here.")},
    forms.DateField: {"invalid": _("This is not a day. Write it like 2027-03-31.")},
    forms.UUIDField: {"invalid": _("This is not the ID of anything.")},
}


class Range(NamedTuple):
    """Two fields of which the second may not be smaller; the sentence is shown with it."""

    low: str
    high: str
    sentence: StrOrPromise


class FilterForm(forms.Form):
    """Of a FilterSet (`Meta.form`)."""

    ranges: tuple[Range, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            for kind, messages in MESSAGES.items():
                if isinstance(field, kind):
                    field.error_messages.update({key: str(text) for key, text in messages.items()})

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        for low, high, sentence in self.ranges:
            least, most = given.get(low), given.get(high)
            if least is not None and most is not None and least > most:
                self.add_error(high, forms.ValidationError(sentence, code="range"))
        return given


DAYS = Range(
    "from", "to", _("This day is before the first one, so nothing can match. Change one of them.")
)
