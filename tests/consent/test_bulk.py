"""Edits that are too large for one request: the job that freezes and applies them in chunks, what
is in force meanwhile, and how one ends that is stopped, killed or never confirmed."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from time_machine import TimeMachineFixture

from audit.models import Event
from consent import querysets, selection, services
from consent.context import consent_bar_of
from consent.counts import overview_of
from consent.models import Consent, ConsentState, Edit, EditJob, Item, Notice
from consent.services.edits import job
from consent.services.edits.draft import DRAFT_LIFETIME
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden, NotFound, Refused
from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Video
from tests import log
from tests.acts import (
    cancel,
    confirm,
    draft,
    draft_matching,
    opt_in,
    opt_out,
    run,
    run_to_the_end,
    turn_off,
    turn_off_matching,
    undo,
)
from tests.conftest import LargeEdits
from tests.database import before_statement, counted_queries, failing, rows
from tests.decisions import reasons
from tests.factories import make_consent, make_user, make_videos
from tests.memes import make_render

pytestmark = [
    pytest.mark.django_db,
    # More than 3 videos are a job, in chunks of 2; more than 6 are frozen by it.
    pytest.mark.large_edits(inline=3, freeze=6, chunk=2),
]


@pytest.fixture
def step(large_edits: LargeEdits) -> Callable[[Edit], Edit]:
    """`step(edit)` has a worker do one transaction of it, and leave."""
    large_edits(stepwise=True)
    return run


def results(edit: Edit) -> Counter[str]:
    return Counter(item.result for item in edit.items.select_related("edit"))


def adds_up(edit: Edit) -> bool:
    parts = edit.changed + edit.already + edit.superseded + edit.not_eligible + edit.left_out
    return edit.selected == parts == edit.items.count()


# confirming


def test_a_large_edit_is_confirmed_at_once_and_applied_by_its_job(alice: User) -> None:
    videos = make_videos(5, owner=alice)

    confirmed = confirm(draft(*videos))
    between = reasons(*videos)
    edit = run(confirmed)

    assert (confirmed.status, confirmed.changed) == ("confirmed", 0)
    assert between == ["undecided"] * 5
    assert (edit.status, edit.changed, edit.parts) == ("applied", 5, 3)
    assert reasons(*videos) == ["allowed"] * 5
    assert adds_up(edit)
    assert results(edit) == {"changed": 5}


def test_a_large_edit_is_logged_as_confirmed_in_parts_and_as_applied(alice: User) -> None:
    edit = run(confirm(draft(*make_videos(5, owner=alice))))

    logged = log.of_edit(edit)

    assert [body["action"] for body in logged] == [
        "edit.confirmed",
        *["edit.part_applied"] * 3,
        "edit.applied",
    ]
    assert [body["changed"] for body in logged[1:4]] == [2, 2, 1]
    assert [body["part"] for body in logged[1:4]] == [1, 2, 3]
    assert len({body["items_root"] for body in logged[1:4]}) == 3
    assert (logged[0]["selected"], logged[0]["will_change"]) == (5, 5)
    assert (logged[4]["selected"], logged[4]["changed"], logged[4]["parts"]) == (5, 5, 3)
    assert ConsentState.objects.get(creator=alice).version == 4


def test_each_chunk_is_a_transaction_of_its_own(alice: User, step: Callable[[Edit], Edit]) -> None:
    videos = make_videos(5, owner=alice)
    edit = confirm(draft(*videos))

    seen = []
    for _ in range(4):
        edit = step(edit)
        seen.append((edit.status, edit.changed, EditJob.objects.get().progress, results(edit)))

    assert seen == [
        ("applying", 2, 40, {"changed": 2, "pending": 3}),
        ("applying", 4, 80, {"changed": 4, "pending": 1}),
        ("applying", 5, 100, {"changed": 5}),
        ("applied", 5, 100, {"changed": 5}),
    ]
    assert EditJob.objects.get().state == State.DONE


def test_a_confirm_of_any_size_asks_the_same_number_of_queries(large_edits: LargeEdits) -> None:
    def queries(count: int) -> list[int]:
        owner = make_user()
        videos = make_videos(count, owner=owner)
        large_edits(inline=500)
        make_consent(*videos)
        large_edits(freeze=500)
        edit = draft(*videos, grant=None)
        with counted_queries() as confirming:
            confirm(edit)
        with counted_queries() as deciding:
            assert reasons(videos[0]) == ["withdrawn"]
        return [len(confirming), len(deciding)]

    assert queries(4) == queries(500)


def test_a_large_draft_that_changes_nothing_is_applied_at_once(alice: User) -> None:
    videos = make_videos(5, owner=alice)
    run(confirm(draft(*videos)))
    events = Event.objects.count()

    edit = confirm(draft(*videos))

    assert (edit.status, edit.changed, edit.already) == ("applied", 0, 5)
    assert Event.objects.count() == events
    assert results(edit) == {"already": 5}
    assert not EditJob.objects.filter(edit=edit).exists()


def test_confirming_a_large_edit_twice_is_one_edit(alice: User) -> None:
    edit = draft(*make_videos(5, owner=alice))

    first, second = confirm(edit, idempotency_key="k"), confirm(edit, idempotency_key="k")
    done = run(edit)
    run(edit)
    third = confirm(edit, idempotency_key="k")

    assert first.pk == second.pk == third.pk
    assert (done.changed, third.changed, third.parts) == (5, 5, 3)
    assert [body["action"] for body in log.of_edit(done)].count("edit.confirmed") == 1
    before = rows()
    with pytest.raises(Conflict, match="already confirmed"):
        confirm(edit, idempotency_key="another")
    assert rows() == before


# withdrawing


def test_a_large_withdrawal_is_in_force_for_every_video_when_it_is_confirmed(
    alice: User, step: Callable[[Edit], Edit]
) -> None:
    videos = make_videos(5, owner=alice)
    for video in videos[:4]:
        make_consent(video)

    edit = turn_off(*videos)
    seen = [reasons(*videos)]
    while edit.status != Edit.Status.APPLIED:
        edit = step(edit)
        seen.append(reasons(*videos))

    assert seen == [
        ["withdrawn"] * 5,
        ["off"] * 2 + ["withdrawn"] * 3,
        ["off"] * 4 + ["withdrawn"],
        ["off"] * 5,
        ["off"] * 5,
    ]
    assert adds_up(edit)


def test_a_large_withdrawal_stops_and_takes_down_while_it_is_confirmed(
    alice: User, bob: User
) -> None:
    videos = make_videos(5, owner=alice)
    for video in videos:
        make_consent(video)
    made = make_render(videos[4], bob, state="done", file_key="renders/x.mp4")
    waiting = make_render(videos[0], bob, state="queued")

    edit = turn_off_matching(alice, edited="day")

    made.refresh_from_db()
    waiting.refresh_from_db()
    assert edit.status == Edit.Status.CONFIRMED
    assert (edit.stopped, edit.taken_down) == (1, 1)
    assert (made.state, waiting.state) == ("hidden", "refused")
    assert waiting.ended_for == "off"
    assert log.of_edit(edit)[0]["taken_down"] == 1
    assert (run(edit).stopped, run(edit).taken_down) == (1, 1)


def test_a_withdrawal_of_one_use_says_nothing_about_the_other(alice: User) -> None:
    videos = make_videos(5, owner=alice)
    for video in videos[:2]:
        make_consent(video)
        make_consent(video, use="train")

    turn_off_matching(alice)

    assert reasons(*videos[:2], use="train") == ["allowed"] * 2


# holding


def test_a_withdrawal_that_does_not_know_its_videos_yet_holds_back_all_that_is_allowed(
    alice: User, bob: User
) -> None:
    chosen = make_videos(7, owner=alice, title="Street")
    other, never = make_videos(2, owner=alice, title="Garden")
    [foreign] = make_videos(1, owner=bob)
    for video in (*chosen[:2], other, foreign):
        make_consent(video)

    edit = turn_off_matching(alice, q="street")
    held = (edit.status, edit.status == "holding", reasons(*chosen, other, never, foreign))
    edit = run(edit)

    assert held == (
        "holding",
        True,
        ["withdrawn"] * 2 + ["undecided"] * 5 + ["withdrawn", "undecided", "allowed"],
    )
    assert (edit.status, edit.selected, edit.changed) == ("applied", 7, 7)
    assert reasons(*chosen, other, never) == ["off"] * 7 + ["allowed", "undecided"]
    confirmed = log.of_edit(edit)[0]
    assert (confirmed["action"], confirmed["selected"]) == ("edit.confirmed", None)
    assert adds_up(edit)


def test_what_is_held_back_and_not_meant_keeps_its_memes(alice: User, bob: User) -> None:
    chosen = make_videos(7, owner=alice, title="Street")
    [other] = make_videos(1, owner=alice, title="Garden")
    make_consent(chosen[0], other)
    dark = make_render(chosen[0], bob, state="done", file_key="renders/x.mp4")
    kept = make_render(other, bob, state="done", file_key="renders/y.mp4")

    edit = run(turn_off_matching(alice, q="street"))

    dark.refresh_from_db()
    kept.refresh_from_db()
    assert (dark.state, kept.state, edit.taken_down) == ("hidden", "done", 1)


def test_what_a_large_withdrawal_leaves_out_keeps_its_memes_and_is_allowed_again_after_it(
    alice: User, bob: User, step: Callable[[Edit], Edit]
) -> None:
    """The excepted videos are held back like all others until it is written down which are meant;
    nothing that is made of them is taken down or stopped."""
    videos = make_videos(9, owner=alice)
    for video in videos:
        make_consent(video)
    left_out = videos[2], videos[8]
    gone = make_render(videos[0], bob, state="done", file_key="renders/x.mp4")
    kept = make_render(left_out[0], bob, state="done", file_key="renders/y.mp4")
    waiting = make_render(left_out[1], bob, state="queued")

    edit = turn_off_matching(alice, but=left_out)
    held = edit.status, reasons(*left_out), edit.taken_down, edit.stopped
    edit = step(edit)
    edit = step(edit)
    known = edit.status, reasons(*left_out)
    edit = run_to_the_end(edit)

    for render in (gone, kept, waiting):
        render.refresh_from_db()
    assert held == ("holding", ["withdrawn"] * 2, 1, 0)
    assert known == ("confirmed", ["allowed"] * 2)
    assert (gone.state, kept.state, waiting.state) == ("hidden", "done", "queued")
    assert (edit.selected, edit.changed, edit.taken_down, edit.stopped) == (7, 7, 1, 0)
    assert reasons(*left_out) == ["allowed"] * 2
    assert [body["changed"] for body in log.of_edit(edit) if "parts" in body] == [7]
    assert adds_up(edit)


@pytest.mark.parametrize("number", [6, 11])
def test_a_selection_but_for_some_is_frozen_as_it_was_seen(alice: User, number: int) -> None:
    """By the request, or in several parts by the job."""
    videos = make_videos(number, owner=alice, title="Street")
    edit = draft_matching(alice, but=(videos[1], videos[-1]), q="street")
    make_videos(1, owner=alice, title="Street, late")
    if edit.status == "preparing":
        edit = run(edit)
    drafted = edit.status, edit.selected, edit.will_change

    edit = run_to_the_end(confirm(edit))

    assert drafted == ("draft", number - 2, number - 2)
    assert (edit.selected, edit.changed) == (number - 2, number - 2)
    assert reasons(videos[1], videos[-1]) == ["undecided"] * 2
    assert set(edit.items.values_list("video", flat=True)) == {
        video.pk for video in videos if video not in (videos[1], videos[-1])
    }


def test_what_is_left_out_must_be_ones_own_and_is_limited(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    videos = make_videos(4, owner=alice)
    [foreign] = make_videos(1, owner=bob)
    before = rows()

    with pytest.raises(NotFound, match="not yours"):
        turn_off_matching(alice, but=[foreign])
    with pytest.raises(Refused, match="No video matches"):
        turn_off_matching(alice, but=videos)
    monkeypatch.setattr(selection, "MAX_EXCEPT", 1)
    with pytest.raises(Refused, match="at most 1 can be"):
        turn_off_matching(alice, but=videos[:2])

    assert rows() == before
    assert turn_off_matching(alice, but=videos[:1]).selected == 3


def test_nothing_is_allowed_while_a_withdrawal_is_held(
    alice: User, step: Callable[[Edit], Edit]
) -> None:
    videos = make_videos(7, owner=alice, title="Street")
    [later] = make_videos(1, owner=alice, title="Garden")
    waiting = draft(later)
    edit = turn_off_matching(alice, q="street")
    before = rows()

    with pytest.raises(Conflict, match="still being applied"):
        confirm(waiting)

    assert rows() == before
    edit = run_to_the_end(edit)
    assert confirm(waiting).changed == 1
    assert reasons(*videos, later) == ["off"] * 7 + ["allowed"]


def test_what_is_uploaded_after_the_turn_off_is_not_in_it(alice: User) -> None:
    make_videos(7, owner=alice)
    chosen = selection.everything(alice)
    [late] = make_videos(1, owner=alice)

    edit = services.turn_off(
        actor=Actor.creator(alice), creator=alice, use="remix", matching=chosen
    )
    edit = run(edit)

    assert (edit.selected, edit.changed) == (7, 7)
    assert reasons(late) == ["undecided"]


def test_a_selection_by_state_is_read_without_its_own_edit(alice: User) -> None:
    """The selection is “allowed”, and holding it back makes none of them so."""
    videos = make_videos(8, owner=alice)
    for video in videos[:7]:
        make_consent(video)

    edit = run(turn_off_matching(alice, remix="allowed"))

    assert (edit.selected, edit.changed) == (7, 7)
    assert reasons(*videos) == ["off"] * 7 + ["undecided"]


def test_what_is_selected_while_others_are_turned_off_is_as_it_was_when_it_was_asked_for(
    alice: User,
) -> None:
    """Older withdrawals count; the edit itself and newer ones do not."""
    videos = make_videos(12, owner=alice)
    for video in videos[:11]:
        make_consent(video)
    older = turn_off(*videos[:4])
    edit = turn_off_matching(alice, remix="allowed")
    newer = turn_off(*videos[4:8])
    under_way = (older.status, edit.status, newer.status)

    edit = run(edit)

    assert under_way == ("confirmed", "holding", "confirmed")
    assert (edit.status, edit.selected, edit.changed) == ("applied", 7, 7)
    assert set(edit.items.values_list("video", flat=True)) == {video.pk for video in videos[4:11]}


# freezing


def test_a_large_selection_is_prepared_and_cannot_be_confirmed_unseen(
    alice: User, step: Callable[[Edit], Edit]
) -> None:
    make_videos(8, owner=alice)
    edit = draft_matching(alice)
    before = rows()

    with pytest.raises(Conflict, match="still being prepared"):
        confirm(edit)

    assert rows() == before
    half = step(edit)
    assert (half.status, half.selected) == ("preparing", 6)
    whole = step(edit)
    assert (whole.status, whole.selected, whole.will_change) == ("draft", 8, 8)
    assert run(confirm(whole)).status == "applying"


def test_what_starts_to_match_after_the_preview_is_left_alone(alice: User) -> None:
    chosen = make_videos(7, owner=alice, title="Street")
    [other] = make_videos(1, owner=alice, title="Garden")
    edit = run(draft_matching(alice, q="street"))
    Video.objects.filter(pk=other.pk).update(title="Street")
    [late] = make_videos(1, owner=alice, title="Street")
    Video.objects.filter(pk=chosen[0].pk).update(title="Garden")

    edit = run(confirm(edit))

    assert (edit.selected, edit.changed) == (7, 7)
    assert reasons(*chosen, other, late) == ["allowed"] * 7 + ["undecided"] * 2


def test_the_same_videos_with_another_end_are_prepared_again(alice: User) -> None:
    make_videos(8, owner=alice)
    first = run(draft_matching(alice))
    make_videos(1, owner=alice)
    end = timezone.now() + timedelta(days=9)

    second = run(
        services.draft_again(
            first.uuid, actor=Actor.creator(alice), creator=alice, grant=services.Grant(until=end)
        )
    )

    assert (second.status, second.selected, second.terms and second.terms.until) == (
        "draft",
        8,
        end,
    )
    assert Edit.objects.get(pk=first.pk).status == "draft"


# failing


def test_a_chunk_that_fails_leaves_nothing_and_is_applied_once_later(alice: User) -> None:
    videos = make_videos(5, owner=alice)
    edit = confirm(draft(*videos))
    edit_job = EditJob.objects.get()

    with failing("audit_event", OperationalError("the connection is gone")):
        run(edit)
    untouched = (reasons(*videos), Edit.objects.get().parts, Event.objects.count())
    EditJob.objects.update(next_attempt_at=timezone.now())
    done = run(edit)

    edit_job.refresh_from_db()
    assert untouched == (["undecided"] * 5, 0, 1)
    assert (done.status, done.changed, done.parts, edit_job.state) == ("applied", 5, 3, State.DONE)


def test_a_job_that_failed_says_so_and_is_tried_again(alice: User) -> None:
    videos = make_videos(5, owner=alice)
    edit = confirm(draft(*videos))
    for _ in range(3):
        EditJob.objects.update(next_attempt_at=timezone.now())
        with failing("audit_event", OperationalError("the connection is gone")):
            run(edit)
    failed = EditJob.objects.get()

    services.retry_edit(edit.uuid, actor=Actor.creator(alice), creator=alice)
    with pytest.raises(Conflict):
        services.retry_edit(edit.uuid, actor=Actor.creator(alice), creator=alice)
    done = run(edit)

    assert (failed.state, failed.problem) == (State.FAILED, str(job.DID_NOT_WORK))
    assert (done.status, done.changed) == ("applied", 5)
    with pytest.raises(Conflict):
        services.retry_edit(done.uuid, actor=Actor.creator(alice), creator=alice)


def test_a_withdrawal_whose_job_failed_stays_in_force(alice: User) -> None:
    videos = make_videos(5, owner=alice)
    for video in videos:
        make_consent(video)
    edit = turn_off_matching(alice)
    EditJob.objects.update(state=State.FAILED)

    assert reasons(*videos) == ["withdrawn"] * 5
    services.retry_edit(edit.uuid, actor=Actor.creator(alice), creator=alice)
    run(edit)
    assert reasons(*videos) == ["off"] * 5


def test_a_worker_that_died_is_followed_by_another(
    alice: User, step: Callable[[Edit], Edit]
) -> None:
    edit = step(confirm(draft(*make_videos(5, owner=alice))))
    past = timezone.now() - timedelta(seconds=1)
    EditJob.objects.update(
        state=State.RUNNING, attempts=1, lease_token=uuid.uuid4(), lease_until=past
    )

    services.sweep_edits()
    edit = run_to_the_end(edit)

    assert (edit.changed, edit.parts) == (5, 3)
    assert [body["part"] for body in log.of_edit(edit) if "part" in body] == [1, 2, 3]
    assert adds_up(edit)


def test_a_worker_whose_job_was_given_away_writes_nothing(alice: User) -> None:
    videos = make_videos(5, owner=alice)
    edit = confirm(draft(*videos))

    def give_it_away() -> None:
        EditJob.objects.update(lease_token=uuid.uuid4())

    with before_statement("consent_item", give_it_away):
        edit = run(edit)

    assert (edit.status, edit.parts) == ("confirmed", 0)
    assert reasons(*videos) == ["undecided"] * 5


# cancelling


def test_cancelling_keeps_what_was_done_and_says_what_was_not(
    alice: User, step: Callable[[Edit], Edit]
) -> None:
    videos = make_videos(5, owner=alice)
    edit = step(confirm(draft(*videos)))

    cancelled = cancel(edit)
    after = step(edit)

    assert cancelled.status == after.status == "cancelled"
    assert (after.changed, after.left_out) == (2, 3)
    assert results(after) == {"changed": 2, "cancelled": 3}
    assert reasons(*videos) == ["allowed"] * 2 + ["undecided"] * 3
    last = log.of_edit(edit)[-1]
    assert (last["action"], last["changed"], last["left_out"]) == ("edit.cancelled", 2, 3)
    assert adds_up(after)
    assert EditJob.objects.get().state == State.CANCELLED


def test_cancelling_twice_is_cancelling_once(alice: User) -> None:
    edit = confirm(draft(*make_videos(5, owner=alice)))
    cancel(edit)
    before = rows()

    assert cancel(edit).status == "cancelled"

    assert rows() == before


def test_a_cancelled_edit_is_undone_for_what_it_did(
    alice: User, step: Callable[[Edit], Edit]
) -> None:
    videos = make_videos(5, owner=alice)
    edit = step(confirm(draft(*videos)))
    cancel(edit)

    inverse = confirm(undo(edit))

    assert (inverse.selected, inverse.changed) == (2, 2)
    assert reasons(*videos) == ["undecided"] * 5


def test_a_selection_that_is_being_prepared_is_cancelled_without_a_trace_in_the_log(
    alice: User, step: Callable[[Edit], Edit]
) -> None:
    make_videos(8, owner=alice)
    edit = step(draft_matching(alice))

    cancelled = cancel(edit)
    step(edit)

    assert (cancelled.status, cancelled.confirmed_at) == ("cancelled", None)
    assert not Event.objects.exists()
    with pytest.raises(Conflict):
        confirm(edit)


def test_a_withdrawal_is_not_cancelled(alice: User) -> None:
    videos = make_videos(8, owner=alice)
    for video in videos:
        make_consent(video)
    few = turn_off(*videos[:4])
    run(few)
    held = turn_off_matching(alice)
    before = rows()

    for edit, code in ((few, "already_applied"), (held, "in_force")):
        with pytest.raises(Conflict) as refused:
            cancel(edit)
        assert refused.value.code == code

    assert rows() == before


def test_only_the_creator_cancels(alice: User, bob: User, staff: User) -> None:
    edit = confirm(draft(*make_videos(5, owner=alice)))
    before = rows()

    with pytest.raises(NotFound):
        services.cancel_edit(edit.uuid, actor=Actor.creator(bob), creator=bob)
    for actor in (Actor.staff(staff), Actor.creator(bob)):
        with pytest.raises(Forbidden):
            services.cancel_edit(edit.uuid, actor=actor, creator=alice)

    assert rows() == before


# two at a time


def test_allowing_waits_for_what_is_under_way_and_turning_off_does_not(alice: User) -> None:
    videos = make_videos(6, owner=alice)
    first = confirm(draft(*videos[:4]))
    second, third = draft(videos[4]), draft(videos[5], use="train")
    before = rows()

    for waiting in (second, third):
        with pytest.raises(Conflict) as refused:
            confirm(waiting)
        assert refused.value.code == "busy"

    assert rows() == before
    assert turn_off(videos[4]).changed == 1
    run(first)
    assert confirm(third).changed == 1


def test_what_is_being_turned_off_is_not_said_to_be_allowed_already(alice: User) -> None:
    video, *_ = videos = make_videos(5, owner=alice)
    run(make_consent(*videos))
    off = turn_off(*videos)

    with pytest.raises(Conflict) as refused:
        confirm(draft(video))

    assert refused.value.code == "busy"
    run(off)
    assert confirm(draft(video)).changed == 1


def test_the_edit_of_another_creator_is_not_in_the_way(alice: User, bob: User) -> None:
    confirm(draft(*make_videos(5, owner=alice)))

    assert confirm(draft(*make_videos(1, owner=bob))).changed == 1


def test_a_newer_turn_off_wins_over_what_is_still_being_allowed(
    alice: User, step: Callable[[Edit], Edit]
) -> None:
    """Also for a video that was off when the newer edit named it, so that nothing changed."""
    videos = make_videos(6, owner=alice)
    turn_off(videos[4])
    edit = step(confirm(draft(*videos)))

    newer = turn_off(videos[1], videos[3], videos[4])
    edit = run_to_the_end(edit)

    assert (newer.changed, newer.already) == (2, 1)
    assert (edit.changed, edit.superseded) == (4, 2)
    assert reasons(*videos) == ["allowed", "off", "allowed", "off", "off", "allowed"]
    assert results(edit) == {"changed": 4, "superseded": 2}
    assert adds_up(edit)


def test_a_newer_large_withdrawal_wins_over_what_is_still_being_allowed(
    alice: User, step: Callable[[Edit], Edit]
) -> None:
    videos = make_videos(6, owner=alice)
    allowing = step(confirm(draft(*videos)))

    newer = turn_off_matching(alice)
    after_the_turn_off = reasons(*videos)
    allowing = run_to_the_end(allowing)
    newer = run_to_the_end(newer)

    assert newer.will_change == 6
    assert "allowed" not in after_the_turn_off
    assert allowing.changed == 2
    assert allowing.superseded == 4
    assert reasons(*videos) == ["off"] * 6
    assert adds_up(allowing)
    assert adds_up(newer)


def test_what_is_being_allowed_waits_for_a_withdrawal_that_does_not_know_its_videos(
    alice: User, step: Callable[[Edit], Edit], time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(timezone.now(), tick=False)
    videos = make_videos(8, owner=alice)
    allowing = step(confirm(draft(*videos[:6])))
    holding = turn_off_matching(alice)

    waited = step(allowing)
    due = EditJob.objects.get(edit=allowing).next_attempt_at
    holding = run_to_the_end(holding)
    early = step(allowing)
    time_machine.move_to(due)
    allowing = run_to_the_end(allowing)

    assert (waited.parts, early.parts, due > waited.created_at) == (1, 1, True)
    assert (allowing.changed, allowing.superseded) == (2, 4)
    assert reasons(*videos) == ["off"] * 8


def test_opting_out_stops_what_is_still_being_allowed(
    alice: User, step: Callable[[Edit], Edit]
) -> None:
    videos = make_videos(5, owner=alice)
    edit = step(confirm(draft(*videos)))

    opt_out(alice)
    after = step(edit)

    assert (after.status, after.changed, after.left_out) == ("cancelled", 2, 3)
    out, stopped = Event.objects.order_by("-id")[:2]
    assert (out.action, stopped.action) == ("creator.opted_out", "edit.cancelled")
    assert out.correlation_id == stopped.correlation_id


def test_opting_out_leaves_a_withdrawal_to_be_written_down(alice: User) -> None:
    videos = make_videos(5, owner=alice)
    for video in videos:
        make_consent(video)
    edit = turn_off_matching(alice)

    opt_out(alice)
    run(edit)
    opt_in(alice, restore="previous")

    assert reasons(*videos) == ["off"] * 5


def test_starting_from_all_off_is_one_withdrawal_for_each_use_of_any_size(alice: User) -> None:
    videos = make_videos(8, owner=alice)
    for video in videos:
        make_consent(video)
    make_consent(videos[0], use="train")
    opt_out(alice)

    opt_in(alice, restore="all_off")
    at_once = reasons(*videos), reasons(videos[0], use="train")
    large = run(Edit.objects.get(use="remix", change="off"))

    assert at_once == (["withdrawn"] * 8, ["off"])
    assert reasons(*videos) == ["off"] * 8
    assert (large.changed, large.selected) == (8, 8)


# undoing


def test_a_large_edit_is_undone_from_exact_former_states(alice: User) -> None:
    videos = make_videos(8, owner=alice)
    end = timezone.now() + timedelta(days=9)
    make_consent(videos[0], until=end)
    turn_off(videos[1])
    edit = run(confirm(run(draft_matching(alice))))
    turn_off(videos[7])

    inverse = run(undo(edit))
    shown = (inverse.status, inverse.selected, inverse.will_change, inverse.superseded)
    inverse = run(confirm(inverse))

    assert shown == ("draft", 8, 7, 1)
    assert (inverse.changed, inverse.superseded) == (7, 1)
    assert reasons(*videos) == ["allowed", "off", *["undecided"] * 5, "off"]
    assert querysets.ruling(videos[0], "remix").until == end
    assert adds_up(inverse)

    again = run(confirm(run(undo(inverse))))
    assert again.changed == 7
    assert reasons(*videos) == ["allowed"] * 7 + ["off"]


def test_a_large_undo_that_expired_unconfirmed_is_counted_anew(
    alice: User, time_machine: TimeMachineFixture
) -> None:
    videos = make_videos(8, owner=alice)
    edit = run(confirm(run(draft_matching(alice))))
    run(undo(edit))

    time_machine.move_to(timezone.now() + DRAFT_LIFETIME)
    turn_off(videos[0])
    inverse = undo(edit)
    assert (inverse.status, inverse.selected) == ("preparing", 0)
    inverse = run(inverse)

    assert (inverse.selected, inverse.will_change, inverse.superseded) == (8, 7, 1)
    assert adds_up(run(confirm(inverse)))


def test_a_large_undo_leaves_alone_what_was_turned_off_anew(alice: User) -> None:
    videos = make_videos(8, owner=alice)
    run_to_the_end(make_consent(*videos))
    edit = run_to_the_end(turn_off_matching(alice))
    make_consent(videos[0])
    turn_off(videos[0])
    inverse = run(undo(edit))
    turn_off(videos[1])
    inverse = run_to_the_end(confirm(inverse))

    assert inverse.will_change == 7
    assert (inverse.changed, inverse.superseded) == (6, 2)
    assert reasons(*videos) == ["off"] * 2 + ["allowed"] * 6
    assert adds_up(inverse)


def test_a_large_undo_that_puts_back_what_ended_is_in_force_by_its_confirm(
    alice: User, time_machine: TimeMachineFixture
) -> None:
    """It allows nothing, as a withdrawal: no decision waits for its chunks."""
    videos = make_videos(8, owner=alice)
    run_to_the_end(make_consent(*videos, until=timezone.now() + timedelta(days=1)))
    time_machine.move_to(timezone.now() + timedelta(days=2))
    edit = run_to_the_end(confirm(run(draft_matching(alice))))
    assert reasons(*videos) == ["allowed"] * 8

    inverse = confirm(run(undo(edit)))
    at_once = reasons(*videos)
    bar = consent_bar_of(alice)

    assert inverse.is_withdrawing
    assert at_once == ["withdrawn"] * 8
    assert bar.sentence == "Remix is being turned off for 8 videos."
    assert overview_of(alice).facts("remix").held == {"withdrawn": 8}
    run_to_the_end(inverse)
    assert reasons(*videos) == ["expired"] * 8


def test_undoing_what_only_allowed_is_in_force_before_it_is_frozen(alice: User) -> None:
    videos = make_videos(8, owner=alice)
    edit = run(confirm(run(draft_matching(alice))))

    inverse = services.undo_or_draft(edit.uuid, actor=Actor.creator(alice), creator=alice)
    at_once = (inverse.status == "holding", reasons(*videos))
    twice = services.undo_or_draft(edit.uuid, actor=Actor.creator(alice), creator=alice)
    done = run(inverse)

    assert at_once == (True, ["withdrawn"] * 8)
    assert twice.pk == inverse.pk
    assert (done.status, done.changed) == ("applied", 8)
    assert reasons(*videos) == ["undecided"] * 8


def test_an_edit_is_not_undone_while_it_is_applied(alice: User) -> None:
    edit = confirm(draft(*make_videos(5, owner=alice)))
    before = rows()

    with pytest.raises(Conflict) as refused:
        undo(edit)

    assert refused.value.code == "still_applying"
    assert rows() == before


# the same request twice


def test_the_same_key_turns_off_once_until_something_else_happens(alice: User) -> None:
    videos = make_videos(5, owner=alice)
    for video in videos:
        make_consent(video)

    def off() -> Edit:
        return services.turn_off(
            actor=Actor.creator(alice),
            creator=alice,
            use="remix",
            ids=[video.uuid for video in videos[:2]],
            idempotency_key="page",
        )

    first, echo = off(), off()
    make_consent(videos[0])
    meant = off()

    assert first.pk == echo.pk
    assert meant.pk != first.pk
    assert reasons(*videos[:3]) == ["off", "off", "allowed"]


def test_the_same_key_turns_a_large_selection_off_once(alice: User) -> None:
    videos = make_videos(8, owner=alice)
    make_consent(videos[0])

    def off() -> Edit:
        return services.turn_off(
            actor=Actor.creator(alice),
            creator=alice,
            use="remix",
            matching=selection.everything(alice),
            idempotency_key="page",
        )

    first, echo = off(), off()
    done = run(first)
    late = run(off())

    assert first.pk == echo.pk
    assert done.changed == 8
    assert (late.changed, late.already) == (0, 8)
    assert reasons(*videos) == ["off"] * 8


# drafts that nobody confirmed


def test_a_draft_that_nobody_confirmed_expires_and_its_items_go(
    alice: User, time_machine: Any
) -> None:
    edit = draft(*make_videos(5, owner=alice))
    kept = run(confirm(draft(*make_videos(4, owner=alice))))
    time_machine.move_to(timezone.now() + DRAFT_LIFETIME)

    services.sweep_edits()

    edit.refresh_from_db()
    assert edit.status == "expired"
    assert not edit.items.exists()
    assert kept.items.count() == 4
    before = rows()
    with pytest.raises(Conflict, match="more than a day old"):
        confirm(edit)
    with pytest.raises(Conflict):
        undo(edit)
    assert rows() == before


def test_a_selection_that_was_never_ready_expires_and_its_job_stops(
    alice: User, step: Callable[[Edit], Edit], time_machine: Any
) -> None:
    make_videos(8, owner=alice)
    edit = step(draft_matching(alice))
    time_machine.move_to(timezone.now() + DRAFT_LIFETIME)

    services.sweep_edits()
    after = step(edit)

    assert after.status == "expired"
    assert EditJob.objects.get().state == State.CANCELLED
    assert not after.items.exists()


def test_a_withdrawal_that_was_confirmed_never_expires(alice: User, time_machine: Any) -> None:
    videos = make_videos(8, owner=alice)
    for video in videos:
        make_consent(video)
    edit = turn_off_matching(alice)
    time_machine.move_to(timezone.now() + 3 * DRAFT_LIFETIME)

    services.sweep_edits()

    assert reasons(*videos) == ["withdrawn"] * 8
    assert run(edit).changed == 8


def test_expiring_comes_in_portions(alice: User, time_machine: Any) -> None:
    draft(*make_videos(5, owner=alice))
    time_machine.move_to(timezone.now() + DRAFT_LIFETIME)

    left = []
    for _ in range(3):
        job.expire_drafts(limit=2)
        left.append(Item.objects.count())

    assert left == [3, 1, 0]


# what has ended or is removed


def test_a_large_draft_whose_end_has_passed_or_whose_notice_was_revised_is_refused(
    alice: User, staff: User, time_machine: Any
) -> None:
    videos = make_videos(5, owner=alice)
    ending = draft(*videos, grant=services.Grant(until=timezone.now() + timedelta(hours=1)))
    open_end = draft(*videos)
    time_machine.move_to(timezone.now() + timedelta(hours=2))
    notice = services.write_notice(
        Notice(use="remix", title="New", text="New"),
        actor=Actor.staff(staff),
    )
    services.publish_notice(notice, actor=Actor.staff(staff))
    before = rows()

    for edit, code in ((ending, "end_in_the_past"), (open_end, "notice_changed")):
        with pytest.raises(Conflict) as refused:
            confirm(edit)
        assert refused.value.code == code
        assert refused.value.sentence.endswith(".")

    assert rows() == before


def test_what_is_removed_while_a_large_edit_is_applied_is_reported(
    alice: User, step: Callable[[Edit], Edit]
) -> None:
    videos = make_videos(5, owner=alice)
    edit = step(confirm(draft(*videos)))

    services.remove_video(videos[4], actor=Actor.creator(alice))
    edit = run_to_the_end(edit)

    assert (edit.changed, edit.not_eligible) == (4, 1)
    [gone] = edit.items.filter(outcome="not_eligible")
    assert (gone.video_id, gone.reason) == (videos[4].pk, "video_unavailable")
    assert not Consent.objects.filter(video=videos[4]).exists()
    assert adds_up(edit)


@pytest.mark.parametrize("filters", [{"q": "no such title"}, {"collection": "None"}])
def test_a_filter_that_matches_nothing_is_refused_and_leaves_nothing(
    alice: User, filters: dict[str, Any]
) -> None:
    make_videos(1, owner=alice)
    opt_out(alice)
    before = rows()

    for act in (draft_matching, turn_off_matching):
        with pytest.raises(Refused, match="No video matches any more") as refused:
            act(alice, **filters)
        assert refused.value.code == "empty_selection"

    assert rows() == before
