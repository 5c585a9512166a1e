"""The numbers on every page, compared with counting: after every kind of act, on the bar and on the
overview, for a library of any size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Count
from django.test import Client
from django.utils import timezone
from waffle.testutils import override_switch

from consent import selection, services
from consent.context import consent_bar_of
from consent.models import Consent, ConsentCount, Notice, Terms
from consent.uses import USES, Use
from creatorhub.actors import Actor
from creatorhub.models import User
from library import services as library
from library.models import Video
from tests.acts import draft_matching, opt_in, opt_out, publish_notice, run, turn_off
from tests.conftest import ApiOf, ClientOf, LargeEdits
from tests.database import counted_queries
from tests.factories import make_consent, make_user, make_videos

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def two_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said here in whole sentences is said of these two, whatever use is added."""
    for use in set(USES) - {"remix", "train"}:
        monkeypatch.delitem(USES, use)


def stored_counts(owner: User) -> dict[tuple[str, int], int]:
    kept = ConsentCount.objects.filter(creator=owner).exclude(videos=0)
    return {(use, terms): n for use, terms, n in kept.values_list("use", "terms", "videos")}


def counted(owner: User) -> dict[tuple[str, int], int]:
    """What the counts must say, from every row."""
    stored = Consent.objects.filter(
        creator=owner, terms__isnull=False, video__removed_at=None, video__status="ready"
    )
    found = stored.order_by().values_list("use", "terms").annotate(n=Count("pk"))
    return {(use, terms): n for use, terms, n in found if terms}


def agree(owner: User) -> bool:
    assert stored_counts(owner) == counted(owner)
    assert library.video_count(owner) == Video.objects.owned_by(owner).count()
    return True


def acts(alice: User, staff: User) -> Iterator[str]:
    """Every kind of act, one after the other, over six videos."""
    videos = make_videos(6, owner=alice)
    soon = timezone.now() + timedelta(days=9)
    yield "nothing"
    grant = make_consent(*videos[:4])
    yield "allowed"
    make_consent(*videos[:4])
    yield "allowed again"
    make_consent(*videos[1:3], until=soon)
    yield "allowed until then"
    make_consent(*videos[:2], use="train")
    yield "trained"
    turn_off(videos[0])
    yield "off"
    services.turn_off(
        actor=Actor.staff(staff), creator=alice, use="train", ids=[videos[0].uuid], reason="x"
    )
    yield "off by staff"
    services.undo_or_draft(grant.uuid, actor=Actor.creator(alice), creator=alice)
    yield "undone"
    services.remove_video(videos[1], actor=Actor.creator(alice))
    yield "removed"
    services.remove_video(videos[5], actor=Actor.creator(alice))
    yield "removed undecided"
    turn_off(videos[2])
    publish_notice(staff)
    make_consent(*videos[2:5])
    yield "renewed"
    opt_out(alice)
    yield "opted out"
    opt_in(alice, restore="previous")
    yield "opted in"
    services.set_upload_default(
        actor=Actor.creator(alice), creator=alice, use="remix", grant=services.Grant()
    )
    [new] = make_videos(1, owner=alice)
    services.apply_upload_defaults(new)
    yield "uploaded"
    opt_out(alice)
    opt_in(alice, restore="all_off")
    yield "all off"


def test_the_counts_are_what_counting_finds_after_every_kind_of_act(
    alice: User, staff: User
) -> None:
    seen = [act for act in acts(alice, staff) if agree(alice)]

    assert len(seen) == 15
    assert stored_counts(alice) == {}


@pytest.mark.large_edits(inline=2, freeze=3, stepwise=True)
def test_the_counts_are_right_between_the_chunks_of_a_large_edit(alice: User) -> None:
    videos = make_videos(7, owner=alice)
    chosen = selection.everything(alice)
    draft = draft_matching(alice)
    while draft.status == "preparing":
        draft = run(draft)
    edit = services.confirm_edit(draft.uuid, actor=Actor.creator(alice), creator=alice)

    numbers = []
    while edit.is_live:
        edit = run(edit)
        assert agree(alice)
        numbers.append(sum(stored_counts(alice).values()))
        if edit.parts == 2 and not numbers[2:]:
            services.remove_video(videos[0], actor=Actor.creator(alice))
            services.remove_video(videos[6], actor=Actor.creator(alice))
            assert agree(alice)
    off = services.turn_off(actor=Actor.creator(alice), creator=alice, use="remix", matching=chosen)
    while off.is_live:
        off = run(off)
        assert agree(alice)

    assert numbers == [2, 4, 5, 5, 5]
    assert stored_counts(alice) == {}


def test_each_creator_has_counts_of_their_own(alice: User, bob: User) -> None:
    make_consent(*make_videos(3, owner=alice))
    make_consent(*make_videos(2, owner=bob))

    turn_off(*Video.objects.filter(owner=bob)[:1])

    assert agree(alice)
    assert agree(bob)
    assert (sum(stored_counts(alice).values()), sum(stored_counts(bob).values())) == (3, 1)


# what a state of terms is

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("until", "version", "mode", "expected"),
    [
        (None, 2, "allowed", "allowed"),
        (None, 3, "allowed", "allowed"),
        (None, 2, "ask", "approval_needed"),
        (NOW + timedelta(seconds=1), 2, "allowed", "allowed"),
        (NOW, 2, "allowed", "expired"),
        (NOW, 1, "allowed", "expired"),
        (None, 1, "allowed", "notice_changed"),
        (None, 1, "ask", "notice_changed"),
    ],
)
def test_terms_give_the_state_that_the_policy_gives(
    until: datetime | None, version: int, mode: str, expected: str
) -> None:
    terms = Terms(use="remix", notice=Notice(version=version), mode=mode, until=until)

    assert terms.state(now=NOW, material=2) == expected


# the bar and the overview


def cards(browser: Client) -> dict[str, dict[str, Any]]:
    return {card["use"].id: card for card in browser.get("/").context["cards"]}


def numbers(card: dict[str, Any]) -> tuple[int, ...]:
    return tuple(card[name] for name in ("allowed", "ended", "notice_changed", "ending", "off"))


@pytest.fixture
def mixed(alice: User, staff: User, time_machine: Any) -> list[Video]:
    """Ten videos: one lapsed, two ended, three allowed (one of them soon to end), four off."""
    videos = make_videos(10, owner=alice)
    make_consent(videos[0])
    publish_notice(staff)
    now = timezone.now()
    make_consent(*videos[1:3], until=now + timedelta(hours=1))
    make_consent(videos[3], until=now + timedelta(days=20))
    make_consent(*videos[4:6], until=now + timedelta(days=40))
    turn_off(videos[6])
    time_machine.move_to(now + timedelta(hours=2))
    return videos


def test_the_overview_says_what_is_allowed_ended_lapsed_and_ending(
    alice: User, mixed: list[Video], client_of: ClientOf
) -> None:
    browser = client_of(alice)

    shown = cards(browser)
    renewals = browser.get("/").context["renewals"]

    assert numbers(shown["remix"]) == (3, 2, 1, 1, 4)
    assert numbers(shown["train"]) == (0, 0, 0, 0, 10)
    assert [(one["state"], one["count"]) for one in renewals] == [
        ("ending", 1),
        ("notice_changed", 1),
    ]
    assert consent_bar_of(alice).sentence == "3 of 10 videos may be remixed."
    assert consent_bar_of(alice).detail == (
        "Nothing else is allowed. Ended: Remix for 2 videos. CreatorHub changed the terms; "
        "waiting for you: Remix for 1 video."
    )


def test_each_number_of_the_overview_is_that_of_the_list_behind_it(
    alice: User, mixed: list[Video], client_of: ClientOf
) -> None:
    card = cards(client_of(alice))["remix"]

    for name, state in (
        ("allowed", "allowed"),
        ("ended", "expired"),
        ("notice_changed", "notice_changed"),
        ("ending", "ending"),
    ):
        chosen = selection.matching(alice, {"remix": state})
        assert selection.videos(alice, chosen).count() == card[name]


@pytest.mark.parametrize(("note", "said"), [("A court order", "order. "), ("Why? Ask!", "Ask! ")])
def test_what_staff_wrote_ends_before_the_numbers_begin(
    alice: User, mixed: list[Video], staff: User, note: str, said: str
) -> None:
    services.opt_out(actor=Actor.staff(staff), creator=alice, reason=note)

    assert f"{said}Stored beneath: " in consent_bar_of(alice).detail


def test_while_everything_is_off_no_number_says_otherwise(
    alice: User, mixed: list[Video], client_of: ClientOf
) -> None:
    opt_out(alice)
    browser = client_of(alice)

    card = cards(browser)["remix"]
    assert (card["allowed"], card["ending"]) == (0, 0)
    assert browser.get("/").context["renewals"] == []
    assert consent_bar_of(alice).sentence == "Everything is off."
    assert consent_bar_of(alice).detail == (
        "You turned everything off. Stored beneath: Remix for 6 videos. Of what is held back, "
        "ended: Remix for 2 videos. Of what is held back, waiting for you since CreatorHub changed "
        "the terms: Remix for 1 video."
    )
    assert [words for words, _ in card["legend"]] == [
        "6 permissions are stored: You turned everything off",
        "of these, 2 ended",
        "of these, 1 waits for you: CreatorHub changed the terms",
        "4 off",
    ]
    assert {use.id: number for use, number in browser.get("/opt-in/").context["again"]} == {
        "remix": 3,
        "train": 0,
    }


def test_while_a_use_is_paused_it_is_allowed_for_none(
    alice: User, mixed: list[Video], client_of: ClientOf
) -> None:
    make_consent(mixed[9], use="train")

    with override_switch("remixer_paused", active=True):
        shown = cards(client_of(alice))
        bar = consent_bar_of(alice)
        sentence, detail = bar.sentence, bar.detail

    assert (shown["remix"]["allowed"], shown["train"]["allowed"]) == (0, 1)
    assert ("6 permissions are stored: CreatorHub has paused this", "") in shown["remix"]["legend"]
    assert sentence == "1 of 10 videos may be used for training."
    assert detail.startswith(
        "Nothing else is allowed. Paused by CreatorHub, and stored: Remix for 6 videos."
    )


def test_the_bar_never_says_that_nothing_is_allowed_while_permissions_are_stored(
    alice: User, staff: User
) -> None:
    make_consent(*make_videos(3, owner=alice))

    with override_switch("remixer_paused", active=True):
        paused = consent_bar_of(alice).text
    publish_notice(staff)
    lapsed = consent_bar_of(alice).text

    nothing = "Nothing may be done with your videos at the moment."
    assert paused == f"{nothing} Paused by CreatorHub, and stored: Remix for 3 videos."
    assert lapsed == f"{nothing} CreatorHub changed the terms; waiting for you: Remix for 3 videos."


def test_the_bar_stays_short_whatever_the_number_of_uses(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    videos = make_videos(3, owner=alice)
    before = consent_bar_of(alice).text
    for number in range(20):
        use = Use(f"use{number}", f"Use {number}", f"used {number}", "use", "")
        monkeypatch.setitem(USES, use.id, use)

    assert consent_bar_of(alice).text == before
    make_consent(*videos)
    assert consent_bar_of(alice).text == "3 of 3 videos may be remixed. Nothing else is allowed."


def test_the_api_says_what_the_bar_says(alice: User, mixed: list[Video], api_of: ApiOf) -> None:
    make_consent(mixed[9], use="train")

    with override_switch("remixer_paused", active=True):
        answer = api_of(alice).get("/api/v1/consent-state/").json()
        text = consent_bar_of(alice).text

    assert answer == {
        "videos": 10,
        "opted_out": False,
        "opted_out_by": None,
        "text": text,
        "uses": {
            "remix": {
                "stored": 6,
                "in_force": 0,
                "ending": 0,
                "held": [
                    {"reason": "paused", "videos": 6},
                ],
                "beneath": [
                    {"reason": "expired", "videos": 2},
                    {"reason": "notice_changed", "videos": 1},
                ],
            },
            "train": {"stored": 1, "in_force": 1, "ending": 0, "held": [], "beneath": []},
        },
    }


def test_what_is_being_withdrawn_is_not_counted_as_allowed(
    alice: User, mixed: list[Video], client_of: ClientOf, large_edits: LargeEdits
) -> None:
    large_edits()
    edit = turn_off(*mixed[:6])

    bar = consent_bar_of(alice)

    assert edit.is_withdrawing
    assert bar.sentence == "Remix is being turned off for 6 videos."
    assert cards(client_of(alice))["remix"]["allowed"] == 0
    assert [one.pk for one in client_of(alice).get("/").context["under_way"]] == [edit.pk]
    run(edit)
    assert consent_bar_of(alice).sentence == "Everything is off."


def test_while_a_withdrawal_does_not_know_its_videos_the_bar_says_so(
    alice: User, mixed: list[Video], large_edits: LargeEdits
) -> None:
    large_edits(freeze=2)
    chosen = selection.matching(alice, {"remix": "allowed"})

    edit = services.turn_off(
        actor=Actor.creator(alice), creator=alice, use="remix", matching=chosen
    )

    assert edit.status == "holding"
    sentence = "Remix is being turned off for the videos you chose."
    assert consent_bar_of(alice).sentence == sentence
    run(edit)
    assert edit.items.count() == 3
    bar = consent_bar_of(alice)
    assert bar.sentence == "Nothing may be done with your videos at the moment."
    assert bar.detail == (
        "Ended: Remix for 2 videos. CreatorHub changed the terms; waiting for you: Remix for 1 "
        "video."
    )


@pytest.mark.parametrize(
    ("count", "allowed", "sentence", "detail"),
    [
        (0, 0, "You have no videos yet.", "Whatever you add starts off."),
        (1, 0, "Everything is off.", "Nothing is allowed for your video."),
        (3, 0, "Everything is off.", "Nothing is allowed for any of your 3 videos."),
        (1, 1, "1 of 1 video may be remixed.", "Nothing else is allowed."),
        (1200, 2, "2 of 1,200 videos may be remixed.", "Nothing else is allowed."),
    ],
)
def test_the_bar_says_it_in_words(
    alice: User, count: int, allowed: int, sentence: str, detail: str
) -> None:
    videos = make_videos(count, owner=alice)
    if allowed:
        make_consent(*videos[:allowed])

    bar = consent_bar_of(alice)

    assert (bar.sentence, bar.detail) == (sentence, detail)


def test_the_bar_and_the_overview_ask_the_same_number_of_queries_for_1_and_for_500_videos(
    client_of: ClientOf,
) -> None:
    def queries(count: int) -> tuple[int, int]:
        owner = make_user()
        videos = make_videos(2 * count, owner=owner)
        make_consent(*videos[:count], until=timezone.now() + timedelta(days=9))
        make_consent(*videos[count:], use="train")
        browser = client_of(owner)
        with counted_queries() as bar:
            assert consent_bar_of(owner).videos == 2 * count
        with counted_queries() as overview:
            assert browser.get("/").status_code == 200
        return len(bar), len(overview)

    assert queries(2) == queries(250)
    assert queries(2)[0] <= 6
