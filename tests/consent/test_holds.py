"""Staff hold a use: of videos, or of everything of a creator. Only they lift it, and lifting turns
nothing on. A creator blocks a person, whatever they allow others."""

from __future__ import annotations

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from audit.history import body_of, describe
from audit.models import Event
from consent import selection, services
from consent.counts import overview_of
from consent.models import Block, Consent, ConsentState, Hold
from creatorhub.actors import Actor
from creatorhub.errors import Forbidden, Refused
from creatorhub.models import User
from tests import acts
from tests.conftest import ApiOf, LargeEdits
from tests.database import counted_queries
from tests.decisions import reason_of
from tests.factories import make_consent, make_user, make_video, make_videos

pytestmark = pytest.mark.django_db


def moderator() -> Actor:
    return Actor.staff(make_user(role="moderation"))


def last_event() -> Event:
    return Event.objects.latest("pk")


def test_a_hold_says_no_for_its_videos_and_changes_nothing_stored(alice: User) -> None:
    held, other = make_videos(2, owner=alice)
    make_consent(held, other)
    before = list(Consent.objects.values())
    version = ConsentState.objects.get(creator=alice).version

    placed = acts.hold(held)

    assert (reason_of(held), reason_of(other)) == ("held", "allowed")
    assert reason_of(held, use="train") == "undecided"
    assert list(Consent.objects.values()) == before
    assert ConsentState.objects.get(creator=alice).version == version + 1
    event = last_event()
    assert (event.action, event.subject, event.creator) == ("hold.placed", held.uuid, alice)
    assert body_of(event)["reason"] == "A complaint"
    assert acts.lift(placed) == 1
    assert reason_of(held) == "allowed"
    assert last_event().action == "hold.lifted"


def test_a_hold_of_everything_reaches_what_is_uploaded_later(alice: User) -> None:
    make_consent(*make_videos(2, owner=alice))

    acts.hold(creator=alice)
    [later] = make_videos(1, owner=alice)
    make_consent(later)

    assert reason_of(later) == "held"
    assert overview_of(alice).allowed("remix") == 0
    assert overview_of(alice).facts("remix").silent


def test_lifting_turns_nothing_on_that_the_creator_turned_off_meanwhile(alice: User) -> None:
    off, undecided, kept = make_videos(3, owner=alice)
    make_consent(off, kept)
    placed = acts.hold(off, undecided, kept)

    acts.turn_off(off)
    acts.lift(placed)

    assert [reason_of(video) for video in (off, undecided, kept)] == ["off", "undecided", "allowed"]
    assert Consent.objects.filter(terms__isnull=False).count() == 1


def test_a_withdrawal_of_what_is_allowed_reaches_what_is_held_before_it_is_written_down(
    alice: User, large_edits: LargeEdits
) -> None:
    """“All that is allowed” is what was allowed when it was confirmed: a hold that comes before
    the job must not take videos out of it."""
    videos = make_videos(6, owner=alice)
    make_consent(*videos)
    large_edits(freeze=2)
    edit = services.turn_off(
        actor=Actor.creator(alice),
        creator=alice,
        use="remix",
        matching=selection.matching(alice, {"remix": "allowed"}),
    )
    assert edit.status == "holding"

    placed = acts.hold(*videos[:3])
    acts.run(edit)
    acts.lift(placed)

    assert [reason_of(video) for video in videos] == ["off"] * 6


def test_the_bar_counts_what_is_held(alice: User) -> None:
    videos = make_videos(5, owner=alice)
    make_consent(*videos[:4])

    acts.hold(*videos[2:])
    overview = overview_of(alice)

    assert (overview.allowed("remix"), overview.facts("remix").held) == (2, {"held": 2})
    assert overview.holds["remix"].videos == 3
    assert overview.facts("train").held == {}


def test_only_moderators_hold_and_lift_and_not_their_own(alice: User, staff: User) -> None:
    [video] = make_videos(1, owner=alice)
    placed = acts.hold(video)
    both = make_user(role="moderation")
    [own] = make_videos(1, owner=both)
    refused = [
        Actor.creator(alice),
        Actor.system("worker"),
        *(Actor.staff(make_user(role=role)) for role in ("support", "editor")),
        Actor.parse(str(Actor.staff(staff))),
    ]

    for actor in refused:
        with pytest.raises(Forbidden):
            services.lift(placed.holds, actor=actor, reason="x")
        with pytest.raises(Forbidden):
            services.hold(actor=actor, creator=alice, use="train", videos=None, reason="x")
    with pytest.raises(Forbidden):
        services.hold(actor=Actor.staff(both), creator=both, use="remix", videos=[own], reason="x")
    on_own = services.hold(actor=moderator(), creator=both, use="remix", videos=[own], reason="x")
    with pytest.raises(Forbidden):
        services.lift(on_own.holds, actor=Actor.staff(both), reason="x")
    with pytest.raises(Refused):
        services.hold(actor=moderator(), creator=alice, use="train", videos=None, reason=" ")

    assert reason_of(video) == reason_of(own) == "held"


def test_holding_and_lifting_twice_changes_nothing(alice: User) -> None:
    [video] = make_videos(1, owner=alice)
    placed, again = acts.hold(video), acts.hold(video)
    events = Event.objects.count()

    assert (len(placed.holds), again.holds) == (1, [])
    assert Hold.objects.standing().count() == 1
    assert acts.lift(placed) == 1
    assert acts.lift(placed) == 0
    assert Event.objects.count() == events + 1


def test_videos_of_others_are_not_held_with_them(alice: User, bob: User) -> None:
    [mine], [other] = make_videos(1, owner=alice), make_videos(1, owner=bob)

    held = services.hold(
        actor=moderator(), creator=alice, use="remix", videos=[mine, other], reason="x"
    )

    assert [one.video for one in held.holds] == [mine]


def test_the_database_keeps_one_hold_of_each_thing(alice: User) -> None:
    [video] = make_videos(1, owner=alice)
    acts.hold(video)
    acts.hold(creator=alice)

    for one in Hold.objects.all():
        one.pk, one.uuid = None, make_user().uuid
        with pytest.raises(IntegrityError), transaction.atomic():
            one.save()


@pytest.mark.django_db(transaction=True)
def test_the_creator_is_told_by_mail_and_in_the_activity(alice: User) -> None:
    [video] = make_videos(1, owner=alice)
    title = video.title
    mail.outbox.clear()

    placed = acts.hold(video)
    acts.lift(placed)

    assert [message.to for message in mail.outbox] == [["alice@example.com"]] * 2
    assert mail.outbox[0].subject.endswith(f"Remix of “{title}” is on hold")
    assert "A complaint" in mail.outbox[0].body
    assert "It was wrong" in mail.outbox[1].body
    lines = describe(Event.objects.filter(creator=alice).order_by("-pk")[:2], reader=alice)
    assert [line.text for line in lines] == [
        f"CreatorHub staff lifted the hold on “Remix” of “{title}”",
        f"CreatorHub staff put “Remix” of “{title}” on hold",
    ]
    assert [line.reason for line in lines] == ["It was wrong", "A complaint"]


def test_a_hold_is_said_by_the_api_at_once(alice: User, api_of: ApiOf) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)
    acts.hold(video)

    public = api_of(alice).get(f"/api/v1/videos/{video.uuid}/consent/").json()
    asked = {"use": "remix", "videos": [str(video.uuid)]}
    checked = api_of(alice).post("/api/v1/checks/", asked, format="json").json()
    listed = api_of(alice).get("/api/v1/videos/", {"remix": "held"}).json()

    assert public["uses"]["remix"] == {
        "allowed": False,
        "reason": "held",
        "by": "staff",
        "why": "CreatorHub staff have put this on hold while they look into it.",
    }
    assert checked["decisions"][0]["reason"] == "held"
    assert [one["consent"]["remix"]["reason"] for one in listed["results"]] == ["held"]


def test_a_hold_of_50_videos_costs_as_many_queries_as_one(alice: User) -> None:
    [one, other], many = make_videos(2, owner=alice), make_videos(50, owner=alice)
    acts.hold(other)

    with counted_queries() as few:
        acts.hold(one)
    with counted_queries() as lots:
        acts.hold(*many)

    assert len(lots) == len(few)


# One person


def test_a_block_is_a_no_for_one_person_alone(alice: User, bob: User, carol: User) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)

    services.block(bob, actor=Actor.creator(alice), creator=alice)

    assert [reason_of(video, asker=one) for one in (bob, carol, None)] == [
        "blocked",
        "allowed",
        "allowed",
    ]
    assert last_event().action == "person.blocked"
    assert services.block(bob, actor=Actor.creator(alice), creator=alice) is None
    assert services.unblock(bob, actor=Actor.creator(alice), creator=alice)
    assert not services.unblock(bob, actor=Actor.creator(alice), creator=alice)
    assert reason_of(video, asker=bob) == "allowed"
    assert last_event().action == "person.unblocked"


def test_checks_by_a_blocked_person_say_so(alice: User, bob: User, api_of: ApiOf) -> None:
    [video] = make_videos(1, owner=alice)
    make_consent(video)
    services.block(bob, actor=Actor.creator(alice), creator=alice)
    asked = {"use": "remix", "videos": [str(video.uuid)]}

    answer = api_of(bob).post("/api/v1/checks/", asked, format="json").json()

    assert answer["decisions"][0]["reason"] == "blocked"


def test_only_the_creator_blocks_and_nobody_themselves(alice: User, bob: User, staff: User) -> None:
    for actor in (Actor.creator(bob), Actor.staff(staff), Actor.system("worker")):
        with pytest.raises(Forbidden):
            services.block(bob, actor=actor, creator=alice)
        with pytest.raises(Forbidden):
            services.unblock(bob, actor=actor, creator=alice)
    with pytest.raises(Refused):
        services.block(alice, actor=Actor.creator(alice), creator=alice)

    assert not Block.objects.exists()


def test_a_block_does_not_allow_what_is_off(alice: User, bob: User) -> None:
    video = make_video(owner=alice, with_files=False)
    services.block(bob, actor=Actor.creator(alice), creator=alice)

    assert reason_of(video, asker=bob) == "undecided"


@pytest.mark.django_db(transaction=True)
def test_the_creator_gets_a_mail_about_what_staff_turned_off(alice: User, staff: User) -> None:
    first, second = make_videos(2, owner=alice)
    make_consent(first)
    actor, title = Actor.staff(staff), first.title
    mail.outbox.clear()

    for _ in range(2):  # the second changes nothing
        services.turn_off(
            actor=actor, creator=alice, use="remix", ids=[first.uuid], reason="A court order"
        )
    services.remove_video(second, actor=actor, reason="A court order")
    services.opt_out(actor=actor, creator=alice, reason="A court order")

    assert [message.subject.partition("] ")[2] for message in mail.outbox] == [
        f"Remix of “{title}” was turned off",
        f"“{second.title}” was removed",
        "Everything of yours was turned off",
    ]
    assert all("Why: A court order" in message.body for message in mail.outbox)
    mail.outbox.clear()
    services.opt_in(actor=Actor.creator(alice), creator=alice, restore="previous")
    make_consent(first)
    acts.turn_off(first)
    assert not mail.outbox
