"""What the pages of consent are sent."""

from __future__ import annotations

import zoneinfo
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from consent import services
from consent.uses import CHOICES


class IdsField(forms.Field):
    """Any number of UUIDs, each as a field of its own. Empty is for the service to refuse."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[UUID]:
        try:
            return [UUID(one) for one in value or []]
        except ValueError:
            raise ValidationError("One of these is not a video.") from None


class SelectionForm(forms.Form):
    """Which videos, and for which use. A row's own button sends `only=use:uuid`, which counts
    whatever is ticked and chosen beside it."""

    use = forms.ChoiceField(choices=CHOICES)
    ids = IdsField(required=False)
    reason = forms.CharField(max_length=500, required=False)

    def __init__(self, data: QueryDict | None = None, **more: Any) -> None:
        if data is not None and (only := data.get("only")):
            data = data.copy()
            data["use"], _, data["ids"] = only.partition(":")
        super().__init__(data, **more)


class GrantForm(SelectionForm):
    """What to allow. `until` is a day: the permission ends when that day is over."""

    until = forms.DateField(
        required=False,
        label="Until",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The last day. Leave it empty for no end date.",
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


class OptInForm(forms.Form):
    """Neither is chosen beforehand."""

    restore = forms.ChoiceField(
        choices=[("previous", "What was allowed before"), ("all_off", "Everything off")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what to start from."},
    )


class ProfileForm(forms.Form):
    display_name = forms.CharField(
        max_length=80, required=False, help_text="What other people see. Empty: your username."
    )
    time_zone = forms.ChoiceField(
        choices=lambda: [(zone, zone) for zone in sorted(zoneinfo.available_timezones())],
        help_text="Times on the pages are shown in this zone.",
    )
