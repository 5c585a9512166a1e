"""Roles of staff: who may look, who may act, and that nobody gets more than they were given."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts import services
from audit.history import body_of
from audit.models import Event
from consent.models import Consent, ConsentState, Notice, Terms
from consent.services import block
from creatorhub.actors import Actor
from creatorhub.errors import Forbidden
from creatorhub.models import User
from creatorhub.roles import POWERS, Power, Role, powers_of
from library.models import Video
from remixer.admin import reach_of_pause
from remixer.models import Render
from tests import factories
from tests.acts import hold
from tests.admin.test_admin import act, messages, url
from tests.conftest import ClientOf
from tests.factories import make_user
from tests.memes import make_render

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(alice: User, bob: User) -> list[Model]:
    """A row of each table with something to do."""
    video = factories.make_video(owner=alice, with_files=False)
    factories.make_consent(video)
    meme = make_render(video, bob, state="done", file_key="x", poster_key="x")
    notice = Notice.objects.create(use="remix", version=9, title="Draft", text="…", material=False)
    [held] = hold(video, use="train").holds
    state = ConsentState.objects.get(creator=alice)
    return [video, meme, notice, held, state, bob, Consent.objects.get()]


def offered(browser: Client, row: Model) -> set[str]:
    answer = browser.get(url(type(row), "changelist"))
    if answer.status_code != 200:
        return set()
    form = answer.context["action_form"]
    return {name for name, _ in form.fields["action"].choices if name} if form else set()


def test_the_groups_of_the_roles_are_made_by_migration() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(Role.values) == set(POWERS)


def test_without_a_role_staff_get_nowhere(client_of: ClientOf) -> None:
    """Such are the accounts of the release before that were staff and no superusers."""
    browser = client_of(make_user("old", is_staff=True))

    for page in ("admin:index", "admin:creatorhub_user_changelist", "admin:remixer_pause"):
        assert browser.get(reverse(page), follow=True).status_code == 403


def test_support_looks_at_everything_and_is_offered_nothing(
    rows: list[Model], client_of: ClientOf
) -> None:
    browser = client_of(make_user(role="support"))

    for model, page in admin.site._registry.items():
        assert browser.get(url(model, "changelist")).status_code == 200
        if row := model._default_manager.order_by("-pk").first():
            assert browser.get(url(model, "change", row.pk)).status_code == 200
        assert not page.get_actions(browser.get(url(model, "changelist")).wsgi_request)
    assert not any(offered(browser, row) for row in rows)


def test_editors_see_notices_and_nobody(rows: list[Model], client_of: ClientOf) -> None:
    browser = client_of(make_user(role="editor"))
    seen = {
        model
        for model in admin.site._registry
        if browser.get(url(model, "changelist")).status_code == 200
    }

    assert seen == {Notice, Terms}
    assert browser.get(url(Video, "change", rows[0].pk)).status_code == 403


@pytest.mark.parametrize("role", ["", "support", "editor", "moderation"])
def test_what_a_role_does_not_include_is_refused_when_it_is_sent_anyway(
    role: str, rows: list[Model], client_of: ClientOf
) -> None:
    """Every action of every page, by somebody whose page does not offer it."""
    person = make_user(role=role, is_staff=True)
    browser = client_of(person)
    boss = client_of(make_user(role="admin"))
    events = Event.objects.count()
    tried = 0

    for row in rows:
        for name in offered(boss, row) - offered(browser, row):
            act(browser, [row], name, reason="x", roles="admin", number="1")
            tried += 1
    browser.post(reverse("admin:remixer_pause"), {"pause": "1", "reason": "x", "number": "1"})

    assert tried >= (1 if role == "moderation" else 10)
    assert Event.objects.count() == events


def test_moderators_act_on_people_and_do_not_pause_or_give_roles(
    rows: list[Model], client_of: ClientOf
) -> None:
    browser = client_of(make_user(role="moderation"))
    given = {type(row): offered(browser, row) for row in rows}

    assert given[Render] == {"takedown"}
    assert {"remove", "turn_off_remix", "hold_remix"} <= given[Video]
    assert "change_roles" not in given[User]
    assert not given[Notice]
    assert browser.get(reverse("admin:remixer_pause")).status_code == 403


def test_an_editor_publishes_what_is_not_material_and_an_admin_the_rest(
    client_of: ClientOf,
) -> None:
    editor, boss = client_of(make_user(role="editor")), client_of(make_user(role="admin"))
    text = {"use": "remix", "language": "en", "title": "New", "text": "Text"}
    editor.post(url(Notice, "add"), {**text, "material": "on"})
    editor.post(url(Notice, "add"), {**text, "title": "Typo"})
    material, typo = (Notice.objects.get(title=title) for title in ("New", "Typo"))

    refused = act(editor, [material], "publish")
    act(editor, [typo], "publish")
    assert not Notice.objects.get(pk=material.pk).published_at
    assert "Your role does not include this" in messages(refused)[0]
    act(boss, [material], "publish")

    assert Notice.objects.filter(pk__in=[material.pk, typo.pk], published_at=None).count() == 0


# Nobody gives themselves or others more than they may


def test_roles_are_given_by_an_admin_and_logged(alice: User, client_of: ClientOf) -> None:
    boss = make_user(role="admin")

    answer = act(client_of(boss), [alice], "change_roles", roles="support", reason="Joins us")

    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser) == (True, False)
    assert powers_of(alice) == POWERS["support"]
    assert messages(answer) == ["alice: support from now on."]
    event = Event.objects.latest("pk")
    assert (event.action, event.actor, event.creator) == (
        "account.roles_changed",
        f"staff:{boss.uuid}",
        alice,
    )
    assert body_of(event)["after"] == ["support"]
    act(client_of(boss), [alice], "change_roles", reason="Leaves us")
    alice.refresh_from_db()
    assert not alice.is_staff
    assert powers_of(alice) == frozenset()


def test_nobody_changes_their_own_roles_or_those_of_a_superuser(staff: User) -> None:
    boss = make_user(role="admin")

    for user in (boss, staff):
        with pytest.raises(Forbidden):
            services.set_roles(user, actor=Actor.staff(boss), roles=["support"], reason="x")
    for role in ("support", "moderation", "editor"):
        member = make_user(role=role)
        with pytest.raises(Forbidden):
            services.set_roles(make_user(), actor=Actor.staff(member), roles=[role], reason="x")
    with pytest.raises(Forbidden):
        services.set_roles(boss, actor=Actor.creator(boss), roles=[], reason="x")

    assert powers_of(boss) == frozenset(Power)


def test_an_admin_is_deactivated_by_nobody_and_staff_by_admins_alone(staff: User) -> None:
    boss, other = make_user(role="admin"), make_user(role="admin")
    mod, colleague = make_user(role="moderation"), make_user(role="support")

    for target in (other, staff):
        with pytest.raises(Forbidden):
            services.deactivate(target, actor=Actor.staff(boss), reason="x")
    with pytest.raises(Forbidden):
        services.deactivate(colleague, actor=Actor.staff(mod), reason="x")

    assert services.deactivate(colleague, actor=Actor.staff(boss), reason="x")
    assert services.deactivate(make_user(), actor=Actor.staff(mod), reason="x")
    with pytest.raises(Forbidden):
        services.reactivate(colleague, actor=Actor.staff(mod), reason="x")


def test_flags_passwords_and_groups_are_edited_on_no_page(alice: User, client_of: ClientOf) -> None:
    desk = client_of(make_user(role="admin"))
    before = User.objects.filter(pk=alice.pk).values().get()
    page = url(User, "change", alice.pk)
    wishes: dict[str, Any] = {
        "is_superuser": "on",
        "is_staff": "on",
        "password": "x",
        "email": "x@example.com",
        "groups": Group.objects.get(name="admin").pk,
        "is_active": "on",
    }

    assert desk.post(page, wishes).status_code == 403
    password = desk.get(f"/admin/creatorhub/user/{alice.pk}/password/", follow=True)
    assert b'type="password"' not in password.content
    assert desk.get("/admin/auth/group/").status_code == 404
    assert desk.get("/admin/waffle/switch/").status_code == 404
    assert User.objects.filter(pk=alice.pk).values().get() == before
    assert not alice.groups.exists()


def test_an_actor_that_is_read_back_has_no_powers(staff: User) -> None:
    actor = Actor.staff(staff)

    assert Actor.parse(str(actor)) == actor
    with pytest.raises(Forbidden):
        Actor.parse(str(actor)).require_staff(Power.LOOK)


def test_the_command_gives_the_first_admin(alice: User) -> None:
    call_command("staff_role", "alice", "admin", reason="First")

    alice.refresh_from_db()
    assert powers_of(alice) == frozenset(Power)
    assert Event.objects.latest("pk").actor == "system:command"
    call_command("staff_role", "alice")
    alice.refresh_from_db()
    assert not alice.is_staff
    for wrong in (["nobody", "admin"], ["alice", "boss"]):
        with pytest.raises(CommandError):
            call_command("staff_role", *wrong)


# The number


@pytest.mark.parametrize(
    ("action", "number", "of"),
    [
        ("opt_out", 3, "videos of these creators"),
        ("hold_remix", 3, "videos of these creators"),
        ("turn_off_remix", 3, "videos of these creators"),
        ("deactivate", 1, "accounts that you chose"),
    ],
)
def test_what_touches_much_asks_for_the_number_shown(
    action: str, number: int, of: str, alice: User, client_of: ClientOf
) -> None:
    factories.make_consent(*factories.make_videos(3, owner=alice))
    desk = client_of(make_user(role="moderation"))
    data = {"action": action, "_selected_action": [alice.pk]}
    events = Event.objects.count()

    asked = desk.post(url(User, "changelist"), data)
    sent = {**data, "confirmed": "1", "reason": "x"}
    empty = desk.post(url(User, "changelist"), sent)
    wrong = desk.post(url(User, "changelist"), {**sent, "number": number + 1})

    assert f"Type the number of {of}: {number}" in asked.content.decode()
    assert (asked.status_code, empty.status_code, wrong.status_code) == (200, 422, 422)
    assert f"The number is {number} now" in wrong.content.decode()
    assert Event.objects.count() == events
    done = desk.post(url(User, "changelist"), {**sent, "number": number}, follow=True)
    assert done.status_code == 200
    assert Event.objects.count() > events


def test_a_number_that_changed_since_is_shown_again(alice: User, client_of: ClientOf) -> None:
    factories.make_videos(2, owner=alice)
    desk = client_of(make_user(role="moderation"))
    data = {"action": "opt_out", "_selected_action": [alice.pk]}
    desk.post(url(User, "changelist"), data)

    factories.make_videos(1, owner=alice)
    sent = {**data, "confirmed": "1", "reason": "x", "number": "2"}
    answer = desk.post(url(User, "changelist"), sent)

    assert answer.status_code == 422
    assert "videos of these creators: 3" in answer.content.decode()
    assert not ConsentState.objects.filter(creator=alice, opted_out=True).exists()


def test_a_pause_counts_only_what_can_be_seen_now(alice: User, bob: User, carol: User) -> None:
    seen, held = factories.make_videos(2, owner=alice)
    factories.make_consent(seen, held)
    hold(held)
    for video in (seen, held):
        make_render(video, bob, state="done", file_key="x", poster_key="x")
    make_render(seen, carol, state="done", file_key="x", poster_key="x")
    block(carol, actor=Actor.creator(alice), creator=alice)

    assert reach_of_pause().number == 1


def test_a_pause_and_a_material_notice_say_what_they_touch(
    rows: list[Model], client_of: ClientOf
) -> None:
    desk = client_of(make_user(role="admin"))
    draft = Notice.objects.create(use="remix", version=10, title="New", text="…", material=True)
    data = {"action": "publish", "_selected_action": [draft.pk]}

    pause = desk.get(reverse("admin:remixer_pause")).content.decode()
    publish = desk.post(url(Notice, "changelist"), data).content.decode()
    refused = desk.post(url(Notice, "changelist"), {**data, "confirmed": "1", "number": "7"})
    stays = desk.post(reverse("admin:remixer_pause"), {"pause": "1", "reason": "x", "number": "7"})

    assert "1 finished meme is hidden" in pause
    assert "Type the number of memes that are hidden or stopped: 1</label>" in pause
    assert "“New”: 1 permission for Remix lapses" in publish
    assert (refused.status_code, stays.status_code) == (422, 422)
    draft.refresh_from_db()
    assert draft.published_at is None
