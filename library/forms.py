"""The forms that upload and rename a video. The rules are in library.services."""

from __future__ import annotations

from typing import Any

from django import forms

from creatorhub.models import User
from library.search import collections_of
from library.services.videos import COLLECTION_MAX, TITLE_MAX

SUGGESTED = 200  # collections


class NameForm(forms.Form):
    """Title and collection. The owner's collections are suggested: one query."""

    title = forms.CharField(
        max_length=TITLE_MAX,
        error_messages={
            "required": "Give the video a title.",
            "max_length": f"This title is longer than {TITLE_MAX} letters. Shorten it.",
        },
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    collection = forms.CharField(
        max_length=COLLECTION_MAX,
        required=False,
        error_messages={
            "max_length": f"This name is longer than {COLLECTION_MAX} letters. Shorten it.",
        },
        help_text="A name for videos that belong together. Pick one of yours, or type a new one.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "collections"}),
    )

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner

    def collections(self) -> list[str]:
        return collections_of(self.owner, most=SUGGESTED)


class UploadForm(NameForm):
    """`once` is a new UUID for each empty form: a form that is sent twice uploads one video."""

    file = forms.FileField(
        label="Video file",
        error_messages={
            "required": "Choose a video file first.",
            "empty": "This file is empty. Choose another one.",
            "max_length": "The name of this file is too long. Rename it and choose it again.",
        },
        widget=forms.FileInput(attrs={"accept": "video/*"}),
    )
    once = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["title"].required = False
        self.fields["title"].help_text = "Left empty, it takes the name of the file."
