"""Reports by people, appeals, and what a creator does about one meme or one person."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from audit.history import body_of, describe
from audit.models import Event
from consent import services as consent
from consent.models import Block
from consent.uses import USES
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden, Refused
from creatorhub.models import User
from library.models import Video
from remixer import services
from remixer.cases import Appeal, Report
from remixer.models import Render
from remixer.services import reports
from remixer.services.permission import why_not
from tests.acts import hold, lift, turn_off
from tests.conftest import ClientOf
from tests.database import counted_queries
from tests.decisions import reason_of
from tests.factories import make_consent, make_user, make_video
from tests.memes import make_meme, make_render

pytestmark = pytest.mark.django_db
WRONG = {"kind": "hate", "text": "Look at 0:01"}


@pytest.fixture
def meme(alice: User, bob: User) -> Render:
    """Of alice's video, by bob; a row alone."""
    video = make_video(owner=alice, with_files=False, title="Cat")
    make_consent(video)
    now = timezone.now()
    return make_render(video, bob, state="done", file_key="renders/x.mp4", published_at=now)


@pytest.fixture
def mod(db: None) -> User:
    return make_user("mod", role="moderation")


def report(reporter: User, render: Render, **more: str) -> Report:
    return services.report(
        actor=Actor.creator(reporter),
        reporter=reporter,
        video=render.video,
        render=render,
        **{**WRONG, **more},
    )


# Reports


def test_a_meme_is_reported_from_its_page(carol: User, meme: Render, client_of: ClientOf) -> None:
    browser = client_of(carol)
    page = browser.get(f"/memes/{meme.uuid}/").text
    address = reverse("remixer:report_meme", args=[meme.uuid])

    assert f'href="{address}"' in page
    assert browser.get(address).status_code == 200
    assert browser.post(address, {"kind": "hate"}).status_code == 303
    made = Report.objects.get()
    assert (made.reporter, made.render, made.video, made.state) == (
        carol,
        meme,
        meme.video,
        "open",
    )
    assert browser.get(reverse("remixer:my_reports")).context["reports"] == [made]


def test_a_video_is_reported_from_its_editor(alice: User, carol: User, client_of: ClientOf) -> None:
    video = make_video(owner=alice)
    make_consent(video)
    browser = client_of(carol)
    address = reverse("remixer:report_video", args=[video.uuid])

    for page in (f"/remix/{video.uuid}/", "/remix/"):
        assert f'href="{address}"' in browser.get(page).text
        assert f'href="{address}"' not in client_of(alice).get(page).text
    assert browser.post(address, WRONG).status_code == 303
    assert Report.objects.get().render is None


def test_what_a_person_cannot_see_they_cannot_report(
    alice: User, bob: User, carol: User, client_of: ClientOf
) -> None:
    video = make_video(owner=alice, with_files=False)
    make_consent(video)
    waiting = make_render(video, bob, state="queued")
    turn_off(video)

    for name, uuid, status in (
        ("remixer:report_video", video.uuid, 403),
        ("remixer:report_meme", waiting.uuid, 404),
    ):
        answer = client_of(carol).post(reverse(name, args=[uuid]), WRONG)
        assert answer.status_code == status
    assert not Report.objects.exists()


def test_what_can_no_longer_be_seen_is_not_named_to_whom_it_is_hidden_from(
    alice: User, carol: User, meme: Render, client_of: ClientOf
) -> None:
    stranger, owner = client_of(carol), client_of(alice)
    addresses = [
        reverse("remixer:report_meme", args=[meme.uuid]),
        reverse("remixer:report_video", args=[meme.video.uuid]),
    ]
    report(carol, meme)
    services.report(
        actor=Actor.creator(carol), reporter=carol, video=meme.video, render=None, **WRONG
    )
    mine = reverse("remixer:my_reports")
    before = stranger.get(mine).text
    turn_off(meme.video)

    answers = [ask(address) for address in addresses for ask in (stranger.get, stranger.post)]
    after = stranger.get(mine).text

    assert [answer.status_code for answer in answers] == [410, 410, 403, 403]
    assert not any("Cat" in answer.text for answer in answers)
    assert before.count("“Cat”") == 2
    assert "Cat" not in after
    assert "A meme that can no longer be seen" in after
    assert "A video that can no longer be seen" in after
    assert owner.get(addresses[0]).status_code == 200  # whose video it is may still report it


def test_a_report_says_what_is_wrong(carol: User, meme: Render, client_of: ClientOf) -> None:
    browser = client_of(carol)
    address = reverse("remixer:report_meme", args=[meme.uuid])

    for form in ({}, {"kind": "dull"}, {"kind": "other", "text": " "}):
        assert browser.post(address, form).status_code == 422
    assert not Report.objects.exists()


def test_one_report_is_open_for_each_person_and_thing(carol: User, mod: User, meme: Render) -> None:
    first = report(carol, meme)
    with pytest.raises(Conflict):
        report(carol, meme)
    report(make_user(), meme)

    services.decide_report(first, actor=Actor.staff(mod), upheld=False, decision="Fine")

    assert report(carol, meme).pk != first.pk


def test_nobody_reports_their_own(bob: User, meme: Render) -> None:
    with pytest.raises(Refused):
        report(bob, meme)


def test_reports_are_limited_by_the_day(
    carol: User, meme: Render, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "PER_DAY", 1)
    report(carol, meme)
    other = make_render(meme.video, bob, state="done", published_at=timezone.now())

    with pytest.raises(Refused) as refused:
        report(carol, other)
    assert refused.value.status == 429
    Report.objects.update(created_at=timezone.now() - timedelta(days=2))
    report(carol, other)


@pytest.mark.django_db(transaction=True)
def test_a_report_goes_through_the_queue_and_both_sides_are_told(
    alice: User, bob: User, carol: User, mod: User, meme: Render
) -> None:
    made, actor = report(carol, meme), Actor.staff(mod)
    mail.outbox.clear()

    assert services.take_report(made, actor=actor, person=mod)
    assert not services.take_report(made, actor=actor, person=mod)
    made.refresh_from_db()
    assert (made.state, made.assigned_to) == ("in_review", mod)
    assert services.decide_report(
        made, actor=actor, upheld=True, decision="It is hateful", measure="left"
    )
    assert not services.decide_report(made, actor=actor, upheld=False, decision="No")

    made.refresh_from_db()
    assert (made.state, made.decision) == ("upheld", "It is hateful")
    told = {message.to[0]: message.body for message in mail.outbox}
    assert set(told) == {"carol@example.com", "bob@example.com"}
    assert all("It is hateful" in body for body in told.values())
    assert "carol" not in told["bob@example.com"]
    event = Event.objects.get(action="report.decided")
    assert event.creator == bob
    assert "carol" not in str(body_of(event))
    assert str(carol.uuid) not in str(body_of(event))


def test_only_moderators_decide_and_not_about_their_own(carol: User, meme: Render) -> None:
    made = report(carol, meme)
    both = make_user(role="moderation")
    own = report(carol, make_render(meme.video, both, state="done"))
    theirs = report(both, meme)

    for actor in (Actor.creator(carol), Actor.staff(make_user(role="support"))):
        with pytest.raises(Forbidden):
            services.take_report(made, actor=actor, person=carol)
        with pytest.raises(Forbidden):
            services.decide_report(
                made, actor=actor, upheld=True, decision="x", measure="taken_down"
            )
    for one in (own, theirs):
        with pytest.raises(Forbidden):
            services.decide_report(
                one, actor=Actor.staff(both), upheld=True, decision="x", measure="taken_down"
            )
    for wrong in ({"decision": " ", "measure": "left"}, {"decision": "x", "measure": ""}):
        with pytest.raises(Refused):
            services.decide_report(made, actor=Actor.staff(both), upheld=True, **wrong)
    assert not Render.objects.filter(state="taken_down").exists()


@pytest.mark.django_db(transaction=True)
def test_to_uphold_a_report_takes_the_thing_down_or_holds_it_in_the_same_step(
    carol: User, mod: User, meme: Render, client_of: ClientOf
) -> None:
    other = make_video(owner=meme.creator, with_files=False, title="Dog")
    make_consent(other)
    of_meme = report(carol, meme)
    of_video = services.report(
        actor=Actor.creator(carol), reporter=carol, video=other, render=None, **WRONG
    )
    desk, queue = client_of(mod), reverse("admin:remixer_report_changelist")
    data = {"action": "uphold", "_selected_action": [of_meme.pk, of_video.pk]}
    mail.outbox.clear()

    asked = desk.post(queue, data)
    sent = {**data, "confirmed": "1", "reason": "Hateful", "number": "2"}
    unsaid = desk.post(queue, sent)
    wrong = desk.post(queue, {**sent, "measure": "taken_down", "number": "3"})

    assert (asked.status_code, unsaid.status_code, wrong.status_code) == (200, 422, 422)
    assert "checked" not in asked.text.partition('name="measure"')[2].partition("reason")[0]
    assert "1 finished meme, 0 memes in the making, of 1 person, 1 video" in asked.text
    assert reverse("admin:remixer_render_change", args=[meme.pk]) in asked.text
    assert reason_of(other) == "allowed"
    done = desk.post(queue, {**sent, "measure": "taken_down"}, follow=True)
    meme.refresh_from_db()
    assert meme.state == "taken_down"
    assert [reason_of(other, use) for use in USES] == ["held"] * len(USES)
    assert {(one.state, one.measure) for one in Report.objects.all()} == {
        ("upheld", "taken_down"),
        ("upheld", "held"),
    }
    assert "The meme was taken down." in done.text
    to_carol = [message.body for message in mail.outbox if message.to == [carol.email]]
    assert ["taken down" in to_carol[0], "on hold" in to_carol[1]] == [True, True]
    to_bob = [message.subject for message in mail.outbox if message.to == [meme.requester.email]]
    assert to_bob == ["[CreatorHub] CreatorHub staff took down your meme of “Cat”"]
    assert "The meme was taken down." in client_of(carol).get(reverse("remixer:my_reports")).text


def test_a_report_that_is_upheld_may_leave_the_thing_and_says_so(
    bob: User, carol: User, mod: User, meme: Render
) -> None:
    made = report(carol, meme)

    services.decide_report(
        made, actor=Actor.staff(mod), upheld=True, decision="Rude, and satire", measure="left"
    )

    meme.refresh_from_db()
    assert meme.state == "done"
    event = Event.objects.get(action="report.decided")
    line = describe([event], reader=bob)[0].text
    assert line.endswith("the report was right, and it stays where it is")


def test_the_pages_of_reports_cost_the_same_for_one_and_for_many(
    carol: User, mod: User, meme: Render, bob: User, client_of: ClientOf
) -> None:
    browser, desk = client_of(carol), client_of(mod)
    queue = reverse("admin:remixer_report_changelist")
    report(carol, meme)

    with counted_queries() as mine:
        browser.get(reverse("remixer:my_reports"))
    with counted_queries() as waiting:
        desk.get(queue)
    for _ in range(10):
        report(carol, make_render(meme.video, bob, state="done"))
    with counted_queries() as mine_later:
        browser.get(reverse("remixer:my_reports"))
    with counted_queries() as waiting_later:
        assert len(desk.get(queue).context["cl"].result_list) == 11

    assert (len(mine), len(waiting)) == (len(mine_later), len(waiting_later))


# Staff see what they judge


def test_moderators_watch_a_hidden_meme_and_it_is_logged(
    alice: User, bob: User, mod: User, client_of: ClientOf
) -> None:
    video = make_video(owner=alice)
    make_consent(video)
    made = make_meme(bob, video)
    hold(video)
    desk = client_of(mod)
    page = desk.get(reverse("admin:remixer_render_watch", args=[made.pk]))
    [source] = re.findall(r'src="([^"]+file.mp4[^"]+)"', page.text)

    assert desk.get(source.replace("&amp;", "&")).status_code == 200
    event = Event.objects.latest("pk")
    assert (event.action, event.actor, event.creator) == (
        "render.watched",
        f"staff:{mod.uuid}",
        alice,
    )
    events = Event.objects.count()
    bare = reverse("admin:remixer_render_file", args=[made.pk])
    assert desk.get(bare).status_code == 404
    other = client_of(make_user(role="moderation"))
    assert other.get(source.replace("&amp;", "&")).status_code == 404
    assert Event.objects.count() == events


def test_support_sees_the_picture_and_watches_nothing(
    alice: User, bob: User, mod: User, client_of: ClientOf
) -> None:
    video = make_video(owner=alice)
    desk = client_of(make_user(role="support"))

    assert desk.get(reverse("admin:library_video_picture", args=[video.pk])).status_code == 200
    assert desk.get(reverse("admin:library_video_watch", args=[video.pk])).status_code == 403
    assert desk.get(reverse("admin:library_video_file", args=[video.pk])).status_code == 403
    watched = client_of(mod).get(reverse("admin:library_video_watch", args=[video.pk]))
    assert watched.status_code == 200
    assert Event.objects.latest("pk").action == "video.watched"


# Appeals


@pytest.mark.django_db(transaction=True)
def test_an_appeal_against_a_hold_is_judged_by_a_colleague(
    alice: User, mod: User, client_of: ClientOf
) -> None:
    video = make_video(owner=alice, with_files=False, title="Cat")
    make_consent(video)
    [held] = hold(video).holds
    decider = User.objects.get(username="moderator")
    browser = client_of(alice)
    address = reverse("remixer:appeal_hold", args=[held.uuid])

    assert f'href="{address}"' in browser.get(f"/videos/{video.uuid}/").text
    assert browser.post(address, {"text": "It is satire"}).status_code == 303
    assert browser.post(address, {"text": "Once more"}).status_code == 409
    appeal = Appeal.objects.get()
    with pytest.raises(Forbidden):
        services.decide_appeal(appeal, actor=Actor.staff(decider), granted=True, decision="x")
    assert reason_of(video) == "held"
    assert services.decide_appeal(
        appeal, actor=Actor.staff(mod), granted=True, decision="You are right"
    )

    assert reason_of(video) == "allowed"
    actions = Event.objects.filter(creator=alice).order_by("pk").values_list("action", flat=True)
    assert list(actions)[-3:] == ["appeal.made", "appeal.decided", "hold.lifted"] or set(
        list(actions)[-3:]
    ) == {"appeal.made", "appeal.decided", "hold.lifted"}
    assert any("You are right" in message.body for message in mail.outbox)


def test_a_denied_appeal_changes_nothing(alice: User, mod: User) -> None:
    video = make_video(owner=alice, with_files=False)
    make_consent(video)
    [held] = hold(video).holds
    appeal = services.appeal_hold(held, actor=Actor.creator(alice), person=alice, text="No")

    services.decide_appeal(appeal, actor=Actor.staff(mod), granted=False, decision="It stays")

    assert reason_of(video) == "held"
    assert not services.decide_appeal(
        appeal, actor=Actor.staff(mod), granted=True, decision="Or not"
    )
    assert reason_of(video) == "held"


def test_another_look_is_offered_until_it_was_asked_for(
    alice: User, bob: User, mod: User, client_of: ClientOf
) -> None:
    video, other = make_video(owner=alice), make_video(owner=alice, with_files=False)
    make_consent(video)
    taken = make_meme(bob, video)
    services.takedown(taken, actor=Actor.staff(mod), reason="Hurtful")
    [held, beside] = hold(video, other).holds
    asked = "You asked for another look; staff are looking."
    page, browser = f"/videos/{video.uuid}/", client_of(alice)
    with counted_queries() as before:
        assert asked not in browser.get(page).text

    services.appeal_hold(held, actor=Actor.creator(alice), person=alice, text="No")
    appeal = services.appeal_takedown(taken, actor=Actor.creator(bob), person=bob, text="No")

    with counted_queries() as after:
        shown = browser.get(page).text
    assert len(before) == len(after)
    for text in (shown, client_of(bob).get(f"/memes/{taken.uuid}/").text):
        assert asked in text
        assert "Ask for another look" not in text
    overview = browser.get("/").text
    assert asked in overview
    assert reverse("remixer:appeal_hold", args=[beside.uuid]) in overview
    assert reverse("remixer:appeal_hold", args=[held.uuid]) not in overview
    colleague = Actor.staff(make_user(role="moderation"))
    services.decide_appeal(appeal, actor=colleague, granted=False, decision="It stays")
    assert "it was denied: It stays" in client_of(bob).get(f"/memes/{taken.uuid}/").text


@pytest.mark.django_db(transaction=True)
def test_the_maker_gets_a_mail_about_a_takedown_and_about_their_appeal(
    bob: User, mod: User, meme: Render
) -> None:
    thing = f"your meme of “{meme.video.title}”"
    mail.outbox.clear()

    services.takedown(meme, actor=Actor.staff(mod), reason="Hurtful")
    appeal = services.appeal_takedown(meme, actor=Actor.creator(bob), person=bob, text="No")
    colleague = Actor.staff(make_user(role="moderation"))
    services.decide_appeal(appeal, actor=colleague, granted=False, decision="It stays")

    down, decided = mail.outbox
    assert down.to == decided.to == [bob.email]
    assert down.subject.endswith(f"CreatorHub staff took down {thing}")
    assert "Why: Hurtful" in down.body
    assert "ask for another look" in down.body
    assert decided.subject.endswith(f"Your appeal about {thing} is decided")


def test_nobody_appeals_for_another(alice: User, bob: User, client_of: ClientOf) -> None:
    video = make_video(owner=alice, with_files=False)
    [held] = hold(video).holds

    with pytest.raises(Forbidden):
        services.appeal_hold(held, actor=Actor.creator(bob), person=bob, text="x")
    address = reverse("remixer:appeal_hold", args=[held.uuid])
    assert client_of(bob).get(address).status_code == 404


def test_a_granted_appeal_brings_a_meme_back_whose_creator_still_allows_it(
    alice: User, bob: User, mod: User, client_of: ClientOf
) -> None:
    video = make_video(owner=alice)
    make_consent(video)
    back, gone = make_meme(bob, video), make_meme(bob, video, captions={"top": "Other"})
    decider = Actor.staff(make_user(role="moderation"))
    for meme in (back, gone):
        services.takedown(meme, actor=decider, reason="Hurtful")
    services.sweep_renders()
    browser = client_of(bob)
    appeals = []
    for meme in (back, gone):
        address = reverse("remixer:appeal_takedown", args=[meme.uuid])
        assert f'href="{address}"' in browser.get(f"/memes/{meme.uuid}/").text
        assert browser.post(address, {"text": "It is not"}).status_code == 303
        appeals.append(Appeal.objects.get(render=meme))

    with pytest.raises(Forbidden):
        services.decide_appeal(appeals[0], actor=decider, granted=True, decision="x")
    services.decide_appeal(appeals[0], actor=Actor.staff(mod), granted=True, decision="Right")
    assert browser.get(f"/memes/{back.uuid}/meme.mp4").status_code == 200
    turn_off(video)
    services.decide_appeal(appeals[1], actor=Actor.staff(mod), granted=True, decision="Right")

    assert browser.get(f"/memes/{gone.uuid}/meme.mp4").status_code == 410
    gone.refresh_from_db()
    assert gone.state != "done"


@pytest.mark.parametrize("everything", [False, True])
def test_a_granted_appeal_does_not_bring_back_what_the_creator_took_down_too(
    alice: User, bob: User, mod: User, client_of: ClientOf, everything: bool
) -> None:
    video = make_video(owner=alice)
    make_consent(video)
    meme = make_meme(bob, video)
    services.takedown(meme, actor=Actor.staff(make_user(role="moderation")), reason="Hurtful")
    appeal = services.appeal_takedown(meme, actor=Actor.creator(bob), person=bob, text="It is not")
    browser = client_of(alice)
    address = reverse("remixer:take_down", args=[meme.uuid])
    assert f'href="{address}"' in browser.get(f"/memes/{meme.uuid}/").text
    if everything:
        address = reverse("remixer:block_maker", args=[meme.uuid])
        browser.post(address, {"take_down": "1"})
        consent.unblock(bob, actor=Actor.creator(alice), creator=alice)
    else:
        browser.post(address, {"reason": "Not funny"})

    services.decide_appeal(appeal, actor=Actor.staff(mod), granted=True, decision="Right")

    meme.refresh_from_db()
    assert (meme.state, meme.ended_for) == ("taken_down", "taken_down_by_creator")
    assert client_of(bob).get(f"/memes/{meme.uuid}/meme.mp4").status_code == 410
    assert not services.takedown_by_creator(meme, actor=Actor.creator(alice), reason="")


@pytest.mark.django_db(transaction=True)
def test_a_granted_appeal_brings_back_what_is_hidden_for_now_and_says_why_nothing_came(
    alice: User, bob: User, mod: User
) -> None:
    video, held, off = make_video(owner=alice), make_video(owner=alice), make_video(owner=alice)
    make_consent(video, held, off)
    memes = {one: make_meme(bob, one) for one in (video, held, off)}
    decider, colleague = Actor.staff(make_user(role="moderation")), Actor.staff(mod)
    placed = hold(held)
    for meme in memes.values():
        services.takedown(meme, actor=decider, reason="Hurtful")
    turn_off(off)

    def granted(one: Video) -> Appeal:
        meme = memes[one]
        made = services.appeal_takedown(meme, actor=Actor.creator(bob), person=bob, text="No")
        done = services.decide_appeal(made, actor=colleague, granted=True, decision="Right")
        assert done
        meme.refresh_from_db()
        return done

    assert granted(held).nothing_back == ""
    assert memes[held].state == "done"
    logged = Event.objects.filter(action="render.put_back_hidden").get()
    assert body_of(logged)["hidden_by"] == "held"
    assert not Event.objects.filter(action="render.put_back").exists()
    lift(placed)
    assert why_not(memes[held]) is None

    mail.outbox.clear()
    gone = granted(off)
    assert gone.nothing_back.startswith("Nothing came back: ")
    assert gone.nothing_back in mail.outbox[0].body
    assert gone.nothing_back in body_of(Event.objects.latest("pk"))["reason"]
    assert (memes[off].state, memes[off].ended_for) == ("taken_down", "off")

    consent.opt_out(actor=Actor.creator(alice), creator=alice)
    assert granted(video).nothing_back == ""
    assert memes[video].state == "hidden"
    consent.opt_in(actor=Actor.creator(alice), creator=alice, restore="previous")
    memes[video].refresh_from_db()
    assert why_not(memes[video]) is None


def test_what_staff_took_down_is_deleted_when_the_time_for_an_appeal_is_over(
    alice: User, bob: User, mod: User, time_machine: object
) -> None:
    video = make_video(owner=alice)
    make_consent(video)
    meme = make_meme(bob, video)
    services.takedown(meme, actor=Actor.staff(mod), reason="Hurtful")
    services.sweep_renders()
    assert default_storage.exists(meme.file_key)

    time_machine.move_to(timezone.now() + timedelta(days=15))  # type: ignore[attr-defined]
    services.sweep_renders()

    assert not default_storage.exists(meme.file_key)


# One meme, one person


def test_a_creator_takes_one_meme_down_and_the_video_stays_allowed(
    alice: User, bob: User, carol: User, meme: Render, client_of: ClientOf
) -> None:
    browser, address = client_of(alice), reverse("remixer:take_down", args=[meme.uuid])

    assert client_of(carol).get(address).status_code == 404
    assert f'href="{address}"' in browser.get(f"/memes/{meme.uuid}/").text
    assert browser.post(address, {"reason": "Not funny"}).status_code == 303

    meme.refresh_from_db()
    assert (meme.state, meme.ended_for) == ("taken_down", "taken_down_by_creator")
    assert "Not funny" in meme.problem
    assert reason_of(meme.video) == "allowed"
    assert Event.objects.latest("pk").action == "render.taken_down"
    with pytest.raises(Forbidden):
        services.takedown_by_creator(meme, actor=Actor.creator(bob), reason="")


def test_a_creator_blocks_the_maker_and_may_take_their_memes_down(
    alice: User, bob: User, carol: User, meme: Render, client_of: ClientOf
) -> None:
    browser, address = client_of(alice), reverse("remixer:block_maker", args=[meme.uuid])
    other = make_render(meme.video, carol, state="done", published_at=timezone.now())

    asked = browser.get(address).text
    assert "1 meme of theirs is hidden" in asked
    assert "in the making" not in asked, "there is none"
    assert browser.post(address, {"take_down": "1"}).status_code == 303

    meme.refresh_from_db()
    other.refresh_from_db()
    assert (meme.state, other.state) == ("taken_down", "done")
    assert Block.objects.get().person == bob
    listed = browser.get(reverse("remixer:blocked")).text
    assert "bob" in listed
    assert browser.post(reverse("remixer:unblock", args=[bob.uuid])).status_code == 303
    assert not Block.objects.exists()
    meme.refresh_from_db()
    assert meme.state == "taken_down"


def test_a_block_alone_takes_nothing_down(alice: User, bob: User, meme: Render) -> None:
    consent.block(bob, actor=Actor.creator(alice), creator=alice)

    meme.refresh_from_db()
    assert meme.state == "done"
