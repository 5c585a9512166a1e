"""Why not, in the person of whoever reads it: every reason, by whoever acted, to every reader."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient
from waffle.testutils import override_switch

from consent import querysets, services
from consent.counts import overview_of
from consent.policy import Reason
from consent.querysets import with_reasons
from consent.reasons import Act, Why, in_short
from consent.states import states_of
from creatorhub.actors import Actor
from creatorhub.models import User
from library.models import Video
from tests.acts import opt_out, turn_off
from tests.conftest import ApiOf, ClientOf, LargeEdits
from tests.database import counted_queries
from tests.factories import make_consent, make_videos

pytestmark = pytest.mark.django_db

ACTS = [Act("creator:x"), Act("staff:x", "A complaint"), Act("system:worker"), Act()]
SHE = ("You", "Your")


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_told_to_every_reader_whoever_acted(reason: Reason) -> None:
    for act in ACTS:
        short, hers = in_short(reason, act), Why(reason, act).told(to_creator=True)
        others = Why(reason, act).told(to_creator=False)

        assert short
        assert hers.rstrip(".")
        assert not others.startswith(SHE), "Only the creator is called you."
        if act.kind != "creator" and reason in (Reason.OFF, Reason.OPTED_OUT, Reason.WITHDRAWN):
            assert not hers.startswith(SHE), "It was not her act."
            assert "The creator has" not in others, "It was not the creator's act."
        assert "A complaint" not in others, "What staff wrote to her is for her."


def test_an_end_is_told_with_its_day() -> None:
    ended = Why(Reason.EXPIRED, Act(until=datetime(2027, 1, 1, tzinfo=UTC)))

    assert in_short(ended.reason, ended.act) == "On 31 December 2026"
    assert ended.told(to_creator=True) == (
        "Your permission for this video ended on 31 December 2026."
    )
    assert ended.told(to_creator=False) == (
        "The creator's permission for this video ended on 31 December 2026."
    )


def staff_turns_off(video: Video, staff: User) -> None:
    services.turn_off(
        actor=Actor.staff(staff),
        creator=video.owner,
        use="remix",
        ids=[video.uuid],
        reason="A complaint",
    )


def why_on_the_list(video: Video) -> str:
    row = with_reasons(Video.objects.filter(pk=video.pk)).get()
    [state] = [
        state
        for state in states_of(row, reader=video.owner, stand=lambda: overview_of(video.owner))
        if state.use.id == "remix"
    ]
    return state.why


def told(video: Video) -> tuple[str, str, str]:
    """On the list, in a sentence to the creator, and to anybody else."""
    why = querysets.ruling(video, "remix").why
    return why_on_the_list(video), why.told(to_creator=True), why.told(to_creator=False)


def test_who_turned_it_off_is_told_to_each(alice: User, staff: User) -> None:
    hers, theirs = make_videos(2, owner=alice)
    make_consent(hers, theirs)
    turn_off(hers)
    staff_turns_off(theirs, staff)

    assert told(hers) == (
        "You turned it off",
        "You turned this off for this video.",
        "The creator has turned this off for this video.",
    )
    assert told(theirs) == (
        "A moderator of CreatorHub turned it off: A complaint",
        "A moderator of CreatorHub turned this off for this video: A complaint",
        "CreatorHub staff have turned this off for this video.",
    )


def test_who_turned_everything_off_is_told_to_each(
    alice: User, bob: User, staff: User, client_of: ClientOf
) -> None:
    [hers], [his] = make_videos(1, owner=alice), make_videos(1, owner=bob)
    opt_out(alice)
    services.opt_out(actor=Actor.staff(staff), creator=bob, reason="A court order")

    assert told(hers) == (
        "You turned everything off",
        "You turned everything off.",
        "The creator has turned this off for all of their videos.",
    )
    assert told(his) == (
        "A moderator of CreatorHub turned everything off: A court order",
        "A moderator of CreatorHub turned everything of yours off: A court order",
        "CreatorHub staff have turned this off for all videos of this creator.",
    )
    assert "A court order" in client_of(bob).get("/videos/").text


def test_who_is_turning_it_off_is_told_while_it_is_written_down(
    alice: User, staff: User, large_edits: LargeEdits
) -> None:
    large_edits(inline=1)
    videos = make_videos(3, owner=alice)
    make_consent(*videos[:1])
    services.turn_off(
        actor=Actor.staff(staff),
        creator=alice,
        use="remix",
        ids=[video.uuid for video in videos],
        reason="A complaint",
    )

    assert told(videos[0]) == (
        "A moderator of CreatorHub is turning it off: A complaint",
        "A moderator of CreatorHub turned this off: A complaint",
        "CreatorHub staff have withdrawn the permission for this video.",
    )


def test_a_pause_is_told_as_what_creatorhub_did(alice: User) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)

    with override_switch("remixer_paused", active=True):
        assert told(video)[0] == "CreatorHub has paused this"


def test_the_api_says_who_is_behind_a_reason(alice: User, staff: User, api_of: ApiOf) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)
    staff_turns_off(video, staff)

    hers = api_of(alice).get(f"/api/v1/videos/{video.uuid}/").json()["consent"]["remix"]
    public = APIClient().get(f"/api/v1/videos/{video.uuid}/consent/").json()["uses"]["remix"]

    assert (hers["reason"], hers["by"], hers["why"]) == (
        "off",
        "staff",
        "A moderator of CreatorHub turned this off for this video: A complaint",
    )
    assert public == {
        "allowed": False,
        "reason": "off",
        "by": "staff",
        "why": "CreatorHub staff have turned this off for this video.",
    }


def test_to_say_who_turned_everything_off_takes_no_query_for_each_video(
    alice: User, api_of: ApiOf, client_of: ClientOf
) -> None:
    make_videos(2, owner=alice)
    opt_out(alice)

    def queries() -> tuple[int, int]:
        with counted_queries() as page:
            client_of(alice).get("/videos/?size=100")
        api = api_of(alice)
        with counted_queries() as answer:
            assert api.get("/api/v1/videos/?page_size=100").status_code == 200
        return len(page), len(answer)

    few = queries()
    make_videos(60, owner=alice)

    assert queries() == few
