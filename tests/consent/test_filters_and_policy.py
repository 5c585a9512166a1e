"""The list's filters by state and reason begin with what is known of the creator, and find exactly
the videos whose reason is the one that the policy's twin gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone
from waffle.testutils import override_switch

from consent import services
from consent.counts import SOON
from consent.filters import STATES, VideoFilter
from consent.models import Edit, Item, Notice
from consent.policy import Reason
from consent.querysets import with_reasons
from consent.uses import USES
from creatorhub.actors import Actor
from creatorhub.models import User
from library.models import Video
from tests.acts import hold, lift, opt_out, turn_off
from tests.factories import make_consent, make_videos

pytestmark = pytest.mark.django_db


@pytest.fixture
def every_state(alice: User, staff: User, time_machine: object) -> list[Video]:
    """Two videos in each state that the services can bring about."""
    lapsed, ended, ending, allowed, off, undone, undecided, unready = (
        make_videos(2, owner=alice) for _ in range(8)
    )
    make_consent(*lapsed)
    revision = Notice.objects.create(use="remix", version=3, title="New", text="New")
    services.publish_notice(revision, actor=Actor.staff(staff))
    make_consent(*ended, until=timezone.now() + timedelta(days=1))
    time_machine.move_to(timezone.now() + timedelta(days=2))  # type: ignore[attr-defined]
    make_consent(*ending, until=timezone.now() + timedelta(days=3))
    make_consent(*allowed)
    make_consent(*allowed, use="train")
    turn_off(*off)
    inverse = services.undo_or_draft(
        make_consent(*undone).uuid, actor=Actor.creator(alice), creator=alice
    )
    assert inverse.changed == 2
    Video.objects.filter(pk__in=[video.pk for video in unready]).update(status="processing")
    return [*lapsed, *ended, *ending, *allowed, *off, *undone, *undecided, *unready]


@contextmanager
def being_withdrawn(alice: User, videos: list[Video], *, holding: bool) -> Iterator[None]:
    """A withdrawal under way of some of them, or one that does not know its videos yet."""
    edit = Edit.objects.create(
        creator=alice,
        actor=f"creator:{alice.uuid}",
        use="remix",
        status=Edit.Status.HOLDING if holding else Edit.Status.APPLYING,
        withdraws=0 if holding else len(videos),
        confirmed_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=1),
    )
    if not holding:
        Item.objects.bulk_create(
            Item(edit=edit, video=video, before_decided=True) for video in videos
        )
    yield
    edit.items.all().delete()
    edit.delete()


def found(alice: User, **asked: str) -> set[int]:
    mine = Video.objects.owned_by(alice)
    return set(VideoFilter(asked, queryset=mine, creator=alice).qs.values_list("pk", flat=True))


def compare(alice: User) -> set[str]:
    """Every state and every reason against the twin; the reasons that occurred."""
    rows = list(with_reasons(Video.objects.owned_by(alice)))
    reasons = {use: {row.pk: getattr(row, f"reason_{use}") for row in rows} for use in USES}
    for use, given in reasons.items():
        for state, meant in STATES.items():
            expected = {pk for pk, reason in given.items() if reason in meant}
            if state == "ending":
                ends = {row.pk: getattr(row, f"until_{use}") for row in rows}
                soon = timezone.now() + SOON
                expected = {pk for pk in expected if ends[pk] and ends[pk] <= soon}
            assert found(alice, **{use: state}) == expected, (use, state)
    for reason in Reason:
        expected = {pk for given in reasons.values() for pk in given if given[pk] == reason}
        assert found(alice, reason=str(reason)) == expected, reason
    return set(reasons["remix"].values())


@pytest.mark.parametrize("rare", [1, 1000], ids=["begins with the few", "meets them on the way"])
def test_a_filter_finds_what_the_policy_says(
    alice: User, every_state: list[Video], monkeypatch: pytest.MonkeyPatch, rare: int
) -> None:
    monkeypatch.setattr("consent.filters.RARE", rare)

    seen = compare(alice)

    assert seen == set(Reason) - {
        *(Reason.PAUSED, Reason.OPTED_OUT, Reason.WITHDRAWN),
        *(Reason.NOT_IN_AUDIENCE, Reason.APPROVAL_NEEDED, Reason.HELD, Reason.BLOCKED),
    }
    some = hold(*every_state[::2])
    assert compare(alice) == {*seen, "held"}
    everything = hold(creator=alice)
    assert compare(alice) == {"held", "video_unavailable"}
    assert lift(some) == len(every_state[::2])
    assert lift(everything) == 1
    assert compare(alice) == seen
    with override_switch("remixer_paused", active=True):
        assert compare(alice) == {"paused"}
    for holding in (True, False):
        with being_withdrawn(alice, every_state[4:8], holding=holding):
            assert "withdrawn" in compare(alice)
    opt_out(alice)
    assert compare(alice) == {"opted_out", "video_unavailable"}
