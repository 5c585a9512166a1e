"""Renewing what is off since the terms changed: the preview starts from the ends that stand, and
says which of them move."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.utils import timezone

from consent import services
from consent.changes import Kind, changes_of, told
from creatorhub.models import User
from tests.acts import confirm, draft, publish_notice
from tests.conftest import ClientOf
from tests.factories import make_consent, make_video, make_videos

pytestmark = pytest.mark.django_db
NOVEMBER = datetime(2097, 11, 26, tzinfo=UTC)  # the end of the 25th
MARCH = datetime(2097, 3, 2, tzinfo=UTC)
JUNE = datetime(2097, 6, 2, tzinfo=UTC)


def test_renewed_permissions_say_how_their_ends_move(alice: User, staff: User) -> None:
    videos = make_videos(4, owner=alice)
    for video, until in zip(videos, (MARCH, JUNE, NOVEMBER, None), strict=True):
        make_consent(video, until=until)
    publish_notice(staff, material=True)

    changes = changes_of(draft(*videos, grant=services.Grant(until=JUNE)))

    assert [one.kind for one in changes] == [
        Kind.GETS_END,
        Kind.EARLIER,
        Kind.LATER,
        Kind.RENEWED,
    ]
    allowed_again = "1 off since the terms changed would be allowed again, "
    assert [one.text for one in told(changes)] == [
        allowed_again + "and end after 1 June 2097 instead of having no end date",
        allowed_again + "and end earlier: 1 June 2097 instead of 25 November 2097",
        allowed_again + "and end later: 1 June 2097 instead of 1 March 2097",
        allowed_again + "until 1 June 2097",
    ]


def test_no_sentence_is_said_twice_where_the_former_ends_are_not_told(
    alice: User, time_machine: Any
) -> None:
    videos = make_videos(2, owner=alice)
    for number, video in enumerate(videos, start=1):
        make_consent(video, until=timezone.now() + timedelta(days=number))
    time_machine.move_to(timezone.now() + timedelta(days=5))

    said = told(changes_of(draft(*videos, grant=services.Grant(until=NOVEMBER))))

    assert [one.text for one in said] == [
        "2 that have ended would be allowed again, until 25 November 2097"
    ]


@pytest.mark.parametrize(
    ("until", "choice"), [((NOVEMBER, NOVEMBER), "2097-11-25"), ((NOVEMBER, MARCH), "keep")]
)
def test_read_and_renew_starts_from_the_ends_that_stand(
    alice: User, staff: User, client_of: ClientOf, until: tuple[datetime, ...], choice: str
) -> None:
    for video, end in zip(make_videos(2, owner=alice), until, strict=True):
        make_consent(video, until=end)
    publish_notice(staff, material=True)
    browser = client_of(alice)
    form = browser.get("/").text.partition('action="/edits/new/"')[2].partition("</form>")[0]
    sent = dict(re.findall(r'name="(\w+)"\s+value="([^"]*)"', form))

    page = browser.post(
        "/edits/new/", {name: unescape(value) for name, value in sent.items()}, follow=True
    )

    assert {one.kind for one in changes_of(page.context["edit"])} == {Kind.RENEWED}
    shown = page.context["form"]
    assert choice in (str(shown["until"].value()), shown["ends"].value())


@pytest.mark.parametrize(
    ("ends", "until", "said"),
    [
        ([NOVEMBER, MARCH], None, "allowed “Remix” without an end for “New”"),
        ([NOVEMBER, MARCH], JUNE, "allowed “Remix” until 1 June 2097 for “New”"),
    ],
)
def test_the_record_speaks_of_kept_ends_only_where_one_is_kept(
    alice: User,
    client_of: ClientOf,
    *,
    ends: list[datetime],
    until: datetime | None,
    said: str,
) -> None:
    videos = [*make_videos(2, owner=alice), make_video(owner=alice, title="New")]
    for video, end in zip(videos, ends, strict=False):
        make_consent(video, until=end)

    confirm(draft(*videos, grant=services.Grant(until=until, keeps_ends=True)))

    assert said in client_of(alice).get("/activity/").context["entries"][0].text


def test_the_record_says_how_the_new_ones_end_beside_those_that_keep_their_own(
    alice: User, staff: User, client_of: ClientOf
) -> None:
    videos = make_videos(3, owner=alice)
    make_consent(videos[0], until=NOVEMBER)
    make_consent(videos[1], until=MARCH)
    publish_notice(staff, material=True)

    confirm(draft(*videos, grant=services.Grant(keeps_ends=True)))

    assert client_of(alice).get("/activity/").context["entries"][0].text == (
        "You allowed “Remix”, with the ends that were set before and the new ones without an end, "
        "for 3 videos"
    )
