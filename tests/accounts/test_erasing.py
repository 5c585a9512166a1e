"""An account is deleted: everything is off at once, and after a week nothing says who it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts import services
from accounts.models import Token
from accounts.services import erasing as steps
from audit import history
from audit.models import Event
from consent import journal
from consent import services as consent
from consent.models import ConsentState, Edit, Hold
from consent.querysets import ruling
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden, Refused
from creatorhub.jobs import State
from creatorhub.models import Deletion, User
from library import files as library_files
from library import services as library
from library.models import Video
from operations import fsck
from remixer import services as remixer
from remixer.cases import Appeal, Report
from remixer.models import Render
from remixer.services.files import KIND
from tests import acts, factories
from tests.audit.test_personal import first_version
from tests.conftest import ApiOf, ClientOf
from tests.database import rolled_back
from tests.memes import make_render

NAME = "Quetzalina"  # in everything that this person writes or is called
PAGE = reverse("accounts:delete")


@pytest.fixture(autouse=True)
def _own_media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.WORK_DIR = tmp_path / "work"


def leave(user: User, *, actor: Actor | None = None, **more: str) -> User:
    services.ask_for_deletion(user, actor=actor or Actor.creator(user), **more)
    user.refresh_from_db()
    return user


def due(user: User) -> None:
    User.objects.filter(pk=user.pk).update(erase_after=timezone.now())


def meme(video: Video, by: User, **fields: Any) -> Render:
    made = make_render(video, by, state=State.DONE, published_at=timezone.now(), **fields)
    for field, name in (("file_key", "meme.mp4"), ("poster_key", "poster.jpg")):
        key = library_files.key_of(made.uuid, name, kind=KIND)
        default_storage.save(key, ContentFile(NAME.encode()))
        setattr(made, field, key)
    made.save()
    return made


@pytest.fixture
def person(db: None) -> User:
    return factories.make_user(
        NAME.lower(), display_name=f"{NAME} of the Valley", first_name=NAME, last_name=NAME
    )


class TestAsking:
    pytestmark = pytest.mark.django_db

    def test_everything_is_off_at_once(
        self,
        person: User,
        bob: User,
        client_of: ClientOf,
        api_of: ApiOf,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        video = factories.make_video(owner=person, with_files=False)
        factories.make_consent(video)
        made = meme(video, bob)
        other, program = client_of(person), api_of(person)

        with django_capture_on_commit_callbacks(execute=True):
            leave(person)

        made.refresh_from_db()
        assert made.state == Render.HIDDEN
        assert not ruling(video, "remix", asker=bob).allowed
        assert client_of(bob).get(reverse("remixer:meme_file", args=[made.uuid])).status_code == 410
        assert other.get("/").status_code == 302, "it asks to sign in"
        assert program.get("/api/v1/videos/").status_code == 401
        assert not Token.objects.filter(user=person).exists()
        event = Event.objects.get(action="account.deletion_asked")
        assert history.body_of(event)["erase_after"]
        [letter] = mail.outbox
        assert "will be deleted" in letter.subject
        assert letter.to == [person.email]

    def test_asking_again_changes_nothing(self, person: User) -> None:
        first = services.ask_for_deletion(person, actor=Actor.creator(person))

        assert services.ask_for_deletion(person, actor=Actor.creator(person)) == first
        assert Event.objects.filter(action="account.deletion_asked").count() == 1

    def test_turning_back_on_is_not_offered_before_the_account_is_kept(
        self, person: User, client_of: ClientOf
    ) -> None:
        leave(person)

        page = client_of(person).get(reverse("consent:opt_in")).text

        assert 'name="restore"' not in page
        assert f'action="{reverse("accounts:keep")}"' in page

    def test_who_keeps_the_account_decides_again(self, person: User, bob: User) -> None:
        video = factories.make_video(owner=person, with_files=False)
        factories.make_consent(video)
        actor = Actor.creator(person)
        leave(person)
        with pytest.raises(Conflict, match="Keep it first"):
            consent.opt_in(actor=actor, creator=person, restore="previous")

        services.keep_account(person, actor=actor)

        assert ConsentState.objects.get(creator=person).opted_out
        assert not ruling(video, "remix", asker=bob).allowed
        consent.opt_in(actor=actor, creator=person, restore="previous")
        assert ruling(video, "remix", asker=bob).allowed
        with pytest.raises(Conflict, match="Nobody has asked"):
            services.keep_account(person, actor=actor)

    def test_nobody_else_asks_and_no_staff_account_goes(
        self, person: User, bob: User, staff: User
    ) -> None:
        moderator = factories.make_user(role="moderation")
        for actor in (Actor.creator(bob), Actor.staff(moderator), Actor.system("sweeper")):
            with pytest.raises(Forbidden):
                services.ask_for_deletion(person, actor=actor, reason="x")
        with pytest.raises(Refused, match="Say why"):
            services.ask_for_deletion(person, actor=Actor.staff(staff))
        with pytest.raises(Forbidden, match="is staff"):
            services.ask_for_deletion(moderator, actor=Actor.creator(moderator))

        assert not User.objects.exclude(deletion="").exists()
        assert not ConsentState.objects.filter(opted_out=True).exists()

    def test_an_admin_asks_with_a_reason_and_still_waits(
        self, person: User, staff: User, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            leave(person, actor=Actor.staff(staff), reason="Asked by letter")

        assert services.erase_due() == 0
        assert person.erase_after
        assert person.erase_after > timezone.now() + timedelta(days=6)
        assert "Why: Asked by letter" in mail.outbox[-1].body

    def test_the_page_asks_for_a_fresh_sign_in_and_leads_back(
        self, person: User, client_of: ClientOf
    ) -> None:
        stale = factories.client_of(person, signed_in=timedelta(hours=1))
        assert stale.post(PAGE).status_code == 302
        assert not User.objects.exclude(deletion="").exists()
        browser = client_of(person)
        assert "After 7 days" in browser.get(PAGE).content.decode()

        asked = browser.post(PAGE, follow=True)

        assert "Your account will be deleted" in asked.content.decode()
        kept = browser.post(reverse("accounts:keep"), follow=True)
        assert "Your account stays" in kept.content.decode()
        assert "will be deleted" not in browser.get("/account/").content.decode()

    def test_staff_type_the_number_of_videos(
        self, person: User, staff: User, client_of: ClientOf
    ) -> None:
        factories.make_videos(2, owner=person)
        desk, address = client_of(staff), reverse("admin:creatorhub_user_changelist")
        form = {"action": "delete_accounts", "_selected_action": [person.pk], "confirmed": "1"}

        wrong = desk.post(address, {**form, "reason": "By letter", "number": "1"})
        right = desk.post(address, {**form, "reason": "By letter", "number": "2"}, follow=True)

        assert wrong.status_code == 422
        assert f"{person.username} is erased on" in str([*right.context["messages"]])
        person.refresh_from_db()
        assert person.deletion == Deletion.ASKED


@pytest.mark.django_db(transaction=True)
class TestErasing:
    def test_nothing_that_says_who_it_was_is_left(
        self, person: User, bob: User, staff: User, client_of: ClientOf
    ) -> None:
        videos = self.everything_of(person, bob, staff, client_of)
        theirs = {str(video.uuid) for video in videos}
        events = dict(Event.objects.values_list("pk", "body"))
        assert places_of(NAME)
        leave(person, reason=f"{NAME} goes")
        assert services.erase_due() == 0, "before the time"
        due(person)

        assert services.erase_due() == 1

        assert not places_of(NAME)
        assert not [path for path in files() if (theirs | {"exports"}) & set(path.parts)]
        person.refresh_from_db()
        assert (person.deletion, person.is_active) == (Deletion.ERASED, False)
        assert not Video.objects.filter(owner=person, removed_at=None).exists()
        ended = Render.objects.filter(creator=person).values_list("state", flat=True)
        assert set(ended) <= {Render.TAKEN_DOWN, Render.REMOVED}
        # The log is what it was, and goes on.
        kept = dict(Event.objects.values_list("pk", "body"))
        assert events.items() <= kept.items()
        assert Event.objects.filter(action="account.erased").count() == 1
        assert not [line for check in fsck.CHECKS for line in check()]
        told = history.describe(Event.objects.filter(creator=person), reader=None)
        assert "A deleted creator added “(erased)”" in [line.text for line in told]
        assert not [line for line in told if NAME in f"{line.text}{line.reason}{line.fields}"]
        # And what is bob's says the rest.
        browser = client_of(bob)
        [*memes] = Render.objects.filter(requester=bob).values_list("uuid", flat=True)
        pages = ["/activity/", "/memes/", "/reports/", *(f"/memes/{meme}/" for meme in memes)]
        seen = [browser.get(page) for page in pages]
        desk = client_of(staff)
        seen += [
            desk.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
            for model in (User, Video, Render, Report, Appeal, Hold, Edit, Event)
        ]
        assert {answer.status_code for answer in seen} == {200, 410}, "410: the memes are gone"
        assert "(erased)" in seen[0].content.decode()
        assert not [answer for answer in seen if NAME.encode() in answer.content]
        assert services.erase_due() == 0

    def test_a_restored_backup_erases_again(self, person: User, bob: User) -> None:
        factories.make_videos(2, owner=person, title=NAME)
        known = len(list(journal.read(Path(django_settings.WITHDRAWAL_JOURNAL))))
        leave(person)
        due(person)
        services.erase_due()

        later = list(journal.read(Path(django_settings.WITHDRAWAL_JOURNAL)))[known:]
        assert [line.what for line in later if line.what == "erased"] == ["erased"]
        assert {line.body["creator"] for line in later} == {str(person.uuid)}
        assert NAME.lower() not in str(later).lower()
        back = factories.make_user(f"{NAME}-back", display_name=NAME)
        factories.make_videos(1, owner=back, title=NAME)

        assert services.erase_again(what="erased", creator=back) == 1
        assert services.erase_again(what="opted_out", creator=bob) == 0

        assert services.erase_due() == 1
        assert not places_of(NAME)

    def everything_of(
        self, person: User, bob: User, staff: User, client_of: ClientOf
    ) -> list[Video]:
        """Something in every place where a person leaves words."""
        me = Actor.creator(person)
        mine = library.add_video(
            ContentFile(NAME.encode()),
            actor=me,
            owner=person,
            title=f"{NAME} swims",
            original_name=f"{NAME}.mp4",
        )
        shown = factories.make_video(owner=person, title=f"{NAME} runs", collection=NAME)
        library.rename_video(shown, actor=me, title=f"{NAME} sits", collection=f"{NAME} too")
        theirs = factories.make_video(owner=bob, title="Bob's")
        factories.make_consent(shown)
        factories.make_consent(theirs)
        remixer.request_render(
            actor=me,
            requester=person,
            video=theirs,
            template="top_bottom",
            captions={"top": NAME},
            start=0.5,
            length=1.0,
        )
        meme(theirs, person, captions={"top": NAME}, idempotency_key=NAME)
        down = meme(shown, bob)
        remixer.takedown_by_creator(down, actor=me, reason=f"Not {NAME}")
        meme(shown, bob)
        remixer.report(
            actor=me, reporter=person, video=theirs, render=None, kind="other", text=NAME
        )
        remixer.report(
            actor=Actor.creator(bob),
            reporter=bob,
            video=shown,
            render=None,
            kind="other",
            text=f"That is {NAME}",
        )
        consent.hold(
            actor=Actor.staff(staff), creator=person, use="train", videos=[shown], reason=NAME
        )
        remixer.appeal_hold(Hold.objects.get(), actor=me, person=person, text=f"I am {NAME}")
        consent.save_filter(actor=me, creator=person, name=NAME, asked={"q": NAME})
        consent.block(person, actor=Actor.creator(bob), creator=bob)
        acts.draft_matching(person, q=NAME)
        acts.turn_off(shown, reason=f"{NAME} says so")
        services.make_token(person, actor=me, name=NAME, scope="read", days=7)  # type: ignore[arg-type]
        browser = client_of(person)
        session = browser.session
        session["kept"] = NAME
        session.save()
        UserSession.objects.create(
            user=person, session_key=session.session_key, ip="192.0.2.7", user_agent=NAME
        )
        LogEntry.objects.create(user=person, action_flag=1, object_repr=NAME, change_message=NAME)
        EmailAddress.objects.create(user=person, email=f"{NAME.lower()}@example.org")
        services.run_export(services.ask_for_export(person, actor=me).pk)
        return [mine, shown]

    def test_what_is_killed_is_finished(
        self, person: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        videos = factories.make_videos(3, owner=person, title=NAME)
        factories.make_consent(*videos)
        leave(person)
        due(person)
        names = ("remove_video", "erase_memes", "erase_videos", "erase_words", "_delete_sessions")
        owners = (consent, remixer, library, consent, steps)
        for owner, name in zip(owners, names, strict=True):
            with monkeypatch.context() as patch:
                patch.setattr(owner, name, killed)
                with pytest.raises(Killed):
                    services.erase_due()
            with pytest.raises(Conflict, match="too late"):
                services.keep_account(person, actor=Actor.creator(person))

        assert services.erase_due() == 1

        assert not places_of(NAME)
        person.refresh_from_db()
        assert not list(services.what_is_left(person))
        assert Event.objects.filter(action="video.removed").count() == 3

    def test_one_that_cannot_be_erased_now_keeps_no_other_waiting(
        self, person: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        factories.make_videos(1, owner=person)
        for user in (person, bob):
            leave(user)
            due(user)

        def broken(*_: Any, **__: Any) -> None:
            raise OSError("Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(library_files, "delete_all", broken)
            assert services.erase_due() == 1
        assert User.objects.get(pk=bob.pk).deletion == Deletion.ERASED

        assert services.erase_due() == 1

    def test_nothing_more_is_said_about_who_is_erased(self, person: User, staff: User) -> None:
        leave(person)
        due(person)
        services.erase_due()
        desk = Actor.staff(staff)

        with pytest.raises(Conflict, match="is erased"):
            services.reactivate(person, actor=desk, reason=NAME)
        with pytest.raises(Conflict, match="is erased"):
            services.set_roles(person, roles=["support"], actor=desk, reason=NAME)

        assert not places_of(NAME)

    def test_a_large_account_takes_several_sweeps(
        self, person: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        factories.make_videos(3, owner=person)
        monkeypatch.setattr(steps, "VIDEOS_PER_SWEEP", 2)
        leave(person)
        due(person)

        assert [services.erase_due() for _ in range(3)] == [0, 1, 0]

    def test_a_reader_in_the_way_of_wiping_puts_the_end_off(
        self, person: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        leave(person)
        due(person)
        with monkeypatch.context() as patch:
            patch.setattr(steps, "wipe_free_space", lambda: False)
            assert services.erase_due() == 0
        assert User.objects.get(pk=person.pk).deletion == Deletion.ERASING

        assert services.erase_due() == 1


class TestChecking:
    pytestmark = pytest.mark.django_db

    def test_it_says_what_is_left_and_what_is_late(self, person: User, bob: User) -> None:
        User.objects.filter(pk=person.pk).update(deletion=Deletion.ERASED)
        late = timezone.now() - timedelta(days=2)
        User.objects.filter(pk=bob.pk).update(deletion=Deletion.ASKED, erase_after=late)

        found = list(fsck.deleted_accounts_are_erased())

        assert found[0] == f"The account {bob.uuid} should have been erased by now."
        still = f"The account {person.uuid} is erased, and there is still: "
        assert found[1:] == [
            f"{still}{what}."
            for what in ("1 of creatorhub.User", "1 of account.EmailAddress", "the username")
        ]

    def test_old_events_about_an_erased_account_are_not_read_out(
        self, person: User, bob: User
    ) -> None:
        old = first_version(person, before=NAME, after=f"{NAME} again")
        User.objects.filter(pk=person.pk).update(deletion=Deletion.ERASED)

        [line] = history.describe([old], reader=bob)

        assert line.text == "A deleted creator renamed “(erased)” to “(erased)”"
        assert json.loads(bytes(Event.objects.get().body))["before"] == NAME, "the bytes stay"


class Killed(Exception):
    """In the place of a SIGKILL."""


def killed(*_: Any, **__: Any) -> None:
    raise Killed


def files() -> Iterator[Path]:
    yield from (path for path in Path(django_settings.MEDIA_ROOT).rglob("*") if path.is_file())


def places_of(text: str) -> list[str]:
    """Where a text stands, whatever its case: columns of every table, files, and on SQLite the
    bytes of the database with its free pages and its write-ahead log."""
    wanted = text.lower().encode()
    found = []
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.values():
            for column, value in row.items():
                is_bytes = isinstance(value, memoryview | bytes)
                said = bytes(value) if is_bytes else str(value).encode()
                if wanted in said.lower():
                    found.append(f"{model._meta.label}.{column}")
    stored = list(files())
    if connection.vendor == "sqlite":
        database = Path(connection.settings_dict["NAME"])
        stored += [database, database.with_name(f"{database.name}-wal")]
    return found + [
        str(path)
        for path in stored
        if wanted in path.name.lower().encode() or wanted in path.read_bytes().lower()
    ]


def test_a_database_that_was_restored_erases_the_account_once_more(alice: User) -> None:
    with rolled_back():
        leave(alice)
        steps._begin(alice)
    mail.outbox.clear()
    alice.refresh_from_db()
    assert (alice.username, alice.deletion) == ("alice", "")

    assert not consent.look_at_journal()

    alice.refresh_from_db()
    assert (alice.username, alice.deletion) == (f"erased-{alice.uuid.hex}", Deletion.ERASING)
    assert ConsentState.objects.get(creator=alice).opted_out
    assert not mail.outbox, "the last mail was the last"
