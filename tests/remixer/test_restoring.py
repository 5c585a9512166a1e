"""What a creator's own withdrawal hides comes back with its undo in time, and with nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from audit.models import Event
from consent import hidden_memes, services
from consent.models import ConsentState, Edit, Journal
from consent.wording import summary_of
from creatorhub.actors import Actor
from creatorhub.errors import Gone
from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Video
from operations import fsck
from operations.sweeping import sweep
from remixer import services as remixer
from remixer.models import Render
from tests.acts import (
    confirm,
    draft,
    hold,
    lift,
    opt_in,
    opt_out,
    run,
    run_to_the_end,
    turn_off,
    undo,
)
from tests.conftest import ApiOf, ClientOf
from tests.factories import make_consent, make_user, make_video, make_videos
from tests.memes import make_meme, make_render

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def videos(alice: User) -> list[Video]:
    videos = make_videos(3, owner=alice)
    make_consent(*videos)
    return videos


def meme_of(video: Video, maker: User) -> Render:
    """A published meme, a row alone."""
    return make_render(
        video,
        maker,
        state=State.DONE,
        published_at=timezone.now(),
        file_key="renders/x.mp4",
        captions={"top": "Hello"},
    )


def states(*renders: Render) -> list[str]:
    return [Render.objects.get(pk=render.pk).state for render in renders]


def is_visible(render: Render) -> bool:
    try:
        return bool(remixer.file_of(Render.objects.with_details().get(pk=render.pk)))
    except Gone:
        return False


@contextmanager
def later(**much: float) -> Iterator[None]:
    with time_machine.travel(timezone.now() + timedelta(**much)):
        yield


def acts() -> list[tuple[str, str]]:
    """(action, kind of the actor) of every event about a meme, oldest first."""
    events = Event.objects.filter(action__startswith="render.").order_by("pk")
    return [(event.action, event.actor.split(":")[0]) for event in events]


class TestAWithdrawal:
    def test_hides_its_memes_and_its_undo_brings_them_back(
        self, bob: User, videos: list[Video]
    ) -> None:
        one, two = meme_of(videos[0], bob), meme_of(videos[1], bob)
        off = turn_off(*videos[:2])
        dark = [is_visible(one), is_visible(two)], states(one, two)

        back = confirm(undo(off))

        assert dark == ([False, False], [Render.HIDDEN, Render.HIDDEN])
        assert is_visible(one)
        assert is_visible(two)
        assert (off.taken_down, back.restored) == (2, 2)
        assert acts() == [("render.hidden", "creator")] * 2 + [("render.restored", "creator")] * 2
        assert not list(fsck.no_meme_outlives_its_permission())

    def test_its_undo_counts_what_can_be_seen_and_names_what_stays_hidden(
        self, bob: User, videos: list[Video]
    ) -> None:
        meme_of(videos[0], bob)
        meme_of(videos[1], bob)
        off = turn_off(*videos[:2])
        held = hold(videos[1])
        again = undo(off)
        foreseen = hidden_memes.of_edit(again)

        back = confirm(again)

        assert (foreseen.back, foreseen.held, foreseen.not_allowed) == (1, 1, 0)
        assert back.restored == 1
        told = ["1 meme is back.", "1 stays hidden: CreatorHub staff hold its video."]
        assert hidden_memes.sentences_of(back) == told
        lift(held)
        assert hidden_memes.of_edit(back).held == 0

    def test_keeps_the_files_for_ten_minutes_and_no_longer(self, bob: User, alice: User) -> None:
        video = make_video(owner=alice)
        make_consent(video)
        render = make_meme(bob, video)
        turn_off(video)

        with later(minutes=9):
            sweep()
            kept = states(render)
        with later(minutes=11):
            sweep()

        assert kept == [Render.HIDDEN]
        assert states(render) == [Render.TAKEN_DOWN]
        assert Render.objects.get().file_key == ""
        assert acts()[-1] == ("render.deleted", "system")

    def test_undone_too_late_brings_nothing_back(self, bob: User, videos: list[Video]) -> None:
        render = meme_of(videos[0], bob)
        off = turn_off(videos[0])

        with later(minutes=10, seconds=1):
            back = confirm(undo(off))
            told = hidden_memes.sentences_of(back)

        assert not is_visible(render)
        assert back.restored == 0
        assert told == ["1 meme does not come back: it is deleted."]

    def test_says_how_many_staff_took_down_for_good(
        self, bob: User, alice: User, staff: User, videos: list[Video], client_of: ClientOf
    ) -> None:
        renders = [meme_of(video, bob) for video in videos[:2]]
        off = services.turn_off(
            actor=Actor.staff(staff),
            creator=alice,
            use="remix",
            ids=[video.uuid for video in videos[:2]],
            reason="A complaint",
        )
        page = client_of(alice).get(reverse("consent:edit_result", args=[off.uuid])).text
        again = undo(off)
        foreseen = hidden_memes.of_edit(again)
        done = confirm(again)

        assert "2 memes that it hid are deleted. Undo does not bring them back." in page
        assert "A moderator of CreatorHub did this." in page
        assert (foreseen.back, foreseen.too_late) == (0, 2)
        assert hidden_memes.sentences_of(done) == ["2 memes do not come back: they are deleted."]
        assert states(*renders) == [Render.TAKEN_DOWN] * 2

    def test_does_not_give_back_what_its_maker_removed(
        self, bob: User, videos: list[Video]
    ) -> None:
        removed, kept = meme_of(videos[0], bob), meme_of(videos[0], bob)
        off = turn_off(videos[0])
        remixer.remove_render(removed, actor=Actor.creator(bob))
        again = undo(off)
        foreseen = hidden_memes.of_edit(again)

        done = confirm(again)

        assert (foreseen.back, foreseen.removed, foreseen.too_late) == (1, 1, 0)
        assert states(removed, kept) == [Render.REMOVED, State.DONE]
        assert hidden_memes.sentences_of(done) == [
            "1 meme is back.",
            "1 does not: the person who made it removed it.",
        ]

    def test_is_not_undone_by_allowing_the_video_anew(self, bob: User, videos: list[Video]) -> None:
        render = meme_of(videos[0], bob)
        off = turn_off(videos[0])

        make_consent(videos[0])
        confirm(undo(off))  # leaves alone what changed since

        assert not is_visible(render)
        assert states(render) == [Render.HIDDEN]

    def test_undone_after_a_newer_one_brings_no_meme_back(
        self, bob: User, videos: list[Video]
    ) -> None:
        render = meme_of(videos[0], bob)
        first = turn_off(videos[0])
        confirm(draft(videos[0]))
        turn_off(videos[0])

        back = confirm(undo(first))

        assert back.restored == 0
        assert not is_visible(render)
        assert states(render) == [Render.HIDDEN]

    def test_undone_and_made_again_hides_again(self, bob: User, videos: list[Video]) -> None:
        render = meme_of(videos[0], bob)
        first = turn_off(videos[0])
        confirm(undo(first))
        second = turn_off(videos[0])

        dark = not is_visible(render)
        confirm(undo(second))

        assert dark
        assert is_visible(render)

    def test_whose_undo_is_undone_hides_again_and_can_be_undone(
        self, bob: User, videos: list[Video]
    ) -> None:
        render = meme_of(videos[0], bob)
        back = confirm(undo(turn_off(videos[0])))

        off = confirm(undo(back))
        dark = not is_visible(render)
        confirm(undo(off))

        assert dark
        assert is_visible(render)

    def test_under_terms_that_end_meanwhile_brings_nothing_back(
        self, bob: User, alice: User
    ) -> None:
        [video] = make_videos(1, owner=alice)
        make_consent(video, until=timezone.now() + timedelta(minutes=5))
        render = meme_of(video, bob)
        off = turn_off(video)

        with later(minutes=6):
            confirm(undo(off))
            visible = is_visible(render)

        assert not visible
        assert states(render) == [Render.HIDDEN]

    def test_under_a_pause_comes_back_dark(
        self, bob: User, staff: User, videos: list[Video]
    ) -> None:
        render = meme_of(videos[0], bob)
        off = turn_off(videos[0])
        remixer.pause(actor=Actor.staff(staff), reason="A test.")

        confirm(undo(off))
        dark = not is_visible(render)
        remixer.resume(actor=Actor.staff(staff), reason="Over.")

        assert dark
        assert is_visible(render)

    def test_by_staff_is_final(self, bob: User, alice: User, staff: User, videos: Any) -> None:
        render = meme_of(videos[0], bob)

        services.turn_off(
            actor=Actor.staff(staff),
            creator=alice,
            use="remix",
            ids=[videos[0].uuid],
            reason="A complaint.",
        )

        assert states(render) == [Render.TAKEN_DOWN]
        assert acts() == [("render.taken_down", "staff")]

    def test_reaches_what_it_hid_when_the_video_goes(self, bob: User, videos: list[Video]) -> None:
        render = meme_of(videos[0], bob)
        off = turn_off(videos[0], videos[1])

        services.remove_video(videos[0], actor=Actor.creator(videos[0].owner))
        confirm(undo(off))

        assert states(render) == [Render.TAKEN_DOWN]
        assert not is_visible(render)

    def test_of_what_staff_then_take_down_does_not_give_it_back(
        self, bob: User, staff: User, videos: list[Video]
    ) -> None:
        render = meme_of(videos[0], bob)
        off = turn_off(videos[0])

        assert remixer.takedown(render, actor=Actor.staff(staff), reason="Hateful")
        confirm(undo(off))

        assert states(render) == [Render.TAKEN_DOWN]

    def test_takes_down_at_once_where_the_setting_says_so(
        self, bob: User, videos: list[Video], settings: Settings
    ) -> None:
        settings.WITHDRAWN_MEMES_KEPT = 0
        render = meme_of(videos[0], bob)

        turn_off(videos[0])

        assert states(render) == [Render.TAKEN_DOWN]

    def test_reaches_as_many_memes_with_as_many_queries(
        self, bob: User, videos: list[Video], django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(20):
            meme_of(videos[0], bob)
        off = turn_off(videos[0])
        again = undo(off)

        with django_assert_max_num_queries(45):
            back = confirm(again)

        assert back.restored == 20


class TestALargeWithdrawal:
    @pytest.fixture(autouse=True)
    def _large(self, videos: list[Video], large_edits: Any) -> None:
        large_edits(inline=1, freeze=100, chunk=1, stepwise=True)

    def test_gives_back_with_each_part_of_its_undo(self, bob: User, videos: list[Video]) -> None:
        renders = [meme_of(video, bob) for video in videos]
        off = run_to_the_end(turn_off(*videos))
        back = confirm(undo(off))

        counts = []
        while back.is_live:
            back = run(back)
            counts.append(states(*renders).count(State.DONE))

        assert counts[:3] == [1, 2, 3]
        assert back.restored == 3
        assert all(is_visible(render) for render in renders)

    def test_undone_in_time_is_not_overtaken_by_the_deletion(
        self, bob: User, videos: list[Video]
    ) -> None:
        renders = [meme_of(video, bob) for video in videos]
        off = run_to_the_end(turn_off(*videos))
        back = run(confirm(undo(off)))

        with later(minutes=11):
            sweep()
            run_to_the_end(back)
            states_then = states(*renders)

        assert states_then == [State.DONE] * 3


class TestAnOptOut:
    @pytest.mark.parametrize(("restore", "visible"), [("previous", True), ("all_off", False)])
    def test_gives_back_with_what_was_allowed_before(
        self, bob: User, alice: User, videos: list[Video], restore: Any, visible: bool
    ) -> None:
        render = meme_of(videos[0], bob)
        opt_out(alice)
        dark = not is_visible(render)

        opt_in(alice, restore=restore)

        assert dark
        assert is_visible(render) is visible

    def test_does_not_give_back_what_an_earlier_withdrawal_hid(
        self, bob: User, alice: User, videos: list[Video]
    ) -> None:
        one, two = meme_of(videos[0], bob), meme_of(videos[1], bob)
        off = turn_off(videos[0])
        opt_out(alice)

        opt_in(alice, restore="previous")
        between = is_visible(one), is_visible(two)
        confirm(undo(off))

        assert between == (False, True)
        assert is_visible(one)

    def test_keeps_what_is_undone_meanwhile_until_it_ends(
        self, bob: User, alice: User, videos: list[Video]
    ) -> None:
        render = meme_of(videos[0], bob)
        off = turn_off(videos[0])
        opt_out(alice)
        confirm(undo(off))
        dark = not is_visible(render)

        opt_in(alice, restore="previous")

        assert dark
        assert is_visible(render)

    def test_does_not_give_back_what_was_withdrawn_on_its_own_meanwhile(
        self, bob: User, alice: User, videos: list[Video]
    ) -> None:
        withdrawn, other = meme_of(videos[0], bob), meme_of(videos[1], bob)
        opt_out(alice)
        turn_off(videos[0])
        confirm(draft(videos[0]))

        foreseen = hidden_memes.sentences_of_opt_out(ConsentState.objects.get(creator=alice))
        opt_in(alice, restore="previous")

        assert [is_visible(withdrawn), is_visible(other)] == [False, True]
        assert foreseen[0].startswith("1 meme comes back")

    @pytest.mark.parametrize("darkened", ["held", "paused", "restoring"])
    def test_ended_under_a_hold_or_a_pause_gives_back_only_what_is_allowed_beneath(
        self, bob: User, alice: User, staff: User, videos: list[Video], darkened: str
    ) -> None:
        off, allowed = meme_of(videos[0], bob), meme_of(videos[1], bob)
        opt_out(alice)
        turn_off(videos[0])
        if darkened == "held":
            held = hold(creator=alice)
        elif darkened == "restoring":
            Journal.objects.update_or_create(defaults={"held": True})
        else:
            remixer.pause(actor=Actor.staff(staff), reason="A test.")
        opt_in(alice, restore="previous")
        dark = not is_visible(off) and not is_visible(allowed)

        confirm(draft(videos[0]))
        if darkened == "held":
            lift(held)
        elif darkened == "restoring":
            Journal.objects.update(held=False)
        else:
            remixer.resume(actor=Actor.staff(staff), reason="Over.")

        assert dark
        assert [is_visible(off), is_visible(allowed)] == [False, True]

    def test_says_what_came_back_and_what_did_not_and_why(
        self, bob: User, alice: User, videos: list[Video], api_of: ApiOf
    ) -> None:
        """Foreseen, told and in the log: of the permissions and of the memes."""
        [ends] = make_videos(1, owner=alice)
        make_consent(ends, until=timezone.now() + timedelta(minutes=5))
        carol = make_user("carol")
        services.block(carol, actor=Actor.creator(alice), creator=alice)
        made = [meme_of(video, bob) for video in (ends, *videos)]
        hers, removed = meme_of(videos[0], carol), meme_of(videos[0], bob)
        opt_out(alice)
        hold(videos[1])
        remixer.remove_render(removed, actor=Actor.creator(bob))
        api = api_of(alice)

        with later(minutes=6):
            foreseen = hidden_memes.sentences_of_opt_out(ConsentState.objects.get(creator=alice))
            answer = api.put(
                "/api/v1/opt-out/", {"opted_out": False, "restore": "previous"}, format="json"
            ).json()
            seen = [is_visible(one) for one in (*made, hers)]

        numbers = {name: number for name, number in answer["memes"].items() if number}
        numbers.pop("until")
        assert seen == [False, True, False, True, False]
        assert numbers == {"back": 2, "held": 1, "blocked": 1, "not_allowed": 1, "removed": 1}
        assert answer["restored"] == 2
        assert foreseen[0].startswith("2 memes come back, if you do this before")
        assert foreseen[1:] == [
            "1 stays hidden: CreatorHub staff hold its video.",
            "1 stays hidden as long as you block the person who made it.",
            "1 stays hidden, and is then deleted: its video is not allowed again.",
            "1 does not: the person who made it removed it.",
        ]
        assert answer["uses"]["remix"]["in_force"] == 2
        assert answer["uses"]["remix"]["held"] == [
            {"reason": "held", "videos": 1},
            {"reason": "expired", "videos": 1},
        ]
        assert [action for action, _ in acts()[-4:]] == [
            *["render.restored"] * 2,
            *["render.restored_hidden"] * 2,
        ]

    def test_ended_under_a_hold_does_not_give_back_what_has_expired(
        self, bob: User, alice: User
    ) -> None:
        [video] = make_videos(1, owner=alice)
        make_consent(video, until=timezone.now() + timedelta(minutes=5))
        render = meme_of(video, bob)
        opt_out(alice)
        held = hold(creator=alice)

        with later(minutes=6):
            opt_in(alice, restore="previous")
            lift(held)
            confirm(draft(video))
            visible = is_visible(render)

        assert not visible
        assert states(render) == [Render.HIDDEN]


class TestPages:
    def test_say_until_when_a_withdrawal_can_be_undone_and_what_comes_back(
        self, alice: User, bob: User, videos: list[Video], client_of: ClientOf
    ) -> None:
        render = meme_of(videos[0], bob)
        client = client_of(alice)
        with time_machine.travel("2026-11-26 12:00:00+00:00", tick=False):
            off = turn_off(videos[0])
            result = text(client, "consent:edit_result", off)
            mine = client.get(reverse("remixer:memes_of_my_videos")).content.decode()
            theirs = client_of(bob).get(reverse("remixer:my_memes")).content.decode()
            preview = text(client, "consent:edit_preview", undo(off))
            client.post(reverse("consent:edit_confirm", args=[undo(off).uuid]))
            done = text(client, "consent:edit_result", Edit.objects.get(undoes=off))

        assert (
            "1 meme of it is hidden now, and will be deleted at 12:10. Undo brings it back until "
            "then." in result
        )
        assert "It is deleted at 12:10, unless undoing that brings it back before." in mine
        assert "unless the creator brings it back before by undoing that." in theirs
        assert "1 meme comes back, if you do this before 12:10." in preview
        assert "1 meme is back." in done
        assert is_visible(render)

    def test_say_it_right_after_turning_off(
        self, alice: User, bob: User, videos: list[Video], client_of: ClientOf
    ) -> None:
        meme_of(videos[0], bob)

        page = client_of(alice).post(
            reverse("consent:turn_off"),
            {"use": "remix", "ids": str(videos[0].uuid), "next": reverse("consent:videos")},
            follow=True,
        )

        assert (
            "1 meme hidden. What is hidden is deleted in 10 minutes; "
            "undo brings it back until then." in page.content.decode()
        )

    def test_after_turning_everything_off_the_way_back_is_opting_in(
        self, alice: User, bob: User, videos: list[Video], client_of: ClientOf
    ) -> None:
        meme_of(videos[0], bob)
        make_render(videos[0], bob, state="queued")
        client = client_of(alice)

        page = client.post(reverse("consent:opt_out"), follow=True).content.decode()
        told = client.get(reverse("consent:activity")).content.decode()

        assert (
            "Everything is off. 1 meme in the making stopped, 1 meme hidden. What is hidden is "
            "deleted in 10 minutes; turning permissions back on, with what was allowed before, "
            "brings it back until then." in page
        )
        assert "<small>1 meme in the making stopped, 1 meme hidden.</small>" in told

    def test_what_staff_turn_off_is_taken_down_for_good(
        self, alice: User, bob: User, staff: User, videos: list[Video]
    ) -> None:
        meme_of(videos[0], bob)

        edit = services.turn_off(
            actor=Actor.staff(staff), creator=alice, use="remix", ids=[videos[0].uuid]
        )

        assert summary_of(edit) == "Remix is off for 1 video. 1 meme taken down."

    def test_of_the_opt_out_say_what_comes_back(
        self, alice: User, bob: User, videos: list[Video], client_of: ClientOf
    ) -> None:
        meme_of(videos[0], bob)
        client = client_of(alice)
        opt_out(alice)

        page = client.get(reverse("consent:opt_in")).content.decode()
        back = client.post(reverse("consent:opt_in"), {"restore": "previous"}, follow=True)

        assert "1 meme comes back, if you do this before" in page
        assert "1 meme is back." in back.content.decode()

    def test_of_the_opt_out_say_what_stays_away(
        self, alice: User, bob: User, videos: list[Video], client_of: ClientOf
    ) -> None:
        meme_of(videos[0], bob)
        client = client_of(alice)
        opt_out(alice)
        hold(videos[0])

        page = client.get(reverse("consent:opt_in")).content.decode()
        back = client.post(reverse("consent:opt_in"), {"restore": "previous"}, follow=True)

        stored = "On hold by CreatorHub staff, and stored: Remix for 1 video."
        assert "Remix for 2 videos would be allowed again." in page
        assert stored in page
        [said] = [str(message) for message in back.context["messages"]]
        assert said.startswith("You are back. 2 of 3 videos may be remixed.")
        assert stored in said
        assert said.endswith("1 stays hidden: CreatorHub staff hold its video.")

    def test_the_api_says_it_too(
        self, alice: User, bob: User, videos: list[Video], api_of: ApiOf
    ) -> None:
        meme_of(videos[0], bob)
        off = turn_off(videos[0])
        again = undo(off)

        answer = api_of(alice).get(f"/api/v1/edits/{again.uuid}/").json()
        confirm(again)
        done = api_of(alice).get(f"/api/v1/edits/{again.uuid}/").json()

        assert answer["memes"]["back"] == 1
        assert (done["restored"], done["memes"]["back"], done["memes"]["until"]) == (1, 1, None)


def text(client: Client, name: str, edit: Edit) -> str:
    page = client.get(reverse(name, args=[edit.uuid]))
    assert page.status_code == 200
    return page.content.decode()


def test_fsck_finds_a_hidden_meme_that_nobody_deleted(bob: User, videos: list[Video]) -> None:
    meme_of(videos[0], bob)
    turn_off(videos[0])

    with later(hours=2):
        found = list(fsck.hidden_memes_end())

    assert len(found) == 1
    assert not list(fsck.hidden_memes_end())


def test_one_sweep_takes_down_what_is_due_of_every_creator_and_of_nobody_twice(
    bob: User, videos: list[Video]
) -> None:
    dora = make_user("dora")
    [other] = make_videos(1, owner=dora)
    make_consent(other)
    renders = [meme_of(videos[0], bob), meme_of(other, bob)]
    turn_off(videos[0])
    turn_off(other)

    with later(minutes=11):
        numbers = [swept.taken_down for swept in (sweep(), sweep()) if swept]

    assert numbers == [2, 0]
    assert states(*renders) == [Render.TAKEN_DOWN] * 2


@pytest.mark.parametrize("seconds", [-1, 7 * 24 * 3600 + 1])
def test_a_time_that_cannot_be_right_stops_the_start(seconds: int, settings: Settings) -> None:
    settings.WITHDRAWN_MEMES_KEPT = seconds

    with pytest.raises(SystemCheckError, match=r"remixer\.E002"):
        call_command("check")
