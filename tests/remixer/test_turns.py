"""People take turns in the queue of memes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.jobs import State, ahead_of
from creatorhub.models import User
from remixer import services
from remixer.models import Render
from tests.factories import make_consent, make_video
from tests.memes import request_meme

pytestmark = pytest.mark.django_db(transaction=True)


def claimed() -> list[Render]:
    """Every job in the order in which one worker takes them."""
    order = []
    while render := jobs.claim_next(Render):
        order.append(render)
        jobs.finish(render, State.DONE)
    return order


def test_who_asks_for_many_does_not_keep_others_waiting(
    alice: User, bob: User, carol: User
) -> None:
    video = make_video(owner=alice)
    make_consent(video)
    many = [request_meme(bob, video) for _number in range(5)]
    one = request_meme(carol, video)
    two = request_meme(alice, video)

    assert ahead_of(one) == 1
    assert ahead_of(two) == 2
    assert ahead_of(Render.objects.get(pk=many[1].pk)) == 3
    assert [render.pk for render in claimed()] == [
        many[0].pk,
        one.pk,
        two.pk,
        *(render.pk for render in many[1:]),
    ]


def test_who_asks_again_and_again_does_not_keep_others_waiting(alice: User, bob: User) -> None:
    """One at a time: each comes after what has waited longer."""
    video = make_video(owner=alice)
    make_consent(video)
    for _number in range(3):
        request_meme(alice, video)
    order = []
    for _round in range(3):
        request_meme(bob, video)
        for _job in range(2):
            render = jobs.claim_next(Render)
            assert render
            order.append(render.requester)
            jobs.finish(render, State.DONE)

    assert order == [alice, bob, alice, bob, alice, bob]


def test_a_job_of_a_dead_worker_is_taken_in_its_turn(alice: User, bob: User) -> None:
    video = make_video(owner=alice)
    make_consent(video)
    first = request_meme(bob, video)
    request_meme(bob, video)
    assert jobs.claim_next(Render) == first
    Render.objects.filter(pk=first.pk).update(lease_until=timezone.now() - timedelta(seconds=1))

    assert jobs.claim_next(Render) == first


def test_a_retry_takes_a_new_turn(alice: User, bob: User) -> None:
    video = make_video(owner=alice)
    make_consent(video)
    again = request_meme(bob, video)
    services.cancel_render(again, actor=Actor.creator(bob))
    later = [request_meme(bob, video), request_meme(bob, video)]

    services.retry_render(again, actor=Actor.creator(bob))

    assert [render.pk for render in claimed()] == [*(r.pk for r in later), again.pk]


def test_without_work_a_hint_does_nothing(alice: User) -> None:
    assert jobs.claim_next(Render) is None
    services.run_next_render()
    assert not Render.objects.exists()
