"""All data of a person: what is in the archive, who may take it, and its end."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts import services
from accounts.models import Export
from accounts.services import archives, exporting
from audit.models import Event
from consent import services as consent
from creatorhub import checks
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden, NotFound
from creatorhub.jobs import LeaseLost, State
from creatorhub.models import User
from library import files
from library import services as library
from operations import fsck
from tests import acts, factories
from tests.memes import make_render

pytestmark = pytest.mark.django_db

PAGE = reverse("accounts:export")


@pytest.fixture(autouse=True)
def _own_media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.WORK_DIR = tmp_path / "work"


def exported(user: User) -> Export:
    made = services.ask_for_export(user, actor=Actor.creator(user))
    services.run_export(made.pk)
    made.refresh_from_db()
    assert made.state == State.DONE, made.problem
    return made


def unpacked(made: Export) -> dict[str, bytes]:
    with default_storage.open(made.file_key) as stored, ZipFile(stored) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def table(found: dict[str, bytes], name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(found[f"tables/{name}.json"])
    return rows


def test_the_archive_has_tables_activity_and_files(alice: User, bob: User) -> None:
    video = factories.make_video(owner=alice, title="=Cat")
    library.rename_video(video, actor=Actor.creator(alice), title="=Dog", collection="Pets")
    theirs = factories.make_video(owner=bob, title="Bob's")
    factories.make_consent(video, use="remix")
    factories.make_consent(theirs)
    seen, dark = (
        make_render(theirs, alice, state=state, captions={"top": "Hello"})
        for state in (State.DONE, "taken_down")
    )
    for meme in (seen, dark):
        meme.file_key = files.key_of(meme.uuid, "meme.mp4", kind="memes")
        default_storage.save(meme.file_key, ContentFile(str(meme.uuid).encode()))
        meme.save()
    acts.turn_off(video, reason="Enough")
    consent.block(bob, actor=Actor.creator(alice), creator=alice)

    found = unpacked(exported(alice))

    folder = f"videos/{video.uuid}"
    assert found[f"{folder}/mezzanine.mp4"] == factories.mezzanine().read_bytes()
    assert f"{folder}/poster.jpg" in found
    assert found[f"memes/{seen.uuid}/meme.mp4"] == str(seen.uuid).encode()
    assert not [name for name in found if str(dark.uuid) in name]
    assert not [name for name in found if str(theirs.uuid) in name]
    assert [row["title"] for row in table(found, "videos")] == ["=Dog"]
    assert [row["captions"] for row in table(found, "memes")] == [{"top": "Hello"}] * 2
    assert [row["username"] for row in table(found, "account")] == ["alice"]
    assert [row["person__username"] for row in table(found, "blocked_people")] == ["bob"]
    assert "Enough" in {row["reason"] for row in table(found, "edits")}
    listed = csv.DictReader(io.StringIO(found["tables/videos.csv"].decode("utf-8-sig")))
    assert [row["title"] for row in listed] == ["'=Dog"], "no spreadsheet takes it for a formula"
    told = [json.loads(line) for line in found["activity/events.jsonl"].splitlines()]
    [renamed] = [line for line in told if line["action"] == "video.renamed"]
    assert renamed["text"] == "You renamed “=Cat” to “=Dog”"
    kept = renamed["personal"]["after"]
    salted = bytes.fromhex(kept["salt"]) + kept["data"].encode()
    hashed = json.loads(renamed["canonical"])["after"]["sha256"]
    assert hashlib.sha256(salted).hexdigest() == hashed
    assert alice.password.encode() not in b"".join(found.values())


def test_it_is_made_one_at_a_time_and_a_new_one_replaces_the_old(alice: User, bob: User) -> None:
    actor = Actor.creator(alice)
    with pytest.raises(Forbidden):
        services.ask_for_export(alice, actor=Actor.creator(bob))
    first = exported(alice)

    second = services.ask_for_export(alice, actor=actor)

    assert not Export.objects.filter(pk=first.pk).exists()
    assert not default_storage.exists(first.file_key)
    with pytest.raises(Conflict, match="already"):
        services.ask_for_export(alice, actor=actor)
    assert list(alice.exports.all()) == [second]
    assert Event.objects.filter(action="account.exported").count() == 2


def test_only_its_person_takes_it_freshly_signed_in_and_the_log_tells(
    alice: User, bob: User
) -> None:
    made = exported(alice)
    address = reverse("accounts:export_file", args=[made.uuid])
    fresh, stale = (
        factories.client_of(alice, signed_in=timedelta(hours=hours)) for hours in (0, 1)
    )

    assert Client().get(address).status_code == 302
    assert factories.client_of(bob).get(address).status_code == 404
    assert stale.get(address).status_code == 302
    assert stale.post(PAGE).status_code == 302
    assert not Event.objects.filter(action="account.export_taken").exists()
    answers = [fresh.get(address) for _ in range(2)]

    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="creatorhub-')
        assert len(b"".join(answer.streaming_content)) == made.size  # type: ignore[attr-defined]
    assert Event.objects.filter(action="account.export_taken").count() == 1


def test_the_page_shows_how_far_it_is_and_leads_to_it(alice: User) -> None:
    browser = factories.client_of(alice)
    assert "Pack my data" in browser.get(PAGE).content.decode()

    waiting = browser.post(PAGE, follow=True).content.decode()
    made = Export.objects.get()
    services.run_export(made.pk)
    done = browser.get(reverse("accounts:export_status")).content.decode()

    assert "Waiting for its turn" in waiting
    assert reverse("accounts:export_status") in waiting
    assert reverse("accounts:export_file", args=[made.uuid]) in done
    assert "hx-get" not in done


def test_it_is_deleted_after_its_time(alice: User) -> None:
    made = exported(alice)
    services.sweep_exports()
    assert not list(fsck.every_row_has_its_files()) + list(fsck.every_file_has_its_row())
    Export.objects.update(expires_at=timezone.now())

    with pytest.raises(NotFound):
        services.archive_for(alice, made.uuid)
    services.sweep_exports()

    assert not Export.objects.exists()
    assert not default_storage.exists(made.file_key)


def test_a_file_without_a_row_is_found(alice: User) -> None:
    made = exported(alice)
    Export.objects.all().delete()

    assert list(fsck.every_file_has_its_row()) == [f"The file {made.file_key} belongs to nothing."]


def test_what_a_killed_worker_left_is_packed_anew(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = services.ask_for_export(alice, actor=Actor.creator(alice))

    def kill(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(exporting, "_publish", kill)
        with pytest.raises(KeyboardInterrupt):
            services.run_export(made.pk)
    left = Export.objects.get().file_key
    Export.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    services.sweep_exports()
    services.run_export(made.pk)

    made.refresh_from_db()
    assert made.state == State.DONE
    assert not default_storage.exists(left)
    assert default_storage.exists(made.file_key)


def test_a_fault_is_tried_again_and_a_stopped_one_leaves_nothing(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = services.ask_for_export(alice, actor=Actor.creator(alice))

    def full(*_: Any, **__: Any) -> None:
        raise OSError("No space left on device")

    def lost(*_: Any, **__: Any) -> None:
        raise LeaseLost

    with monkeypatch.context() as patch:
        patch.setattr(archives, "pack", full)
        services.run_export(made.pk)
    made.refresh_from_db()
    assert made.state == State.QUEUED
    Export.objects.update(next_attempt_at=timezone.now())
    with monkeypatch.context() as patch:
        patch.setattr(exporting, "_publish", lost)
        services.run_export(made.pk)

    assert not [path for path in files.leftovers(timedelta(seconds=-1)) if path.exists()]
    assert not default_storage.exists(Export.objects.get().file_key)


def test_the_progress_covers_tables_and_files(alice: User) -> None:
    factories.make_video(owner=alice)
    shares: list[float] = []

    archives.pack(alice, io.BytesIO(), on_progress=shares.append)

    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.2
    assert shares[-1] == pytest.approx(1)


def test_no_secret_is_in_a_table() -> None:
    columns = {column for table in archives.TABLES for column in table.columns}

    assert not columns & {"password", "digest", "session_key", "data", "access_ended", "file_key"}


# About people and in no table of the archive: numbers that are counted, jobs, receipts, what
# is told as the activity.
NOT_PACKED = {
    "accounts.Export",
    "audit.Counter",
    "audit.HandedOut",
    "audit.Event",
    "consent.ConsentCount",
    "library.VideoCount",
}


def test_every_table_about_a_person_is_in_the_archive(alice: User) -> None:
    packed = {one.rows(alice).model._meta.label for one in archives.TABLES}
    about_people = {
        model._meta.label
        for label in checks.our_apps()
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.concrete_fields
        if field.related_model is User
    }

    assert about_people - packed == NOT_PACKED
