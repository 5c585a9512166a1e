"""All that happened to one video, page by page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from consent import services
from creatorhub.actors import Actor
from creatorhub.models import User
from library import services as library
from library.models import Video
from tests import acts
from tests.conftest import ClientOf
from tests.database import counted_queries
from tests.factories import make_consent, make_video, make_videos

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def cat(alice: User) -> Video:
    with time_machine.travel(START - timedelta(days=1), tick=False):
        return make_video(owner=alice, title="Cat", with_files=False)


def rename(video: Video, title: str) -> None:
    library.rename_video(video, actor=Actor.creator(video.owner), title=title, collection="")


def walked(client: Client, video: Video) -> tuple[list[list[str]], list[list[str]]]:
    """The texts of every page on the way to the end, and on the way back."""
    there, back = [], []
    page: Any = client.get(f"/videos/{video.uuid}/timeline/")
    while True:
        there.append([entry.text for entry in page.context["entries"]])
        if not page.context["next_url"]:
            break
        page = client.get(f"/videos/{video.uuid}/timeline/{page.context['next_url']}")
    while page.context["previous_url"]:
        page = client.get(f"/videos/{video.uuid}/timeline/{page.context['previous_url']}")
        back.append([entry.text for entry in page.context["entries"]])
    return there, back


def test_pages_go_through_all_of_it_once_and_back(
    alice: User, cat: Video, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Edits and events take turns, and some of them happened in the same microsecond."""
    monkeypatch.setattr("consent.views.timeline.SIZE", 3)
    others = make_videos(1, owner=alice)
    for day in range(4):
        with time_machine.travel(START + timedelta(days=day), tick=False):
            make_consent(cat, *others)
            rename(cat, f"Cat {day}")
            acts.turn_off(cat)
    with time_machine.travel(START + timedelta(days=5), tick=False):
        acts.opt_out(alice)

    there, back = walked(client_of(alice), cat)

    seen = [text for page in there for text in page]
    assert [len(page) for page in there] == [3, 3, 3, 3, 1]
    assert seen[0] == "You turned everything off"
    assert sorted(seen[1:]) == sorted(
        [
            *["You turned “Remix” off"] * 4,
            "You allowed “Remix”, with 1 other video",
            *["You allowed “Remix”"] * 3,
            "You renamed “Cat” to “Cat 0”",
            *[f"You renamed “Cat {day}” to “Cat {day + 1}”" for day in range(3)],
        ]
    )
    assert back == there[:-1][::-1]


def test_of_a_removed_video_and_of_nobody_elses(
    alice: User, bob: User, cat: Video, client_of: ClientOf
) -> None:
    edit = make_consent(cat)
    services.remove_video(cat, actor=Actor.creator(alice))
    url = f"/videos/{cat.uuid}/timeline/"

    page = client_of(alice).get(url)

    assert [entry.text for entry in page.context["entries"]] == [
        "You removed “Cat”",
        "You allowed “Remix”",
    ]
    assert f"/edits/{edit.uuid}/videos/{cat.uuid}/receipt.json" in page.content.decode()
    assert client_of(bob).get(url).status_code == 404
    assert client_of(alice).get(f"{url}?after=nonsense").context["next_url"] == ""


def test_queries_do_not_depend_on_how_much_happened(
    alice: User, cat: Video, client_of: ClientOf
) -> None:
    client, url = client_of(alice), f"/videos/{cat.uuid}/timeline/"

    def happens(times: int) -> int:
        for number in range(times):
            make_consent(cat)
            rename(cat, f"{cat.title} {number}")
            acts.turn_off(cat)
        client.get(url)  # what is kept in memory
        with counted_queries() as asked:
            assert client.get(url).status_code == 200
        return len(asked)

    few = happens(1)

    assert few <= 24
    assert happens(4) == few
