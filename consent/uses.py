"""The vocabulary of uses: what somebody may do with a video, and how we say it.

Adding a use is one entry here and its first notice by migration. It starts undecided everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Use:
    """`verb` completes "may be …", `noun` "a permission to …"; `pause_switch` names the waffle
    switch that pauses the use."""

    id: str
    label: str
    verb: str
    noun: str
    consequence: str
    pause_switch: str = ""


REMIX = Use(
    id="remix",
    label="Remix",
    verb="remixed",
    noun="remix",
    consequence=(
        "Anyone signed in may make memes from these videos, with your name on them. "
        "Remixing does not include training."
    ),
    pause_switch="remixer_paused",
)
TRAIN = Use(
    id="train",
    label="AI training",
    verb="used for training",
    noun="train",
    consequence=(
        "Other systems that ask may train AI models on these videos. "
        "What a model has learned cannot be taken back when you turn this off."
    ),
)
USES = {use.id: use for use in (REMIX, TRAIN)}
CHOICES = [(use.id, use.label) for use in USES.values()]
