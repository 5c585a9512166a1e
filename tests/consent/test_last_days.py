"""The last day of a permission is the one that the creator typed, wherever it is read and sent."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from consent.models import Consent, Edit
from creatorhub.models import User
from library.models import Video
from tests.conftest import ClientOf
from tests.factories import make_videos

pytestmark = pytest.mark.django_db
DAY, WORDS = "2027-04-29", "29 April 2027"  # summer time begins in Cairo when it ends


@pytest.fixture
def cairo(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(time_zone="Africa/Cairo")
    alice.refresh_from_db()
    return alice


def allow_by_page(cairo: User, video: Video, browser: Any, api: APIClient) -> None:
    browser.post("/edits/new/", {"use": "remix", "ids": [video.uuid], "until": DAY})
    edit = Edit.objects.latest("pk")
    preview = browser.get(f"/edits/{edit.uuid}/preview/").text
    assert WORDS in preview
    assert f'value="{DAY}"' in preview
    browser.post(f"/edits/{edit.uuid}/confirm/")


def allow_by_api(cairo: User, video: Video, browser: Any, api: APIClient) -> None:
    sent = {
        "use": "remix",
        "state": "allowed",
        "last_day": DAY,
        "selection": {"ids": [str(video.uuid)]},
    }
    drafted = api.post("/api/v1/edits/", sent, format="json").json()
    assert drafted["last_day"] == DAY
    api.post(f"/api/v1/edits/{drafted['id']}/confirm/")


@pytest.mark.parametrize("allow", [allow_by_page, allow_by_api])
def test_it_is_that_day_on_every_page_in_the_api_and_in_the_spreadsheet(
    cairo: User,
    client_of: ClientOf,
    api_of: Callable[[User], APIClient],
    allow: Callable[..., None],
) -> None:
    [video] = make_videos(1, owner=cairo)
    browser, api = client_of(cairo), api_of(cairo)

    allow(cairo, video, browser, api)

    terms = Consent.objects.get(video=video).terms
    assert terms
    assert terms.until
    assert terms.until.isoformat() == "2027-04-29T22:00:00+00:00"
    for page in (f"/videos/{video.uuid}/", "/videos/", "/activity/", f"/remix/{video.uuid}/"):
        text = browser.get(page).text
        assert WORDS in text, page
        assert "30 April 2027" not in text, page
    assert api.get(f"/api/v1/videos/{video.uuid}/").json()["consent"]["remix"]["last_day"] == DAY
    sheet = browser.get("/videos/spreadsheet.csv").getvalue().decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(sheet))
    assert row["until"] == DAY


def test_sending_it_again_as_it_is_shown_changes_nothing(
    cairo: User, client_of: ClientOf, api_of: Callable[[User], APIClient]
) -> None:
    [video] = make_videos(1, owner=cairo)
    browser, api = client_of(cairo), api_of(cairo)
    allow_by_page(cairo, video, browser, api)

    browser.post("/edits/new/", {"use": "remix", "ids": [video.uuid], "until": DAY})

    edit = Edit.objects.latest("pk")
    assert (edit.will_change, edit.already) == (0, 1)


def test_a_program_reads_and_filters_by_days_of_the_persons_own_zone(
    cairo: User, api_of: Callable[[User], APIClient]
) -> None:
    """A token's request has no session by which the middleware would know the zone."""
    late = "2026-05-31T22:30:00+00:00"  # 1 June in Cairo
    make_videos(1, owner=cairo, created_at=late)

    found = api_of(cairo).get("/api/v1/videos/", {"from": "2026-06-01", "to": "2026-06-01"}).json()

    [video] = found["results"]
    assert video["created"] == "2026-06-01T01:30:00+03:00"


@pytest.mark.parametrize(
    "wrong",
    [
        {"last_day": DAY, "until": "2027-01-01T00:00:00Z"},
        {"last_day": DAY, "state": "off"},
        {"last_day": "29/04/2027"},
    ],
)
def test_a_last_day_that_cannot_be_is_refused_by_name(
    cairo: User, api_of: Callable[[User], APIClient], wrong: dict[str, str]
) -> None:
    [video] = make_videos(1, owner=cairo)
    sent = {"use": "remix", "state": "allowed", "selection": {"ids": [str(video.uuid)]}, **wrong}

    answer = api_of(cairo).post("/api/v1/edits/", sent, format="json")

    assert answer.status_code == 400
    assert "last_day" in answer.json()
    assert not Edit.objects.exists()
