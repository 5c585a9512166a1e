"""The list's filters by state and reason begin with what is known of the creator, and find exactly
the videos of which the policy's twin says the same: a reason what is in force, a state what is
stored, whatever holds it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone
from waffle.testutils import override_switch

from consent import policy, services
from consent.counts import SOON
from consent.filters import STATES, VideoFilter
from consent.models import Edit, Item, Journal, Notice
from consent.policy import Reason
from consent.querysets import facts, with_reasons
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
    """Every state and every reason against the twin, and the twin against the policy about each
    video; the reasons that occurred."""
    rows = {row.pk: row for row in with_reasons(Video.objects.owned_by(alice))}
    for use in USES:
        known = facts(list(rows), use)
        given = {pk: getattr(row, f"reason_{use}") for pk, row in rows.items()}
        stored = {pk: getattr(row, f"stored_{use}") for pk, row in rows.items()}
        assert given == {pk: policy.decide(one).reason for pk, one in known.items()}
        assert stored == {pk: policy.stored(one) for pk, one in known.items()}
        for state, meant in STATES.items():
            expected = {pk for pk, reason in stored.items() if reason in meant}
            if state == "ending":
                ends = {pk: getattr(row, f"until_{use}") for pk, row in rows.items()}
                soon = timezone.now() + SOON
                expected = {pk for pk in expected if ends[pk] and ends[pk] <= soon}
            if state == "held":
                expected = {pk for pk, one in known.items() if one.held and one.available}
            assert found(alice, **{use: state}) == expected, (use, state)
    reasons = {(pk, getattr(row, f"reason_{use}")) for pk, row in rows.items() for use in USES}
    for reason in Reason:
        expected = {pk for pk, given_reason in reasons if given_reason == reason}
        assert found(alice, reason=str(reason)) == expected, reason
    return {str(row.reason_remix) for row in rows.values()}  # type: ignore[attr-defined]


@pytest.mark.parametrize("rare", [1, 1000], ids=["begins with the few", "meets them on the way"])
def test_a_filter_finds_what_the_policy_says(
    alice: User, every_state: list[Video], monkeypatch: pytest.MonkeyPatch, rare: int
) -> None:
    monkeypatch.setattr("consent.filters.RARE", rare)

    seen = compare(alice)

    assert seen == set(Reason) - {
        *(Reason.RESTORING, Reason.PAUSED, Reason.OPTED_OUT, Reason.WITHDRAWN),
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
        hold(*every_state[::3])
        assert compare(alice) == {"paused"}
    Journal.objects.update(held=True)
    assert compare(alice) == {"restoring"}
    Journal.objects.update(held=False)
    for holding in (True, False):
        with being_withdrawn(alice, every_state[4:8], holding=holding):
            assert "withdrawn" in compare(alice)
    opt_out(alice)
    assert compare(alice) == {"opted_out", "video_unavailable"}
