"""How far a reader has to go: the functions that a confirm and a turn-off open in our own packages,
from the call of the service to its return.

Counted are functions, methods and properties, each once, in the order in which they are first
called. Left out are the frames that Python makes without a name: comprehensions, generator
expressions and lambdas; what a column does to every value by itself (creatorhub/texts.py), which
nobody opens to follow an act; and the tree of the log (audit/sequencing.py), which comes after the
commit, on SQLite in the same thread.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest
from django.db import connection

from consent import services
from consent.models import Consent, Edit
from creatorhub.actors import Actor
from creatorhub.models import User
from library.models import Video
from tests.acts import draft
from tests.factories import make_consent, make_user, make_videos

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("accounts", "audit", "consent", "creatorhub", "library", "operations", "remixer")
# Not "consent_consentstate" and not a table that is only read from.
WRITE = re.compile(r'\s*(INSERT\s+INTO|UPDATE)\s+"?consent_consent"?\s', re.IGNORECASE)

MOST_OPENED = 30
LEFT_OUT = tuple(
    ROOT / path for path in ("creatorhub/texts.py", "audit/sequencing.py", "consent/journal.py")
)
LONGEST_CHAIN = 5  # functions, from the service to the one that writes
MOST_RETURNS = 10


class Function(NamedTuple):
    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module} {self.name}"


@dataclass
class Trip:
    opened: list[Function] = field(default_factory=list)
    chain: list[Function] = field(default_factory=list)  # to the first write of a consent

    @property
    def returns(self) -> int:
        """How often the next function stands in a module that was left before."""
        modules = [module for module, _ in groupby(one.module for one in self.opened)]
        return len(modules) - len(set(modules))

    def __str__(self) -> str:
        lines = [
            f"opened: {len(self.opened)} functions, at most {MOST_OPENED}",
            f"returns to a module that was left: {self.returns}, at most {MOST_RETURNS}",
            *(f"  {number:2} {one}" for number, one in enumerate(self.opened, start=1)),
            f"to the write: {len(self.chain)} functions, at most {LONGEST_CHAIN}",
            *(f"  {number:2} {one}" for number, one in enumerate(self.chain, start=1)),
        ]
        return "\n".join(lines)


def function_of(frame: FrameType) -> Function | None:
    """Which function of ours this is, None for anybody else's and for one without a name."""
    path, name = Path(frame.f_code.co_filename), frame.f_code.co_qualname
    if not path.is_relative_to(ROOT) or name.endswith(">") or path in LEFT_OUT:
        return None
    inside = path.relative_to(ROOT)
    return Function(str(inside), name) if inside.parts[0] in PACKAGES else None


@contextmanager
def recorded() -> Iterator[Trip]:
    trip = Trip()

    def record(frame: FrameType, event: str, _: object) -> None:
        if event != "call":
            return
        function = function_of(frame)
        if function and function not in trip.opened:
            trip.opened.append(function)

    def look_at(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if WRITE.match(sql) and not trip.chain:
            frame: FrameType | None = sys._getframe()
            while frame:
                if function := function_of(frame):
                    trip.chain.insert(0, function)
                frame = frame.f_back
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look_at):
        sys.setprofile(record)
        try:
            yield trip
        finally:
            sys.setprofile(None)


def confirmed(creator: User) -> Trip:
    edit = draft(*make_videos(3, owner=creator))
    actor = Actor.creator(creator)
    with recorded() as trip:
        services.confirm_edit(edit.uuid, actor=actor, creator=creator)
    assert Consent.objects.filter(creator=creator, terms__isnull=False).count() == 3
    return trip


def turned_off(creator: User) -> Trip:
    videos: list[Video] = make_videos(3, owner=creator)
    make_consent(*videos)
    actor, ids = Actor.creator(creator), [video.uuid for video in videos]
    with recorded() as trip:
        services.turn_off(actor=actor, creator=creator, use="remix", ids=ids)
    assert Edit.objects.filter(creator=creator).latest("pk").changed == 3
    return trip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [confirmed, turned_off])
def test_an_act_opens_few_functions(act: Callable[[User], Trip]) -> None:
    act(make_user())  # what is looked up once in a process

    trip = act(make_user())

    assert trip.chain, "no consent was written"
    assert len(trip.chain) <= LONGEST_CHAIN, str(trip)
    assert len(trip.opened) <= MOST_OPENED, str(trip)
    assert trip.returns <= MOST_RETURNS, str(trip)
