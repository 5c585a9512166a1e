"""Edits: what changed, what was logged, what a no-op leaves, what a stranger gets."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit import tree
from audit.models import Event
from consent import querysets, services
from consent.models import Consent, ConsentState, Edit, Item, Notice, Terms
from consent.services.edits.draft import DRAFT_LIFETIME
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden, NotFound, Refused
from creatorhub.models import User
from library.models import Video
from tests.acts import confirm, draft, turn_off, undo
from tests.conftest import ClientOf
from tests.database import counted_queries, failing, rows
from tests.decisions import reason_of
from tests.factories import make_consent, make_user, make_videos
from tests.log import body, last_body

pytestmark = pytest.mark.django_db


def test_a_draft_changes_nothing(alice: User) -> None:
    [video] = make_videos(1, owner=alice)

    edit = draft(video)

    assert (edit.selected, edit.will_change, edit.status) == (1, 1, "draft")
    assert reason_of(video) == "undecided"
    assert not Consent.objects.exists()
    assert not Event.objects.exists()


def test_confirming_allows_exactly_what_was_selected(alice: User) -> None:
    one, other = make_videos(2, owner=alice)

    edit = confirm(draft(one))

    assert (edit.status, edit.changed) == ("applied", 1)
    assert reason_of(one) == "allowed"
    assert reason_of(one, "train") == "undecided"
    assert reason_of(other) == "undecided"


def test_an_edit_is_one_event_compared_whole(alice: User) -> None:
    [video] = make_videos(1, owner=alice)
    end = datetime(2030, 3, 1, tzinfo=UTC)

    edit = confirm(draft(video, grant=services.Grant(until=end)))

    [event] = Event.objects.all()
    line = {
        "video": str(video.uuid),
        "before": "undecided",
        "after": "remix/2 allowed everyone 2030-03-01T00:00:00Z",
        "outcome": "changed",
    }
    logged = body(event)
    for name in ("id", "correlation_id", "at"):
        assert logged.pop(name)
    assert logged == {
        "v": 2,
        "action": "consent.edited",
        "actor": f"creator:{alice.uuid}",
        "creator": str(alice.uuid),
        "creator_seq": 1,
        "subject": str(video.uuid),
        "edit": str(edit.uuid),
        "use": "remix",
        "to": "allowed",
        "until": "2030-03-01T00:00:00.000000Z",
        "notice": str(Notice.objects.get(use="remix", version=2).uuid),
        "undoes": None,
        "reason": "",
        "selected": 1,
        "changed": 1,
        "already": 0,
        "superseded": 0,
        "not_eligible": 0,
        "items_root": tree.leaf_hash(tree.canonical(line)).hex(),
        "version": 1,
        "stopped": 0,
        "taken_down": 0,
    }


def test_the_counts_add_up_and_equal_the_preview(alice: User) -> None:
    videos = make_videos(6, owner=alice)
    Video.objects.filter(pk=videos[0].pk).update(status=Video.Status.PROCESSING)
    make_consent(videos[1])
    make_consent(videos[2], until=timezone.now() + timedelta(days=1))

    edit = draft(*videos)
    shown = (edit.selected, edit.will_change, edit.already, edit.not_eligible)
    turn_off(videos[3])
    edit = confirm(edit)

    assert shown == (6, 4, 1, 1)
    assert (edit.changed, edit.already, edit.superseded, edit.not_eligible) == (3, 1, 1, 1)
    assert edit.changed + edit.already + edit.superseded + edit.not_eligible == edit.selected
    assert reason_of(videos[3]) == "off"


def test_a_video_removed_after_the_preview_is_not_eligible(alice: User) -> None:
    one, other = make_videos(2, owner=alice)
    edit = draft(one, other)
    Video.objects.filter(pk=one.pk).update(removed_at=timezone.now())

    edit = confirm(edit)

    assert (edit.changed, edit.not_eligible) == (1, 1)
    assert not Consent.objects.filter(video=one).exists()


def test_turning_off_works_at_once_and_is_logged_as_off(alice: User) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)

    edit = turn_off(video)

    assert (edit.status, edit.changed) == ("applied", 1)
    assert reason_of(video) == "off"
    assert last_body()["to"] == "off"


def test_a_no_op_leaves_no_event_and_no_version(alice: User) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)
    before = (Event.objects.count(), ConsentState.objects.get().version)

    edit = confirm(draft(video))

    assert (edit.changed, edit.already) == (0, 1)
    assert (Event.objects.count(), ConsentState.objects.get().version) == before


def test_turning_off_what_is_off_twice_with_one_key_is_one_edit(alice: User) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)
    turn_off(video)
    logged = (Event.objects.count(), ConsentState.objects.get().version)

    first = turn_off(video, idempotency_key="page")
    before = rows()
    second = turn_off(video, idempotency_key="page")

    assert (first.status, first.changed, first.already) == ("applied", 0, 1)
    assert second.pk == first.pk
    assert rows() == before
    assert (Event.objects.count(), ConsentState.objects.get().version) == logged


def test_a_foreign_id_refuses_the_whole_edit(alice: User, bob: User) -> None:
    [mine], [foreign] = make_videos(1, owner=alice), make_videos(1, owner=bob)

    for stranger in (foreign.uuid, uuid.uuid4()):
        with pytest.raises(NotFound):
            services.draft_edit(
                actor=Actor.creator(alice),
                creator=alice,
                use="remix",
                grant=services.Grant(),
                ids=[mine.uuid, stranger],
            )

    assert not Edit.objects.exists()
    assert not Item.objects.exists()


def test_nobody_but_the_creator_grants(alice: User, bob: User, staff: User) -> None:
    [video] = make_videos(1, owner=alice)
    for actor in (Actor.staff(staff), Actor.creator(bob), Actor.system("import")):
        with pytest.raises(Forbidden):
            services.draft_edit(
                actor=actor,
                creator=alice,
                use="remix",
                grant=services.Grant(),
                ids=[video.uuid],
            )
    edit = draft(video)
    for actor in (Actor.staff(staff), Actor.creator(bob)):
        with pytest.raises(Forbidden):
            services.confirm_edit(edit.uuid, actor=actor, creator=alice)

    assert reason_of(video) == "undecided"


def test_staff_who_are_the_owner_still_grant_only_as_the_creator() -> None:
    boss = make_user(role="moderation")
    [video] = make_videos(1, owner=boss)

    with pytest.raises(Forbidden):
        services.draft_edit(
            actor=Actor.staff(boss),
            creator=boss,
            use="remix",
            grant=services.Grant(),
            ids=[video.uuid],
        )


def test_staff_turn_off_with_a_reason(alice: User, staff: User) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)

    services.turn_off(
        actor=Actor.staff(staff),
        creator=alice,
        use="remix",
        ids=[video.uuid],
        reason="A court order.",
    )

    assert reason_of(video) == "off"
    logged = last_body()
    assert (logged["actor"], logged["reason"]) == (f"staff:{staff.uuid}", "A court order.")


@pytest.mark.parametrize(
    ("use", "count", "grant", "code"),
    [
        ("voice", 1, services.Grant(), "unknown_use"),
        ("remix", 0, services.Grant(), "empty_selection"),
        ("remix", 10_001, None, "too_many"),
        ("remix", 1, services.Grant(datetime(2020, 1, 1, tzinfo=UTC)), "end_in_the_past"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(
    alice: User, use: str, count: int, grant: services.Grant | None, code: str
) -> None:
    videos = make_videos(count, owner=alice)

    with pytest.raises(Refused) as refused:
        services.draft_edit(
            actor=Actor.creator(alice),
            creator=alice,
            use=use,
            grant=grant,
            ids=[video.uuid for video in videos],
        )

    assert refused.value.code == code
    assert refused.value.sentence.endswith(".")
    assert not Edit.objects.exists()


def test_confirming_twice_is_one_edit(alice: User) -> None:
    [video] = make_videos(1, owner=alice)
    edit = draft(video)

    first, second = confirm(edit, idempotency_key="k"), confirm(edit, idempotency_key="k")

    assert first.pk == second.pk
    assert Event.objects.count() == 1
    with pytest.raises(Conflict, match="already confirmed"):
        confirm(edit, idempotency_key="another")


def test_a_key_of_another_edit_is_refused(alice: User) -> None:
    one, other = make_videos(2, owner=alice)
    confirm(draft(one), idempotency_key="k")

    with pytest.raises(Conflict, match="idempotency key"):
        confirm(draft(other), idempotency_key="k")


def test_a_draft_expires(alice: User, time_machine: Any) -> None:
    [video] = make_videos(1, owner=alice)
    edit = draft(video)
    time_machine.move_to(timezone.now() + DRAFT_LIFETIME)

    with pytest.raises(Conflict, match="more than a day old"):
        confirm(edit)

    assert reason_of(video) == "undecided"


def test_a_draft_under_an_older_notice_is_refused(alice: User, staff: User) -> None:
    [video] = make_videos(1, owner=alice)
    edit = draft(video)
    revision = Notice.objects.create(use="remix", version=3, title="New", text="New")
    services.publish_notice(revision, actor=Actor.staff(staff))

    with pytest.raises(Conflict, match="notice was revised"):
        confirm(edit)


def test_a_material_notice_lapses_grants_without_touching_rows(alice: User, staff: User) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)
    before = Consent.objects.values().get()
    revision = Notice.objects.create(use="remix", version=3, title="New", text="New")

    services.publish_notice(revision, actor=Actor.staff(staff))

    assert reason_of(video) == "notice_changed"
    assert Consent.objects.values().get() == before


def test_equal_terms_are_one_row(alice: User) -> None:
    for video in make_videos(3, owner=alice):
        make_consent(video)

    assert Terms.objects.count() == 1


def test_terms_lapse_by_themselves(alice: User, time_machine: Any) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video, until=timezone.now() + timedelta(days=1))

    time_machine.move_to(timezone.now() + timedelta(days=1, seconds=1))

    assert reason_of(video) == "expired"


def test_undo_puts_back_every_former_state(alice: User) -> None:
    undecided, off, ending = make_videos(3, owner=alice)
    turn_off(off)
    end = timezone.now() + timedelta(days=9)
    make_consent(ending, until=end)
    edit = make_consent(undecided, off, ending)

    inverse = confirm(undo(edit))

    assert (inverse.changed, inverse.superseded) == (3, 0)
    assert [reason_of(video) for video in (undecided, off, ending)] == [
        "undecided",
        "off",
        "allowed",
    ]
    assert querysets.ruling(ending, "remix").until == end
    assert last_body()["undoes"] == str(edit.uuid)


def test_undo_leaves_alone_what_changed_since(alice: User) -> None:
    one, other = make_videos(2, owner=alice)
    edit = make_consent(one, other)
    make_consent(other, until=timezone.now() + timedelta(days=9))

    draft_of_undo = undo(edit)
    inverse = confirm(draft_of_undo)

    assert (draft_of_undo.will_change, draft_of_undo.superseded) == (1, 1)
    assert (inverse.changed, inverse.superseded) == (1, 1)
    assert [reason_of(one), reason_of(other)] == ["undecided", "allowed"]


def test_what_was_turned_off_anew_stays_off_whatever_is_undone(
    alice: User, client_of: ClientOf
) -> None:
    """Allowed and turned off once more, or only turned off once more: the newer no counts."""
    anew, again, other = make_videos(3, owner=alice)
    make_consent(anew, again, other)
    edit = turn_off(anew, again, other)
    make_consent(anew)
    turn_off(anew)
    draft_of_undo = undo(edit)
    turn_off(again)

    preview = client_of(alice).get(f"/edits/{draft_of_undo.uuid}/preview/").content.decode()
    inverse = confirm(draft_of_undo, expected=1)
    result = client_of(alice).get(f"/edits/{inverse.uuid}/").content.decode()
    activity = client_of(alice).get("/activity/").content.decode()

    assert (draft_of_undo.will_change, draft_of_undo.superseded) == (2, 1)
    assert "<b>2</b> changed or turned off since, left alone" in " ".join(preview.split())
    assert (inverse.changed, inverse.superseded) == (1, 2)
    assert "2 videos were changed or turned off since and were left alone." in result
    assert "Undone for 1 of 3 videos." in activity
    assert [reason_of(video) for video in (anew, again, other)] == ["off", "off", "allowed"]


def test_undoing_an_undo_leaves_alone_what_was_turned_off_anew(alice: User) -> None:
    anew, other = make_videos(2, owner=alice)
    inverse = confirm(undo(make_consent(anew, other)))
    make_consent(anew)
    confirm(undo(turn_off(anew)))
    turn_off(anew)

    again = confirm(undo(inverse))

    assert (again.changed, again.superseded) == (1, 1)
    assert [reason_of(anew), reason_of(other)] == ["off", "allowed"]


def test_an_undo_can_be_undone(alice: User) -> None:
    videos = make_videos(3, owner=alice)
    edit = make_consent(*videos)

    confirm(undo(confirm(undo(edit))))

    assert {reason_of(video) for video in videos} == {"allowed"}
    with pytest.raises(Conflict, match="already undone"):
        undo(edit)


def test_only_the_creator_undoes(alice: User, bob: User, staff: User) -> None:
    [video] = make_videos(1, owner=alice)
    edit = turn_off(video)

    with pytest.raises(NotFound):
        services.undo_edit(edit.uuid, actor=Actor.creator(bob), creator=bob)
    with pytest.raises(Forbidden):
        services.undo_edit(edit.uuid, actor=Actor.staff(staff), creator=alice)


def test_a_failure_leaves_neither_change_nor_event(alice: User) -> None:
    [video] = make_videos(1, owner=alice)
    edit = draft(video)

    with failing("audit_event", OSError("the disk is gone")), pytest.raises(OSError, match="disk"):
        confirm(edit)

    edit.refresh_from_db()
    assert edit.status == "draft"
    assert reason_of(video) == "undecided"
    assert not Event.objects.exists()


def test_an_edit_asks_the_same_number_of_queries_for_1_and_for_500_videos(alice: User) -> None:
    def queries(count: int) -> list[int]:
        videos = make_videos(count, owner=alice)
        with counted_queries() as drafting:
            edit = draft(*videos)
        with counted_queries() as confirming:
            confirm(edit)
        with counted_queries() as withdrawing:
            turn_off(*videos)
        return [len(drafting), len(confirming), len(withdrawing)]

    queries(1)  # the first makes the state and the terms
    # An edit of one also names its video in the event, by one query.
    one = queries(2)

    assert queries(500) == one


def test_a_consent_has_the_moment_of_its_change_to_the_microsecond(alice: User) -> None:
    """Also on SQLite, which compares moments as texts, and however the consent was written."""
    [video] = make_videos(1, owner=alice)
    for grant in (services.Grant(), None, services.Grant()):
        confirm(draft(video, grant=grant))
        state = ConsentState.objects.get(creator=alice)
        assert state.changed_at
        assert Consent.objects.filter(video=video, changed_at=state.changed_at).exists()
