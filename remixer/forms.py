"""What somebody types to make a meme. The service decides; the form keeps what was typed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms

from creatorhub.errors import Refused
from library.models import Video
from remixer.catalogue import TEMPLATES, Template

PREFIX = "text_"  # of a box's field, so that no box can be named like another field
FIELD_OF = {"bad_length": "length", "bad_start": "start"}
ONE_LINE = 100  # characters; a longer text gets more than one line to type in
FIRST_LENGTH = 6.0  # seconds
PLACE = ("start", "length")


class PlaceForm(forms.Form):
    """Where in the video, in seconds. NaN and infinity are no numbers here."""

    start = forms.FloatField(min_value=0, required=False)

    @property
    def seconds(self) -> float:
        return (self.cleaned_data.get("start") or 0.0) if self.is_valid() else 0.0


class EditorForm(forms.Form):
    """One field for each box of the `chosen` template, named `text_<box>`."""

    template = forms.ChoiceField()
    start = forms.FloatField(min_value=0, label="Start")
    length = forms.FloatField(min_value=0, label="Length")
    idempotency_key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, template: Template, video: Video
    ) -> None:
        longest = min(template.max_length, video.duration)
        initial = {
            "template": template.id,
            "start": 0,
            "length": f"{_tenths(min(longest, FIRST_LENGTH)):g}",
            "idempotency_key": uuid.uuid4().hex,
        }
        super().__init__(data, initial=initial)
        self.chosen = template
        self._limit("start", lowest=0.0, highest=max(video.duration - template.min_length, 0.0))
        self._limit("length", lowest=min(template.min_length, longest), highest=longest)
        for name in PLACE:
            self.fields[name].widget.attrs[f"data-{name}"] = True
        self.fields["template"].choices = [(one.id, one.name) for one in TEMPLATES.values()]  # type: ignore[attr-defined]
        for box in template.boxes:
            long = box.max_chars > ONE_LINE
            hints = {"placeholder": box.example, "dir": "auto", "autocomplete": "off"}
            # Characters are counted once, by the service: it cleans first, and says how many.
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
    def place(self) -> list[forms.BoundField]:
        return [self[name] for name in PLACE]

    @property
    def texts(self) -> list[forms.BoundField]:
        return [self[PREFIX + box.id] for box in self.chosen.boxes]

    @property
    def captions(self) -> dict[str, str]:
        """Box id to text, of a valid form."""
        return {box.id: self.cleaned_data[PREFIX + box.id] for box in self.chosen.boxes}

    def say(self, refused: Refused) -> None:
        """Show a refusal beside the field that it is about, else above all."""
        self.add_error(FIELD_OF.get(refused.code), refused.sentence)

    def with_new_key(self) -> None:
        """Let the same page, still open, make another meme."""
        self.data = {**self.data, "idempotency_key": uuid.uuid4().hex}

    def _limit(self, name: str, *, lowest: float, highest: float) -> None:
        self.fields[name].widget.attrs.update(
            {"min": f"{lowest:g}", "max": f"{_tenths(highest):g}", "step": "0.1"}
        )


def _tenths(seconds: float) -> float:
    """Rounded down, so that it stays inside the video."""
    return int(seconds * 10) / 10


def set_aside(data: Mapping[str, Any], template: Template) -> list[tuple[str, str]]:
    """The texts typed for boxes that this template lacks, kept for going back to one that has
    them."""
    boxes = {PREFIX + box.id: box for one in TEMPLATES.values() for box in one.boxes}
    lacked = boxes.keys() - {PREFIX + box.id for box in template.boxes}
    return [
        (name, data[name][: boxes[name].max_chars]) for name in sorted(lacked) if data.get(name)
    ]


def captions_in(data: Mapping[str, Any], template: Template) -> dict[str, str]:
    """The texts of this template's boxes in a query."""
    return {box.id: data.get(PREFIX + box.id, "") for box in template.boxes}
