"""What the pages of consent are sent."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from consent import selection, services
from consent.uses import CHOICES
from creatorhub.idempotency import checked_key, key_of_act


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
        error_messages={
            "required": "Choose what it is about: remix or training.",
            "invalid_choice": "There is no use “%(value)s”.",
        },
    )
    ids = IdsField(required=False)
    matching = forms.CharField(max_length=5000, required=False)
    key = forms.CharField(required=False)
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
        same page, by going back to it, is another act. Raises Refused for a key that is none."""
        key = checked_key(self.cleaned_data["key"])
        if key is None:
            return None
        use, matching = self.cleaned_data["use"], self.cleaned_data["matching"]
        return key_of_act(key, use, matching, *sorted(str(one) for one in self.cleaned_data["ids"]))


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


class GrantForm(UntilForm, SelectionForm):
    """What to allow, and for which videos."""


class UploadDefaultForm(UntilForm):
    """What later uploads start with; `notice` is the one that was in view."""

    use = forms.ChoiceField(choices=CHOICES)
    start = forms.ChoiceField(choices=[("allowed", "Allowed"), ("undecided", "Off")])
    notice = forms.UUIDField(required=False)


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
