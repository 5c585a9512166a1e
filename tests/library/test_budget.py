"""What one creator's uploads may cost in a day, and how many may wait."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from creatorhub import jobs
from creatorhub.errors import Refused
from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Ingest, Video
from library.services.budget import OverBudget, charge
from tests.conftest import ClientOf
from tests.library.conftest import bring, ingested

pytestmark = pytest.mark.django_db(transaction=True)


def held(path: Path, owner: User) -> Ingest:
    """The job of a new upload, claimed."""
    ingest = jobs.claim(Ingest, bring(path, owner).ingest.pk)
    assert ingest
    return ingest


def test_what_a_video_costs_is_written_down(good_file: Path, alice: User) -> None:
    video = ingested(bring(good_file, alice))

    cost = Ingest.objects.get(video=video).cost
    assert cost == pytest.approx(video.width * video.height * video.duration, rel=0.05)


def test_the_first_video_of_a_day_always_has_room(
    good_file: Path, alice: User, settings: Settings
) -> None:
    settings.INGEST_DAILY_BUDGET = 1

    assert ingested(bring(good_file, alice)).status == Video.Status.READY


def test_above_the_budget_a_video_waits_until_there_is_room(
    good_file: Path, alice: User, client_of: ClientOf, settings: Settings
) -> None:
    first = ingested(bring(good_file, alice))
    settings.INGEST_DAILY_BUDGET = 1
    second = ingested(bring(good_file, alice))

    assert second.status == Video.Status.PROCESSING
    paid = Ingest.objects.get(video=first).charged_at
    waiting = Ingest.objects.get(video=second)
    assert paid
    assert waiting.state == State.QUEUED
    assert waiting.next_attempt_at == paid + timedelta(days=1)
    address = reverse("library:ingest_status", args=[second.uuid])
    page = client_of(alice).get(address, headers={"HX-Request": "true"})
    assert "You have uploaded much today. Nothing is lost" in page.text

    Ingest.objects.filter(video=first).update(charged_at=timezone.now() - timedelta(days=1))
    Ingest.objects.filter(video=second).update(next_attempt_at=timezone.now())
    assert ingested(second).status == Video.Status.READY


def test_it_waits_for_as_much_room_as_it_needs(
    good_file: Path, alice: User, settings: Settings
) -> None:
    settings.INGEST_DAILY_BUDGET = 10
    hours = {4: 20, 6: 10, 3: 5}  # cost by how long ago
    for cost, ago in hours.items():
        Ingest.objects.filter(pk=held(good_file, alice).pk).update(
            cost=cost, charged_at=timezone.now() - timedelta(hours=ago)
        )

    with pytest.raises(OverBudget) as over:
        charge(held(good_file, alice), owner=alice, cost=6)  # 19 - 4 - 6 leaves room

    charged_at = Ingest.objects.get(cost=6).charged_at
    assert charged_at
    assert over.value.until == charged_at + timedelta(days=1)


def test_another_creator_is_not_charged(
    good_file: Path, alice: User, bob: User, settings: Settings
) -> None:
    settings.INGEST_DAILY_BUDGET = 1
    ingested(bring(good_file, alice))

    assert ingested(bring(good_file, bob)).status == Video.Status.READY


def test_of_one_creator_only_so_many_videos_wait(
    good_file: Path, alice: User, bob: User, settings: Settings
) -> None:
    settings.INGEST_MAX_PENDING = 1
    bring(good_file, alice)

    with pytest.raises(Refused, match="1 video of yours is still being made ready") as refused:
        bring(good_file, alice)

    assert refused.value.status == 429
    assert Video.objects.filter(owner=alice).count() == 1
    bring(good_file, alice, via="import")
    bring(good_file, bob)
