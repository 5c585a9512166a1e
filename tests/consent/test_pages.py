"""The pages of consent, as a browser without JavaScript sends and sees them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event
from consent import querysets
from consent.models import Edit, Standing
from creatorhub.models import User
from library.models import Video
from tests.factories import make_consent, make_videos, turn_off

ClientOf = Callable[[User], Client]


def reason_of(video: Video) -> str:
    return str(querysets.ruling(video, "remix").reason)


def test_a_row_is_turned_off_by_one_post(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)

    answer = client_of(alice).post(
        "/consent/turn-off/", {"use": "remix", "ids": video.uuid, "next": "/videos/?q=a"}
    )

    assert (answer.status_code, answer["Location"]) == (303, "/videos/?q=a")
    assert reason_of(video) == "off"


def test_a_rows_own_button_leaves_what_is_ticked_alone(alice: User, client_of: ClientOf) -> None:
    ticked, row = make_videos(2, owner=alice)
    make_consent(ticked)
    make_consent(row)

    browser = client_of(alice)
    browser.post(
        "/consent/turn-off/", {"use": "train", "ids": ticked.uuid, "only": f"remix:{row.uuid}"}
    )
    wrong = browser.post("/consent/turn-off/", {"only": "remix"})

    assert [reason_of(video) for video in (ticked, row)] == ["allowed", "off"]
    assert wrong.status_code == 422


def test_turning_off_offers_undo_where_it_happened(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)
    browser = client_of(alice)

    browser.post("/consent/turn-off/", {"use": "remix", "ids": video.uuid, "next": "/videos/"})
    page = browser.get("/videos/").content.decode()

    edit = Edit.objects.latest("pk")
    assert "Remix is off for 1 video." in page
    assert f'href="/edits/{edit.uuid}/"' in page


def test_an_end_in_the_past_is_said_in_the_preview(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)
    browser = client_of(alice)
    browser.post("/edits/new/", {"use": "remix", "ids": video.uuid})
    edit = Edit.objects.get()

    answer = browser.post(
        "/edits/new/", {"use": "remix", "again": edit.uuid, "until": "2001-01-01", "next": "/x"}
    )

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert answer.context["back"] == "/x"
    assert Edit.objects.get().status == Edit.Status.DRAFT


def test_a_selection_is_allowed_through_its_preview(alice: User, client_of: ClientOf) -> None:
    videos = make_videos(3, owner=alice)
    browser = client_of(alice)

    drafted = browser.post("/edits/new/", {"use": "remix", "ids": [v.uuid for v in videos[:2]]})
    preview = browser.get(drafted["Location"])
    before = [reason_of(video) for video in videos]
    edit = Edit.objects.get()
    confirmed = browser.post(f"/edits/{edit.uuid}/confirm/", {"key": edit.uuid})
    result = browser.get(confirmed["Location"])

    assert drafted.status_code == confirmed.status_code == 303
    assert "Allow Remix for 2 videos" in preview.content.decode()
    assert "Memes made from your videos" in preview.content.decode()
    assert before == ["undecided"] * 3
    assert [reason_of(video) for video in videos] == ["allowed", "allowed", "undecided"]
    assert "Remix is allowed for 2 videos." in result.content.decode()


def test_a_form_sent_twice_does_it_once(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)
    browser = client_of(alice)
    browser.post("/edits/new/", {"use": "remix", "ids": video.uuid})
    edit = Edit.objects.get()

    answers = [
        browser.post(f"/edits/{edit.uuid}/confirm/", {"key": edit.uuid})["Location"]
        for _ in range(2)
    ]

    assert answers[0] == answers[1]
    assert Event.objects.filter(action="consent.edited").count() == 1


def test_an_end_is_the_end_of_that_day_in_ones_own_zone(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)
    User.objects.filter(pk=alice.pk).update(time_zone="Pacific/Auckland")
    alice.refresh_from_db()

    client_of(alice).post("/edits/new/", {"use": "remix", "ids": video.uuid, "until": "2099-06-30"})

    terms = Edit.objects.get().terms
    assert terms
    assert terms.until
    assert terms.until.isoformat() == "2099-06-30T12:00:00+00:00"


def test_the_preview_can_be_made_again_with_an_end(alice: User, client_of: ClientOf) -> None:
    videos = make_videos(2, owner=alice)
    browser = client_of(alice)
    browser.post("/edits/new/", {"use": "remix", "ids": [v.uuid for v in videos]})
    first = Edit.objects.get()

    browser.post("/edits/new/", {"use": "remix", "again": first.uuid, "until": "2099-06-30"})

    second = Edit.objects.latest("pk")
    assert (second.selected, second.terms and second.terms.until is not None) == (2, True)


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/edits/new/", {"use": "remix"}, 400),
        ("/edits/new/", {"use": "voice", "ids": "{mine}"}, 422),
        ("/edits/new/", {"use": "remix", "ids": "nonsense"}, 422),
        ("/edits/new/", {"use": "remix", "ids": "{mine}", "until": "2001-01-01"}, 400),
        ("/edits/new/", {"use": "remix", "ids": "{mine}", "until": "soon"}, 422),
        ("/edits/new/", {"use": "remix", "ids": "{foreign}"}, 404),
        ("/consent/turn-off/", {"use": "remix", "ids": ["{mine}", "{foreign}"]}, 404),
        ("/consent/turn-off/", {"use": "remix", "ids": str(uuid4())}, 404),
        ("/opt-in/", {"restore": "whatever"}, 422),
    ],
)
def test_bad_input_gets_a_sentence_and_its_status(
    alice: User,
    bob: User,
    client_of: ClientOf,
    *,
    path: str,
    data: dict[str, object],
    status: int,
) -> None:
    [mine], [foreign] = make_videos(1, owner=alice), make_videos(1, owner=bob)
    names = {"{mine}": str(mine.uuid), "{foreign}": str(foreign.uuid)}
    sent = {
        key: [names.get(one, one) for one in value]
        if isinstance(value, list)
        else names.get(str(value), value)
        for key, value in data.items()
    }

    answer = client_of(alice).post(path, sent)

    assert answer.status_code == status
    assert "Traceback" not in answer.content.decode()
    assert reason_of(mine) == reason_of(foreign) == "undecided"


def test_a_stale_draft_is_a_conflict(
    alice: User, client_of: ClientOf, time_machine: object
) -> None:
    [video] = make_videos(1, owner=alice)
    browser = client_of(alice)
    browser.post("/edits/new/", {"use": "remix", "ids": video.uuid})
    edit = Edit.objects.get()
    time_machine.move_to(timezone.now() + timedelta(days=2))  # type: ignore[attr-defined]

    answer = browser.post(f"/edits/{edit.uuid}/confirm/", {"key": edit.uuid})

    assert answer.status_code == 409
    assert "more than a day old" in answer.content.decode()


def test_the_bar_turns_everything_off_in_one_post(alice: User, client_of: ClientOf) -> None:
    videos = make_videos(2, owner=alice)
    make_consent(*videos)
    browser = client_of(alice)

    answer = browser.post("/opt-out/", follow=True)

    page = answer.content.decode()
    assert Standing.objects.get(creator=alice).opted_out
    assert "Everything of yours is off." in page
    assert "Remix for 2 videos" in page
    assert "checked" not in page


def test_coming_back_needs_a_choice(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)
    browser = client_of(alice)
    browser.post("/opt-out/")

    undecided = browser.post("/opt-in/", {})
    still = reason_of(video)
    browser.post("/opt-in/", {"restore": "previous"})

    assert undecided.status_code == 422
    assert "Choose what to start from." in undecided.content.decode()
    assert still == "opted_out"
    assert reason_of(video) == "allowed"


def test_undoing_a_grant_happens_at_once_and_undoing_that_is_previewed(
    alice: User, client_of: ClientOf
) -> None:
    [video] = make_videos(1, owner=alice)
    edit = make_consent(video)
    browser = client_of(alice)

    browser.post(f"/edits/{edit.uuid}/undo/")
    after_undo = reason_of(video)
    inverse = Edit.objects.get(undoes=edit)
    answer = browser.post(f"/edits/{inverse.uuid}/undo/")

    assert after_undo == "undecided"
    assert answer["Location"].endswith("/preview/")
    assert reason_of(video) == "undecided"


def test_activity_tells_the_story_and_offers_undo(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)
    turn_off(video)

    page = client_of(alice).get("/activity/").content.decode()

    assert "You turned “Remix” off for 1 video" in page
    assert "You allowed “Remix” for 1 video" in page
    assert page.count("/undo/") == 2


def test_the_three_empty_lists_differ(alice: User, bob: User, client_of: ClientOf) -> None:
    make_videos(1, owner=alice)

    nothing = client_of(bob).get("/videos/").content.decode()
    no_match = client_of(alice).get("/videos/?q=zzz").content.decode()
    wrong = client_of(alice).get("/videos/?remix=zzz")

    assert "No videos yet" in nothing
    assert "No video matches" in no_match
    assert "Clear filters" in no_match
    assert wrong.status_code == 400


@pytest.mark.parametrize("sort", ["newest", "oldest", "title"])
def test_pages_show_every_video_once_in_order(alice: User, client_of: ClientOf, sort: str) -> None:
    make_videos(55, owner=alice, title="Same title")
    make_videos(5, owner=alice)
    browser = client_of(alice)

    seen: list[int] = []
    url = f"?size=25&sort={sort}"
    while url:
        context = browser.get(f"/videos/{url}").context
        seen += [video.pk for video, _ in context["rows"]]
        url = context["next_url"]

    assert len(seen) == len(set(seen)) == 60
    expected = {
        "newest": sorted(seen, reverse=True),
        "oldest": sorted(seen),
        "title": [v.pk for v in Video.objects.filter(owner=alice).order_by("title", "-id")],
    }
    assert seen == expected[sort]


def test_a_page_made_for_another_order_or_by_somebody_else_starts_over(
    alice: User, client_of: ClientOf
) -> None:
    make_videos(30, owner=alice)
    browser = client_of(alice)
    after = browser.get("/videos/?size=25").context["next_url"].split("after=")[1]

    for query in (f"?size=25&sort=title&after={after}", "?size=25&after=nonsense"):
        assert len(browser.get(f"/videos/{query}").context["rows"]) == 25


def test_the_list_asks_the_same_number_of_queries_for_1_and_for_500_videos(
    alice: User, client_of: ClientOf
) -> None:
    browser = client_of(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get("/videos/?size=100").status_code == 200
        return len(captured)

    make_consent(*make_videos(1, owner=alice))
    one = queries()
    make_consent(*make_videos(499, owner=alice))

    assert queries() == one


def test_a_redirect_never_leaves_the_site(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)

    answer = client_of(alice).post(
        "/consent/turn-off/", {"use": "remix", "ids": video.uuid, "next": "https://evil.example/"}
    )

    assert answer["Location"].startswith("/edits/")


def test_the_account_keeps_a_name_and_a_zone(alice: User, client_of: ClientOf) -> None:
    browser = client_of(alice)

    browser.post("/account/", {"display_name": "Alice M.", "time_zone": "Europe/Paris"})
    wrong = browser.post("/account/", {"display_name": "x" * 81, "time_zone": "Mars/Olympus"})

    alice.refresh_from_db()
    assert (alice.name, alice.time_zone) == ("Alice M.", "Europe/Paris")
    assert wrong.status_code == 422


def test_a_token_is_made_replaced_and_taken_away(alice: User, client_of: ClientOf) -> None:
    browser = client_of(alice)

    browser.post("/account/token/")
    first = browser.get("/account/").context["token"].key
    browser.post("/account/token/")
    second = browser.get("/account/").context["token"].key
    browser.post("/account/token/", {"revoke": ""})

    assert first != second
    assert browser.get("/account/").context["token"] is None
    actions = Event.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == [
        "account.token_made",
        "account.token_made",
        "account.token_revoked",
    ]


@pytest.mark.django_db
def test_a_form_sent_after_the_session_ended_comes_back_to_its_own_page() -> None:
    page = "http://testserver/videos/?q=a"

    form = Client().post("/consent/turn-off/", {"use": "remix"}, headers={"referer": page})
    part = Client().get("/memes/", headers={"hx-request": "true", "referer": page})

    assert (form.status_code, form["Location"]) == (
        302,
        "/account/login/?next=/videos/%3Fq%3Da",
    )
    assert (part.status_code, part["HX-Redirect"]) == (204, form["Location"])
