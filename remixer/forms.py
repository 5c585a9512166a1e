"""The form that makes a meme. The service decides; the form keeps what was typed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from creatorhub.errors import Refused
from library.models import Video
from remixer.catalogue import TEMPLATES, Template
from remixer.lengths import lengths, seconds

PREFIX = "text_"  # of the fields for boxes, so that no box can have the name of another field
FIELD_OF = {"bad_length": "length", "bad_start": "start"}
ONE_LINE = 100  # characters; a box for longer texts gets a field of several lines
TIMES = ("start", "length")


class StartForm(forms.Form):
    """Where in the video a preview is taken. Refuses NaN and infinity, as FloatField does."""

    start = forms.FloatField(min_value=0, required=False)

    @property
    def seconds(self) -> float:
        """0 for anything that is not a number of seconds."""
        return (self.cleaned_data.get("start") or 0.0) if self.is_valid() else 0.0


class EditorForm(forms.Form):
    """One field for each box of the `chosen` template, named `text_<box>`."""

    template = forms.ChoiceField()
    start = forms.FloatField(min_value=0, label=_("Start"))
    length = forms.FloatField(min_value=0, label=_("Length"))
    idempotency_key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, template: Template, video: Video
    ) -> None:
        allowed = lengths(template, duration_ms=video.duration_ms)
        initial = {
            "template": template.id,
            "start": 0,
            "length": seconds(allowed.suggested_ms),
            "idempotency_key": uuid.uuid4().hex,
        }
        super().__init__(data, initial=initial)
        self.chosen = template
        self._limit("start", lowest=0, highest=allowed.latest_start_ms(allowed.shortest_ms))
        self._limit("length", lowest=allowed.shortest_ms, highest=allowed.longest_ms)
        for name in TIMES:
            self.fields[name].widget.attrs[f"data-{name}"] = True
        self.fields["template"].choices = [(one.id, one.name) for one in TEMPLATES.values()]  # type: ignore[attr-defined]
        for box in template.boxes:
            long = box.max_chars > ONE_LINE
            hints = {"placeholder": box.example, "dir": "auto", "autocomplete": "off"}
            # The service counts the characters, after cleaning the text, and names their number.
            self.fields[PREFIX + box.id] = forms.CharField(
                label=box.label,
                required=False,
                strip=False,
                max_length=None,
                widget=(forms.Textarea if long else forms.TextInput)(
                    attrs={**hints, "maxlength": box.max_chars} | ({"rows": 3} if long else {})
                ),
            )

    @property
    def times(self) -> list[forms.BoundField]:
        return [self[name] for name in TIMES]

    @property
    def texts(self) -> list[forms.BoundField]:
        return [self[PREFIX + box.id] for box in self.chosen.boxes]

    @property
    def captions(self) -> dict[str, str]:
        """Box id to text. The form must be valid."""
        return {box.id: self.cleaned_data[PREFIX + box.id] for box in self.chosen.boxes}

    def show(self, refused: Refused) -> None:
        """Show a refusal beside the field that it is about, or else above the form."""
        self.add_error(FIELD_OF.get(refused.code), refused.sentence)

    def with_new_key(self) -> None:
        """Let a page that has made a meme make another one."""
        self.data = {**self.data, "idempotency_key": uuid.uuid4().hex}

    def _limit(self, name: str, *, lowest: int, highest: int) -> None:
        """Milliseconds."""
        limits = {"min": seconds(lowest), "max": seconds(highest), "step": "0.1"}
        self.fields[name].widget.attrs.update(limits)


def texts_of_others(data: Mapping[str, Any], template: Template) -> list[tuple[str, str]]:
    """(field, text) for the boxes that only other templates have. The page keeps them for a person
    who goes back to such a template."""
    boxes = {PREFIX + box.id: box for one in TEMPLATES.values() for box in one.boxes}
    lacked = boxes.keys() - {PREFIX + box.id for box in template.boxes}
    return [
        (name, data[name][: boxes[name].max_chars]) for name in sorted(lacked) if data.get(name)
    ]


def captions_in(data: Mapping[str, Any], template: Template) -> dict[str, str]:
    """The texts of this template's boxes in a query string, by box id."""
    return {box.id: data.get(PREFIX + box.id, "") for box in template.boxes}
