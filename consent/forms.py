"""What the pages of consent are sent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent import selection, services, ticks, uses
from consent.filters import STATE_LABELS
from consent.models import Edit
from consent.uses import USES
from consent.wording import inside
from creatorhub import days
from creatorhub.errors import Refused
from creatorhub.idempotency import checked_key, combined_key
from creatorhub.models import User
from creatorhub.texts import LineInput


class IdsField(forms.Field):
    """Any number of UUIDs, each as a field of its own. Empty is for the service to refuse."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[UUID]:
        try:
            return [UUID(one) for one in value or []]
        except ValueError:
            raise ValidationError(_("One of these is not a video.")) from None


class RefusableForm(forms.Form):
    """A form whose page shows one sentence, not errors beside its fields."""

    def refusal(self) -> Refused:
        """The first thing that is wrong with an invalid form."""
        sentence = next(iter(self.errors.values()))[0]
        return Refused(str(sentence), code="invalid", status=422)


class TicksForm(RefusableForm):
    """Which videos: `ids`, or the token of all that match. Of a list with several pages also
    `ticks`, what is ticked on the others, and `was`, what was ticked on this one when it was shown;
    see consent.ticks."""

    ids = IdsField(required=False)
    was = IdsField(required=False)
    ticks = forms.CharField(max_length=5000, required=False, widget=forms.HiddenInput)
    matching = forms.CharField(max_length=5000, required=False, widget=forms.HiddenInput)

    @property
    def everything(self) -> bool:
        return bool(self.cleaned_data["matching"])

    def marked(self, creator: User) -> set[UUID]:
        """As ticks.marked, of this form."""
        sent = self.cleaned_data
        return ticks.marked(
            creator, sent["ticks"], ids=sent["ids"], was=sent["was"], everything=self.everything
        )


class TurnForm(TicksForm):
    """The ticks of a page that is left for another one of the list, and the query string of that
    one."""

    to = forms.CharField(max_length=10_000, required=False, widget=forms.HiddenInput)


class SelectionForm(TicksForm):
    """Which videos, and for which use. A row's own button sends `only=use:uuid`, which counts
    whatever is ticked and chosen beside it. The same `key` sent twice is one edit."""

    use = forms.ChoiceField(
        choices=uses.choices,
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Choose what it is about."),
            "invalid_choice": _("There is no use “%(value)s”."),
        },
    )
    key = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = LineInput(max_length=500, required=False)

    def __init__(self, data: QueryDict | None = None, **more: Any) -> None:
        if data is not None and (only := data.get("only")):
            data = data.copy()
            data["use"], __, data["ids"] = only.partition(":")
            for name in ("matching", "was", "ticks"):
                data.pop(name, None)
        super().__init__(data, **more)

    def selected(self, creator: User) -> dict[str, Any]:
        """`matching` or `ids`, as the services take them. Raises Refused. Two queries at most."""
        if not self.everything:
            return {"ids": self.marked(creator)}
        matching = selection.read(self.cleaned_data["matching"])
        return {"matching": selection.leaving_out(creator, matching, self.marked(creator))}

    def idempotency_key(self) -> str | None:
        """Of this page and this selection. Another selection made on the same page, by going back
        to it, is another edit. Raises Refused for text that can be no key."""
        key = checked_key(self.cleaned_data["key"])
        if key is None:
            return None
        sent = self.cleaned_data
        named = sorted(str(one) for one in sent["ids"])
        if sent["was"] or sent["ticks"]:
            named += [sent["ticks"], *sorted(f"-{one}" for one in sent["was"])]
        return combined_key(key, sent["use"], sent["matching"], *named)


ENDS = ("end_in_the_past", "end_too_far")  # refusals that are about the field `until`


class UntilForm(RefusableForm):
    """`until` is a day: the permission ends when that day is over."""

    until = forms.DateField(
        required=False,
        label=_("Last day"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Leave it empty for no end date."),
        error_messages={"invalid": _("Write the last day like 2027-03-01, or leave it empty.")},
    )

    def clean_until(self) -> date | None:
        day: date | None = self.cleaned_data["until"]
        if day and day - timezone.localdate() > services.MAX_GRANT:
            raise ValidationError(str(services.TOO_FAR))
        return day

    def grant(self) -> services.Grant:
        """The end of the day in the person's own zone, which the request has activated."""
        day = self.cleaned_data["until"]
        return services.Grant(until=days.end_of(day) if day else None)

    def say(self, refused: Refused) -> None:
        """Show a refusal beside the field that it is about, else above all."""
        self.add_error("until" if refused.code in ENDS else None, refused.sentence)


class TermsForm(UntilForm):
    """What to allow, and a note. `ends` says whether what is allowed already keeps its own end."""

    KEEP, SAME = "keep", "same"

    ends = forms.ChoiceField(
        choices=[(KEEP, _("Keep the end that each has")), (SAME, _("Give all the same last day"))],
        required=False,
        label=_("What is allowed already"),
        widget=forms.RadioSelect,
    )
    reason = LineInput(max_length=500, required=False, label=_("A note for your record"))

    def grant(self) -> services.Grant:
        return replace(super().grant(), keeps_ends=self.cleaned_data["ends"] == self.KEEP)


class GrantForm(TermsForm, SelectionForm):
    """What to allow, and for which videos."""

    @property
    def says_until(self) -> bool:
        """Whether an end is said, be it none. A button of the list says nothing of it."""
        return "until" in self.data


class DraftForm(TermsForm):
    """All that the preview of a draft lets a person change, sent by each of its buttons, and what
    it shows: `expected` is the number on its main button."""

    key = forms.CharField(required=False, widget=forms.HiddenInput)
    expected = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)

    def __init__(self, draft: Edit, data: QueryDict | None = None) -> None:
        self.of_draft = services.Grant(
            until=draft.terms.until if draft.terms else None, keeps_ends=draft.keeps_ends
        )
        end = self.of_draft.until
        self.day = days.last_day(end) if end else None
        shown = {
            "until": self.day,
            "ends": self.KEEP if draft.keeps_ends else self.SAME,
            "reason": draft.reason,
        }
        super().__init__(data, initial=shown)

    def grant(self) -> services.Grant:
        """A field that was left as it is, or was not sent, says what the draft does: its end to
        the second."""
        grant = super().grant()
        if "until" not in self.data or self.cleaned_data["until"] == self.day:
            grant = replace(grant, until=self.of_draft.until)
        if not self.cleaned_data["ends"]:
            grant = replace(grant, keeps_ends=self.of_draft.keeps_ends)
        return grant

    @property
    def changes_terms(self) -> bool:
        """Whether something else was sent than what the draft was counted for."""
        return self.grant() != self.of_draft

    @property
    def note(self) -> str | None:
        """What was written, None if the field was not sent."""
        return self.cleaned_data["reason"] if "reason" in self.data else None


class UploadDefaultForm(UntilForm):
    """What later uploads start with; `notice` is the one that was in view, `shown` the key of the
    terms that they started with, 0 for none."""

    use = forms.ChoiceField(choices=uses.choices, widget=forms.HiddenInput)
    start = forms.ChoiceField(
        choices=[("allowed", _("Allowed")), ("undecided", _("Off"))], widget=forms.HiddenInput
    )
    notice = forms.UUIDField(required=False, widget=forms.HiddenInput)
    shown = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)


class SpreadsheetForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file or workbook"),
        error_messages={
            "required": _("Choose the file first."),
            "empty": _("This file is empty. Choose the one that you exported and changed."),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,text/csv"}),
    )
    reason = LineInput(max_length=500, required=False, label=_("A note for your record"))


class OptInForm(forms.Form):
    """Neither is chosen beforehand."""

    restore = forms.ChoiceField(
        choices=[("previous", _("What was allowed before")), ("all_off", _("Everything off"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what to start from.")},
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
    fields["q"].label = _("Search titles")
    fields["q"].widget = forms.TextInput(
        {"type": "search", "placeholder": _("Search titles"), "maxlength": fields["q"].max_length}
    )
    fields["collection"].widget = forms.Select(
        choices=[("", _("Every collection")), *((name, name) for name in collections)]
    )
    for use in USES.values():
        states = [(state, f"{use.label}: {inside(label)}") for state, label in STATE_LABELS.items()]
        anything = _("%(use)s: any") % {"use": use.label}
        fields[use.id].widget.choices = [("", anything), *states]
    for name in ("from", "to"):
        fields[name].widget = forms.DateInput({"type": "date"})
    for name, label in (("reason", _("Any")), ("memes", _("Any")), ("edited", _("Any time"))):
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
