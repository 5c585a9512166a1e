"""A database of the release before, with rows, becomes one of this version and works."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from pytest_django.fixtures import Settings

from audit import history, sequencing
from audit.models import Event, Personal
from consent import services as consent
from consent.models import Consent, Edit, EditJob
from creatorhub import checks
from creatorhub.actors import Actor
from creatorhub.models import User
from library import services as library
from library.models import Video
from operations import fsck
from remixer.models import Render
from tests.upgrade.migrating import migrate, models_at
from tests.upgrade.release_0_2_0 import MIGRATIONS, PASSWORD, TOKEN, Release

Rows = dict[str, dict[Any, dict[str, Any]]]


def _rows(registry: Any) -> Rows:
    """Every row of our models, by model and key."""
    return {
        model._meta.label: {row["id"]: row for row in _values(model)}
        for label in checks.our_apps() & set(MIGRATIONS)
        for model in registry.get_app_config(label).get_models(include_auto_created=True)
    }


def _values(model: Any) -> list[dict[str, Any]]:
    columns = [field.attname for field in model._meta.concrete_fields]
    rows = model._base_manager.values(*columns)
    return [{"id": row[model._meta.pk.attname], **row} for row in rows]


def _inconsistent() -> list[str]:
    """After what every start and every sweep does."""
    sequencing.sequence()
    assert not consent.look_at_journal()
    return [line for check in fsck.CHECKS for line in check()]


@pytest.fixture
def release(own_database: None, settings: Settings, tmp_path: Path) -> Release:
    """The database of then, filled; its media in a folder of their own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.WORK_DIR = tmp_path / "work"

    def store(key: str) -> None:
        assert default_storage.save(key, ContentFile(b"x")) == key

    migrate(MIGRATIONS)
    made = Release(models_at(MIGRATIONS), store)
    made.fill()
    return made


def test_an_upgrade_keeps_every_row_and_all_is_consistent(release: Release) -> None:
    before = _rows(release.apps)
    empty = {model for model, rows in before.items() if not rows}
    assert empty == {"creatorhub.User_groups", "creatorhub.User_user_permissions"}

    migrate()

    after = _rows(apps)
    for model, rows in before.items():
        assert not set(rows) - set(after[model]), f"{model} lost rows"
        gained = set(after[model]) - set(rows)
        assert not gained or model == "consent.Notice", f"{model} gained rows"  # of a use added
        for key, row in rows.items():
            kept = {name: value for name, value in row.items() if name in after[model][key]}
            assert kept == {name: after[model][key][name] for name in kept}, f"{model} {key}"
    assert not _inconsistent()
    assert not list(checks.database_is_of_this_version(databases=["default"]))


def test_after_an_upgrade_unfinished_edits_are_finished(release: Release) -> None:
    migrate()

    for job in EditJob.objects.filter(state="queued"):
        consent.run_edit(job.pk)

    status = dict(Edit.objects.values_list("uuid", "status"))
    assert status[release.preparing.uuid] == Edit.Status.DRAFT
    assert status[release.applying.uuid] == Edit.Status.APPLIED
    assert status[release.holding.uuid] == Edit.Status.APPLIED
    assert Consent.objects.get(video=release.ready[6].pk, use="remix").terms_id == release.open.pk
    held = Consent.objects.filter(video__in=[video.pk for video in release.daves])
    assert [consent.terms_id for consent in held] == [None, None]
    assert not _inconsistent()


def test_events_of_before_keep_their_bytes_and_new_ones_keep_names_apart(release: Release) -> None:
    migrate()
    old = {key: bytes(body) for key, body in Event.objects.values_list("pk", "body")}
    assert not Personal.objects.exists()
    alice = User.objects.get(username="alice")
    library.rename_video(
        Video.objects.get(pk=release.ready[0].pk),
        actor=Actor.creator(alice),
        title="Newer",
        collection="",
    )

    new = Event.objects.latest("pk")
    lines = history.describe(Event.objects.order_by("pk"), reader=None)

    assert {json.loads(body)["v"] for body in old.values()} == {1}
    assert new.written["v"] == 2
    assert "Newer" in lines[-1].text
    assert not [line.text for line in lines if "erased" in line.text or "sha256" in line.text]
    bodies = dict(Event.objects.values_list("pk", "body"))
    assert old.items() <= {key: bytes(body) for key, body in bodies.items()}.items()
    migrate({"audit": "0003_fill_concern"})
    assert dict(Event.objects.values_list("pk", "body")) == bodies


def test_memes_of_before_are_hidden_from_now_on_and_hidden_ones_do_not_survive_the_way_back(
    release: Release,
) -> None:
    migrate()
    for job in EditJob.objects.filter(state="queued"):
        consent.run_edit(job.pk)
    actor, alice = Actor.creator(release.alice), User.objects.get(username="alice")
    gone = Render.objects.get(state=Render.TAKEN_DOWN)
    columns = set(Render.objects.values_list("hidden_version", "restorable_until"))

    def turn_off() -> Edit:
        ids = [release.ready[0].uuid]
        return consent.turn_off(actor=actor, creator=alice, use="remix", ids=ids)

    off = turn_off()
    hidden = Render.objects.get(pk=release.meme.pk)
    inverse = consent.undo_edit(off.uuid, actor=actor, creator=alice)
    consent.confirm_edit(inverse.uuid, actor=actor, creator=alice)
    back = Render.objects.get(pk=release.meme.pk)
    turn_off()
    migrate({"remixer": MIGRATIONS["remixer"]})
    before = models_at(MIGRATIONS).get_model("remixer.Render")
    states = dict(before.objects.values_list("pk", "state"))
    migrate()

    assert columns == {(None, None)}
    assert (hidden.state, hidden.hidden_version) == (Render.HIDDEN, off.version)
    assert (back.state, back.hidden_version, back.restorable_until) == ("done", None, None)
    assert (states[back.pk], states[gone.pk]) == ("taken_down", "taken_down")
    assert not set(Render.objects.values_list("hidden_version", "restorable_until")) - columns
    assert Render.objects.get(pk=back.pk).state == Render.TAKEN_DOWN


def test_after_an_upgrade_people_continue_as_before(release: Release) -> None:
    migrate()
    alice = User.objects.get(username="alice")
    browser = Client()

    assert browser.login(username="alice", password=PASSWORD)
    for page in ("/", "/videos/", "/activity/", "/memes/", f"/edits/{release.first.uuid}/"):
        assert browser.get(page).status_code == 200, page
    listed = Client().get("/api/v1/videos/", headers={"Authorization": f"Token {TOKEN}"})
    assert len(listed.json()["results"]) == 10

    actor = Actor.creator(alice)
    consent.confirm_edit(release.draft.uuid, actor=actor, creator=alice)
    consent.opt_out(actor=actor, creator=alice)

    assert Consent.objects.get(video=release.ready[0].pk, use="remix").terms is None
    assert Event.objects.filter(creator=alice).count() > 2
    assert not _inconsistent()
