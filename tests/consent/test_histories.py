"""Generated histories of one creator, compared with a model that fits on a page.

After every act: the model and the product allow the same videos, lists and single decisions agree,
the counts of the edit add up and equal those of its draft, and an undo has put back exactly what it
did not report as superseded.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import Event
from consent import querysets, services
from consent.models import Consent, ConsentState, Edit
from creatorhub.actors import Actor
from creatorhub.errors import Conflict
from creatorhub.models import User
from library.models import Video
from tests.database import rolled_back
from tests.factories import make_user, make_videos

ENDS = [None, datetime(2100, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)]
COUNT = 4
State = str  # "undecided", "off", or "0".."2": allowed until ENDS[n]

some = st.sets(st.integers(0, COUNT - 1), min_size=1)
ACTS = st.one_of(
    st.tuples(st.just("allow"), some, st.integers(0, len(ENDS) - 1)),
    st.tuples(st.just("allow late"), some, some),
    st.tuples(st.just("off"), some, st.just(0)),
    st.tuples(st.just("staff off"), some, st.just(0)),
    st.tuples(st.just("undo"), st.just(set()), st.integers(0, 5)),
    st.tuples(st.just("opt out"), st.just(set()), st.just(0)),
    st.tuples(st.just("opt in"), st.just(set()), st.sampled_from(["previous", "all_off"])),
)


NOTHING = ("undecided", "off")


@dataclass
class History:
    creator: User
    staff: User
    videos: list[Video]
    states: list[State] = field(default_factory=lambda: ["undecided"] * COUNT)
    opted_out: bool = False
    applied: list[tuple[Edit, dict[int, tuple[State, State]]]] = field(default_factory=list)
    last: dict[int, int] = field(default_factory=dict)  # the edit that changed the video last
    # For each no, the videos that it names, and how many edits were before it.
    said_no: list[tuple[int, set[int]]] = field(default_factory=list)

    def act(self, name: str, chosen: set[int], more: object) -> None:
        events, version = Event.objects.count(), self._version()
        before = (list(self.states), self.opted_out)
        getattr(self, f"_{name.replace(' ', '_')}")(chosen, more)
        if (self.states, self.opted_out) == before and name != "undo":
            assert (Event.objects.count(), self._version()) == (events, version), "a no-op wrote"
        self._check()

    def _version(self) -> int:
        state = ConsentState.objects.filter(creator=self.creator).first()
        return state.version if state else 0

    @property
    def _me(self) -> Actor:
        return Actor.creator(self.creator)

    def _draft(self, chosen: set[int], end: int) -> Edit:
        return services.draft_edit(
            actor=self._me,
            creator=self.creator,
            use="remix",
            grant=services.Grant(until=ENDS[end]),
            ids=[self.videos[n].uuid for n in chosen],
        )

    def _confirm(self, draft: Edit) -> Edit:
        return services.confirm_edit(draft.uuid, actor=self._me, creator=self.creator)

    def _set(self, edit: Edit, wanted: dict[int, State], *, superseded: int = 0) -> None:
        changes = {n: (self.states[n], s) for n, s in wanted.items() if self.states[n] != s}
        assert edit.changed == len(changes)
        assert edit.superseded == superseded
        assert edit.selected == (edit.changed + edit.already + edit.superseded + edit.not_eligible)
        for n, (_, after) in changes.items():
            self.states[n], self.last[n] = after, len(self.applied)
        self._say_no({n for n, (_, after) in changes.items() if after in NOTHING})
        self.applied.append((edit, changes))

    def _say_no(self, named: set[int]) -> None:
        self.said_no.append((len(self.applied), named))

    def _allow(self, chosen: set[int], end: int) -> None:
        draft = self._draft(chosen, end)
        edit = self._confirm(draft)
        assert (edit.changed, edit.already) == (draft.will_change, draft.already)
        self._set(edit, dict.fromkeys(chosen, str(end)))

    def _allow_late(self, chosen: set[int], between: set[int]) -> None:
        """Something else is turned off between the preview and its confirmation."""
        draft = self._draft(chosen, 0)
        frozen = list(self.states)
        self._off(between, 0)
        stale = {n for n in chosen if frozen[n] not in (self.states[n], "0")}
        wanted = {n: "0" for n in chosen if n not in stale and frozen[n] != "0"}
        self._set(self._confirm(draft), wanted, superseded=len(stale))

    def _off(self, chosen: set[int], _: object) -> None:
        self._turn_off(chosen, self._me)

    def _staff_off(self, chosen: set[int], _: object) -> None:
        self._turn_off(chosen, Actor.staff(self.staff))

    def _turn_off(self, chosen: set[int], actor: Actor) -> None:
        ids = [self.videos[n].uuid for n in chosen]
        edit = services.turn_off(actor=actor, creator=self.creator, use="remix", ids=ids)
        self._say_no(chosen)  # also what was off already
        self._set(edit, dict.fromkeys(chosen, "off"))

    def _undo(self, _: set[int], back: int) -> None:
        if back >= len(self.applied):
            return
        edit, changes = self.applied[-1 - back]
        try:
            draft = services.undo_edit(edit.uuid, actor=self._me, creator=self.creator)
        except Conflict:
            assert not changes or Edit.objects.filter(undoes=edit, status="applied").exists()
            return
        place = len(self.applied) - 1 - back
        no_since = {n for before, named in self.said_no if before > place for n in named}
        kept = {
            n: old
            for n, (old, _new) in changes.items()
            if self.last[n] == place and (old in NOTHING or n not in no_since)
        }
        self._set(self._confirm(draft), kept, superseded=len(changes) - len(kept))

    def _opt_out(self, *_: object) -> None:
        services.opt_out(actor=self._me, creator=self.creator)
        self.opted_out = True

    def _opt_in(self, _: set[int], restore: str) -> None:
        is_allowed = bool({*self.states} - {"undecided", "off"})
        refused = pytest.raises(Conflict, match="turned permissions back on already")
        is_late = restore == "all_off" and not self.opted_out and is_allowed
        with refused if is_late else nullcontext():
            services.opt_in(actor=self._me, creator=self.creator, restore=restore)  # type: ignore[arg-type]
        if self.opted_out and restore == "all_off":
            turned_off = {n for n, state in enumerate(self.states) if state not in NOTHING}
            self._say_no(turned_off)
            self.last |= dict.fromkeys(turned_off, -1)
            self.states = [s if s == "undecided" else "off" for s in self.states]
        self.opted_out = False

    def _check(self) -> None:
        listed = querysets.with_reason(Video.objects.filter(owner=self.creator), "remix")
        found = {
            video.pk: (video.reason_remix, video.until_remix)  # type: ignore[attr-defined]
            for video in listed
        }
        batch = querysets.rulings([video.uuid for video in self.videos], "remix")
        for video, state, (_, decision, _version) in zip(
            self.videos, self.states, batch, strict=True
        ):
            on = state.isdigit()
            expected = "opted_out" if self.opted_out else "allowed" if on else state
            assert found[video.pk] == (expected, ENDS[int(state)] if on else None)
            assert decision.reason == expected
            assert Consent.objects.filter(video=video, terms__isnull=False).exists() is on


@pytest.mark.django_db
@pytest.mark.timeout(600)
@pytest.mark.parametrize("examples", [12, pytest.param(40, marks=pytest.mark.slow)])
def test_every_history_keeps_its_promises(examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(acts=st.lists(ACTS, min_size=1, max_size=12))
    def keeps_its_promises(acts: list[tuple[str, set[int], object]]) -> None:
        with rolled_back():
            creator = make_user()
            history = History(
                creator, make_user(role="moderation"), make_videos(COUNT, owner=creator)
            )
            for name, chosen, more in acts:
                history.act(name, chosen, more)

    keeps_its_promises()
