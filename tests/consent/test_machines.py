"""Histories of one creator in which everything that can happen to consent happens between
everything else: large edits stop after every chunk, and other acts come in between.

Each act is done by the services and by `tests.consent.reference_model`, which says what must come
of it. After each, both must agree on what is allowed and why, on the numbers of every edit, on
every item's outcome, on the counts and on the events. EXAMPLES=1000 generates so many histories.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import pytest
import time_machine
import waffle
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from audit import tree
from audit.models import Event
from consent import policy, querysets, selection, services
from consent.models import (
    Consent,
    ConsentCount,
    ConsentState,
    Edit,
    EditJob,
    Hold,
    Item,
    Notice,
    state_line,
)
from consent.policy import Facts
from consent.services.edits import job
from consent.spreadsheets import Line
from creatorhub.actors import Actor
from creatorhub.errors import Refused
from library import services as library
from library.models import Video
from remixer import services as remixer
from tests.consent import reference_model
from tests.consent.reference_model import Allowed, ReferenceModel, Refusal
from tests.database import rolled_back
from tests.factories import make_user, make_videos
from tests.log import body as body_of

FEW, MANY = 6, int(os.environ.get("EXAMPLES", "12"))
INLINE, FREEZE, CHUNK = 2, 4, 2
START = datetime(2030, 1, 1, 12, tzinfo=UTC)
ENDS = [None, START + timedelta(days=2), START + timedelta(days=40)]
KEYS = [None, None, "one key", "another key"]
FIRST, MOST = 6, 9

pytestmark = [
    pytest.mark.django_db,
    # A few videos take every way that a million would.
    pytest.mark.large_edits(inline=INLINE, freeze=FREEZE, chunk=CHUNK, stepwise=True),
]

some = st.sets(st.integers(0, MOST - 1), min_size=1, max_size=6)
ends = st.sampled_from(ENDS)
keys = st.sampled_from(KEYS)
which = st.integers(0, 7)
states = st.sampled_from(["allowed", "allowed", "off", "undecided", "expired", "notice_changed"])
queries = st.one_of(
    st.just({}),
    st.builds(lambda state: {"remix": state}, states),
    st.just({"collection": "Reds"}),
    st.just({"collection": "Reds", "remix": "allowed"}),
    st.just({"reason": "allowed"}),
)
Query = dict[str, str]


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.clock = self.closing.enter_context(time_machine.travel(START, tick=False))
        self.closing.enter_context(rolled_back())
        self.model = ReferenceModel(START, INLINE, FREEZE, CHUNK)
        self.creator = make_user()
        self.me = Actor.creator(self.creator)
        self.staff = Actor.staff(make_user(role="admin"))
        self.videos: list[Video] = []
        self.edits: list[Edit] = []  # in the order of the model's edits
        self.holds: list[Hold] = []  # the same
        self.refused = False
        for number in range(FIRST):
            self._add("Reds" if number % 2 else "Blues")

    def teardown(self) -> None:
        self.closing.close()

    def _add(self, collection: str, *, ready: bool = True, via: str = "upload") -> None:
        status = Video.Status.READY if ready else Video.Status.PROCESSING
        self.videos += make_videos(
            1, owner=self.creator, collection=collection, status=status, via=via
        )
        self.model.videos.append(reference_model.Video(collection, via, ready=ready))

    @initialize(allowed=st.sampled_from([0, 4, FIRST, FIRST]), until=ends)
    def some_are_allowed(self, allowed: int, until: datetime | None) -> None:
        if allowed:
            self.draft_to_allow(set(range(allowed)), until)
            self.confirm_the_last_draft()
            self.the_jobs_get_done()

    # One act, by the model and by the service

    def _both(
        self, expect: Callable[[], reference_model.Edit | None], act: Callable[[], Any]
    ) -> None:
        """The model first. Where it refuses, the service must refuse with the same code, and leave
        everything as it was."""
        known, expected = len(self.model.edits), None
        try:
            expected = expect()
        except Refusal as refusal:
            codes = refusal.codes
        else:
            codes = ()
        self.refused = bool(codes)
        if codes:
            with pytest.raises(Refused) as refused:
                act()
            assert refused.value.code in codes
            assert len(self.model.edits) == known
            return
        edit = act()
        if expected is None:
            return
        assert isinstance(edit, Edit), "nothing came of it"
        if expected in self.model.edits[:known]:
            assert edit == self.edits[self.model.edits.index(expected)]
        else:
            self.edits.append(edit)

    def _chosen(self, numbers: Iterable[int]) -> list[int]:
        return sorted({number % len(self.videos) for number in numbers})

    def _uuids(self, numbers: Iterable[int]) -> list[UUID]:
        return [self.videos[number].uuid for number in numbers]

    def _matching(self, query: Query) -> selection.Matching:
        return selection.matching(self.creator, query)

    def _of(self, number: int) -> tuple[reference_model.Edit, Edit]:
        """One of the last edits."""
        place = len(self.edits) - 1 - number % len(self.edits)
        return self.model.edits[place], self.edits[place]

    def _now(self, edit: Edit) -> Edit:
        return Edit.objects.get(pk=edit.pk)

    # Drafts

    @rule(numbers=some, until=ends, keeps_ends=st.booleans())
    def draft_to_allow(
        self, numbers: set[int], until: datetime | None, keeps_ends: bool = False
    ) -> None:
        chosen = self._chosen(numbers)
        self._both(
            lambda: self.model.draft(None, until=until, keeps_ends=keeps_ends, ids=chosen),
            lambda: self._draft(services.Grant(until, keeps_ends), ids=self._uuids(chosen)),
        )

    @rule(numbers=some)
    def draft_as_it_stands(self, numbers: set[int]) -> None:
        chosen = self._chosen(numbers)
        self._both(
            lambda: self.model.draft_as_it_stands(chosen),
            lambda: self._draft(None, as_it_stands=True, ids=self._uuids(chosen)),
        )

    @rule(numbers=some)
    def draft_to_turn_off(self, numbers: set[int]) -> None:
        chosen = self._chosen(numbers)
        self._both(
            lambda: self.model.draft(reference_model.OFF, ids=chosen),
            lambda: self._draft(None, ids=self._uuids(chosen)),
        )

    @rule(query=queries, until=ends, keeps_ends=st.booleans())
    def draft_to_allow_what_matches(
        self, query: Query, until: datetime | None, keeps_ends: bool
    ) -> None:
        grant = services.Grant(until, keeps_ends)
        self._both(
            lambda: self.model.draft(None, until=until, keeps_ends=keeps_ends, query=query),
            lambda: self._draft(grant, matching=self._matching(query)),
        )

    @rule(query=queries)
    def draft_to_turn_off_what_matches(self, query: Query) -> None:
        self._both(
            lambda: self.model.draft(reference_model.OFF, query=query),
            lambda: self._draft(None, matching=self._matching(query)),
        )

    @precondition(lambda self: self.edits)
    @rule(number=which, until=ends, keeps_ends=st.booleans())
    def draft_again(self, number: int, until: datetime | None, keeps_ends: bool) -> None:
        expected, edit = self._of(number)
        grant = services.Grant(until, keeps_ends)
        self._both(
            lambda: self.model.draft_again(expected, until, keeps_ends=keeps_ends),
            lambda: services.draft_again(
                edit.uuid, actor=self.me, creator=self.creator, grant=grant
            ),
        )

    @rule(
        lines=st.dictionaries(
            st.integers(0, MOST - 1),
            st.tuples(st.sampled_from(["allowed", "off", "undecided"]), ends),
            min_size=1,
            max_size=6,
        )
    )
    def draft_from_a_file(self, lines: dict[int, tuple[str, datetime | None]]) -> None:
        rows = {number % len(self.videos): line for number, line in lines.items()}
        file = [
            Line(place + 2, self.videos[n].uuid, state, until, keeps_end=False)
            for place, (n, (state, until)) in enumerate(rows.items())
        ]
        self._both(
            lambda: self.model.draft_listed(rows),
            lambda: services.draft_from_spreadsheet(
                file, actor=self.me, creator=self.creator, use="remix"
            ),
        )

    def _draft(self, grant: services.Grant | None, **selected: Any) -> Edit:
        return services.draft_edit(
            actor=self.me, creator=self.creator, use="remix", grant=grant, **selected
        )

    @precondition(lambda self: self.edits)
    @rule(number=which)
    def draft_an_undo(self, number: int) -> None:
        expected, edit = self._of(number)
        self._both(
            lambda: self.model.undo(expected),
            lambda: services.undo_edit(edit.uuid, actor=self.me, creator=self.creator),
        )

    # Putting them into force

    @precondition(lambda self: self.edits)
    @rule(number=which, key=keys)
    def confirm(self, number: int, key: str | None) -> None:
        expected, edit = self._of(number)
        unchanged = self._so_far() if expected.key == (key or f"{edit.uuid}") else None
        self._both(
            lambda: self.model.confirm(expected, key or f"{edit.uuid}"),
            lambda: services.confirm_edit(
                edit.uuid, actor=self.me, creator=self.creator, idempotency_key=key
            ),
        )
        assert unchanged in (None, self._so_far())

    @precondition(lambda self: any(expected.status == "draft" for expected in self.model.edits))
    @rule(number=which, off_by=st.sampled_from([0, 0, 1]))
    def confirm_what_was_seen(self, number: int, off_by: int) -> None:
        drafts = [place for place, p in enumerate(self.model.edits) if p.status == "draft"]
        if not drafts:
            return
        place = drafts[number % len(drafts)]
        expected, edit = self.model.edits[place], self.edits[place]
        seen = self.model.would_change(expected) + off_by
        assert seen == self._now(edit).will_change - services.left_alone(edit).number + off_by
        self._both(
            lambda: self.model.confirm(expected, f"{edit.uuid}", expected=seen),
            lambda: services.confirm_edit(
                edit.uuid, actor=self.me, creator=self.creator, expected=seen
            ),
        )
        if not off_by and not self.refused and len(expected.items) <= INLINE:
            assert self._now(edit).changed == seen

    @precondition(lambda self: not any(expected.is_live for expected in self.model.edits))
    @rule(without=st.sets(st.integers(0, MOST - 1), max_size=3), until=ends)
    def a_large_edit_begins(self, without: set[int], until: datetime | None) -> None:
        """So that other acts come between its chunks."""
        there = set(self.model.mine()) - without
        if len(there) > INLINE:
            self.draft_to_allow(there, until)
            self.confirm_the_last_draft()

    @precondition(lambda self: not any(expected.is_live for expected in self.model.edits))
    @rule(
        until=ends,
        steps=st.integers(0, 2),
        comes=st.sampled_from(["opt out", "turn off", "remove", "cancel", "a file", "expire"]),
        numbers=some,
    )
    def something_comes_between_its_chunks(
        self, until: datetime | None, steps: int, comes: str, numbers: set[int]
    ) -> None:
        self.turn_off(numbers, None, False)  # so that turning off once more changes nothing
        self.the_jobs_get_done()
        self.a_large_edit_begins(set(), until)
        for _ in range(steps):
            self.a_job_has_its_turn(0, 1)
        acts: dict[str, Callable[[], None]] = {
            "opt out": lambda: self.opt_out(False),
            "turn off": lambda: self.turn_off(numbers, None, False),
            "remove": lambda: self.remove(min(numbers)),
            "cancel": lambda: self.cancel(0),
            "a file": lambda: self.draft_from_a_file(dict.fromkeys(numbers, ("off", None))),
            "expire": lambda: self.time_passes(timedelta(days=3)),
        }
        acts[comes]()

    @precondition(lambda self: any(expected.status == "draft" for expected in self.model.edits))
    @rule()
    def confirm_the_last_draft(self) -> None:
        drafted = [place for place, p in enumerate(self.model.edits) if p.status == "draft"]
        if not drafted:
            return
        self.confirm(len(self.edits) - 1 - drafted[-1], None)

    def _so_far(self) -> tuple[object, ...]:
        return (
            Event.objects.count(),
            list(Consent.objects.order_by("pk").values()),
            list(Item.objects.order_by("pk").values()),
            list(Edit.objects.order_by("pk").values()),
        )

    @rule(numbers=some, key=keys, by_staff=st.booleans())
    def turn_off(self, numbers: set[int], key: str | None, by_staff: bool) -> None:
        chosen = self._chosen(numbers)
        self._both(
            lambda: self.model.turn_off(ids=chosen, key=key),
            lambda: self._turn_off(by_staff, key, ids=self._uuids(chosen)),
        )

    @rule(query=queries, key=keys, by_staff=st.booleans())
    def turn_off_what_matches(self, query: Query, key: str | None, by_staff: bool) -> None:
        self._both(
            lambda: self.model.turn_off(query=query, key=key),
            lambda: self._turn_off(by_staff, key, matching=self._matching(query)),
        )

    def _turn_off(self, by_staff: bool, key: str | None, **selected: Any) -> Edit:
        return services.turn_off(
            actor=self.staff if by_staff else self.me,
            creator=self.creator,
            use="remix",
            reason="Asked for by law" if by_staff else "",
            idempotency_key=key,
            **selected,
        )

    @precondition(lambda self: self.edits)
    @rule(number=which)
    def undo(self, number: int) -> None:
        expected, edit = self._of(number)
        self._both(
            lambda: self.model.undo_now(expected),
            lambda: services.undo_or_draft(edit.uuid, actor=self.me, creator=self.creator),
        )

    @precondition(lambda self: self.edits)
    @rule(number=which)
    def cancel(self, number: int) -> None:
        expected, edit = self._of(number)
        self._both(
            lambda: self.model.cancel(expected),
            lambda: services.cancel_edit(edit.uuid, actor=self.me, creator=self.creator),
        )

    @precondition(lambda self: self.model.runnable())
    @rule(number=which, times=st.integers(1, 2))
    def a_job_has_its_turn(self, number: int, times: int) -> None:
        runnable = self.model.runnable()
        if not runnable:
            return
        expected = runnable[number % len(runnable)]
        edit = self.edits[self.model.edits.index(expected)]
        for _ in range(times):
            self._pass(timedelta(seconds=3))
            if expected not in self.model.runnable():
                break
            chunks = len(expected.chunks)
            self.model.step(expected)
            services.run_edit(EditJob.objects.get(edit=edit).pk)
            if len(expected.chunks) > chunks:
                self._the_chunk_is_logged(edit, expected)

    @precondition(lambda self: self.model.runnable())
    @rule()
    def the_jobs_get_done(self) -> None:
        """As far as they can: a grant waits for a withdrawal that is still being frozen."""
        for _ in range(20):
            if not self.model.runnable():
                return
            for number in reversed(range(len(self.model.runnable()))):
                self.a_job_has_its_turn(number, 1)
        raise AssertionError("an edit does not get done")

    def _the_chunk_is_logged(self, edit: Edit, expected: reference_model.Edit) -> None:
        """The chunk's event, with the root made from the rows."""
        event = Event.objects.filter(action="edit.part_applied").latest("pk")
        body = body_of(event)
        part = [self.videos[n].pk for n in expected.chunks[-1]]
        items = self._now(edit).items.filter(video__in=part)
        assert (body["edit"], body["part"]) == (str(edit.uuid), len(expected.chunks))
        assert body["items_root"] == _root_of(items)
        results = Counter(item.result for item in items.select_related("edit"))
        names = (
            reference_model.CHANGED,
            reference_model.ALREADY,
            reference_model.SUPERSEDED,
            reference_model.NOT_ELIGIBLE,
        )
        assert {name: body[name] for name in names} == {name: results[name] for name in names}

    # All videos at once

    @rule(by_staff=st.booleans())
    def opt_out(self, by_staff: bool) -> None:
        actor = self.staff if by_staff else self.me
        self.model.opt_out()
        services.opt_out(actor=actor, creator=self.creator)

    @precondition(lambda self: self.model.opted_out)
    @rule(restore=st.sampled_from(["previous", "all_off"]))
    def opt_in(self, restore: Literal["previous", "all_off"]) -> None:
        known = len(self.model.edits)
        self.model.opt_in(restore)
        services.opt_in(actor=self.me, creator=self.creator, restore=restore)
        if len(self.model.edits) > known:
            self.edits.append(Edit.objects.filter(creator=self.creator).latest("pk"))

    @rule(paused=st.booleans())
    def pause(self, paused: bool) -> None:
        self.model.paused = paused
        (remixer.pause if paused else remixer.resume)(actor=self.staff, reason="A fault")

    @precondition(lambda self: self.model.notice < 4)
    @rule(material=st.booleans())
    def publish_a_notice(self, material: bool) -> None:
        self.model.publish(material=material)
        notice = Notice(use="remix", material=material, title="Remixing", text="Anew.")
        services.write_notice(notice, actor=self.staff)
        services.publish_notice(notice, actor=self.staff)

    @rule(numbers=st.one_of(st.none(), some))
    def staff_hold(self, numbers: set[int] | None) -> None:
        """Some videos, or everything; only what is not held in the same way yet."""
        chosen = [None] if numbers is None else self._chosen(numbers)
        wanted = self.model.hold(chosen)
        held = services.hold(
            actor=self.staff,
            creator=self.creator,
            use="remix",
            videos=None if numbers is None else [self.videos[n] for n in chosen if n is not None],
            reason="A complaint",
        )
        assert len(held.holds) == len(wanted)
        self.holds += held.holds

    @precondition(lambda self: self.holds)
    @rule(number=which)
    def staff_lift(self, number: int) -> None:
        place = number % len(self.holds)
        expected = self.model.lift(self.model.holds[place])
        assert services.lift([self.holds[place]], actor=self.staff, reason="Wrong") == expected

    # Videos

    @rule(number=st.integers(0, MOST - 1))
    def remove(self, number: int) -> None:
        n = number % len(self.videos)
        self.model.remove(n)
        services.remove_video(Video.objects.get(pk=self.videos[n].pk), actor=self.me)

    @precondition(lambda self: len(self.videos) < MOST)
    @rule(via=st.sampled_from(["upload", "upload", "api", "import"]))
    def a_video_comes(self, via: str) -> None:
        self._add("Reds", ready=False, via=via)

    @precondition(lambda self: self._in_work())
    @rule(number=which)
    def a_video_becomes_ready(self, number: int) -> None:
        n = self._in_work()[number % len(self._in_work())]
        Video.objects.filter(pk=self.videos[n].pk).update(status=Video.Status.READY)
        expected = self.model.becomes_ready(n)
        started = services.apply_upload_defaults(Video.objects.get(pk=self.videos[n].pk))
        assert len(started) == (1 if expected else 0)
        self.edits += started

    def _in_work(self) -> list[int]:
        return [n for n in self.model.mine() if not self.model.videos[n].ready]

    @rule(allow=st.booleans(), until=ends)
    def set_upload_default(self, allow: bool, until: datetime | None) -> None:
        self._both(
            lambda: self.model.set_upload_default(until, allow=allow),
            lambda: services.set_upload_default(
                actor=self.me,
                creator=self.creator,
                use="remix",
                grant=services.Grant(until) if allow else None,
            ),
        )

    # Time

    @rule(by=st.sampled_from([timedelta(hours=3), timedelta(hours=25), timedelta(days=3)]))
    def time_passes(self, by: timedelta) -> None:
        self._pass(by)

    def _pass(self, by: timedelta) -> None:
        self.model.pass_time(by)
        self.clock.move_to(self.model.now)

    @rule()
    def drafts_expire(self) -> None:
        self.model.expire()
        job.expire_drafts()

    # What must hold after every act

    @invariant()
    def both_agree(self) -> None:
        for expected, edit in zip(self.model.edits, self.edits, strict=True):
            expected.key = (
                f"{edit.uuid}" if expected.key == reference_model.ITS_OWN else expected.key
            )
        if not self.refused:  # nothing changed
            self.every_answer_is_the_same()
        self.refused = False
        self.nothing_is_on_that_nobody_turned_on()
        self.a_withdrawal_has_the_last_word()
        self.every_edit_adds_up()
        self.counts_match_rows()
        self.every_change_is_logged()

    def every_answer_is_the_same(self) -> None:
        """A single decision, the list, the batch and the model."""
        mine = Video.objects.filter(owner=self.creator)
        described = querysets.with_stored_alias(querysets.with_reason(mine, "remix"), "remix")
        listed: dict[int, Any] = described.annotate(stored=F("_remix_stored")).in_bulk()
        batch = querysets.rulings(self._uuids(range(len(self.videos))), "remix")
        facts = facts_of(self.videos)
        for n, video in enumerate(self.videos):
            reason = self.model.reason(n)
            assert policy.decide(facts[video.pk]).reason == reason
            assert listed[video.pk].reason_remix == reason
            assert policy.stored(facts[video.pk]) == self.model.stored(n)
            assert listed[video.pk].stored == self.model.stored(n)
            assert batch[n][1] == policy.decide(facts[video.pk])
        yes = set(querysets.permitting(mine, "remix").values_list("pk", flat=True))
        allowed = [n for n in range(len(self.videos)) if self.model.reason(n) == "allowed"]
        assert yes == {self.videos[n].pk for n in allowed}

    def nothing_is_on_that_nobody_turned_on(self) -> None:
        """What is stored, whether or not an opt-out or a pause is in force."""
        stored: dict[int, reference_model.State] = {
            row.video_id: _state_of(row)
            for row in Consent.objects.filter(creator=self.creator).select_related("terms__notice")
            if row.use == "remix"
        }
        for n, video in enumerate(self.videos):
            assert stored.get(video.pk, reference_model.UNDECIDED) == self.model.videos[n].state
        assert not Consent.objects.exclude(use="remix").exists()

    def a_withdrawal_has_the_last_word(self) -> None:
        """No video is allowed by an edit that is older than the last one that turned it off."""
        for n, video in enumerate(self.model.videos):
            if self.model.reason(n) == "allowed":
                assert video.last_grant > video.last_withdrawal

    def every_edit_adds_up(self) -> None:
        """The outcomes are those of the model, and the numbers are those of the outcomes."""
        edits = Edit.objects.in_bulk([edit.pk for edit in self.edits])
        assert Edit.objects.filter(creator=self.creator).count() == len(self.edits)
        results: dict[int, dict[int, str]] = {edit.pk: {} for edit in self.edits}
        for item in Item.objects.filter(edit__in=edits).select_related("edit"):
            results[item.edit_id][item.video_id] = item.result
        for expected, kept in zip(self.model.edits, self.edits, strict=True):
            edit = edits[kept.pk]
            assert edit.status == expected.status
            assert results[edit.pk] == {
                self.videos[n].pk: expected.result(n) for n in expected.items
            }
            if expected.status not in ("preparing", "holding"):
                self._adds_up(edit, expected)

    def _adds_up(self, edit: Edit, expected: reference_model.Edit) -> None:
        if expected.shown:
            shown = (edit.selected, edit.will_change)
            assert shown == expected.shown[:2]
        if expected.order == 0:
            if expected.shown:
                left_alone = (edit.already, edit.superseded, edit.not_eligible)
                assert (*shown, *left_alone) == expected.shown
            return
        of = Counter(expected.result(n) for n in expected.items)
        assert edit.changed == of[reference_model.CHANGED]
        assert edit.already == of[reference_model.ALREADY] == expected.shown[2]
        assert edit.superseded == of[reference_model.SUPERSEDED] >= expected.shown[3]
        assert edit.not_eligible == of[reference_model.NOT_ELIGIBLE] >= expected.shown[4]
        done = edit.changed + edit.already + edit.superseded + edit.not_eligible
        if expected.status == "applied":
            assert done == edit.selected
        if expected.status == "cancelled":
            assert done + edit.left_out == edit.selected
            assert edit.left_out == of[reference_model.CANCELLED]

    def counts_match_rows(self) -> None:
        counts = ConsentCount.objects.filter(creator=self.creator).select_related("terms__notice")
        kept = {
            Allowed(count.terms.until, count.terms.notice.version): count.videos
            for count in counts
            if count.videos
        }
        assert kept == dict(self.model.consent_counts())
        assert library.video_count(self.creator) == len(self.model.mine())
        state = ConsentState.objects.filter(creator=self.creator).first()
        assert (state.version if state else 0) == self.model.version

    def every_change_is_logged(self) -> None:
        """The events name as many changes as there were."""
        events = Event.objects.filter(creator=self.creator).order_by("pk")
        actions = ("consent.edited", "edit.part_applied")
        bodies = [body_of(event) for event in events if event.action in actions]
        assert sum(body["changed"] for body in bodies) == self.model.changes


def facts_of(videos: list[Video]) -> dict[int, Facts]:
    """The facts of each video of one creator, each looked up by itself."""
    creator = videos[0].owner
    state = ConsentState.objects.filter(creator=creator).first()
    published = Notice.objects.filter(use="remix", material=True, published_at__isnull=False)
    material = max(notice.version for notice in published)
    paused = _is_paused()
    live = [edit for edit in Edit.objects.filter(creator=creator) if edit.is_live]
    pending = {
        item.video_id
        for item in Item.objects.filter(edit__in=live).select_related("edit", "after__notice")
        if item.result == Item.Outcome.PENDING and _permits_nothing(item, material)
    }
    consents = {
        row.video_id: row
        for row in Consent.objects.filter(creator=creator).select_related("terms__notice")
        if row.use == "remix"
    }
    standing = Hold.objects.filter(creator=creator, use="remix", lifted_at=None)
    on_hold = set(standing.values_list("video", flat=True))
    found = {}
    for video in Video.objects.filter(owner=creator):
        row = consents.get(video.pk)
        terms = row.terms if row else None
        holding = terms is not None and any(edit.status == "holding" for edit in live)
        found[video.pk] = Facts(
            restoring=False,
            paused=paused,
            available=video.status == Video.Status.READY and video.removed_at is None,
            opted_out=bool(state and state.opted_out),
            held=video.pk in on_hold or None in on_hold,
            being_withdrawn=holding or video.pk in pending,
            decided=bool(row and row.decided),
            allowed_by_terms=terms is not None,
            ended=bool(terms and terms.until and terms.until <= datetime.now(UTC)),
            notice_superseded=bool(terms and terms.notice.version < material),
            blocked=False,
            in_audience=True,
            approval_missing=False,
        )
    return found


def _permits_nothing(item: Item, material: int) -> bool:
    """Whether nothing is allowed once this item is applied: an undo may put back what ended."""
    if item.after is None:
        return True
    ended = item.after.until is not None and item.after.until <= datetime.now(UTC)
    return item.edit.change == "former" and (ended or item.after.notice.version < material)


def _is_paused() -> bool:
    switches = waffle.get_waffle_switch_model().objects
    return bool(switches.filter(name="remixer_paused", active=True).exists())


def _line(item: Item) -> dict[str, str]:
    """The canonical line of an item, made from its row alone."""
    return {
        "video": str(item.video.uuid),
        "before": state_line(item.before, decided=item.before_decided),
        "after": state_line(item.after, decided=item.after_decided),
        "outcome": item.result,
    }


def _state_of(row: Consent) -> reference_model.State:
    if row.terms:
        return Allowed(row.terms.until, row.terms.notice.version)
    return reference_model.OFF if row.decided else reference_model.UNDECIDED


def _root_of(items: Any) -> str:
    rows = items.select_related("edit", "video", "before__notice", "after__notice")
    ordered = sorted(rows, key=lambda item: str(item.video.uuid))
    return tree.root([tree.leaf_hash(tree.canonical(_line(item))) for item in ordered]).hex()


Act = Callable[[Histories], None]
COMES_BETWEEN: dict[str, Act] = {
    "an opt-out": lambda history: history.opt_out(False),
    "a pause": lambda history: history.pause(True),
    "another withdrawal": lambda history: history.turn_off_what_matches(
        {"collection": "Blues"}, None, False
    ),
    "one of few": lambda history: history.turn_off({0, 1, 2}, None, False),
    "a video that is removed": lambda history: history.remove(0),
    "a hold of everything": lambda history: history.staff_hold(None),
    "a hold of some": lambda history: history.staff_hold({1, 3}),
    "an hour": lambda history: history.time_passes(timedelta(hours=3)),
}


@pytest.mark.parametrize("name", COMES_BETWEEN)
def test_a_withdrawal_is_of_what_matched_when_it_was_asked_for(name: str) -> None:
    history = Histories()
    with history.closing:
        for collection in ("Reds", "Blues") * 2:
            history._add(collection)
        history.some_are_allowed(FIRST + 4, None)
        query = {"collection": "Reds", "remix": "allowed"}
        history.turn_off_what_matches(query, None, False)
        asked = history.model.edits[-1]
        assert asked.is_holding

        COMES_BETWEEN[name](history)
        history.both_agree()
        for _ in range(FIRST):
            history.a_job_has_its_turn(history.model.runnable().index(asked), 1)
            history.both_agree()
            if asked.status == "applied":
                break
        history.pause(False)
        history.opt_in("previous")

        history.both_agree()
        reds = [n for n, video in enumerate(history.model.videos) if video.collection == "Reds"]
        assert "allowed" not in {history.model.reason(n) for n in reds}


@pytest.mark.parametrize("name", ["an opt-out", "a pause", "a hold of everything"])
def test_a_preview_of_what_no_longer_matches_is_empty(name: str) -> None:
    history = Histories()
    with history.closing:
        history.some_are_allowed(FIRST, None)
        history.draft_to_turn_off_what_matches({"reason": "allowed"})
        COMES_BETWEEN[name](history)

        history.the_jobs_get_done()

        history.both_agree()
        assert history.edits[-1].items.count() == 0


def _is_off(history: Histories, *videos: int) -> None:
    assert all(history.model.reason(n) != "allowed" for n in videos)


ALL = set(range(FIRST))
LAST: tuple[int, None] = (0, None)  # the last edit, by its own key
STORIES: dict[str, list[Act]] = {
    "what was off already is turned off once more while a job allows it": [
        lambda history: history.turn_off({4, 5}, None, False),
        lambda history: history.draft_to_allow(ALL, None),
        lambda history: history.confirm(*LAST),
        lambda history: history.turn_off({4}, None, False),
    ],
    "everything that was off already is turned off while a job allows it": [
        lambda history: history.turn_off(ALL, None, False),
        lambda history: history.the_jobs_get_done(),
        lambda history: history.draft_to_allow(ALL, None),
        lambda history: history.confirm(*LAST),
        lambda history: history.turn_off(ALL, None, False),
    ],
    "a file leaves alone what a job allows": [
        lambda history: history.draft_to_allow({2, 3, 4, 5}, None),
        lambda history: history.confirm(*LAST),
        lambda history: history.draft_from_a_file({0: ("off", None), 4: ("undecided", None)}),
        lambda history: history.confirm(*LAST),
    ],
    "a file that allows as well is outlived by an opt-out": [
        lambda history: history.some_are_allowed(4, None),
        lambda history: history.draft_from_a_file(
            {0: ("off", None), 1: ("off", None), 4: ("allowed", None), 5: ("allowed", None)}
        ),
        lambda history: history.confirm(*LAST),
        lambda history: history.opt_out(False),
        lambda history: history.opt_in("all_off"),
    ],
    "an opt-out lets what was never decided be turned off": [
        lambda history: history.turn_off(ALL, None, False),
        lambda history: history.opt_out(False),
        lambda history: history.opt_in("previous"),
    ],
    "an upload is ready while everything is being turned off": [
        lambda history: history.set_upload_default(True, None),
        lambda history: history.a_video_comes("upload"),
        lambda history: history.turn_off_what_matches({}, None, False),
        lambda history: history.a_video_becomes_ready(0),
    ],
    "an upload is ready while it is being turned off": [
        lambda history: history.set_upload_default(True, None),
        lambda history: history.a_video_comes("upload"),
        lambda history: history.turn_off({0, 1, FIRST}, None, False),
        lambda history: history.a_video_becomes_ready(0),
    ],
    "an undo is asked for again after its preparation was cancelled": [
        lambda history: history.some_are_allowed(FIRST, None),
        lambda history: history.draft_an_undo(0),
        lambda history: history.cancel(0),
        lambda history: history.draft_an_undo(1),
    ],
    "an undo that puts back what has ended waits for nothing": [
        lambda history: history.some_are_allowed(FIRST, ENDS[1]),
        lambda history: history.turn_off({2, 5}, None, False),
        lambda history: history.time_passes(timedelta(days=3)),
        lambda history: history.draft_an_undo(0),
        lambda history: history.turn_off_what_matches({}, None, False),
        lambda history: history.confirm(1, None),
    ],
    "an undo leaves alone what was allowed and turned off once more since": [
        lambda history: history.some_are_allowed(4, None),
        lambda history: history.turn_off({0, 1}, None, False),
        lambda history: history.draft_to_allow({0}, None),
        lambda history: history.confirm(*LAST),
        lambda history: history.turn_off({0}, None, False),
        lambda history: history.turn_off({1}, None, False),
        lambda history: history.draft_an_undo(3),
        lambda history: history.confirm_what_was_seen(0, 0),
        lambda history: _is_off(history, 0, 1),
    ],
    "a draft of an undo leaves alone what is turned off once more after it": [
        lambda history: history.some_are_allowed(4, None),
        lambda history: history.turn_off({0, 1}, None, False),
        lambda history: history.draft_an_undo(0),
        lambda history: history.turn_off({1}, None, False),
        lambda history: history.confirm_what_was_seen(0, 0),
        lambda history: _is_off(history, 1),
    ],
    "a large undo leaves alone what was allowed and turned off once more since": [
        lambda history: history.some_are_allowed(FIRST, None),
        lambda history: history.turn_off(ALL, None, False),
        lambda history: history.the_jobs_get_done(),
        lambda history: history.draft_to_allow({2}, None),
        lambda history: history.confirm(*LAST),
        lambda history: history.turn_off({2}, None, False),
        lambda history: history.turn_off({4}, None, False),
        lambda history: history.draft_an_undo(3),
        lambda history: history.the_jobs_get_done(),
        lambda history: history.confirm_what_was_seen(0, 0),
        lambda history: history.the_jobs_get_done(),
        lambda history: _is_off(history, 2, 4),
    ],
    "an undo of an undo leaves alone what was turned off once more since": [
        lambda history: history.some_are_allowed(2, None),
        lambda history: history.draft_an_undo(0),
        lambda history: history.confirm(*LAST),
        lambda history: history.draft_to_allow({0}, None),
        lambda history: history.confirm(*LAST),
        lambda history: history.turn_off({0}, None, False),
        lambda history: history.draft_an_undo(2),
        lambda history: history.confirm(*LAST),
        lambda history: _is_off(history, 0),
    ],
    "a large undo that puts back what has ended is in force by its confirm": [
        lambda history: history.some_are_allowed(FIRST, ENDS[1]),
        lambda history: history.time_passes(timedelta(days=3)),
        lambda history: history.draft_to_allow(ALL, None),
        lambda history: history.confirm(*LAST),
        lambda history: history.the_jobs_get_done(),
        lambda history: history.draft_an_undo(0),
        lambda history: history.the_jobs_get_done(),
        lambda history: history.confirm(*LAST),
        lambda history: _is_off(history, *ALL),
    ],
    "everything starts from off where all that was allowed is removed": [
        lambda history: history.draft_to_allow({0}, None),
        lambda history: history.confirm(*LAST),
        lambda history: history.remove(0),
        lambda history: history.opt_out(False),
        lambda history: history.opt_in("all_off"),
    ],
}


@pytest.mark.parametrize("name", STORIES)
def test_it_ends_as_the_model_says(name: str) -> None:
    history = Histories()
    with history.closing:
        for act in STORIES[name]:
            act(history)
            history.both_agree()
        history.the_jobs_get_done()
        history.both_agree()


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_every_history_agrees_with_the_model(examples: int) -> None:
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            derandomize="EXAMPLES" not in os.environ,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
