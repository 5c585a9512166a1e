"""The global opt-out, opting in again, and removing a video."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from audit.models import Event
from consent import querysets, services
from consent.models import Consent, ConsentState, Edit
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden, Refused
from creatorhub.models import User
from tests.acts import opt_in, opt_out, turn_off
from tests.database import counted_queries
from tests.decisions import reasons
from tests.factories import make_consent, make_user, make_videos
from tests.log import last_body

pytestmark = pytest.mark.django_db


def test_one_row_and_one_event_turn_everything_off(alice: User) -> None:
    allowed, never = make_videos(2, owner=alice)
    make_consent(allowed)
    before = Consent.objects.values().get()

    result = opt_out(alice)

    assert result.changed
    assert reasons(allowed, never) == ["opted_out", "opted_out"]
    assert Consent.objects.values().get() == before
    logged = last_body()
    assert (logged["action"], logged["creator_seq"], logged["version"]) == (
        "creator.opted_out",
        2,
        2,
    )


def test_opting_out_again_writes_nothing(alice: User) -> None:
    opt_out(alice)

    result = opt_out(alice)

    assert not result.changed
    assert Event.objects.count() == 1


def test_the_work_does_not_grow_with_the_library() -> None:
    def queries(count: int) -> list[str]:
        owner = make_user()
        videos = make_videos(count, owner=owner)
        make_consent(*videos)
        with counted_queries() as captured:
            opt_out(owner)
        return [query["sql"].split()[0] for query in captured]

    assert queries(1) == queries(500)


def test_opting_in_with_the_previous_permissions(alice: User) -> None:
    allowed, never = make_videos(2, owner=alice)
    make_consent(allowed)
    opt_out(alice)

    opt_in(alice, restore="previous")

    assert reasons(allowed, never) == ["allowed", "undecided"]


def test_opting_in_with_everything_off(alice: User) -> None:
    allowed, never = make_videos(2, owner=alice)
    make_consent(allowed)
    opt_out(alice)

    opt_in(alice, restore="all_off")

    assert reasons(allowed, never) == ["off", "undecided"]
    assert Edit.objects.latest("pk").changed == 1
    opted_in, edited = Event.objects.order_by("-id")[:2]
    assert opted_in.correlation_id == edited.correlation_id


@pytest.mark.parametrize(("restore", "after"), [("previous", "allowed"), ("all_off", "off")])
def test_a_preview_from_before_allows_nothing_once_everything_was_turned_off(
    alice: User, restore: Any, after: str
) -> None:
    me = Actor.creator(alice)
    undone, never = make_videos(2, owner=alice)
    make_consent(undone)
    off = turn_off(undone)
    undo = services.undo_edit(off.uuid, actor=me, creator=alice)
    grant = services.draft_edit(
        actor=me, creator=alice, use="remix", grant=services.Grant(), ids=[never.uuid]
    )
    withdrawal = services.draft_edit(
        actor=me, creator=alice, use="remix", grant=None, ids=[never.uuid]
    )
    opt_out(alice)
    opt_in(alice, restore=restore)

    codes = []
    for draft in (undo, grant):
        try:
            services.confirm_edit(draft.uuid, actor=me, creator=alice)
        except Conflict as refused:
            codes.append(refused.code)

    withdrawal.refresh_from_db()
    assert withdrawal.status == Edit.Status.DRAFT
    assert codes == (["cancelled"] * 2 if after == "off" else [])
    assert reasons(undone, never)[0] == after


def test_everything_off_is_never_said_to_be_done_where_it_was_not(alice: User) -> None:
    (allowed,) = make_videos(1, owner=alice)
    make_consent(allowed)
    opt_out(alice)
    opt_in(alice, restore="previous")

    with pytest.raises(Conflict) as refused:
        opt_in(alice, restore="all_off")
    opt_out(alice)
    opt_in(alice, restore="all_off")
    opt_in(alice, restore="all_off")  # it is so: nothing to refuse

    assert refused.value.code == "not_opted_out"
    assert reasons(allowed) == ["off"]


def test_opting_in_needs_a_choice_and_the_creator(alice: User, staff: User, bob: User) -> None:
    opt_out(alice)

    with pytest.raises(Refused, match="all_off"):
        services.opt_in(actor=Actor.creator(alice), creator=alice, restore="")  # type: ignore[arg-type]
    for actor in (Actor.staff(staff), Actor.creator(bob), Actor.system("worker")):
        with pytest.raises(Forbidden):
            services.opt_in(actor=actor, creator=alice, restore="previous")

    assert ConsentState.objects.get(creator=alice).opted_out


def test_a_stranger_cannot_opt_somebody_out(alice: User, bob: User) -> None:
    with pytest.raises(Forbidden):
        services.opt_out(actor=Actor.creator(bob), creator=alice)


def test_removing_a_video_is_a_withdrawal(alice: User) -> None:
    video, other = make_videos(2, owner=alice)
    make_consent(video, other)

    services.remove_video(video, actor=Actor.creator(alice))
    services.remove_video(video, actor=Actor.creator(alice))

    assert reasons(video, other) == ["video_unavailable", "allowed"]
    removals = Event.objects.filter(action="video.removed")
    assert [event.subject for event in removals] == [video.uuid]


def test_an_unknown_video_is_unavailable() -> None:
    unknown = uuid.uuid4()

    [(asked, decision, version)] = querysets.rulings([unknown], "remix")

    assert (asked, str(decision.reason), version) == (unknown, "video_unavailable", 0)
