"""The numbers of bar and overview add up, and are those of the policy: whatever is stored, and
whatever holds it back."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.utils import timezone
from waffle.testutils import override_switch

from consent.context import consent_bar_of
from consent.counts import BY_TERMS, FROM_ABOVE, overview_of
from consent.models import Consent, Journal, Terms
from consent.policy import Reason
from consent.services.edits.chunks import change_counts
from creatorhub.models import User
from library.models import Video
from tests import acts
from tests.conftest import ApiOf, ClientOf
from tests.decisions import reasons
from tests.factories import make_consent, make_videos

pytestmark = pytest.mark.django_db

TERMS = ("never", "allowed", "ending", "ask", "ended", "lapsed", "withdrawn")


@pytest.fixture
def library(alice: User, staff: User, time_machine: Any) -> dict[str, list[Video]]:
    """Two videos for each state of the terms, the second of which staff hold by itself."""
    now = timezone.now()
    made = {name: make_videos(2, owner=alice) for name in TERMS}
    make_consent(*made["lapsed"])
    acts.publish_notice(staff)
    make_consent(*made["ended"], until=now + timedelta(hours=1))
    make_consent(*made["ending"], until=now + timedelta(days=9))
    make_consent(*made["allowed"], *made["withdrawn"], *made["ask"])
    acts.turn_off(*made["withdrawn"])
    _asks(made["ask"])
    time_machine.move_to(now + timedelta(hours=2))
    return made


def _asks(videos: list[Video]) -> None:
    """Terms that no page offers yet, written as an edit would."""
    consents = Consent.objects.filter(video__in=videos, use="remix")
    given = consents.select_related("terms").latest("pk").terms
    assert given
    ask = Terms.objects.create(use="remix", notice=given.notice, mode=Terms.Mode.ASK)
    consents.update(terms=ask)
    change_counts(videos[0].owner_id, "remix", Counter({given.pk: -2, ask.pk: 2}))


def compare(alice: User, videos: list[Video]) -> Counter[str]:
    """What the facts say, held against the decision about each video and what is stored for it;
    the decisions about what is stored."""
    facts = overview_of(alice).facts("remix")
    stored = dict(
        Consent.objects.filter(video__in=videos, use="remix", terms__isnull=False).values_list(
            "video", "terms__until"
        )
    )
    decided = dict(zip([one.pk for one in videos], reasons(*videos), strict=True))
    found = Counter(decided[pk] for pk in stored)
    soon = timezone.now() + timedelta(days=30)

    assert facts.stored == len(stored) == facts.in_force + sum(facts.held.values())
    counted = Counter({str(reason): number for reason, number in facts.held.items()})
    counted["allowed"] = facts.in_force
    assert counted == found
    assert list(facts.held) == [one for one in Reason if one in facts.held]
    assert facts.silent is (set(found) <= set(FROM_ABOVE))
    ending = [pk for pk, until in stored.items() if until and until <= soon]
    assert facts.ending == sum(decided[pk] == "allowed" for pk in ending)
    return found


@pytest.mark.parametrize("held", ["nothing", "some", "everything"])
def test_each_stored_video_is_counted_once_under_the_reason_of_the_policy(
    alice: User, library: dict[str, list[Video]], held: str
) -> None:
    videos = [video for pair in library.values() for video in pair]
    if held == "some":
        acts.hold(*(pair[1] for pair in library.values()))
    if held == "everything":
        acts.hold(creator=alice)
    seen = {}

    Journal.objects.update_or_create(defaults={"held": True})
    assert compare(alice, videos) == {"restoring": 10}
    Journal.objects.update(held=False)
    for opted_out, paused in product((False, True), (False, True)):
        if opted_out and not paused:
            acts.opt_out(alice)
        with override_switch("remixer_paused", active=paused):
            seen[paused, opted_out] = compare(alice, videos)

    assert seen[True, False] == seen[True, True] == {"paused": 10}
    assert seen[False, True] == {"opted_out": 10}
    own = {"allowed": 4, "approval_needed": 2, "expired": 2, "notice_changed": 2}
    half = {reason: number // 2 for reason, number in own.items()}
    expected = {"nothing": own, "some": {**half, "held": 5}, "everything": {"held": 10}}
    assert seen[False, False] == expected[held]


def test_what_would_not_be_allowed_anyway_is_told_beside_what_holds_it_back(
    alice: User, library: dict[str, list[Video]]
) -> None:
    acts.hold(*(pair[1] for pair in library.values()))

    facts = overview_of(alice).facts("remix")
    acts.opt_out(alice)
    opted_out = overview_of(alice).facts("remix")

    assert facts.beneath == dict.fromkeys(BY_TERMS, 1)
    assert opted_out.beneath == dict.fromkeys(BY_TERMS, 2)


def test_list_page_api_and_spreadsheet_say_what_is_stored_and_what_holds_it_back(
    alice: User, client_of: ClientOf, api_of: ApiOf
) -> None:
    allowed, off, never = make_videos(3, owner=alice)
    make_consent(allowed, off)
    acts.turn_off(off)
    browser, api = client_of(alice), api_of(alice)

    with override_switch("remixer_paused", active=True):
        listed = browser.get("/videos/?remix=allowed").content.decode()
        pages = [browser.get(f"/videos/{one.uuid}/").content.decode() for one in (allowed, never)]
        answer = api.get("/api/v1/videos/?remix=allowed").json()["results"]
        sheet = b"".join(browser.get("/videos/spreadsheet.csv?use=remix")).decode()
        turned_off = acts.turn_off_matching(alice, remix="allowed")

    assert (allowed.title in listed, off.title in listed) == (True, False)
    assert "CreatorHub has paused this" in listed
    assert "Stored: Allowed · No end date" in listed
    assert "Stored: Allowed · No end date" in pages[0]
    assert "Nothing is stored: Never decided" in pages[1]
    assert ("Turn off" in pages[0], "Turn off</button>" in pages[1]) == (True, False)
    [found] = [row["consent"]["remix"] for row in answer]
    assert (found["state"], found["reason"], found["stored"]) == ("off", "paused", "allowed")
    assert f"{allowed.duration},remix,allowed,,paused" in sheet
    assert turned_off.changed == 1


@pytest.mark.large_edits(inline=1, freeze=100, chunk=2, stepwise=True)
def test_what_is_being_withdrawn_is_counted_by_the_videos_that_are_left(alice: User) -> None:
    videos = make_videos(8, owner=alice)
    acts.run_to_the_end(make_consent(*videos[:7]))
    acts.hold(videos[6])

    edit = acts.turn_off(*videos[:5])
    bar = consent_bar_of(alice)
    seen = [compare(alice, videos)]
    while edit.is_live:
        edit = acts.run(edit)
        seen.append(compare(alice, videos))

    assert bar.sentence == "Remix is being turned off for 5 videos."
    assert "Also allowed: Remix for 1 video." in bar.detail
    assert seen[0] == {"withdrawn": 5, "allowed": 1, "held": 1}
    assert [each["withdrawn"] for each in seen[:4]] == [5, 3, 1, 0]
    assert seen[-1] == {"allowed": 1, "held": 1}


@pytest.mark.large_edits(inline=1, freeze=100, chunk=2, stepwise=True)
def test_an_undo_that_withdraws_is_counted_by_the_videos_that_are_left(
    alice: User, time_machine: Any
) -> None:
    """Some of its videos get back terms that have ended, others never had any."""
    videos = make_videos(6, owner=alice)
    acts.run_to_the_end(make_consent(*videos[:3], until=timezone.now() + timedelta(days=1)))
    time_machine.move_to(timezone.now() + timedelta(days=2))
    edit = acts.run_to_the_end(make_consent(*videos[:5]))
    make_consent(videos[5])

    inverse = acts.confirm(acts.undo(edit))
    seen = [compare(alice, videos)]
    while inverse.is_live:
        inverse = acts.run(inverse)
        seen.append(compare(alice, videos))

    assert seen[0] == {"withdrawn": 5, "allowed": 1}
    assert seen[-1] == {"expired": 3, "allowed": 1}
