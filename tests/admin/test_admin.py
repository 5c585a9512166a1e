"""The staff admin: it looks at everything, turns off with a reason, and never on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import Token
from audit.history import body_of
from audit.models import Event
from consent import services
from consent.models import Consent, ConsentState, Edit, Hold, Item, Notice, Terms
from consent.querysets import ruling
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden
from creatorhub.models import User
from creatorhub.staff import StaffAdmin
from library.models import Video
from remixer.cases import Appeal, Report
from remixer.models import Render
from tests import factories
from tests.acts import draft, hold, turn_off
from tests.conftest import ClientOf
from tests.database import counted_queries
from tests.memes import make_render

pytestmark = pytest.mark.django_db

SHOWN = [User, Video, ConsentState, Consent, Hold, Terms, Edit, Item, Notice, Render, Event]
QUEUES = [Report, Appeal]  # tests/remixer/test_reports.py


@pytest.fixture
def desk(staff: User, client_of: ClientOf) -> Client:
    """The staff member's browser."""
    return client_of(staff)


def url(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def act(desk: Client, rows: list[Model], action: str, **form: str) -> Any:
    """Choose rows, an action, and answer the page that asks why, and perhaps for the number of
    what will be touched."""
    model = type(rows[0])
    data: dict[str, Any] = {"action": action, "_selected_action": [row.pk for row in rows]}
    asked = desk.post(url(model, "changelist"), data, follow=True)
    reach = (asked.context or {}).get("reach")
    if reach and reach.number is not None:
        data["number"] = reach.number
    if reach and reach.digest:
        data["digest"] = reach.digest
    return desk.post(url(model, "changelist"), {**data, "confirmed": "1", **form}, follow=True)


def messages(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def last_event() -> Event:
    return Event.objects.latest("pk")


def test_only_what_was_written_for_staff_is_on_the_site() -> None:
    pages = admin.site._registry

    assert set(pages) == {*SHOWN, *QUEUES}
    assert all(isinstance(page, StaffAdmin) for page in pages.values())
    assert Token not in pages


@pytest.mark.parametrize("model", SHOWN)
def test_staff_look_at_every_table(
    model: type[Model], desk: Client, alice: User, bob: User
) -> None:
    video = factories.make_video(owner=alice, with_files=False)
    factories.make_consent(video)
    make_render(video, bob)
    hold(video)
    row = model._default_manager.latest("pk")

    listed = desk.get(url(model, "changelist"))
    searched = desk.get(url(model, "changelist"), {"q": "alice"})
    shown = desk.get(url(model, "change", row.pk))

    assert listed.status_code == searched.status_code == shown.status_code == 200
    assert b"_save" not in shown.content


@pytest.mark.parametrize("model", SHOWN)
def test_nothing_is_added_changed_or_deleted_by_the_admin_itself(
    model: type[Model], desk: Client, alice: User, bob: User
) -> None:
    video = factories.make_video(owner=alice, with_files=False)
    factories.make_consent(video)
    make_render(video, bob)
    hold(video)
    row = model._default_manager.latest("pk")
    before = list(model._default_manager.order_by("pk").values())

    answers = [
        desk.post(url(model, "change", row.pk), {"title": "x", "decided": "on"}),
        desk.post(url(model, "delete", row.pk), {"post": "yes"}),
    ]
    if model is not Notice:
        answers.append(desk.post(url(model, "add"), {}))
    act(desk, [row], "delete_selected", post="yes")

    assert {answer.status_code for answer in answers} == {403}
    assert list(model._default_manager.order_by("pk").values()) == before


def test_no_action_of_staff_turns_a_use_on(desk: Client, alice: User) -> None:
    """Every action there is, on every table, over a library that is off."""
    video = factories.make_video(owner=alice, with_files=False)
    factories.make_consent(video)
    turn_off(video)
    ConsentState.objects.filter(creator=alice).update(opted_out=False)

    for model in SHOWN:
        page = admin.site._registry[model]
        for action in page.actions or ():
            rows = list(model._default_manager.all()[:5])
            if rows:
                act(desk, rows, str(action), reason="because")

    assert not Consent.objects.filter(terms__isnull=False).exists()
    assert (
        not Edit.objects.filter(terms__isnull=False).exclude(actor__startswith="creator").exists()
    )
    assert not Event.objects.filter(action="creator.opted_in").exists()


def test_turning_off_needs_a_reason(desk: Client, alice: User) -> None:
    video = factories.make_video(owner=alice, with_files=False)
    factories.make_consent(video)
    row = Consent.objects.get()
    before = Event.objects.count()

    asked = desk.post(
        url(Consent, "changelist"), {"action": "turn_off", "_selected_action": [row.pk]}
    )
    empty = desk.post(
        url(Consent, "changelist"),
        {"action": "turn_off", "_selected_action": [row.pk], "confirmed": "1", "reason": " "},
    )

    assert (asked.status_code, empty.status_code) == (200, 422)
    assert b"Turn off" in asked.content
    assert ruling(video, "remix").allowed
    assert Event.objects.count() == before


def test_turning_off_with_a_reason_is_an_edit_by_staff(
    desk: Client, staff: User, alice: User
) -> None:
    video = factories.make_video(owner=alice, with_files=False)
    factories.make_consent(video)

    answer = act(desk, [Consent.objects.get()], "turn_off", reason="A court said so")

    assert ruling(video, "remix").reason == "off"
    assert messages(answer)[0].startswith("Remix of alice: 1 turned off")
    event = last_event()
    assert (event.action, event.actor) == ("consent.edited", f"staff:{staff.uuid}")
    assert body_of(event)["reason"] == "A court said so"
    assert event.creator == alice


def test_turning_off_videos_of_two_creators_is_one_edit_each(
    desk: Client, alice: User, bob: User
) -> None:
    videos = [factories.make_video(owner=owner, with_files=False) for owner in (alice, bob)]
    for video in videos:
        factories.make_consent(video)

    act(desk, list(videos), "turn_off_remix", reason="x")

    assert not any(ruling(video, "remix").allowed for video in videos)
    assert Edit.objects.filter(actor__startswith="staff:").count() == 2


@pytest.mark.parametrize("model", [User, ConsentState])
def test_opting_a_creator_out_is_logged(
    model: type[Model], desk: Client, staff: User, alice: User
) -> None:
    factories.make_consent(factories.make_video(owner=alice, with_files=False))
    row = alice if model is User else ConsentState.objects.get(creator=alice)

    act(desk, [row], "opt_out", reason="Asked by telephone")

    assert ConsentState.objects.get(creator=alice).opted_out
    event = last_event()
    assert (event.action, event.actor) == ("creator.opted_out", f"staff:{staff.uuid}")
    assert body_of(event)["reason"] == "Asked by telephone"


def test_removing_a_video_is_logged(desk: Client, alice: User) -> None:
    video = factories.make_video(owner=alice, with_files=False)

    act(desk, [video], "remove", reason="Not theirs")

    video.refresh_from_db()
    assert video.removed_at
    assert last_event().action == "video.removed"
    assert body_of(last_event())["reason"] == "Not theirs"


def test_taking_a_meme_down_is_logged_and_final(desk: Client, alice: User, bob: User) -> None:
    video = factories.make_video(owner=alice, with_files=False)
    factories.make_consent(video)
    meme = make_render(video, bob, state="done", file_key="renders/x.mp4")

    act(desk, [meme], "takedown", reason="Hurtful")

    meme.refresh_from_db()
    assert (meme.state, meme.ended_for) == ("taken_down", "taken_down_by_staff")
    assert "Hurtful" in meme.problem
    assert last_event().action == "render.taken_down"
    assert body_of(last_event())["reason"] == "Hurtful"
    assert ruling(video, "remix").allowed


def test_a_meme_taken_down_by_staff_answers_410_with_why(
    desk: Client, alice: User, bob: User, api_of: Callable[[User], Any]
) -> None:
    video = factories.make_video(owner=alice, with_files=False)
    factories.make_consent(video)
    meme = make_render(video, bob, state="done", file_key="renders/x.mp4")
    act(desk, [meme], "takedown", reason="Hurtful")

    answer = api_of(bob).get(f"/api/v1/memes/{meme.uuid}/file/")

    assert (answer.status_code, answer.json()["code"]) == (410, "taken_down_by_staff")
    assert "Hurtful" in answer.json()["detail"]


def test_pausing_and_resuming_are_logged_with_their_reasons(desk: Client, alice: User) -> None:
    video = factories.make_video(owner=alice, with_files=False)
    factories.make_consent(video)
    page = reverse("admin:remixer_pause")

    desk.post(page, {"pause": "1", "reason": "A fault", "number": "0"})
    paused = ruling(video, "remix").reason
    assert last_event().action == "remixer.paused"
    assert b"Remixing is paused" in desk.get(page).content
    desk.post(page, {"resume": "1", "reason": "Mended"})

    assert paused == "paused"
    assert ruling(video, "remix").allowed
    assert last_event().action == "remixer.resumed"
    assert body_of(last_event())["reason"] == "Mended"


def test_a_pause_needs_a_reason(desk: Client) -> None:
    answer = desk.post(reverse("admin:remixer_pause"), {"pause": "1", "reason": ""})

    assert answer.status_code == 422
    assert not Event.objects.exists()


def test_a_closed_account_is_signed_out_and_can_be_opened_again(
    desk: Client, alice: User, client_of: ClientOf
) -> None:
    browser = client_of(alice)

    act(desk, [alice], "deactivate", reason="Stolen")
    away = browser.get("/api/v1/opt-out/").status_code
    act(desk, [alice], "reactivate", reason="Returned")

    assert away == 401
    assert browser.get("/api/v1/opt-out/").status_code == 401  # what ended does not revive
    again = client_of(User.objects.get(pk=alice.pk))
    assert again.get("/api/v1/opt-out/").status_code == 200
    events = Event.objects.filter(creator=alice).order_by("pk")
    assert [event.action for event in events] == ["account.deactivated", "account.reactivated"]


def test_staff_do_not_lock_themselves_out(desk: Client, staff: User) -> None:
    answer = act(desk, [staff], "deactivate", reason="x")

    staff.refresh_from_db()
    assert staff.is_active
    assert messages(answer) == ["staff: You cannot deactivate your own account."]


def test_what_is_refused_for_one_row_is_said_and_the_others_are_done(
    desk: Client, staff: User, alice: User, bob: User
) -> None:
    alice.is_active = False
    alice.save()

    answer = act(desk, [staff, bob, alice], "deactivate", reason="x")

    bob.refresh_from_db()
    assert not bob.is_active
    assert sorted((m.level_tag, m.message) for m in answer.context["messages"]) == [
        ("error", "staff: You cannot deactivate your own account."),
        ("success", "alice was deactivated already."),
        ("success", "bob is deactivated."),
    ]


def test_turning_off_reaches_everybody_who_can_be_reached(
    desk: Client, alice: User, bob: User
) -> None:
    first, second = (factories.make_video(owner=owner) for owner in (alice, bob))
    gone = factories.make_video(owner=alice, title="Gone")
    for video in (first, second, gone):
        factories.make_consent(video)
    services.remove_video(gone, actor=Actor.creator(alice))
    nobody = factories.make_user("empty")

    some = act(desk, [gone, first], "turn_off_remix", reason="x")
    everything = act(desk, [nobody, alice, bob], "turn_off_remix", reason="x")

    assert sorted(messages(some)) == [
        "Remix of alice: 1 turned off, 0 off already.",
        "“Gone” is removed: nothing of it is allowed.",
    ]
    assert sorted(messages(everything)) == [
        "Remix of alice: 0 turned off, 1 off already.",
        "Remix of bob: 1 turned off, 0 off already.",
        "empty has no videos.",
    ]


def test_removing_and_taking_down_twice_say_so(desk: Client, alice: User, bob: User) -> None:
    video = factories.make_video(owner=alice, title="Once")
    factories.make_consent(video)
    meme = make_render(video, bob)

    link = f'<a href="{url(Render, "change", meme.pk)}">a meme of “Once”</a>'
    for told in (f"Taken down: {link}.", f"{link} could not be seen any more: nothing changed."):
        assert messages(act(desk, [meme], "takedown", reason="x")) == [told]
    for told in ("“Once” is removed.", "“Once” was removed already."):
        assert messages(act(desk, [video], "remove", reason="x")) == [told]


def test_a_notice_is_written_published_and_then_immutable(desk: Client) -> None:
    text = {"use": "remix", "language": "en", "title": "New", "text": "Text", "material": "on"}

    desk.post(url(Notice, "add"), text)
    draft = Notice.objects.get(title="New")
    assert (draft.version, draft.published_at, last_event().action) == (3, None, "notice.written")

    desk.post(url(Notice, "change", draft.pk), {**text, "text": "Better"})
    assert Notice.objects.get(pk=draft.pk).text == "Better"

    asked = desk.post(
        url(Notice, "changelist"), {"action": "publish", "_selected_action": [draft.pk]}
    )
    assert asked.status_code == 200
    act(desk, [draft], "publish")
    assert last_event().action == "notice.published"

    changed = desk.post(url(Notice, "change", draft.pk), {**text, "text": "Worse"})
    assert changed.status_code == 403
    assert Notice.objects.get(pk=draft.pk).text == "Better"


@pytest.mark.parametrize("change", [{"text": "Else"}, {"title": "Else"}, {"material": ""}])
def test_a_notice_is_published_only_as_it_was_read(desk: Client, change: dict[str, str]) -> None:
    form = {"use": "remix", "language": "en", "title": "New", "text": "The text.", "material": "on"}
    desk.post(url(Notice, "add"), form)
    draft = Notice.objects.get(title="New")
    data: dict[str, Any] = {"action": "publish", "_selected_action": [draft.pk]}
    asked = desk.post(url(Notice, "changelist"), data)
    read = {**data, "digest": asked.context["reach"].digest, "number": "0", "confirmed": "1"}
    desk.post(url(Notice, "change", draft.pk), {k: v for k, v in (form | change).items() if v})

    again = desk.post(url(Notice, "changelist"), read)

    assert "The text." in asked.text
    assert f'name="digest" value="{read["digest"]}"' in asked.text
    assert again.status_code == 422
    assert "The text has changed meanwhile. Read it again." in again.text
    assert f'value="{Notice.objects.get(pk=draft.pk).digest}"' in again.text
    assert not Notice.objects.get(pk=draft.pk).published_at
    del read["digest"]
    assert desk.post(url(Notice, "changelist"), read).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_a_notice_that_is_rewritten_after_the_check_is_not_published(staff: User) -> None:
    draft = Notice(use="remix", title="New", text="Read", material=False)
    read = services.write_notice(draft, actor=Actor.staff(staff))
    Notice.objects.filter(pk=read.pk).update(text="Unread")

    with pytest.raises(Conflict, match="rewritten meanwhile"):
        services.publish_notice(read, actor=Actor.staff(staff))

    assert not Notice.objects.get(pk=read.pk).published_at


def test_a_permission_lapses_when_staff_publish_a_material_notice(
    desk: Client, alice: User
) -> None:
    video = factories.make_video(owner=alice, with_files=False)
    factories.make_consent(video)
    text = {"use": "remix", "language": "en", "title": "New", "text": "Text", "material": "on"}
    desk.post(url(Notice, "add"), text)

    act(desk, [Notice.objects.get(title="New")], "publish")

    assert ruling(video, "remix").reason == "notice_changed"


def test_the_log_is_told_and_shown_as_it_was_hashed(desk: Client, alice: User) -> None:
    factories.make_consent(factories.make_video(owner=alice, with_files=False, title="Cat"))

    listed = desk.get(url(Event, "changelist")).content.decode()
    shown = desk.get(url(Event, "change", last_event().pk)).content.decode()

    assert "alice allowed “Remix” for “Cat”" in listed
    assert "&quot;action&quot;: &quot;consent.edited&quot;" in shown
    assert bytes(last_event().leaf_hash).hex() in shown


def test_only_staff_get_in(alice: User, client_of: ClientOf) -> None:
    stranger, creator = Client(), client_of(alice)

    away = stranger.get(url(Event, "changelist"), follow=True)

    assert away.redirect_chain[-1][0].startswith("/account/login/")
    assert creator.get(url(Event, "changelist"), follow=True).status_code == 403
    assert creator.get(reverse("admin:remixer_pause"), follow=True).status_code == 403


def test_content_types_lead_nowhere(desk: Client, alice: User) -> None:
    kind = ContentType.objects.get_for_model(User)

    answer = desk.get(reverse("admin:view_on_site", args=[kind.pk, alice.pk]))

    assert answer.status_code == 404


# edits of any size


def test_an_edit_is_read_with_its_numbers_and_its_videos_one_by_one(
    desk: Client, alice: User
) -> None:
    one, other = factories.make_videos(2, owner=alice)
    factories.make_consent(one)
    edit = factories.make_consent(one, other)

    shown = desk.get(url(Edit, "change", edit.pk))
    items = desk.get(url(Item, "changelist"), {"q": str(edit.uuid)})

    page = shown.content.decode()
    assert f"{url(Item, 'changelist')}?q={edit.uuid}" in page
    assert "cursor" not in page
    listed = list(items.context["cl"].result_list)
    assert {(item.video_id, item.result) for item in listed} == {
        (one.pk, "already"),
        (other.pk, "changed"),
    }
    assert "Changed" in items.content.decode()


@pytest.mark.parametrize("status", Edit.Status.values)
def test_an_edit_in_every_status_is_listed_and_read(desk: Client, alice: User, status: str) -> None:
    edit = factories.make_consent(*factories.make_videos(2, owner=alice))
    Edit.objects.filter(pk=edit.pk).update(status=status)

    listed = desk.get(url(Edit, "changelist"), {"status__exact": status})
    shown = desk.get(url(Edit, "change", edit.pk))

    assert [row.pk for row in listed.context["cl"].result_list] == [edit.pk]
    assert shown.status_code == 200


def test_the_lists_of_edits_and_items_ask_the_same_number_of_queries_for_any_length(
    desk: Client, alice: User
) -> None:
    def queries(model: type[Model]) -> int:
        with counted_queries() as captured:
            assert desk.get(url(model, "changelist")).status_code == 200
        return len(captured)

    factories.make_consent(*factories.make_videos(1, owner=alice))
    few = [queries(model) for model in (Edit, Item)]
    for video in factories.make_videos(9, owner=alice):
        factories.make_consent(video)

    assert [queries(model) for model in (Edit, Item)] == few


@pytest.mark.parametrize("use", ["remix", "train"])
def test_staff_turn_a_use_of_all_videos_of_a_creator_off_with_a_reason(
    desk: Client, staff: User, alice: User, bob: User, use: str
) -> None:
    mine, theirs = factories.make_videos(3, owner=alice), factories.make_videos(1, owner=bob)
    for name in ("remix", "train"):
        factories.make_consent(*mine[:2], use=name)
    factories.make_consent(*theirs, use=use)
    other = "train" if use == "remix" else "remix"

    answer = act(desk, [alice], f"turn_off_{use}", reason="A court said so")

    assert {ruling(video, use).reason for video in mine} == {"off"}
    assert [ruling(video, other).allowed for video in mine] == [True, True, False]
    assert ruling(theirs[0], use).allowed
    assert "3 turned off, 0 off already" in messages(answer)[0]
    event = last_event()
    assert (event.action, event.actor, event.creator) == (
        "consent.edited",
        f"staff:{staff.uuid}",
        alice,
    )
    assert body_of(event)["reason"] == "A court said so"


@pytest.mark.large_edits
def test_staff_turn_off_a_library_of_any_size_at_once(
    desk: Client, staff: User, alice: User
) -> None:
    videos = factories.make_videos(8, owner=alice)
    for video in videos[:3]:
        factories.make_consent(video)

    answer = act(desk, [alice], "turn_off_remix", reason="A court said so")

    edit = Edit.objects.latest("pk")
    assert {ruling(video, "remix").reason for video in videos[:3]} == {"withdrawn"}
    assert "Remix of alice is off for all that was selected" in messages(answer)[0]
    assert (edit.actor, edit.reason) == (f"staff:{staff.uuid}", "A court said so")
    services.run_edit(edit.job.pk)
    edit.refresh_from_db()
    assert (edit.status, edit.changed) == ("applied", 8)
    assert {ruling(video, "remix").reason for video in videos} == {"off"}
    events = [event.actor for event in Event.objects.filter(correlation_id=edit.uuid)]
    assert set(events) == {f"staff:{staff.uuid}"}


def test_turning_off_all_videos_needs_a_reason(desk: Client, alice: User) -> None:
    [video] = factories.make_videos(1, owner=alice)
    factories.make_consent(video)
    before = (Edit.objects.count(), Event.objects.count())
    data = {"action": "turn_off_remix", "_selected_action": [alice.pk], "confirmed": "1"}

    asked = desk.post(url(User, "changelist"), {**data, "reason": "  "})

    assert asked.status_code == 422
    assert ruling(video, "remix").allowed
    assert (Edit.objects.count(), Event.objects.count()) == before


@pytest.mark.large_edits
def test_staff_never_confirm_undo_or_cancel_what_would_allow(staff: User, alice: User) -> None:
    videos = factories.make_videos(5, owner=alice)
    off = turn_off(*videos[:2])
    allowing = factories.make_consent(*videos)
    drafted = draft(*videos, use="train")
    actor = Actor.staff(staff)

    for service in (services.undo_edit, services.undo_or_draft):
        with pytest.raises(Forbidden):
            service(off.uuid, actor=actor, creator=alice)
    for edit in (drafted, allowing):
        with pytest.raises((Forbidden, Conflict)):
            services.confirm_edit(edit.uuid, actor=actor, creator=alice, idempotency_key="k")
    with pytest.raises(Forbidden):
        services.cancel_edit(allowing.uuid, actor=actor, creator=alice)

    assert not any(ruling(video, "train").allowed for video in videos)


def test_a_creator_without_videos_is_told_and_nothing_is_written(desk: Client, alice: User) -> None:
    answer = act(desk, [alice], "turn_off_remix", reason="x")

    assert messages(answer) == ["alice has no videos."]
    assert not Edit.objects.exists()
    assert not Event.objects.exists()
