"""The forms that upload and rename a video. The rules are in library.services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from creatorhub.models import User
from creatorhub.shown import ShownForm
from creatorhub.texts import LineInput
from library.search import collections_of
from library.services.videos import COLLECTION_MAX, TITLE_MAX

SUGGESTED = 200  # collections


class NameForm(ShownForm):
    """Title and collection. The owner's collections are suggested: one query."""

    title = LineInput(
        max_length=TITLE_MAX,
        error_messages={
            "required": _("Give the video a title."),
            "max_length": ngettext_lazy(
                "This title is longer than %(limit_value)d letter. Shorten it.",
                "This title is longer than %(limit_value)d letters. Shorten it.",
                "limit_value",
            ),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    collection = LineInput(
        max_length=COLLECTION_MAX,
        required=False,
        error_messages={
            "max_length": ngettext_lazy(
                "This name is longer than %(limit_value)d letter. Shorten it.",
                "This name is longer than %(limit_value)d letters. Shorten it.",
                "limit_value",
            ),
        },
        help_text=_(
            "A name for videos that belong together. Pick one of yours, or type a new one."
        ),
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
        label=_("Video file"),
        error_messages={
            "required": _("Choose a video file first."),
            "empty": _("This file is empty. Choose another one."),
            "max_length": _("The name of this file is too long. Rename it and choose it again."),
        },
        widget=forms.FileInput(attrs={"accept": "video/*"}),
    )
    once = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["title"].required = False
        self.fields["title"].help_text = _("Leave it empty to use the name of the file.")
