"""The pages of remixing: who gets what, what is kept, what is said."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent import services as consent_services
from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.jobs import State
from creatorhub.models import User
from library import serving
from library.models import Video
from remixer import services
from remixer.models import Render
from tests.acts import turn_off
from tests.conftest import ClientOf
from tests.factories import make_consent, make_video
from tests.memes import make_meme, request_meme

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def video(alice: User) -> Video:
    video = make_video(owner=alice, title="Bars in the rain")
    make_consent(video)
    return video


@pytest.fixture
def made(bob: User, video: Video) -> Render:
    return make_meme(bob, video)


def url(name: str, *args: Any) -> str:
    return reverse(f"remixer:{name}", args=args)


def body(response: Any) -> str:
    return b"".join(response).decode()


def form(video: Video, **typed: Any) -> dict[str, Any]:
    return {
        "template": "top_bottom",
        "text_top": "When it works",
        "text_bottom": "",
        "start": "0",
        "length": "1.5",
        "idempotency_key": "a-key",
        **typed,
    }


class TestGallery:
    def test_it_shows_what_may_be_remixed_now_and_nothing_else(
        self, bob: User, video: Video, client_of: ClientOf
    ) -> None:
        make_video(owner=video.owner, title="Undecided")
        withdrawn = make_video(owner=video.owner, title="Withdrawn")
        make_consent(withdrawn)
        turn_off(withdrawn)

        page = body(client_of(bob).get(url("gallery")))

        assert "Bars in the rain" in page
        assert "alice" in page
        assert "Undecided" not in page
        assert "Withdrawn" not in page

    @pytest.mark.parametrize(
        ("query", "found"), [("RAIN", True), ("Alice M", True), ("snow", False), ("\0", True)]
    )
    def test_it_is_searched_by_title_and_by_creator(
        self, bob: User, video: Video, client_of: ClientOf, query: str, found: bool
    ) -> None:
        video.owner.display_name = "Alice Moreau"
        video.owner.save()

        page = body(client_of(bob).get(url("gallery"), {"q": query}))

        assert ("Bars in the rain" in page) is found
        assert ("Clear the search" in page) is not found

    def test_an_empty_gallery_says_why(self, bob: User, client_of: ClientOf) -> None:
        assert "Nothing may be remixed yet" in body(client_of(bob).get(url("gallery")))

    def test_an_empty_gallery_says_that_it_is_only_for_this_person(
        self, alice: User, bob: User, carol: User, client_of: ClientOf
    ) -> None:
        make_consent(make_video(owner=alice, with_files=False))
        consent_services.block(bob, actor=Actor.creator(alice), creator=alice)

        assert "Nothing may be remixed by you now" in body(client_of(bob).get(url("gallery")))
        assert "Nothing may be remixed" not in body(client_of(carol).get(url("gallery")))

    @pytest.mark.parametrize("query", [{}, {"q": "cat"}])
    def test_in_a_pause_an_empty_gallery_says_so(
        self, query: dict[str, str], alice: User, bob: User, staff: User, client_of: ClientOf
    ) -> None:
        make_consent(make_video(owner=alice, with_files=False, title="Cat"))
        services.pause(actor=Actor.staff(staff), reason="A complaint")

        assert "Remixing is paused" in body(client_of(bob).get(url("gallery"), query))

    def test_in_a_pause_the_editor_says_once_what_to_do(
        self, alice: User, bob: User, staff: User, client_of: ClientOf
    ) -> None:
        video = make_video(owner=alice, with_files=False)
        make_consent(video)
        services.pause(actor=Actor.staff(staff), reason="A complaint")

        page = body(client_of(bob).get(url("editor", video.uuid)))

        assert page.count("Try again later.") == page.count("Nothing is lost.") == 1

    def test_pages_show_each_video_once(self, bob: User, alice: User, client_of: ClientOf) -> None:
        titles = [f"Clip-{n:02}-" for n in range(30)]
        videos = [make_video(owner=alice, title=title, with_files=False) for title in titles]
        make_consent(*videos)
        client = client_of(bob)

        first = client.get(url("gallery"))
        second = client.get(url("gallery") + first.context["next_url"])

        shown = [*first.context["videos"], *second.context["videos"]]
        assert [v.title for v in shown] == titles[::-1]
        assert second.context["next_url"] == ""
        assert second.context["first_url"]

    @pytest.mark.parametrize("name", ["source_poster", "source_clip"])
    def test_a_picture_is_served_while_the_creator_allows_it(
        self, bob: User, video: Video, client_of: ClientOf, name: str
    ) -> None:
        client = client_of(bob)
        before = client.get(url(name, video.uuid))
        turn_off(video)

        after = client.get(url(name, video.uuid))

        assert (before.status_code, after.status_code) == (200, 403)
        assert before["Cache-Control"] == "private, no-store"


class TestEditor:
    def test_the_form_has_a_field_for_each_text_of_the_template(
        self, bob: User, video: Video, client_of: ClientOf
    ) -> None:
        client = client_of(bob)

        plain = body(client.get(url("editor", video.uuid)))
        other = body(client.get(url("editor", video.uuid), {"template": "big_centre"}))

        assert 'name="text_top"' in plain
        assert 'name="text_bottom"' in plain
        assert 'name="text_centre"' in other
        assert 'name="text_top"' not in other
        assert (
            "If <bdi>alice</bdi> withdraws the permission, the meme is hidden from everyone."
            in plain
        )

    def test_making_it_leads_to_the_meme(
        self, bob: User, video: Video, client_of: ClientOf
    ) -> None:
        response = client_of(bob).post(url("editor", video.uuid), form(video))

        render = Render.objects.get()
        assert response.status_code == 303
        assert response["Location"] == url("meme", render.uuid)
        assert render.captions == {"top": "When it works"}
        assert (render.requester, render.length_ms) == (bob, 1500)

    def test_sending_twice_makes_one(self, bob: User, video: Video, client_of: ClientOf) -> None:
        client = client_of(bob)

        first, second = (client.post(url("editor", video.uuid), form(video)) for _ in range(2))

        assert first["Location"] == second["Location"]
        assert Render.objects.count() == 1

    def test_a_page_left_open_makes_another_when_it_is_sent_again(
        self, bob: User, video: Video, client_of: ClientOf
    ) -> None:
        client = client_of(bob)
        client.post(url("editor", video.uuid), form(video))

        response = client.post(url("editor", video.uuid), form(video, text_top="Other"))

        assert response.status_code == 409
        assert "has made a meme already" in body(response)
        key = response.context["form"]["idempotency_key"].value()
        again = client.post(
            url("editor", video.uuid), form(video, text_top="Other", idempotency_key=key)
        )
        assert again.status_code == 303
        assert Render.objects.count() == 2

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ({"text_top": "x" * 91}, "write at most 90 characters"),
            ({"text_top": " "}, "Write at least one text."),
            ({"text_top": "漢字"}, "we have no letters for"),
            ({"length": "60"}, "The length must be between"),
            ({"start": "1.9"}, "the meme can start between"),
            ({"start": "nan"}, "Enter a number."),
            ({"start": ""}, "This field is required."),
        ],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
        self, bob: User, video: Video, client_of: ClientOf, typed: dict[str, str], sentence: str
    ) -> None:
        sent = form(video, text_bottom="Keep <me>", **typed)
        if typed.get("text_top") == " ":
            sent["text_bottom"] = ""

        response = client_of(bob).post(url("editor", video.uuid), sent)

        page = body(response)
        assert response.status_code == 422
        assert sentence in page
        assert ("Keep &lt;me&gt;" in page) is bool(sent["text_bottom"])
        assert not Render.objects.exists()

    def test_a_preview_without_script_comes_back_with_what_was_typed(
        self, bob: User, video: Video, client_of: ClientOf
    ) -> None:
        client = client_of(bob)

        response = client.post(
            url("editor", video.uuid),
            form(video, act="preview", csrfmiddlewaretoken="secret"),
        )

        assert response.status_code == 303
        assert "secret" not in response["Location"]
        assert "a-key" not in response["Location"]
        assert 'value="When it works"' in body(client.get(response["Location"]))

    def test_another_template_keeps_what_was_typed(
        self, bob: User, video: Video, client_of: ClientOf
    ) -> None:
        query = {"template": "big_centre", "text_top": "When it works", "text_bottom": "it works"}

        page = body(client_of(bob).get(url("editor", video.uuid), query))

        assert 'name="text_centre" value="When it works"' in page

    def test_going_back_to_a_template_brings_its_texts_back(
        self, bob: User, video: Video, client_of: ClientOf
    ) -> None:
        query = {"template": "big_centre", "text_top": "When it works", "text_bottom": "it works"}

        part = body(client_of(bob).get(url("editor", video.uuid), query, headers=HTMX))

        assert "<html" not in part
        assert '<input type="hidden" name="text_top" value="When it works">' in part
        assert '<input type="hidden" name="text_bottom" value="it works">' in part

    def test_choosing_a_template_that_is_no_longer_allowed_reloads_the_page(
        self, bob: User, video: Video, client_of: ClientOf
    ) -> None:
        turn_off(video)

        response = client_of(bob).get(url("editor", video.uuid), headers=HTMX)

        assert response.status_code == 403
        assert response["HX-Refresh"] == "true"

    def test_a_preview_is_a_picture(self, bob: User, video: Video, client_of: ClientOf) -> None:
        client = client_of(bob)
        query = form(video)

        good = client.get(url("preview", video.uuid), query)
        undrawable = client.get(url("preview", video.uuid), {**query, "text_top": "漢字"})
        far = client.get(url("preview", video.uuid), {**query, "start": "1e300"})

        for response in (good, undrawable, far):
            assert response.status_code == 200
            assert response["Content-Type"] == "image/jpeg"
            assert response["Cache-Control"] == "private, no-store"
        assert good.content != undrawable.content

    def test_an_unknown_template_is_not_found(
        self, bob: User, video: Video, client_of: ClientOf
    ) -> None:
        client = client_of(bob)

        assert client.get(url("preview", video.uuid), {"template": "no"}).status_code == 404
        assert client.post(url("editor", video.uuid), form(video, template="no")).status_code == 404

    def test_what_is_not_allowed_says_the_reason_and_nothing_else(
        self, bob: User, alice: User, client_of: ClientOf
    ) -> None:
        hidden = make_video(owner=alice, title="Private matter")

        response = client_of(bob).get(url("editor", hidden.uuid))

        page = body(response)
        assert response.status_code == 403
        assert "The creator has not allowed this for this video." in page
        assert "Private matter" not in page
        assert client_of(bob).post(url("editor", hidden.uuid), form(hidden)).status_code == 403
        assert client_of(bob).get(url("preview", hidden.uuid), form(hidden)).status_code == 403
        assert "Private matter" in body(client_of(alice).get(url("editor", hidden.uuid)))

    def test_a_video_that_is_not_there_is_not_found(self, bob: User, client_of: ClientOf) -> None:
        assert client_of(bob).get(url("editor", uuid.uuid4())).status_code == 404


class TestMyMemes:
    def test_each_says_its_state_and_its_place(
        self, bob: User, carol: User, video: Video, client_of: ClientOf
    ) -> None:
        request_meme(carol, video)
        request_meme(bob, video)
        failed = request_meme(bob, video)
        Render.objects.filter(pk=failed.pk).update(state=State.FAILED, problem="It broke.")

        page = body(client_of(bob).get(url("my_memes")))

        assert "1 meme is made before it" in page
        assert "It broke." in page
        assert page.count('class="meme-row"') == 2
        assert 'hx-trigger="every 1s"' in page

    def test_polling_ends_with_the_last_live_one(
        self, bob: User, made: Render, client_of: ClientOf
    ) -> None:
        part = body(client_of(bob).get(url("my_memes"), headers=HTMX))

        assert "hx-trigger" not in part
        assert "<html" not in part
        assert "Ready" in part

    def test_more_memes_cost_no_more_queries(
        self,
        bob: User,
        made: Render,
        client_of: ClientOf,
        django_assert_max_num_queries: Any,
    ) -> None:
        for _ in range(8):
            request_meme(bob, made.video)
        client = client_of(bob)

        with django_assert_max_num_queries(10):
            client.get(url("my_memes"))

    def test_a_silent_meme_is_called_stalled(
        self, bob: User, video: Video, client_of: ClientOf
    ) -> None:
        render = request_meme(bob, video)
        jobs.claim(Render, render.pk)
        client = client_of(bob)

        with time_machine.travel(timezone.now() + timedelta(seconds=61)):
            page = body(client.get(url("meme", render.uuid)))

        assert "Stalled" in page

    def test_it_is_empty_at_first(self, bob: User, client_of: ClientOf) -> None:
        assert "You have not made a meme yet" in body(client_of(bob).get(url("my_memes")))


class TestMeme:
    def test_while_it_is_made_the_page_shows_how_far(
        self, bob: User, video: Video, client_of: ClientOf
    ) -> None:
        render = request_meme(bob, video)
        Render.objects.filter(pk=render.pk).update(
            state=State.RUNNING, progress=42, heartbeat_at=timezone.now()
        )
        client = client_of(bob)

        page = body(client.get(url("meme", render.uuid)))
        same = body(
            client.get(
                url("meme_status", render.uuid),
                {"announced": "Being made, 40 % done"},
                headers=HTMX,
            )
        )
        news = body(
            client.get(
                url("meme_status", render.uuid),
                {"announced": "Being made, 30 % done"},
                headers=HTMX,
            )
        )

        assert '<progress max="100" value="42" aria-label="How much of the meme is made">' in page
        assert 'role="status" id="announcement">Being made, 40 % done<' in page
        assert "hx-swap-oob" not in same
        assert "hx-swap-oob" in news
        assert "<html" not in same

    def test_a_finished_one_is_for_everyone_who_is_signed_in(
        self, carol: User, alice: User, made: Render, client_of: ClientOf
    ) -> None:
        for person in (carol, alice, made.requester):
            client = client_of(person)
            page = client.get(url("meme", made.uuid))
            assert page.status_code == 200
            assert "Bars in the rain</bdi>” by <bdi>alice" in body(page)
            assert "hx-trigger" not in body(page)
            assert client.get(url("meme_file", made.uuid)).status_code == 200
            assert client.get(url("meme_poster", made.uuid)).status_code == 200
            download = client.get(url("meme_download", made.uuid))
            assert download["Content-Disposition"].startswith("attachment")

    @pytest.mark.parametrize("name", ["meme_file", "meme_poster", "meme_download"])
    def test_its_file_takes_four_queries_and_asks_each_time_whether_it_may_be_seen(
        self,
        carol: User,
        made: Render,
        client_of: ClientOf,
        django_assert_num_queries: Any,
        name: str,
    ) -> None:
        client = client_of(carol)

        with django_assert_num_queries(4):  # the session, the person, the meme, the decision
            before = client.get(url(name, made.uuid))
        turn_off(made.video)
        Render.objects.update(state=State.DONE, ended_for="")  # as if nobody had taken it down
        after = client.get(url(name, made.uuid))

        assert (before.status_code, after.status_code) == (200, 410)

    def test_an_unfinished_one_is_for_its_maker_only(
        self, bob: User, alice: User, carol: User, video: Video, client_of: ClientOf
    ) -> None:
        render = request_meme(bob, video)

        for person in (alice, carol):
            for name in ("meme", "meme_status", "meme_file", "meme_poster", "meme_download"):
                assert client_of(person).get(url(name, render.uuid)).status_code == 404
        assert client_of(bob).get(url("meme", render.uuid)).status_code == 200
        assert client_of(bob).get(url("meme_file", render.uuid)).status_code == 404

    def test_a_withdrawal_makes_it_gone_for_all(
        self, bob: User, alice: User, carol: User, made: Render, client_of: ClientOf
    ) -> None:
        turn_off(made.video)

        others = "The creator has turned this off"
        for person, told in ((bob, others), (alice, "You turned"), (carol, others)):
            client = client_of(person)
            page = client.get(url("meme", made.uuid))
            assert page.status_code == 410
            assert told in body(page)
            assert client.get(url("meme_file", made.uuid)).status_code == 410
            assert client.get(url("meme_download", made.uuid)).status_code == 410

    def test_strangers_are_told_nothing_but_the_reason_by_any_door(
        self, carol: User, made: Render, client_of: ClientOf
    ) -> None:
        client = client_of(carol)
        turn_off(made.video)

        for name in ("meme", "meme_status", "meme_file", "meme_poster", "meme_download"):
            answer = client.get(url(name, made.uuid))
            assert answer.status_code == 410
            assert "Hello" not in body(answer)
            assert "Bars in the rain" not in body(answer)

    @pytest.mark.parametrize("end", ["withdrawn", "removed"])
    def test_a_download_under_way_ends_with_the_permission(
        self,
        carol: User,
        made: Render,
        client_of: ClientOf,
        monkeypatch: pytest.MonkeyPatch,
        end: str,
    ) -> None:
        monkeypatch.setattr(serving, "ASK_EVERY", 0.0)
        download = client_of(carol).get(url("meme_download", made.uuid))
        if end == "withdrawn":
            turn_off(made.video)
        else:
            services.remove_render(made, actor=Actor.creator(made.requester))

        with pytest.raises(serving.NoLongerAllowed):
            next(iter(download))

    def test_one_whose_permission_has_ended_is_hidden(
        self, bob: User, alice: User, client_of: ClientOf
    ) -> None:
        video = make_video(owner=alice)
        make_consent(video, until=timezone.now() + timedelta(hours=1))
        render = request_meme(bob, video)
        services.run_render(render.pk)

        with time_machine.travel(timezone.now() + timedelta(hours=2)):
            page = client_of(bob).get(url("meme", render.uuid))
            rows = body(client_of(bob).get(url("my_memes")))

        assert page.status_code == 410
        assert "permission for this video ended on" in body(page)
        assert "Hidden" in rows
        assert url("meme_poster", render.uuid) not in rows

    def test_a_failed_one_says_why_and_offers_another_try(
        self, bob: User, video: Video, client_of: ClientOf
    ) -> None:
        render = request_meme(bob, video)
        Render.objects.filter(pk=render.pk).update(state=State.FAILED, problem="It broke.")
        client = client_of(bob)

        page = body(client.get(url("meme", render.uuid)))
        response = client.post(url("retry", render.uuid))

        assert "It broke." in page
        assert str(render.uuid) in page
        assert url("retry", render.uuid) in page
        assert response.status_code == 303
        assert Render.objects.get().state == State.QUEUED

    def test_another_try_that_is_not_allowed_says_why(
        self, bob: User, video: Video, client_of: ClientOf
    ) -> None:
        render = request_meme(bob, video)
        turn_off(video)

        response = client_of(bob).post(url("retry", render.uuid))

        assert response.status_code == 403
        assert "The creator has turned this off for this video." in body(response)

    @pytest.mark.parametrize("ends", ["turned off", "blocked"])
    def test_another_try_is_offered_only_where_it_would_be_allowed(
        self, alice: User, bob: User, video: Video, client_of: ClientOf, ends: str
    ) -> None:
        render = request_meme(bob, video)
        Render.objects.filter(pk=render.pk).update(state=State.FAILED, problem="It broke.")
        client, retry = client_of(bob), url("retry", render.uuid)
        offered = [retry in body(client.get(url("my_memes")))]
        if ends == "blocked":
            consent_services.block(bob, actor=Actor.creator(alice), creator=alice)
        else:
            turn_off(video)

        page = body(client.get(url("meme", render.uuid)))
        offered += [retry in body(client.get(url("my_memes"))), retry in page]

        assert offered == [True, False, False]
        assert "It broke." in page
        assert "It cannot be made again as things are" in page

    def test_its_maker_cancels_and_removes_it(
        self, bob: User, video: Video, client_of: ClientOf
    ) -> None:
        render = request_meme(bob, video)
        client = client_of(bob)

        cancelled = client.post(url("cancel", render.uuid), {"back": "my_memes"})
        asked = client.get(url("remove", render.uuid))
        state = Render.objects.get().state
        removed = client.post(url("remove", render.uuid))

        assert (cancelled.status_code, cancelled["Location"]) == (303, url("my_memes"))
        assert "This cannot be undone." in body(asked)
        assert state == State.CANCELLED
        assert removed.status_code == 303
        assert client.get(url("meme", render.uuid)).status_code == 404

    @pytest.mark.parametrize("name", ["cancel", "retry", "remove"])
    def test_nobody_else_can(
        self, alice: User, carol: User, made: Render, client_of: ClientOf, name: str
    ) -> None:
        for person in (alice, carol):
            assert client_of(person).post(url(name, made.uuid)).status_code == 404
            assert client_of(person).get(url(name, made.uuid)).status_code in (404, 405)
        client_of(made.requester).get(url(name, made.uuid))
        assert Render.objects.get().state == State.DONE


class TestUses:
    def test_the_creator_sees_who_made_what_under_which_terms(
        self, alice: User, made: Render, client_of: ClientOf
    ) -> None:
        client = client_of(alice)

        for page in (
            body(client.get(url("memes_of_my_videos"))),
            body(client.get(url("memes_of_video", made.video.uuid))),
        ):
            assert "By <bdi>bob" in page
            assert "version 2" in page

    def test_what_was_never_published_is_not_described(
        self, alice: User, bob: User, video: Video, client_of: ClientOf
    ) -> None:
        request_meme(bob, video)

        assert "Nothing has been made" in body(client_of(alice).get(url("memes_of_my_videos")))

    def test_it_says_what_was_taken_down_and_what_was_removed(
        self, alice: User, bob: User, made: Render, client_of: ClientOf
    ) -> None:
        other = request_meme(bob, made.video)
        services.run_render(other.pk)
        other.refresh_from_db()
        services.remove_render(other, actor=Actor.creator(bob))
        turn_off(made.video)

        page = body(client_of(alice).get(url("memes_of_my_videos")))

        assert page.count("Hello") == 1  # not of the one that its maker removed
        assert "You turned this off for this video." in page
        assert "The person who made it removed it." in page

    def test_another_creators_video_is_not_found(
        self, bob: User, made: Render, client_of: ClientOf
    ) -> None:
        assert client_of(bob).get(url("memes_of_video", made.video.uuid)).status_code == 404
        assert "Nothing has been made" in body(client_of(bob).get(url("memes_of_my_videos")))

    def test_as_a_part_it_is_no_page(self, alice: User, made: Render, client_of: ClientOf) -> None:
        part = body(client_of(alice).get(url("memes_of_video", made.video.uuid), headers=HTMX))

        assert "<html" not in part
        assert 'id="memes-of-video"' in part


@pytest.mark.parametrize("name", ["gallery", "my_memes", "memes_of_my_videos", "memes_of_video"])
def test_a_parameter_that_a_list_does_not_have_is_named(
    alice: User, video: Video, client_of: ClientOf, name: str
) -> None:
    address = url(name, *([video.uuid] if name == "memes_of_video" else []))
    client = client_of(alice)

    unknown = client.get(address, {"afetr": "1"})
    twice = client.get(f"{address}?after=x&after=y")

    assert unknown.status_code == twice.status_code == 400
    assert "This address has no parameter afetr." in body(unknown)
    assert "The parameter after is given more than once." in body(twice)


def test_a_visitor_is_sent_to_sign_in(client: Client, made: Render) -> None:
    of_video = ("editor", "preview", "source_poster", "source_clip", "memes_of_video")
    of_meme = ("meme", "meme_file", "meme_poster", "meme_download", "meme_status")
    addresses = [
        *(url(name) for name in ("gallery", "my_memes", "memes_of_my_videos")),
        *(url(name, made.video.uuid) for name in of_video),
        *(url(name, made.uuid) for name in of_meme),
    ]

    answers = [client.get(address) for address in addresses]
    answers += [client.post(url(name, made.uuid)) for name in ("cancel", "retry", "remove")]

    for response in answers:
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_login"))
    assert Render.objects.get().state == State.DONE


def test_a_post_without_its_token_changes_nothing(bob: User, video: Video) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob)

    response = client.post(url("editor", video.uuid), form(video))

    assert response.status_code == 403
    assert not Render.objects.exists()
