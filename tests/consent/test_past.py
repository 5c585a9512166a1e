"""What was allowed on a day of the past: the same as the policy said on that day."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from consent import services
from consent.counts import overview_of
from consent.models import Edit
from consent.past import past_of, states_at
from consent.past_counts import overview_at, total_at
from consent.querysets import with_reasons
from consent.services import Grant
from consent.uses import USES
from creatorhub.actors import Actor
from creatorhub.models import User
from library.models import Video
from remixer import services as remixer
from tests import acts
from tests.conftest import ClientOf
from tests.database import counted_queries
from tests.factories import make_consent, make_user, make_videos

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "/activity/as-it-stood/"
LATER = START + timedelta(days=60)


@pytest.fixture
def maya() -> User:
    """Has been here since before everything that these tests do."""
    with time_machine.travel(START - timedelta(days=1), tick=False):
        return make_user("maya")


def said(creator: User) -> dict[str, Any]:
    """What the policy and the counts say now."""
    videos = with_reasons(Video.objects.owned_by(creator))
    states = {
        (video.pk, use): (getattr(video, f"reason_{use}"), getattr(video, f"stored_{use}"))
        for video in videos
        for use in USES
    }
    return {"states": states, "counts": numbers(overview_of(creator))}


def said_of(creator: User, moment: datetime) -> dict[str, Any]:
    """What is told of that moment."""
    past = past_of(creator, moment)
    videos = [*past.present(), *past.removed_since()]
    states = {
        (video.pk, use): (state.reason, state.stored)
        for video, by_use in zip(videos, states_at(past, videos), strict=True)
        for use, state in by_use.items()
    }
    return {"states": states, "counts": numbers(overview_at(past, videos=total_at(past)))}


def numbers(overview: Any) -> dict[str, Any]:
    facts = [overview.facts(use) for use in USES]
    found = {one.use.id: (one.stored, one.in_force, one.held, one.beneath) for one in facts}
    return {"videos": overview.videos, **found}


def lived(creator: User, days: list[Callable[[], object]]) -> list[tuple[datetime, dict[str, Any]]]:
    """One act each noon; at each midnight, what the policy says then."""
    found = []
    for number, act in enumerate(days):
        noon = START + timedelta(days=number)
        with time_machine.travel(noon, tick=True):
            act()
        midnight = noon + timedelta(hours=12)
        with time_machine.travel(midnight, tick=False):
            found.append((midnight, said(creator)))
    return found


def check(creator: User, days: list[Callable[[], object]]) -> None:
    nights = lived(creator, days)
    with time_machine.travel(LATER, tick=False):
        for number, (midnight, then) in enumerate(nights, start=1):
            assert said_of(creator, midnight) == then, f"night {number}"


def test_every_night_is_told_as_it_was(maya: User, staff: User) -> None:
    videos: list[Video] = []
    edits: list[Edit] = []
    held: list[services.Held] = []
    actor, creator = Actor.staff(staff), Actor.creator(maya)

    def add() -> None:
        videos.extend(make_videos(2, owner=maya))

    def allow(*some: int, **more: Any) -> Callable[[], object]:
        return lambda: edits.append(make_consent(*(videos[one] for one in some), **more))

    until = START + timedelta(days=9, hours=12)
    check(
        maya,
        [
            add,
            allow(0, 1),
            allow(0, use="train", until=until),
            add,
            lambda: acts.turn_off(videos[1]),
            lambda: acts.confirm(acts.undo(edits[0])),
            allow(1, 2, 3),
            lambda: held.append(acts.hold(videos[2])),
            lambda: held.append(acts.hold(creator=maya, use="train")),
            lambda: remixer.pause(actor=actor, reason="A fault"),
            lambda: acts.opt_out(maya),
            lambda: remixer.resume(actor=actor, reason="Mended"),
            lambda: acts.lift(held[0]),
            lambda: acts.opt_in(maya, restore="previous"),
            lambda: services.remove_video(videos[3], actor=creator),
            lambda: acts.publish_notice(staff),
            lambda: acts.lift(held[1]),
            lambda: acts.confirm(acts.undo(edits[2])),
            allow(0),
            lambda: acts.opt_out(maya),
            lambda: services.hold_everything("The journal is behind."),
            services.apply_journal,
            lambda: acts.opt_in(maya, restore="all_off"),
            add,
        ],
    )


@pytest.mark.large_edits(inline=1, freeze=20, chunk=2, stepwise=True)
def test_an_edit_over_midnight_is_told_as_far_as_it_had_come(maya: User) -> None:
    videos: list[Video] = []
    edits: list[Edit] = []

    def last() -> Edit:
        return Edit.objects.get(pk=edits[-1].pk)

    check(
        maya,
        [
            lambda: videos.extend(make_videos(7, owner=maya)),
            lambda: edits.append(acts.confirm(acts.draft(*videos, grant=Grant()))),
            lambda: acts.run(last()),
            lambda: acts.run(last()),
            lambda: acts.run_to_the_end(last()),
            lambda: services.remove_video(videos[1], actor=Actor.creator(maya)),
            lambda: edits.append(acts.turn_off(*videos[2:])),
            lambda: acts.run(last()),
            lambda: acts.run_to_the_end(last()),
            lambda: edits.append(acts.confirm(acts.draft(*videos[2:], grant=Grant()))),
            lambda: acts.run(last()),
            lambda: acts.cancel(last()),
        ],
    )


@pytest.mark.large_edits(inline=1, freeze=2, chunk=2, stepwise=True)
def test_a_withdrawal_of_everything_holds_before_its_videos_are_known(maya: User) -> None:
    videos: list[Video] = []
    edits: list[Edit] = []
    check(
        maya,
        [
            lambda: videos.extend(make_videos(5, owner=maya)),
            lambda: acts.run_to_the_end(acts.confirm(acts.draft(*videos[:2], grant=Grant()))),
            lambda: edits.append(acts.turn_off_matching(maya)),
            lambda: acts.run_to_the_end(edits[-1]),
        ],
    )


def test_queries_do_not_depend_on_how_much_there_is(maya: User, client_of: ClientOf) -> None:
    client = client_of(maya)

    def queries() -> int:
        with time_machine.travel(LATER, tick=False), counted_queries() as asked:
            assert client.get(URL, {"day": f"{START:%Y-%m-%d}"}).status_code == 200
        return len(asked)

    with time_machine.travel(START, tick=False):
        videos = make_videos(2, owner=maya)
        make_consent(*videos)
    with time_machine.travel(START + timedelta(days=1), tick=False):
        acts.turn_off(videos[0])
    queries()  # what is kept in memory
    few = queries()
    with time_machine.travel(START, tick=False):
        more = make_videos(20, owner=maya)
        for number in range(3):
            make_consent(*more, until=LATER + timedelta(days=number))
    with time_machine.travel(START + timedelta(days=1), tick=False):
        for video in more[:5]:
            acts.turn_off(video)

    assert queries() == few
    assert few <= 28


# the pages


def test_the_library_of_a_day(maya: User, client_of: ClientOf) -> None:
    with time_machine.travel(START, tick=False):
        cat, dog = make_videos(1, owner=maya, title="Cat") + make_videos(1, owner=maya, title="Dog")
        make_consent(cat, dog)
    with time_machine.travel(START + timedelta(days=1), tick=False):
        acts.turn_off(cat)
        services.remove_video(dog, actor=Actor.creator(maya))
    client = client_of(maya)

    with time_machine.travel(LATER, tick=False):
        before = client.get(URL, {"day": "2026-03-01"})
        after = client.get(URL, {"day": "2026-03-02"})
        gone = client.get(URL, {"day": "2026-03-01", "removed": "1"})
        sheet = client.get("/activity/as-it-stood.csv", {"day": "2026-03-01"})
        rows = list(csv.DictReader(io.StringIO(sheet.getvalue().decode("utf-8-sig"))))

    assert [card["facts"].in_force for card in before.context["cards"]] == [2, 0]
    assert [video.title for video, _ in before.context["rows"]] == ["Cat"]
    assert [video.title for video, _ in gone.context["rows"]] == ["Dog"]
    assert "Remix allowed" in gone.content.decode()
    assert (after.context["total"], after.context["gone"]) == (1, 0)
    assert "You turned it off" in after.content.decode()
    told = {(row["title"], row["use"]): (row["state"], row["reason"]) for row in rows}
    assert told == {
        ("Cat", "remix"): ("allowed", "allowed"),
        ("Cat", "train"): ("undecided", "undecided"),
        ("Dog", "remix"): ("allowed", "allowed"),
        ("Dog", "train"): ("undecided", "undecided"),
    }


def test_a_video_of_a_day_names_the_acts_behind_it(maya: User, client_of: ClientOf) -> None:
    with time_machine.travel(START, tick=False):
        [cat] = make_videos(1, owner=maya, title="Cat")
        edit = make_consent(cat)
        acts.opt_out(maya)
    client, url = client_of(maya), f"/videos/{cat.uuid}/as-it-stood/"
    with time_machine.travel(START + timedelta(days=1), tick=False):
        acts.opt_in(maya, restore="previous")
        acts.turn_off(cat)

    with time_machine.travel(LATER, tick=False):
        page = client.get(url, {"day": "2026-03-01"})
        state, behind = page.context["states"][0]

    assert (state.reason, state.stored) == ("opted_out", "allowed")
    assert [one.text for one in behind] == ["You turned everything off", "You allowed “Remix”"]
    assert all(one.receipt for one in behind)
    assert f"/edits/{edit.uuid}/" in page.content.decode()


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("yesterday", "This is not a day. Write it like 2027-03-31."),
        ("2026-02-31", "This is not a day. Write it like 2027-03-31."),
        ("9999-12-31", "This day has not come yet. Choose today, or a day before."),
        ("0001-01-01", "Your account began on 28 February 2026."),
    ],
)
def test_a_day_that_cannot_be_shown(
    maya: User, client_of: ClientOf, day: str, sentence: str
) -> None:
    client = client_of(maya)
    with time_machine.travel(LATER, tick=False):
        for url in (URL, "/activity/as-it-stood.csv"):
            answer = client.get(url, {"day": day})
            assert answer.status_code == 400
            assert sentence in answer.content.decode()


def test_a_video_of_a_day_before_it_was_added(maya: User, client_of: ClientOf) -> None:
    with time_machine.travel(START, tick=False):
        [cat] = make_videos(1, owner=maya)
    with time_machine.travel(LATER, tick=False):
        answer = client_of(maya).get(f"/videos/{cat.uuid}/as-it-stood/", {"day": "2026-02-28"})
    assert answer.status_code == 400
    assert "This video was added on 1 March 2026. Choose a later day." in answer.content.decode()
