"""What the pages of consent are sent."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from consent import selection, services
from consent.filters import STATE_LABELS
from consent.uses import CHOICES, USES
from creatorhub.errors import Refused


class IdsField(forms.Field):
    """Any number of UUIDs, each as a field of its own. Empty is for the service to refuse."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[UUID]:
        try:
            return [UUID(one) for one in value or []]
        except ValueError:
            raise ValidationError("One of these is not a video.") from None


class SelectionForm(forms.Form):
    """Which videos, and for which use: `ids`, or the token of all that match. A row's own button
    sends `only=use:uuid`, which counts whatever is ticked and chosen beside it. The same `key`
    sent twice is one act."""

    use = forms.ChoiceField(
        choices=CHOICES,
        widget=forms.HiddenInput,
        error_messages={
            "required": "Choose what it is about: remix or training.",
            "invalid_choice": "There is no use “%(value)s”.",
        },
    )
    ids = IdsField(required=False)
    matching = forms.CharField(max_length=5000, required=False, widget=forms.HiddenInput)
    key = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput)
    reason = forms.CharField(max_length=500, required=False)

    def __init__(self, data: QueryDict | None = None, **more: Any) -> None:
        if data is not None and (only := data.get("only")):
            data = data.copy()
            data["use"], _, data["ids"] = only.partition(":")
            data.pop("matching", None)
        super().__init__(data, **more)

    def selected(self) -> dict[str, Any]:
        """`matching` or `ids`, as the services take them. Raises Refused."""
        if token := self.cleaned_data["matching"]:
            return {"matching": selection.read(token)}
        return {"ids": self.cleaned_data["ids"]}

    def once(self) -> str | None:
        """The key of this act: of this page and this selection. Another selection made on the
        same page, by going back to it, is another act."""
        if not self.cleaned_data["key"]:
            return None
        named = sorted(str(one) for one in self.cleaned_data["ids"])
        parts = [self.cleaned_data[name] for name in ("key", "use", "matching")]
        return hashlib.sha256("|".join([*parts, *named]).encode()).hexdigest()


ENDS = ("end_in_the_past", "end_too_far")  # refusals that are about the field `until`


class UntilForm(forms.Form):
    """`until` is a day: the permission ends when that day is over."""

    until = forms.DateField(
        required=False,
        label="Until",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The last day. Leave it empty for no end date.",
        error_messages={"invalid": "Write the last day like 2027-03-01, or leave it empty."},
    )

    def clean_until(self) -> date | None:
        day: date | None = self.cleaned_data["until"]
        if day and day - timezone.localdate() > services.LONGEST:
            raise ValidationError(services.TOO_FAR)
        return day

    def grant(self) -> services.Grant:
        """The end of the day in the person's own zone, which the request has activated."""
        day = self.cleaned_data["until"]
        if day is None:
            return services.Grant()
        midnight = datetime.combine(day + timedelta(days=1), time.min)
        return services.Grant(until=timezone.make_aware(midnight))

    def say(self, refused: Refused) -> None:
        """Show a refusal beside the field that it is about, else above all."""
        self.add_error("until" if refused.code in ENDS else None, refused.sentence)


class GrantForm(UntilForm, SelectionForm):
    """What to allow, and for which videos."""


class UploadDefaultForm(UntilForm):
    """What later uploads start with; `notice` is the one that was in view."""

    use = forms.ChoiceField(choices=CHOICES, widget=forms.HiddenInput)
    start = forms.ChoiceField(
        choices=[("allowed", "Allowed"), ("undecided", "Off")], widget=forms.HiddenInput
    )
    notice = forms.UUIDField(required=False, widget=forms.HiddenInput)


class SpreadsheetForm(forms.Form):
    file = forms.FileField(
        label="CSV file",
        error_messages={
            "required": "Choose the file first.",
            "empty": "This file is empty. Choose the one that you exported and changed.",
        },
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    reason = forms.CharField(max_length=500, required=False, label="A note for your record")


class OptInForm(forms.Form):
    """Neither is chosen beforehand."""

    restore = forms.ChoiceField(
        choices=[("previous", "What was allowed before"), ("all_off", "Everything off")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what to start from."},
    )


@dataclass(frozen=True, slots=True)
class FilterFields:
    """The fields of the list's filter, in the order of the page: the search, those always in view,
    and the further ones."""

    search: forms.BoundField
    first: list[forms.BoundField]
    further: list[forms.BoundField]
    edit: forms.BoundField


FURTHER = ("from", "to", "longer", "shorter", "reason", "memes", "edited")


def filter_fields(form: forms.Form, *, collections: Collection[str]) -> FilterFields:
    """The form of `filters.VideoFilter` with the labels and controls that the page gives it. To be
    called before the form is read: a bound field keeps its label."""
    fields: dict[str, Any] = form.fields
    fields["q"].label = "Search titles"
    fields["q"].widget = forms.TextInput(
        {"type": "search", "placeholder": "Search titles", "maxlength": fields["q"].max_length}
    )
    fields["collection"].widget = forms.Select(
        choices=[("", "Every collection"), *((name, name) for name in collections)]
    )
    for use in USES.values():
        states = [(state, f"{use.label}: {label.lower()}") for state, label in STATE_LABELS.items()]
        fields[use.id].widget.choices = [("", f"{use.label}: any"), *states]
    for name, label in (("from", "Uploaded from"), ("to", "Uploaded up to")):
        fields[name].label = label
        fields[name].widget = forms.DateInput({"type": "date"})
    fields["longer"].label = "At least, in seconds"
    fields["shorter"].label = "At most, in seconds"
    for name, label in (("reason", "Any"), ("memes", "Any"), ("edited", "Any time")):
        fields[name].widget.choices = [("", label), *list(fields[name].choices)[1:]]
    fields["sort"].widget.choices = list(fields["sort"].choices)[1:]
    fields["edit"].widget = forms.HiddenInput()
    shown = (["collection"] if collections else []) + [*USES]
    for name in shown:
        if form.data.get(name):
            fields[name].widget.attrs["class"] = "on"
    return FilterFields(
        search=form["q"],
        first=[form[name] for name in (*shown, "sort")],
        further=[form[name] for name in FURTHER],
        edit=form["edit"],
    )
