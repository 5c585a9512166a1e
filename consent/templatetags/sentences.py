"""Parts of sentences: about any number of uses, and about what an edit did to memes."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from consent import wording
from consent.models import Edit
from consent.uses import Use

register = template.Library()


@register.filter
def verbs(uses: Iterable[Use]) -> str:
    """What may be done with a video: “remixed or used for training”."""
    return wording.verbs(uses)


@register.filter
def together(words: Iterable[str]) -> str:
    """“Remix and AI training”."""
    return get_text_list(list(words), _("and"))


@register.filter
def already(edit: Edit) -> str:
    """What an edit's videos were that it had nothing to change of."""
    if edit.change == edit.Change.OFF:
        return _("already off")
    return _("already allowed") if edit.change == edit.Change.ALLOWED else _("needed no change")


@register.filter
def superseded(edit: Edit) -> str:
    """“2 videos had changed since and were left alone.”"""
    return wording.superseded(edit)


@register.filter
def for_videos(counted: Iterable[tuple[Use, int]]) -> str:
    """“Remix for 2 videos and AI training for 1 video”; nothing if no video is counted."""
    return wording.for_videos(counted)


@register.simple_tag
def reach(stopped: int | None, taken_down: int | None, by: str) -> str:
    """“1 meme in the making stopped, 2 memes hidden.”; nothing if there are none."""
    return wording.reach(stopped or 0, taken_down or 0, by=by)
