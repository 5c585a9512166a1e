"""What each filter and sort of the list finds: on the page, in the API and in a selection alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.signing import dumps
from django.http import QueryDict
from django.utils import timezone
from rest_framework.test import APIClient
from waffle.testutils import override_switch

from consent import filters, selection, services
from consent.filters import SORTS
from consent.models import Consent, ConsentCount, Edit, Notice, SavedFilter, Terms
from creatorhub.actors import Actor
from creatorhub.errors import Forbidden, NotFound, Refused
from creatorhub.models import User
from library import services as library
from library.models import Video
from library.search import collections_of
from tests.acts import hold, opt_out, run_to_the_end, turn_off
from tests.conftest import ClientOf, LargeEdits
from tests.database import counted_queries
from tests.factories import make_consent, make_user, make_videos
from tests.memes import make_render

Found = Callable[[str], set[str]]

pytestmark = pytest.mark.django_db


def titled(owner: User, *titles: str, **fields: Any) -> list[Video]:
    return [make_videos(1, owner=owner, title=title, **fields)[0] for title in titles]


@pytest.fixture
def found(
    alice: User, client_of: ClientOf, api_of: Callable[[User], APIClient]
) -> Callable[[str], set[str]]:
    """`found("q=beach")` are the titles that alice finds, which her page, her API, her export and
    her selection must agree on."""
    browser, api = client_of(alice), api_of(alice)

    def find(query: str) -> set[str]:
        page = browser.get(f"/videos/?{query}&size=100")
        assert page.status_code == 200, page.context["filter_errors"]
        shown = {video.title for video, _ in page.context["rows"]}
        answer = api.get(f"/api/v1/videos/?{query}&page_size=200").json()
        listed = {video["title"] for video in answer["results"]}
        chosen = selection.matching(alice, QueryDict(query))
        selected = set(selection.videos(alice, chosen).values_list("title", flat=True))
        kept = selection.read(chosen.token())
        assert shown == listed == selected
        assert set(selection.videos(alice, kept).values_list("title", flat=True)) == shown
        return shown

    return find


# titles


TITLES = (
    *("Straße am Meer", "ÜBUNG eins", "übung zwei", "Ёлка зимой", "東京の夜", "Ride 🚲 home"),
    *('He said "hello"', "100% pure", "1000 pure", "snake_case", "snakeXcase", "a*b-c", "x\\y"),
    *("O'Brien", "NEAR (this)", "Ab", "ab"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("straße", {"Straße am Meer"}),
        ("STRAßE AM", {"Straße am Meer"}),
        ("übung", {"ÜBUNG eins", "übung zwei"}),
        ("ÜBUNG", {"ÜBUNG eins", "übung zwei"}),
        ("ü", {"ÜBUNG eins", "übung zwei"}),
        ("Üb", {"ÜBUNG eins", "übung zwei"}),
        ("ёлка", {"Ёлка зимой"}),
        ("ёл", {"Ёлка зимой"}),
        ("東京の", {"東京の夜"}),
        ("夜", {"東京の夜"}),
        ("🚲", {"Ride 🚲 home"}),
        ("🚲 home", {"Ride 🚲 home"}),
        ('"hello"', {'He said "hello"'}),
        ('"', {'He said "hello"'}),
        ('""', set()),
        ("100%", {"100% pure"}),
        ("0%", {"100% pure"}),
        ("%", {"100% pure"}),
        ("_", {"snake_case"}),
        ("e_c", {"snake_case"}),
        ("snake", {"snake_case", "snakeXcase"}),
        ("a*b", {"a*b-c"}),
        ("*", {"a*b-c"}),
        ("x\\y", {"x\\y"}),
        ("\\", {"x\\y"}),
        ("o'b", {"O'Brien"}),
        ("NEAR (", {"NEAR (this)"}),
        ("title:near", set()),
        ("this OR snake", set()),
        ("AB", {"Ab", "ab"}),
        ("e s", {'He said "hello"'}),
        ("  snake_  ", {"snake_case"}),
        ("nothing of the kind", set()),
    ],
)
def test_a_title_is_found_by_any_part_of_it(
    alice: User, bob: User, found: Found, text: str, expected: set[str]
) -> None:
    titled(alice, *TITLES)
    titled(bob, *TITLES)
    asked = QueryDict(mutable=True)
    asked["q"] = text

    assert found(asked.urlencode()) == expected


def test_a_title_is_found_by_its_new_words_after_a_rename_and_not_once_removed(
    alice: User, found: Found
) -> None:
    one, other = titled(alice, "Morning ride", "Evening ride")

    library.rename_video(one, actor=Actor.creator(alice), title="Morning walk", collection="")
    services.remove_video(other, actor=Actor.creator(alice))

    assert found("q=ride") == set()
    assert found("q=walk") == {"Morning walk"}


# what the library knows


def test_a_collection_is_found_by_its_whole_name(alice: User, found: Found) -> None:
    titled(alice, "a", collection="Summer")
    titled(alice, "b", collection="Summer 2")
    titled(alice, "c", collection="summer")
    titled(alice, "d")

    assert found("collection=Summer") == {"a"}
    assert found("collection=Winter") == set()


def test_days_are_those_of_the_persons_own_zone_and_both_are_included(
    alice: User, client_of: ClientOf
) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Pacific/Auckland")
    for title, hour in (("before", 11), ("first", 12), ("last", 35), ("after", 36)):
        moment = datetime(2026, 6, 30, tzinfo=UTC) + timedelta(hours=hour)
        titled(alice, title, created_at=moment)
    browser = client_of(User.objects.get(pk=alice.pk))

    def listed(query: str) -> set[str]:
        page = browser.get(f"/videos/?{query}&all=1")
        shown = {video.title for video, _ in page.context["rows"]}
        chosen = selection.read(page.context["all"]["token"])
        kept = set(selection.videos(alice, chosen).values_list("title", flat=True))
        assert kept == shown  # later, in a worker whose own zone is another
        return shown

    assert listed("from=2026-07-01&to=2026-07-01") == {"first", "last"}
    assert listed("from=2026-07-01") == {"first", "last", "after"}
    assert listed("to=2026-07-01") == {"before", "first", "last"}
    assert listed("from=0001-01-01&to=9999-12-31") == {"before", "first", "last", "after"}


def test_lengths_are_seconds_and_both_ends_are_included(alice: User, found: Found) -> None:
    for title, length in (("short", 9_999), ("ten", 10_000), ("half", 10_500), ("long", 10_501)):
        titled(alice, title, duration_ms=length)

    assert found("longer=10") == {"ten", "half", "long"}
    assert found("shorter=10.5") == {"short", "ten", "half"}
    assert found("longer=10&shorter=10.5") == {"ten", "half"}


def test_memes_are_those_that_were_made_of_it(alice: User, bob: User, found: Found) -> None:
    made, waiting, _ = videos = titled(alice, "made", "waiting", "none")
    make_consent(*videos)
    for video, state in ((made, "done"), (made, "done"), (waiting, "queued")):
        make_render(video, bob, state=state)

    assert found("memes=yes") == {"made"}
    assert found("memes=no") == {"waiting", "none"}


# what was decided


@pytest.fixture
def decided(alice: User, staff: User, time_machine: Any) -> None:
    """A video in each state of remixing, named for it."""
    names = ("lapsed", "allowed", "ending", "ended", "asked", "off", "never", "training")
    videos = dict(zip(names, titled(alice, *names), strict=True))
    make_consent(videos["lapsed"])
    notice = services.write_notice(
        Notice(use="remix", title="New", text="New"), actor=Actor.staff(staff)
    )
    services.publish_notice(notice, actor=Actor.staff(staff))
    now = timezone.now()
    make_consent(videos["ended"], until=now + timedelta(hours=1))
    make_consent(videos["ending"], until=now + timedelta(days=29))
    make_consent(videos["allowed"])
    make_consent(videos["allowed"], until=now + timedelta(days=60))
    make_consent(videos["training"], use="train")
    turn_off(videos["off"])
    _asking_each_time(alice, videos["asked"])
    time_machine.move_to(now + timedelta(hours=2))


def _asking_each_time(owner: User, video: Video) -> None:
    """Terms that no page offers yet, put beneath a permission that the owner gave."""
    given = make_consent(video, until=timezone.now() + timedelta(days=90))
    assert given.terms
    terms = Terms.objects.create(use="remix", notice=given.terms.notice, mode=Terms.Mode.ASK)
    Consent.objects.filter(video=video).update(terms=terms)
    ConsentCount.objects.filter(creator=owner, terms=given.terms).update(terms=terms)


@pytest.mark.parametrize("rare", [0.1, 10**9], ids=["from the terms", "on the way"])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("remix=allowed", {"allowed", "ending"}),
        ("remix=ending", {"ending"}),
        ("remix=ask", {"asked"}),
        ("remix=undecided", {"never", "training"}),
        ("remix=expired", {"ended"}),
        ("remix=notice_changed", {"lapsed"}),
        ("remix=off", {"lapsed", "ended", "off", "never", "training"}),
        ("train=allowed", {"training"}),
        ("train=off", {"lapsed", "allowed", "ending", "ended", "asked", "off", "never"}),
        ("remix=undecided&train=allowed", {"training"}),
        ("remix=allowed&train=allowed", set()),
        ("reason=off", {"off"}),
        ("reason=allowed", {"allowed", "ending", "training"}),
        ("reason=expired", {"ended"}),
        ("reason=notice_changed", {"lapsed"}),
        ("reason=approval_needed", {"asked"}),
        ("reason=opted_out", set()),
        ("reason=withdrawn", set()),
        ("remix=allowed&q=end", {"ending"}),
        ("edited=never", {"never"}),
        ("edited=day&remix=off", {"lapsed", "ended", "off", "training"}),
    ],
)
def test_a_state_finds_the_videos_that_are_in_it(
    decided: None,
    found: Found,
    monkeypatch: pytest.MonkeyPatch,
    *,
    rare: float,
    query: str,
    expected: set[str],
) -> None:
    monkeypatch.setattr(filters, "RARE", rare)

    assert found(query) == expected


STORED = {
    "remix=allowed": {"allowed", "ending"},
    "remix=ending": {"ending"},
    "remix=undecided": {"never", "training"},
    "remix=off": {"lapsed", "ended", "off", "never", "training"},
    "remix=expired": {"ended"},
}


def test_what_is_stored_is_found_whatever_holds_it_back(
    alice: User, decided: None, found: Found
) -> None:
    everything = found("")

    with override_switch("remixer_paused", active=True):
        paused = {query: found(query) for query in STORED}
        reasons = (found("reason=paused"), found("reason=off"), found("train=allowed"))
    hold(creator=alice)
    held = {query: found(query) for query in STORED}
    opt_out(alice)
    opted_out = {query: found(query) for query in STORED}

    assert paused == held == opted_out == STORED
    assert reasons == (everything, set(), {"training"})
    assert found("reason=opted_out") == everything
    assert found("remix=held") == everything
    assert found("reason=allowed") == found("reason=held") == set()


def test_what_is_not_ready_is_off_for_that_reason(decided: None, found: Found) -> None:
    Video.objects.filter(title="allowed").update(status=Video.Status.PROCESSING)

    assert found("reason=video_unavailable") == {"allowed"}
    assert found("remix=allowed") == {"ending"}


def test_what_is_being_withdrawn_is_off_for_that_reason(
    alice: User, decided: None, found: Found, large_edits: LargeEdits
) -> None:
    large_edits(inline=0)
    services.turn_off(
        actor=Actor.creator(alice),
        creator=alice,
        use="remix",
        matching=selection.matching(alice, {"remix": "allowed"}),
    )

    assert found("reason=withdrawn") == {"allowed", "ending"}
    assert found("remix=allowed") == set()


def test_the_last_edit_is_found_by_its_age(alice: User, found: Found, time_machine: Any) -> None:
    now = timezone.now()
    videos = titled(alice, "hour", "days", "weeks", "months", "never")
    for video, age in zip(videos, (0, 3, 20, 100), strict=False):
        time_machine.move_to(now - timedelta(days=age), tick=False)
        make_consent(video, use="train")
    time_machine.move_to(now + timedelta(minutes=1))

    assert found("edited=day") == {"hour"}
    assert found("edited=week") == {"hour", "days"}
    assert found("edited=month") == {"hour", "days", "weeks"}
    assert found("edited=never") == {"never"}


def test_an_edit_finds_what_it_changed_and_only_for_its_creator(
    alice: User, bob: User, found: Found
) -> None:
    one, other, _ = titled(alice, "one", "other", "third")
    make_consent(one)
    edit = make_consent(one, other)
    foreign = make_consent(*titled(bob, "foreign"))
    turn_off(other)

    assert found(f"edit={edit.uuid}") == {"other"}
    assert found(f"edit={foreign.uuid}") == found(f"edit={uuid4()}") == set()


# order and pages


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_goes_through_all_videos_once_with_ties_of_any_length(
    alice: User, client_of: ClientOf, api_of: Callable[[User], APIClient], sort: str
) -> None:
    day = datetime(2026, 6, 1, tzinfo=UTC)
    same = {"title": "Same", "created_at": day, "duration_ms": 5000}
    make_videos(30, owner=alice, **same)
    make_videos(30, owner=alice, **{**same, "created_at": day + timedelta(days=1)})
    for n, title in enumerate(("älter", "Ähre", "_a", "Zoo", "zoo", "", "10", "9", "東京")):
        make_videos(1, owner=alice, title=title, created_at=day, duration_ms=n)
    hers = Video.objects.filter(owner=alice)
    expected = list(hers.order_by(*SORTS[sort]))

    browser, url, seen = client_of(alice), f"/videos/?size=25&sort={sort}", []
    while url:
        page = browser.get(url)
        seen += [video.pk for video, _ in page.context["rows"]]
        url = f"/videos/{page.context['next_url']}" if page.context["next_url"] else ""
    api, answer = api_of(alice), f"/api/v1/videos/?page_size=7&sort={sort}"
    listed: list[str] = []
    while answer:
        part = api.get(answer).json()
        listed += [video["id"] for video in part["results"]]
        answer = part["next"]

    assert seen == [video.pk for video in expected]
    assert listed == [str(video.uuid) for video in expected]
    if sort == "title":
        assert abs(_place(expected, "Zoo") - _place(expected, "zoo")) == 1


@pytest.mark.parametrize("sort", SORTS)
def test_back_through_the_pages_shows_the_same_rows_at_the_same_places(
    alice: User, client_of: ClientOf, sort: str
) -> None:
    make_videos(60, owner=alice, title="Same", duration_ms=5000)
    browser = client_of(alice)

    def walk(query: str, step: str) -> list[tuple[int, int, list[int]]]:
        seen = []
        while query:
            context = browser.get(f"/videos/{query}").context
            rows = [video.pk for video, _ in context["rows"]]
            seen.append((context["first_row"], context["last_row"], rows))
            last.append(query)
            query = context[step]
        return seen

    last: list[str] = []
    there = walk(f"?q=same&size=25&sort={sort}", "next_url")
    back = walk(last[-1], "previous_url")

    assert [places[:2] for places in there] == [(1, 25), (26, 50), (51, 60)]
    assert back == there[::-1]


def test_back_to_where_rows_are_gone_is_the_first_page(alice: User, client_of: ClientOf) -> None:
    videos = make_videos(60, owner=alice)
    browser = client_of(alice)
    second = browser.get(f"/videos/{browser.get('/videos/?size=25').context['next_url']}")
    for video in videos[-3:]:
        services.remove_video(video, actor=Actor.creator(alice))

    page = browser.get(f"/videos/{second.context['previous_url']}").context

    assert (page["first_row"], page["last_row"], page["previous_url"]) == (1, 25, "")
    assert page["rows"][0][0] == videos[-4]


def test_the_list_says_how_many_match_and_counts_no_further_than_it_must(
    alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "COUNTED", 30)
    titled(alice, *(f"Street {n}" for n in range(27)), *(f"Garden {n}" for n in range(3)))
    make_videos(10, owner=alice)
    browser = client_of(alice)

    all_of_them = browser.get("/videos/?size=25").text
    a_street = browser.get("/videos/?size=25&q=street")
    many = browser.get("/videos/?size=25&longer=0").text
    with counted_queries() as captured:
        last = browser.get(f"/videos/{a_street.context['next_url']}").text

    assert "Select all 40 that match" in all_of_them
    assert re.search(r"1–25\s+of 40", all_of_them)
    assert "Select all 27 that match" in a_street.text
    assert "Select all that match, more than 30" in many
    assert re.search(r"1–25\s+of more than 30", many)
    assert re.search(r"26–27\s+of 27", last)
    counts = [query["sql"] for query in captured if "COUNT(*)" in query["sql"].upper()]
    assert len([sql for sql in counts if "LIMIT 31" in sql]) == 1
    assert all("LIMIT" in sql for sql in counts)


def _place(videos: list[Video], title: str) -> int:
    return [video.title for video in videos].index(title)


def test_a_page_asks_for_no_offset_and_counts_nothing(alice: User, client_of: ClientOf) -> None:
    make_videos(60, owner=alice)
    browser = client_of(alice)
    second = browser.get("/videos/?size=25").context["next_url"]

    with counted_queries() as captured:
        browser.get(f"/videos/{second}")

    asked = [query["sql"].upper() for query in captured if "LIBRARY_VIDEO" in query["sql"].upper()]
    assert asked
    assert not [sql for sql in asked if "OFFSET" in sql or "COUNT(*)" in sql]


FILTERS = (
    "",
    "q=video",
    "q=vi",
    "collection=Trips",
    "from=2020-01-01&to=2099-01-01",
    "longer=1&shorter=9",
    "remix=allowed",
    "remix=off&train=off",
    "remix=ending",
    "reason=undecided",
    "memes=no",
    "edited=week",
    "all=1&remix=undecided",
    "sort=title&q=video&remix=allowed",
)


@pytest.mark.parametrize("query", FILTERS)
def test_every_filter_asks_the_same_number_of_queries_for_1_and_for_500_videos(
    client_of: ClientOf, query: str
) -> None:
    def queries(count: int) -> int:
        owner = make_user()
        videos = make_videos(2 * count, owner=owner, collection="Trips")
        make_consent(*videos[:count], until=timezone.now() + timedelta(days=9))
        browser = client_of(owner)
        with counted_queries() as captured:
            assert browser.get(f"/videos/?size=100&{query}").status_code == 200
        return len(captured)

    queries(1)  # a process asks once whether there is an index of titles
    assert queries(1) == queries(250)


@pytest.mark.parametrize(
    ("after", "rows"),
    [
        ("nonsense", 3),
        (dumps(["newest", 1], salt="page"), 3),
        (dumps([["-created_at", "-id"], [None, None]], salt="another"), 3),
        ("%00", 3),
    ],
    ids=["nonsense", "of another shape", "signed for something else", "a null byte"],
)
def test_a_page_that_we_did_not_make_is_the_first(
    alice: User, client_of: ClientOf, after: str, rows: int
) -> None:
    make_videos(3, owner=alice)

    page = client_of(alice).get(f"/videos/?after={after}")

    assert (page.status_code, len(page.context["rows"])) == (200, rows)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("/videos/?q=&remix=allowed&to=&size=25", "/videos/?remix=allowed&size=25"),
        ("/videos/?q=&edit=", "/videos/"),
        ("/activity/?q=a+b%26c&from=", "/activity/?q=a+b%26c"),
        ("/remix/?q=", "/remix/"),
        ("/videos/?q=&q=%C3%BC&q=b", "/videos/?q=%C3%BC&q=b"),
    ],
)
def test_an_address_with_empty_parameters_leads_to_the_one_without(
    alice: User, client_of: ClientOf, asked: str, kept: str
) -> None:
    answer = client_of(alice).get(asked)

    assert (answer.status_code, answer["Location"]) == (302, kept)


# filters that cannot be read

BAD = [
    ("q=%00", "q"),
    (f"q={'x' * 201}", "q"),
    (f"collection={'x' * 101}", "collection"),
    ("from=soon", "from"),
    ("to=2026-02-30", "to"),
    ("longer=-1", "longer"),
    ("longer=long", "longer"),
    ("longer=NaN", "longer"),
    ("longer=1e9999", "longer"),
    ("shorter=86401", "shorter"),
    ("remix=maybe", "remix"),
    ("train=on", "train"),
    ("reason=because", "reason"),
    ("memes=many", "memes"),
    ("edited=year", "edited"),
    ("edit=7", "edit"),
    ("from=2027-03-02&to=2027-03-01", "to"),
    ("longer=11&shorter=10", "shorter"),
]


@pytest.mark.parametrize(("query", "name"), BAD)
def test_a_filter_that_cannot_be_read_is_refused_everywhere_with_its_name(
    alice: User, client_of: ClientOf, api_of: Callable[[User], APIClient], query: str, name: str
) -> None:
    make_videos(2, owner=alice)
    browser = client_of(alice)
    asked = QueryDict(query)

    for address in ("/videos/", "/videos/spreadsheet.csv"):
        answer = browser.get(f"{address}?{query}")
        assert answer.status_code == 400
        assert "Traceback" not in answer.text
    page = browser.get(f"/videos/?{query}&all=1")
    listed = api_of(alice).get(f"/api/v1/videos/?{query}")
    saved = browser.post("/videos/filters/", {"name": "x", "query": query})
    with pytest.raises(Refused, match=f"The filter “{name}” cannot be read"):
        selection.matching(alice, asked)

    [(_, sentence)] = page.context["filter_errors"]
    assert page.status_code == 400
    assert sentence.endswith((".", "?"))
    assert "Clear filters" in page.text
    assert page.context["all"] is None
    assert not page.context["rows"]
    assert (listed.status_code, list(listed.json())) == (400, [name])
    assert saved.status_code == 400
    assert not SavedFilter.objects.exists()
    assert not Edit.objects.exists()


def test_a_sort_that_does_not_exist_is_said_and_narrows_no_selection(
    alice: User, client_of: ClientOf
) -> None:
    make_videos(1, owner=alice)

    assert client_of(alice).get("/videos/?sort=size").status_code == 400
    assert selection.matching(alice, {"sort": "size", "after": "2"}).query == ""


# collections


def test_collections_are_named_once_in_order_without_those_of_others(
    alice: User, bob: User
) -> None:
    for name in ("Trips", "Attic", "Trips", "", "attic", "東京", "Ärger"):
        titled(alice, "x", collection=name)
    titled(bob, "x", collection="Foreign")
    [gone] = titled(alice, "x", collection="Gone")
    services.remove_video(gone, actor=Actor.creator(alice))

    with counted_queries() as captured:
        names = collections_of(alice)

    assert set(names) == {"Attic", "Trips", "attic", "Ärger", "東京"}
    by_database = Video.objects.owned_by(alice).exclude(collection="").order_by("collection")
    assert names == list(by_database.values_list("collection", flat=True).distinct())
    assert len(captured) == 1
    assert collections_of(alice, most=2) == names[:2]


def test_a_creator_without_videos_has_no_collections(alice: User) -> None:
    assert collections_of(alice) == []


# saved filters


def save(owner: User, name: str, **asked: str) -> SavedFilter:
    return services.save_filter(actor=Actor.creator(owner), creator=owner, name=name, asked=asked)


def test_a_filter_is_saved_shown_used_and_forgotten(alice: User, client_of: ClientOf) -> None:
    titled(alice, "Beach", "Attic")
    browser = client_of(alice)

    answer = browser.post(
        "/videos/filters/",
        {"name": "  My   beach ", "query": "sort=title&q=beach&size=25&after=x&all=1"},
    )
    shown = browser.get(answer["Location"])
    saved = SavedFilter.objects.get()
    forgotten = browser.post(f"/videos/filters/{saved.uuid}/forget/")

    assert (answer.status_code, saved.name, saved.query) == (303, "My beach", "q=beach")
    assert [video.title for video, _ in shown.context["rows"]] == ["Beach"]
    assert "My beach" in shown.text
    assert (forgotten.status_code, SavedFilter.objects.count()) == (303, 0)


def test_saving_under_the_same_name_replaces(alice: User) -> None:
    first, second = save(alice, "Mine", q="a"), save(alice, "Mine", q="b", remix="off")

    assert first.uuid == second.uuid
    assert SavedFilter.objects.get().query == "q=b&remix=off"


def test_saved_filters_are_their_creators_own(
    alice: User, bob: User, staff: User, client_of: ClientOf
) -> None:
    saved = save(alice, "Mine", q="a")

    assert client_of(bob).post(f"/videos/filters/{saved.uuid}/forget/").status_code == 404
    with pytest.raises(NotFound):
        services.forget_filter(saved.uuid, actor=Actor.creator(bob), creator=bob)
    for actor in (Actor.creator(bob), Actor.staff(staff)):
        with pytest.raises(Forbidden):
            services.forget_filter(saved.uuid, actor=actor, creator=alice)
        with pytest.raises(Forbidden):
            services.save_filter(actor=actor, creator=alice, name="x", asked={"q": "x"})

    assert SavedFilter.objects.get() == saved


@pytest.mark.parametrize(
    ("name", "query", "status"),
    [
        ("", "q=a", 422),
        ("   ", "q=a", 422),
        ("x" * 61, "q=a", 422),
        ("x", "", 422),
        ("x", "sort=title&size=25", 422),
        ("x", f"q={'ä' * 200}&collection={'ä' * 100}", 422),
        ("x\0y", "q=a", 422),
    ],
)
def test_a_filter_that_cannot_be_saved_is_refused_with_a_sentence(
    alice: User, client_of: ClientOf, name: str, query: str, status: int
) -> None:
    answer = client_of(alice).post("/videos/filters/", {"name": name, "query": query})

    assert answer.status_code == status
    assert str(answer.context["sentence"]).endswith(".")
    assert not SavedFilter.objects.exists()


def test_at_most_thirty_filters_are_kept(alice: User) -> None:
    for n in range(30):
        save(alice, f"Filter {n}", q="a")

    with pytest.raises(Refused, match="Remove one first"):
        save(alice, "One more", q="a")
    save(alice, "Filter 7", q="b")

    assert SavedFilter.objects.count() == 30


# one word in several forms


MAC, CAPITALS = "Cafe\u0301", "CAFÉ"


@pytest.mark.large_edits(inline=1, freeze=2, chunk=2)
@pytest.mark.parametrize("typed", ["Café", MAC, CAPITALS])
def test_turning_off_all_that_match_finds_a_title_in_whatever_form(
    alice: User, client_of: ClientOf, api_of: Callable[[User], APIClient], typed: str
) -> None:
    videos = titled(alice, "Café 1", f"{MAC} 2", f"{CAPITALS} 3")
    make_videos(2, owner=alice, title="Cafeteria")
    for video in videos:
        make_consent(video)

    browser = client_of(alice)
    page = browser.get("/videos/", {"q": typed, "all": "1"})
    sheet = browser.get("/videos/spreadsheet.csv", {"q": typed}).getvalue()
    listed = api_of(alice).get("/api/v1/videos/", {"q": typed}).json()["results"]
    answer = api_of(alice).post(
        "/api/v1/edits/turn-off/",
        {"use": "remix", "selection": {"matching": {"q": typed}}},
        format="json",
    )
    run_to_the_end(Edit.objects.latest("id"))

    assert len(page.context["rows"]) == page.context["all"]["number"] == 3
    assert len(sheet.decode().splitlines()) == len(listed) + 1 == 4
    assert answer.status_code == 202
    off = Consent.objects.filter(use="remix", terms=None).values_list("video", flat=True)
    assert set(off) == {video.pk for video in videos}


def test_a_collection_is_chosen_and_a_filter_saved_in_whatever_form(alice: User) -> None:
    [video] = make_videos(1, owner=alice, collection=MAC)
    saved = [save(alice, name, collection=MAC, q="a") for name in (MAC, "Café")]

    for form in ("Café", MAC):
        chosen = selection.matching(alice, {"collection": form})
        assert [found.pk for found in selection.videos(alice, chosen)] == [video.pk]
    assert saved[0] == saved[1]
    assert saved[0].query == urlencode({"collection": "Café", "q": "a"})


@pytest.mark.parametrize("nothing", ["\u200b", " \u00ad\ufeff ", "\u2060"])
def test_a_search_for_what_cannot_be_seen_is_no_search(
    alice: User, client_of: ClientOf, api_of: Callable[[User], APIClient], nothing: str
) -> None:
    make_videos(2, owner=alice)

    page = client_of(alice).get("/videos/", {"q": nothing})
    refused = api_of(alice).post(
        "/api/v1/edits/turn-off/",
        {"use": "remix", "selection": {"matching": {"q": nothing}}},
        format="json",
    )

    assert (page.context["narrowed"], len(page.context["rows"])) == (False, 2)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_filter")
