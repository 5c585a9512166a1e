"""A person's activity: everything that concerns them, each in their own person, once, with what it
is about; searched, and narrowed by day, kind and video."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from audit import log
from audit.models import Concern, Event
from consent import services
from consent.models import Edit
from creatorhub.actors import Actor
from creatorhub.models import User
from library.models import Video
from remixer import services as remixer
from tests.acts import publish_notice, run_to_the_end, turn_off
from tests.conftest import ApiOf, ClientOf, LargeEdits
from tests.database import counted_queries
from tests.factories import make_consent, make_user, make_videos
from tests.memes import make_render

pytestmark = pytest.mark.django_db

URL = "/activity/"


def texts(person: User, client_of: ClientOf, query: str = "") -> list[str]:
    answer = client_of(person).get(f"{URL}{query}")
    assert answer.status_code == 200
    return [entry.text for entry in answer.context["entries"]]


def entry(person: User, client_of: ClientOf, start: str) -> Any:
    entries = client_of(person).get(URL).context["entries"]
    return next(one for one in entries if one.text.startswith(start))


def pause(staff: User) -> None:
    remixer.pause(actor=Actor.staff(staff), reason="A fault in the caption engine")


def resume(staff: User) -> None:
    remixer.resume(actor=Actor.staff(staff), reason="Mended")


# what is in it


def test_one_video_is_named(alice: User, client_of: ClientOf) -> None:
    cat, dog = make_videos(1, owner=alice, title="Cat") + make_videos(1, owner=alice, title="Dog")
    make_consent(cat)
    make_consent(cat, dog)  # changes the dog alone

    assert texts(alice, client_of) == [
        "You allowed “Remix” for “Dog”",
        "You allowed “Remix” for “Cat”",
    ]


def test_pause_and_resume_concern_who_had_allowed_remixing(
    alice: User, bob: User, carol: User, staff: User, client_of: ClientOf
) -> None:
    [hers], [his] = make_videos(1, owner=alice), make_videos(1, owner=bob)
    make_consent(hers)
    make_consent(his, use="train")

    pause(staff)
    resume(staff)

    assert texts(alice, client_of)[:2] == [
        "CreatorHub staff resumed remixing. What you allow counts again.",
        "CreatorHub staff paused remixing for everyone. What you allowed stays stored.",
    ]
    assert len(texts(bob, client_of)) == 1
    assert texts(carol, client_of) == []
    assert not Event.objects.filter(action="remixer.paused").exclude(creator=None).exists()


def test_what_was_before_the_first_permission_or_after_the_last_concerns_nobody(
    alice: User, staff: User, client_of: ClientOf
) -> None:
    [video] = make_videos(1, owner=alice)
    pause(staff)
    resume(staff)
    make_consent(video)
    turn_off(video)
    pause(staff)

    assert len(texts(alice, client_of)) == 2


def test_what_staff_wrote_about_a_pause_is_for_staff(
    alice: User, staff: User, client_of: ClientOf, api_of: ApiOf
) -> None:
    make_consent(*make_videos(1, owner=alice))
    pause(staff)

    page = client_of(alice).get(URL).text
    answer = api_of(alice).get("/api/v1/audit/events/").content.decode()

    assert "caption engine" not in page
    assert "caption engine" not in answer
    assert "paused remixing for everyone" in answer


def test_a_notice_that_lapses_permissions_is_in_the_record_of_whom_it_concerns(
    alice: User, bob: User, staff: User, client_of: ClientOf
) -> None:
    make_consent(*make_videos(1, owner=alice))
    make_videos(1, owner=bob)
    publish_notice(staff, material=False)
    publish_notice(staff)

    [notice, _allowed] = client_of(alice).get(URL).context["entries"]

    assert notice.text == "CreatorHub staff published new terms for “Remix”: “New”, version 4"
    assert notice.reason == "What you had allowed under older terms waits for your answer."
    assert texts(bob, client_of) == []


def test_what_staff_did_is_told_with_the_reason(
    alice: User, staff: User, client_of: ClientOf
) -> None:
    [video] = make_videos(1, owner=alice, title="Cat")
    make_consent(video)
    services.turn_off(
        actor=Actor.staff(staff), creator=alice, use="remix", ids=[video.uuid], reason="A complaint"
    )

    first = entry(alice, client_of, "CreatorHub staff")

    assert first.text == "CreatorHub staff turned “Remix” off for “Cat”"
    assert first.reason == "A complaint"


@pytest.mark.parametrize("by", ["alice", "staff"])
def test_a_remixer_reads_that_a_meme_was_taken_down_why_and_by_whom(
    alice: User, bob: User, carol: User, staff: User, client_of: ClientOf, *, by: str
) -> None:
    [video] = make_videos(1, owner=alice, title="Cat")
    make_consent(video)
    made = make_render(video, bob, state="done", published_at=datetime.now(UTC))
    make_render(video, bob, state="queued")
    make_render(video, carol, state="queued")
    actor = Actor.creator(alice) if by == "alice" else Actor.staff(staff)
    services.turn_off(actor=actor, creator=alice, use="remix", ids=[video.uuid])

    his = client_of(bob).get(URL).context["entries"]
    went = {"alice": "was hidden", "staff": "was taken down"}[by]
    hers = entry(alice, client_of, f"A meme of “Cat” by bob {went}")

    assert [one.text for one in his] == [
        f"Your meme of “Cat” {went}",
        "Your meme of “Cat” was stopped",
    ]
    who = {
        "alice": ("The creator has", "You"),
        "staff": ("CreatorHub staff have", "A moderator of CreatorHub"),
    }
    assert {one.reason for one in his} == {f"{who[by][0]} turned this off for this video."}
    assert hers.reason == f"{who[by][1]} turned this off for this video."
    assert his[0].url == f"/memes/{made.uuid}/"
    assert Concern.objects.filter(person=carol.uuid).count() == 1


def test_one_large_edit_is_one_line_that_says_how_far_it_came(
    alice: User, client_of: ClientOf, large_edits: LargeEdits
) -> None:
    large_edits()
    videos = make_videos(5, owner=alice)
    edit = turn_off(*videos)
    before = texts(alice, client_of)
    run_to_the_end(edit)

    [line] = client_of(alice).get(URL).context["entries"]

    assert before == ["You confirmed an edit: “Remix” off"]
    assert line.text == "You turned “Remix” off for 5 videos"
    assert (line.parts, line.url) == (3, f"/edits/{edit.uuid}/")
    assert line.may_undo


def test_lines_lead_to_what_they_are_about(alice: User, client_of: ClientOf) -> None:
    [video] = make_videos(1, owner=alice)
    [gone] = make_videos(1, owner=alice)
    for one in (video, gone):
        log.append(
            "video.retried",
            actor=Actor.creator(alice),
            creator=alice,
            subject=one.uuid,
            title=one.title,
        )
    services.remove_video(gone, actor=Actor.creator(alice))

    urls = [one.url for one in client_of(alice).get(URL).context["entries"]]

    assert urls == ["", "", f"/videos/{video.uuid}/"]


# narrowed


@pytest.fixture
def busy(alice: User) -> list[Video]:
    """Alice allowed two videos at once, turned one off, and changed her account."""
    cat, dog = make_videos(1, owner=alice, title="Straße") + make_videos(
        1, owner=alice, title="Dog"
    )
    make_consent(cat, dog)
    turn_off(dog)
    log.append("account.updated", actor=Actor.creator(alice), creator=alice)
    return [cat, dog]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?kind=consent", ["You turned “Remix” off for “Dog”", "You allowed “Remix” for 2 videos"]),
        ("?kind=account", ["You changed this account's name or time zone"]),
        ("?kind=memes", []),
        ("?q=dog", ["You turned “Remix” off for “Dog”"]),
        ("?q=zebra", []),
        ("?", 3),
        ("?from=2001-01-01&to=2001-12-31", []),
        ("?from=2001-01-01", 3),
        (
            "?video={dog}",
            ["You turned “Remix” off for “Dog”", "You allowed “Remix” for 2 videos"],
        ),
        ("?video={cat}", ["You allowed “Remix” for 2 videos"]),
        ("?video={nobody}", []),
    ],
)
def test_it_is_narrowed_by_kind_text_day_and_video(
    alice: User,
    busy: list[Video],
    client_of: ClientOf,
    api_of: ApiOf,
    *,
    query: str,
    expected: list[str] | int,
) -> None:
    query = query.format(cat=busy[0].uuid, dog=busy[1].uuid, nobody=uuid4())

    found = texts(alice, client_of, query)
    answered = api_of(alice).get(f"/api/v1/audit/events/{query}").json()["results"]

    assert (len(found) if isinstance(expected, int) else found) == expected
    assert [one["text"] for one in answered] == found


def test_a_day_is_that_of_the_reader(alice: User, client_of: ClientOf, time_machine: Any) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Pacific/Auckland")
    time_machine.move_to(datetime(2026, 6, 1, 13, tzinfo=UTC), tick=False)  # there it is 2 June
    log.append("account.updated", actor=Actor.creator(alice), creator=alice)
    alice.refresh_from_db()

    assert len(texts(alice, client_of, "?from=2026-06-02&to=2026-06-02")) == 1
    assert texts(alice, client_of, "?to=2026-06-01") == []


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?kin=consent", "kin"),
        ("?kind=voice", "There is no “voice” to choose from here."),
        ("?from=soon", "This is not a day. Write it like 2027-03-31."),
        ("?video=cat", "This is not the ID of anything."),
        ("?from=2027-03-02&to=2027-03-01", "This day is before the first one"),
        ("?q=a&q=b", "more than once"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_says_so(
    alice: User, client_of: ClientOf, api_of: ApiOf, *, query: str, says: str
) -> None:
    page = client_of(alice).get(f"{URL}{query}")
    answer = api_of(alice).get(f"/api/v1/audit/events/{query}")

    assert (page.status_code, answer.status_code) == (400, 400)
    assert says in page.text


def test_pages_follow_each_other_without_gap_or_double(alice: User, client_of: ClientOf) -> None:
    for _ in range(60):
        log.append("account.updated", actor=Actor.creator(alice), creator=alice)
    browser = client_of(alice)

    first = browser.get(f"{URL}?kind=account")
    second = browser.get(f"{URL}{first.context['next_url']}")

    assert (len(first.context["entries"]), len(second.context["entries"])) == (50, 10)
    assert "kind=account" in first.context["next_url"]
    assert second.context["next_url"] == ""


def test_the_number_of_queries_does_not_depend_on_how_much_has_happened(
    staff: User, client_of: ClientOf
) -> None:
    def queries(times: int) -> tuple[int, int]:
        person = make_user()
        [video] = make_videos(1, owner=person)
        for _ in range(times):
            make_consent(video)
            make_render(video, staff, state="done", published_at=datetime.now(UTC))
            turn_off(video)
        browser = client_of(person)
        with counted_queries() as activity:
            assert browser.get(URL).status_code == 200
        with counted_queries() as page:
            assert browser.get(f"/videos/{video.uuid}/").status_code == 200
        return len(activity), len(page)

    few = queries(2)

    assert few[0] <= 20
    assert queries(9) == few


def test_a_videos_page_tells_all_that_happened_to_it(
    alice: User, bob: User, staff: User, client_of: ClientOf
) -> None:
    cat, dog = make_videos(1, owner=alice, title="Cat") + make_videos(1, owner=alice, title="Dog")
    make_consent(cat, dog)
    pause(staff)
    resume(staff)
    services.turn_off(
        actor=Actor.staff(staff), creator=alice, use="remix", ids=[cat.uuid], reason="A complaint"
    )
    publish_notice(staff)

    def told(video: Video) -> list[tuple[str, str]]:
        page = client_of(alice).get(f"/videos/{video.uuid}/")
        return [(entry.text, entry.reason) for entry in page.context["timeline"]]

    assert told(cat) == [
        ("CreatorHub staff turned “Remix” off", "A complaint"),
        ("CreatorHub staff resumed remixing. What you allow counts again.", ""),
        ("CreatorHub staff paused remixing for everyone. What you allowed stays stored.", ""),
        ("You allowed “Remix”, with 1 other video", ""),
    ]
    assert told(dog)[0][0].startswith("CreatorHub staff published new terms")
    assert Edit.objects.count() == 2
