"""What a maker, a creator and staff can do to memes: what changed, what was logged, what a no-op
leaves, what a stranger gets."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.utils import timezone
from waffle.testutils import override_switch

from audit.models import Event
from consent import services as consent
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden, Gone, NotFound, Refused
from creatorhub.jobs import State
from creatorhub.models import User
from library import ffmpeg
from library.models import Video
from operations.sweeping import sweep
from remixer import services
from remixer.models import Render
from remixer.services import requests
from tests.acts import opt_out, turn_off, turn_off_matching
from tests.conftest import LargeEdits
from tests.factories import make_consent, make_user, make_video, make_videos
from tests.log import body
from tests.memes import make_meme, request_meme

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def video(alice: User) -> Video:
    video = make_video(owner=alice, title="Bars", with_files=False, duration_ms=10_000)
    make_consent(video)
    return video


@pytest.fixture
def files(alice: User) -> Video:
    """A video that can really be cut."""
    video = make_video(owner=alice, title="Bars")
    make_consent(video)
    return video


def events_of(action: str) -> list[dict[str, Any]]:
    """The bodies of these events without what differs each time."""
    events = Event.objects.filter(action=action).order_by("pk")
    return [
        {
            k: v
            for k, v in body(event).items()
            if k not in ("id", "at", "correlation_id", "creator_seq", "platform_seq", "v")
        }
        for event in events
    ]


def about(render: Render, **fields: Any) -> dict[str, Any]:
    """What every event about a render says."""
    return {
        "creator": str(render.video.owner.uuid),
        "subject": str(render.video.uuid),
        "render": str(render.uuid),
        "requester": str(render.requester.uuid),
        "requester_name": render.requester.name,
        "title": "Bars",
        **fields,
    }


class TestRequest:
    def test_a_request_is_queued_and_logged(self, bob: User, video: Video) -> None:
        render = request_meme(bob, video, captions={"top": "  Hello\x00 ", "bottom": " \n "})

        render.refresh_from_db()
        assert (render.state, render.attempts) == (State.QUEUED, 0)
        assert render.captions == {"top": "Hello"}
        assert (render.start_ms, render.length_ms) == (500, 1000)
        assert events_of("render.requested") == [
            about(
                render,
                action="render.requested",
                actor=f"creator:{bob.uuid}",
                template="top_bottom",
                terms=render.terms_id,
                version=1,
            )
        ]

    @pytest.mark.parametrize(
        ("wishes", "code"),
        [
            ({"template": "nope"}, "unknown_template"),
            ({"captions": {}}, "caption_needed"),
            ({"captions": {"top": " \x00\n"}}, "caption_needed"),
            ({"captions": {"top": "x" * 91}}, "caption_too_long"),
            ({"captions": {"side": "x"}}, "unknown_box"),
            ({"captions": {"top": "漢字"}}, "caption_not_drawable"),
            ({"length": 0.5}, "bad_length"),
            ({"length": 10.5}, "bad_length"),
            ({"length": float("nan")}, "bad_time"),
            ({"start": float("inf")}, "bad_time"),
            ({"start": -0.1}, "bad_start"),
            ({"start": 9.5}, "bad_start"),
        ],
    )
    def test_a_bad_wish_is_refused_in_words(
        self, bob: User, video: Video, wishes: dict[str, Any], code: str
    ) -> None:
        with pytest.raises(Refused) as refused:
            request_meme(bob, video, **wishes)

        assert refused.value.code == code
        assert refused.value.sentence.endswith(".")
        assert not Render.objects.exists()
        assert not events_of("render.requested")

    def test_a_video_shorter_than_the_template_allows_whole(self, bob: User, alice: User) -> None:
        short = make_video(owner=alice, with_files=False, duration_ms=400)
        make_consent(short)

        assert request_meme(bob, short, start=0, length=0.4).length_ms == 400

    def test_what_was_never_allowed_is_forbidden(self, bob: User, alice: User) -> None:
        video = make_video(owner=alice, with_files=False)

        with pytest.raises(Forbidden) as refused:
            request_meme(bob, video)

        assert refused.value.code == "undecided"
        assert not Render.objects.exists()

    def test_an_opted_out_creator_is_left_alone(self, bob: User, alice: User, video: Video) -> None:
        consent.opt_out(actor=Actor.creator(alice), creator=alice)

        with pytest.raises(Forbidden) as refused:
            request_meme(bob, video)

        assert refused.value.code == "opted_out"

    def test_the_same_key_is_one_render(self, bob: User, video: Video) -> None:
        first = request_meme(bob, video, idempotency_key="k")
        second = request_meme(bob, video, idempotency_key="k")

        assert first == second
        assert len(events_of("render.requested")) == 1

    def test_a_key_is_the_makers_own(self, bob: User, carol: User, video: Video) -> None:
        assert request_meme(bob, video, idempotency_key="k") != request_meme(
            carol, video, idempotency_key="k"
        )

    def test_a_key_used_for_something_else_is_a_conflict(self, bob: User, video: Video) -> None:
        request_meme(bob, video, idempotency_key="k")

        other: list[dict[str, Any]] = [
            {"captions": {"top": "Other"}},
            {"start": 0.25},
            {"length": 0.75},
        ]
        for wishes in other:
            with pytest.raises(Conflict) as refused:
                request_meme(bob, video, idempotency_key="k", **wishes)
            assert refused.value.code == "idempotency_key_reused"

    def test_a_maker_has_only_so_many_at_once(
        self, bob: User, carol: User, video: Video, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(requests, "MAX_LIVE", 2)
        request_meme(bob, video)
        last = request_meme(bob, video)

        with pytest.raises(Refused) as refused:
            request_meme(bob, video)
        assert (refused.value.code, refused.value.status) == ("too_many_renders", 429)
        request_meme(carol, video)
        services.cancel_render(last, actor=Actor.creator(bob))
        request_meme(bob, video)


class TestRunning:
    def test_a_finished_meme_is_published_and_logged(self, bob: User, files: Video) -> None:
        render = make_meme(bob, files)

        assert render.published_at
        assert (render.progress, render.attempts, render.lease_token) == (100, 1, None)
        assert events_of("render.published") == [
            about(
                render,
                action="render.published",
                actor="system:worker",
                template="top_bottom",
                terms=render.terms_id,
                version=1,
            )
        ]

    def test_running_it_again_does_nothing(self, bob: User, files: Video) -> None:
        render = make_meme(bob, files)

        services.run_render(render.pk)

        assert len(events_of("render.published")) == 1

    def test_a_video_turned_off_before_the_start_is_not_touched(
        self, bob: User, video: Video
    ) -> None:
        render = request_meme(bob, video)
        Render.objects.filter(pk=render.pk).update(state=State.QUEUED)
        turn_off(video)
        Render.objects.filter(pk=render.pk).update(state=State.QUEUED, ended_for="")

        services.run_render(render.pk)

        render.refresh_from_db()
        assert (render.state, render.ended_for) == (State.REFUSED, "off")
        expected = about(render, action="render.refused", actor="system:worker", reason="off")
        assert events_of("render.refused") == [expected]

    def test_allowing_again_does_not_publish_what_a_withdrawal_stopped(
        self, bob: User, files: Video
    ) -> None:
        render = request_meme(bob, files)
        turn_off(files)
        make_consent(files)
        Render.objects.filter(pk=render.pk).update(state=State.QUEUED, ended_for="")

        services.run_render(render.pk)

        render.refresh_from_db()
        assert (render.state, render.ended_for) == (State.REFUSED, "withdrawn")

    @pytest.mark.parametrize("ends", ["off", "opted_out", "withdrawn", "expired", "paused"])
    def test_what_ends_the_permission_while_it_is_cut_leaves_no_file(
        self,
        alice: User,
        bob: User,
        files: Video,
        *,
        large_edits: LargeEdits,
        monkeypatch: pytest.MonkeyPatch,
        ends: str,
    ) -> None:
        """A withdrawal takes the render from its worker; of the rest the worker learns when it asks
        once more, before it publishes."""
        large_edits(freeze=0)
        end = timezone.now() + timedelta(days=1)
        make_consent(files, until=end)
        make_videos(1, owner=alice, title="Garden")
        render = request_meme(bob, files)
        run_ffmpeg = ffmpeg.run
        with ExitStack() as afterwards:
            acts: dict[str, Callable[[], object]] = {
                "off": lambda: turn_off(files),
                "opted_out": lambda: opt_out(alice),
                # which videos it is about is not known yet
                "withdrawn": lambda: turn_off_matching(alice, q="garden"),
                "expired": lambda: afterwards.enter_context(time_machine.travel(end)),
                "paused": lambda: afterwards.enter_context(
                    override_switch("remixer_paused", active=True)
                ),
            }

            def run_and_end(*given: Any, **named: Any) -> None:
                run_ffmpeg(*given, **named)
                acts[ends]()

            monkeypatch.setattr(ffmpeg, "run", run_and_end)
            services.run_render(render.pk)

        render.refresh_from_db()
        assert (render.state, render.ended_for) == (State.REFUSED, ends)
        assert not stored(render)
        assert not events_of("render.published")

    def test_a_missing_source_is_tried_three_times_and_then_fails(
        self, bob: User, video: Video
    ) -> None:
        render = request_meme(bob, video)

        with time_machine.travel(timezone.now(), tick=False) as clock:
            for _ in range(4):
                services.run_render(render.pk)
                clock.shift(60)

        render.refresh_from_db()
        assert (render.state, render.attempts) == (State.FAILED, 3)
        assert render.problem.startswith("Making this meme did not work.")
        assert [event["problem"] for event in events_of("render.failed")] == [render.problem]


class TestMaker:
    def test_cancelling_stops_and_is_logged_once(self, bob: User, video: Video) -> None:
        render = request_meme(bob, video)

        assert services.cancel_render(render, actor=Actor.creator(bob))
        assert not services.cancel_render(render, actor=Actor.creator(bob))

        render.refresh_from_db()
        assert (render.state, render.problem) == (State.CANCELLED, "You cancelled this meme.")
        services.run_render(render.pk)
        expected = about(render, action="render.cancelled", actor=f"creator:{bob.uuid}")
        assert events_of("render.cancelled") == [expected]
        assert Render.objects.get(pk=render.pk).state == State.CANCELLED

    def test_trying_again_asks_consent_again(self, bob: User, files: Video) -> None:
        render = request_meme(bob, files)
        turn_off(files)
        render.refresh_from_db()

        with pytest.raises(Forbidden):
            services.retry_render(render, actor=Actor.creator(bob))
        make_consent(files)
        services.retry_render(render, actor=Actor.creator(bob))
        services.run_render(render.pk)

        render.refresh_from_db()
        assert (render.state, render.ended_for, render.allowed_version) == (State.DONE, "", 3)
        assert [event["version"] for event in events_of("render.requested")] == [1, 3]

    def test_a_finished_meme_cannot_be_tried_again(self, bob: User, files: Video) -> None:
        render = make_meme(bob, files)

        with pytest.raises(Conflict):
            services.retry_render(render, actor=Actor.creator(bob))

    def test_a_meme_that_was_taken_down_cannot_be_tried_again(
        self, bob: User, files: Video
    ) -> None:
        render = make_meme(bob, files)
        turn_off(files)
        make_consent(files)

        with pytest.raises(Conflict):
            services.retry_render(render, actor=Actor.creator(bob))

    def test_removing_hides_the_meme_and_deletes_its_files(self, bob: User, files: Video) -> None:
        render = make_meme(bob, files)

        assert services.remove_render(render, actor=Actor.creator(bob))
        assert not services.remove_render(render, actor=Actor.creator(bob))
        sweep()

        assert not Render.objects.requested_by(bob).exists()
        assert not Render.objects.watchable_by(files.owner).exists()
        assert not stored(render)
        with pytest.raises(NotFound):
            file_of(render)
        expected = about(render, action="render.removed", actor=f"creator:{bob.uuid}")
        assert events_of("render.removed") == [expected]


class TestWithdrawal:
    def test_turning_off_hides_what_is_out_and_stops_what_is_not(
        self, bob: User, alice: User, files: Video
    ) -> None:
        out, queued = make_meme(bob, files), request_meme(bob, files)

        edit = turn_off(files)

        assert (edit.stopped, edit.taken_down) == (1, 1)
        out.refresh_from_db()
        queued.refresh_from_db()
        assert (out.state, out.ended_for) == (Render.HIDDEN, "off")
        assert (queued.state, queued.ended_for) == (State.REFUSED, "off")
        actor = f"creator:{alice.uuid}"
        assert events_of("render.hidden") == [
            about(out, action="render.hidden", actor=actor, reason="off")
        ]
        assert events_of("render.stopped") == [
            about(queued, action="render.stopped", actor=actor, reason="off")
        ]

    def test_the_file_is_gone_with_the_reasons_sentence(self, bob: User, files: Video) -> None:
        render = make_meme(bob, files)
        assert default_storage.exists(file_of(render))

        turn_off(files)

        with pytest.raises(Gone) as gone:
            file_of(render)
        assert gone.value.code == "off"
        assert gone.value.sentence == "The creator has turned this off for this video."
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            sweep()
        assert not stored(render)
        assert Render.objects.get(pk=render.pk).file_key == ""

    def test_opting_out_reaches_every_video_and_no_other_creator(
        self, bob: User, alice: User, files: Video
    ) -> None:
        dora = make_user("dora")
        theirs = make_video(owner=dora, title="Bars")
        make_consent(theirs)
        mine, other = make_meme(bob, files), make_meme(bob, theirs)

        done = consent.opt_out(actor=Actor.creator(alice), creator=alice)

        assert (done.stopped, done.taken_down) == (0, 1)
        with pytest.raises(Gone, match="all of their videos"):
            file_of(mine)
        assert file_of(other)

    def test_turning_off_one_video_leaves_the_others(self, bob: User, files: Video) -> None:
        second = make_video(owner=files.owner, title="Bars")
        make_consent(second)
        render = make_meme(bob, files)

        turn_off(second)

        assert file_of(render)

    def test_another_use_says_nothing_about_memes(self, bob: User, files: Video) -> None:
        make_consent(files, use="train")
        render = make_meme(bob, files)

        edit = turn_off(files, use="train")

        assert (edit.stopped, edit.taken_down) == (0, 0)
        assert file_of(render)

    def test_removing_the_video_takes_its_memes_down(
        self, bob: User, alice: User, files: Video
    ) -> None:
        render = make_meme(bob, files)

        consent.remove_video(files, actor=Actor.creator(alice))

        with pytest.raises(Gone, match="The creator has removed this video"):
            file_of(render)

    def test_opting_back_in_later_does_not_bring_a_meme_back(
        self, bob: User, alice: User, files: Video
    ) -> None:
        render = make_meme(bob, files)
        consent.opt_out(actor=Actor.creator(alice), creator=alice)

        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            consent.opt_in(actor=Actor.creator(alice), creator=alice, restore="previous")

        with pytest.raises(Gone):
            file_of(render)
        assert file_of(make_meme(bob, files))

    def test_a_permission_that_has_ended_darkens_what_was_made(
        self, bob: User, alice: User
    ) -> None:
        video = make_video(owner=alice, title="Bars")
        make_consent(video, until=timezone.now() + timedelta(days=1))
        render, queued = make_meme(bob, video), request_meme(bob, video)

        with time_machine.travel(timezone.now() + timedelta(days=2)):
            with pytest.raises(Gone) as gone:
                file_of(render)
            sweep()

        assert gone.value.code == "expired"
        queued.refresh_from_db()
        assert (queued.state, queued.ended_for) == (State.REFUSED, "expired")
        assert stored(render), "it is dark, not deleted"

    def test_the_updates_do_not_grow_with_the_number_of_memes(
        self, bob: User, alice: User, django_assert_max_num_queries: Any
    ) -> None:
        videos = make_videos(30, owner=alice)
        make_consent(*videos)
        renders = [request_meme(bob, video, length=1.5) for video in videos[:18]]
        Render.objects.update(state=State.DONE)

        with django_assert_max_num_queries(30 + 3 * len(renders)):
            consent.opt_out(actor=Actor.creator(alice), creator=alice)

        assert Render.objects.filter(state=Render.HIDDEN).count() == 18
        assert len(events_of("render.hidden")) == 18


class TestPause:
    def test_a_pause_stops_what_runs_and_darkens_what_is_out(
        self, bob: User, staff: User, files: Video
    ) -> None:
        out, queued = make_meme(bob, files), request_meme(bob, files)

        stopped = services.pause(actor=Actor.staff(staff), reason="Abuse")

        assert stopped == 1
        queued.refresh_from_db()
        assert (queued.state, queued.ended_for) == (State.REFUSED, "paused")
        with pytest.raises(Gone) as gone:
            file_of(out)
        assert gone.value.code == "paused"
        with pytest.raises(Forbidden) as refused:
            request_meme(bob, files)
        assert refused.value.code == "paused"
        actor = f"staff:{staff.uuid}"
        assert events_of("remixer.paused") == [
            {"action": "remixer.paused", "actor": actor, "reason": "Abuse", "stopped": 1}
        ]
        expected = about(queued, action="render.stopped", actor=actor, reason="paused")
        assert events_of("render.stopped") == [expected]
        services.resume(actor=Actor.staff(staff), reason="Over")

    def test_a_resume_shows_again_what_was_out(self, bob: User, staff: User, files: Video) -> None:
        render = make_meme(bob, files)
        services.pause(actor=Actor.staff(staff), reason="Abuse")
        sweep()

        assert services.resume(actor=Actor.staff(staff), reason="Over")

        assert default_storage.exists(file_of(render))
        assert events_of("remixer.resumed") == [
            {"action": "remixer.resumed", "actor": f"staff:{staff.uuid}", "reason": "Over"}
        ]

    def test_pausing_twice_is_said_once(self, staff: User) -> None:
        services.pause(actor=Actor.staff(staff), reason="Abuse")

        assert services.pause(actor=Actor.staff(staff), reason="Again") is None

        assert len(events_of("remixer.paused")) == 1

    def test_resuming_what_is_not_paused_says_nothing(self, staff: User) -> None:
        assert not services.resume(actor=Actor.staff(staff), reason="Why not")

        assert not events_of("remixer.resumed")

    def test_only_staff_may(self, bob: User) -> None:
        for act in (services.pause, services.resume):
            with pytest.raises(Forbidden):
                act(actor=Actor.creator(bob), reason="I want to")

    def test_what_a_withdrawal_took_under_a_pause_does_not_come_back(
        self, bob: User, staff: User, files: Video
    ) -> None:
        render = make_meme(bob, files)
        services.pause(actor=Actor.staff(staff), reason="Abuse")
        turn_off(files)

        services.resume(actor=Actor.staff(staff), reason="Over")

        with pytest.raises(Gone) as gone:
            file_of(render)
        assert gone.value.code == "off"


class TestStaff:
    def test_staff_takes_one_meme_down_for_good(self, bob: User, staff: User, files: Video) -> None:
        render, other = make_meme(bob, files), make_meme(bob, files)

        assert services.takedown(render, actor=Actor.staff(staff), reason="Hateful")
        assert not services.takedown(render, actor=Actor.staff(staff), reason="Hateful")

        with pytest.raises(Gone) as gone:
            file_of(render)
        assert gone.value.sentence == "CreatorHub staff took this meme down: Hateful"
        sweep()
        assert stored(render)  # an appeal can bring it back
        Render.objects.filter(pk=render.pk).update(restorable_until=timezone.now())
        sweep()
        assert not stored(render)
        assert file_of(other)
        assert events_of("render.taken_down") == [
            about(
                render,
                action="render.taken_down",
                actor=f"staff:{staff.uuid}",
                reason="Hateful",
            )
        ]

    def test_staff_stops_one_in_the_making(self, bob: User, staff: User, video: Video) -> None:
        render = request_meme(bob, video)

        assert services.takedown(render, actor=Actor.staff(staff), reason="Hateful")

        services.run_render(render.pk)
        render.refresh_from_db()
        assert render.state == Render.TAKEN_DOWN
        assert [event["reason"] for event in events_of("render.stopped")] == ["Hateful"]

    def test_a_maker_cannot(self, bob: User, video: Video) -> None:
        render = request_meme(bob, video)

        with pytest.raises(Forbidden):
            services.takedown(render, actor=Actor.creator(bob), reason="Why not")


class TestPreview:
    def test_a_stranger_to_the_permission_gets_none(self, bob: User, files: Video) -> None:
        turn_off(files)

        with pytest.raises(Forbidden):
            preview(bob, files)

    def test_without_text_it_is_the_frame_and_the_credit(self, bob: User, files: Video) -> None:
        assert preview(bob, files, captions={}).startswith(b"\xff\xd8")

    def test_past_the_end_it_is_the_last_frame(self, bob: User, files: Video) -> None:
        assert preview(bob, files, start=1e6).startswith(b"\xff\xd8")


def preview(bob: User, video: Video, **wishes: Any) -> bytes:
    wishes = {"template": "top_bottom", "captions": {"top": "Hi"}, "start": 0.0, **wishes}
    return services.preview_image(video, asker=bob, **wishes)


def file_of(render: Render) -> str:
    """As a view asks for it: of the row as it is now."""
    return services.file_of(Render.objects.with_details().get(pk=render.pk))


def stored(render: Render) -> list[str]:
    try:
        return default_storage.listdir(f"renders/{str(render.uuid)[:2]}/{render.uuid}")[1]
    except FileNotFoundError:
        return []
