"""The vocabulary of uses: what somebody may do with a video, and how people read it.

A use is one entry here and its first notice by migration. It starts undecided everywhere, and
appears on every page, in every filter, spreadsheet and API answer: they are built from `USES`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Use:
    """`id` names it in addresses, columns and the API. `label` stands alone (“Remix: allowed”) and
    completes “Turn off …”; `verb` completes “may be …”, `noun` “a permission to …”. `consequence`
    is whole sentences: what allowing it means, read before it is confirmed. `pause_switch` is the
    waffle switch that pauses the use, if there is one."""

    id: str
    label: Text
    verb: Text
    noun: Text
    consequence: Text
    pause_switch: str = ""


REMIX = Use(
    id="remix",
    label=_("Remix"),
    verb=_("remixed"),
    noun=_("remix"),
    consequence=_(
        "Anyone signed in may make memes from these videos, with your name on them. "
        "Remixing does not include training."
    ),
    pause_switch="remixer_paused",
)
TRAIN = Use(
    id="train",
    label=_("AI training"),
    verb=_("used for training"),
    noun=_("train"),
    consequence=_(
        "Other systems that ask may train AI models on these videos. "
        "What a model has learned cannot be taken back when you turn this off."
    ),
)
USES: dict[str, Use] = {use.id: use for use in (REMIX, TRAIN)}


def use_of(use_id: str) -> Use:
    """The use of a stored row. A version that does not have it (any more, or yet) shows its id."""
    unknown = Use(id=use_id, label=use_id, verb=use_id, noun=use_id, consequence="")
    return USES.get(use_id, unknown)


def paused_uses(active: Collection[str]) -> frozenset[str]:
    """The uses that these active switches pause; several may share one."""
    return frozenset(use.id for use in USES.values() if use.pause_switch in active)


def choices() -> list[tuple[str, Text]]:
    """For the fields of models and forms. They call this, so a new use needs no migration."""
    return [(use.id, use.label) for use in USES.values()]
