"""A backup is put back, and what was withdrawn since stays withdrawn; or nothing is changed."""

from __future__ import annotations

import json
import zipfile
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from audit.models import Event
from consent import journal
from consent.models import Journal
from creatorhub.models import User
from operations import backup
from tests import acts
from tests.decisions import reasons
from tests.factories import make_consent, make_user, make_video, make_videos


@pytest.fixture(autouse=True)
def _own_folders(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.WORK_DIR = tmp_path / "work"


def typing(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(words))


@pytest.mark.django_db(transaction=True)
def test_what_was_withdrawn_after_the_backup_is_still_off(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = make_user("alice"), make_user("bob")
    settings.MEDIA_ROOT = tmp_path / "media"
    mine = [make_video(owner=alice) for _ in range(5)]
    [his] = [make_video(owner=bob)]
    make_consent(*mine)
    make_consent(his)
    file = tmp_path / "backup.zip"
    call_command("backup", file, with_media=True, stdout=StringIO())
    acts.turn_off(mine[0])
    acts.turn_off(mine[1], mine[2])
    acts.confirm(acts.undo(acts.turn_off(mine[3])))  # only what says no is said again
    acts.opt_out(bob)
    late = make_user("late")
    lost = settings.MEDIA_ROOT / mine[4].poster_key
    lost.unlink()

    typing("replace\n", monkeypatch)
    told = StringIO()
    call_command("restore", file, force=True, stdout=told)

    assert not User.objects.filter(pk=late.pk).exists(), "it is the database of the backup"
    assert reasons(*mine, his) == ["off", "off", "off", "off", "allowed", "opted_out"]
    assert lost.exists()
    assert "Media: 1 put back, 0 of its list missing." in told.getvalue()
    assert "4 withdrawals said again" in told.getvalue()
    assert not Journal.objects.get().held
    assert Event.objects.filter(action="consent.withdrawn_again").count() == 4
    assert Event.objects.filter(action="restore.finished").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_database_that_was_put_back_allows_nothing_before_its_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens in between: a kill, a reader, another start."""
    videos = make_videos(2, owner=make_user("alice"))
    make_consent(*videos)
    file = tmp_path / "backup.zip"
    backup.make(file)
    acts.turn_off(videos[0])

    backup.put_database_back(backup.read(file))

    assert reasons(*videos) == ["restoring", "restoring"]
    call_command("restore", apply_journal=True, stdout=StringIO())
    assert reasons(*videos) == ["off", "allowed"]


@pytest.mark.django_db(transaction=True)
def test_without_its_journal_a_restored_database_opts_everybody_out(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    videos = [make_video(owner=make_user("alice"))]
    make_consent(*videos)
    file = tmp_path / "backup.zip"
    call_command("backup", file, stdout=StringIO())
    settings.WITHDRAWAL_JOURNAL = str(tmp_path / "new.journal")

    with pytest.raises(CommandError, match="There is no withdrawal journal at"):
        call_command("restore", file, force=True)
    typing("replace\neverybody\n", monkeypatch)
    call_command("restore", file, force=True, without_journal=True, stdout=StringIO())

    assert reasons(*videos) == ["opted_out"]


@pytest.fixture
def file(db: None, tmp_path: Path) -> Path:
    path = tmp_path / "backup.zip"
    backup.make(path)
    return path


MANIFESTS: dict[str, dict[str, object]] = {
    "another format": {"format": 2},
    "another engine": {"engine": "oracle"},
    "no checksum of the database": {"files": {"media.jsonl": {"sha256": "x"}}},
    "files without checksums": {"files": {"media.jsonl": 5, "database": 5}},
    "no migrations": {"migrations": None},
    "no line of the journal": {"journal_line": None},
    "foreign journal": {"installation": "another"},
    "older journal": {"journal_line": 7},
}


def spoil(file: Path, how: str, path: Path) -> None:
    """The backup, or the journal at `path`."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(parts["manifest.json"])
    match how:
        case "truncated":
            file.write_bytes(file.read_bytes()[:-1000])
            return
        case "not a backup":
            file.write_text("hello")
            return
        case "not there":
            file.unlink()
            return
        case "altered":
            parts["media.jsonl"] += b'{"key":"x"}\n'
        case "a later version":
            manifest["migrations"].append("consent.9999_from_the_future")
        case "cut journal":
            with path.open("ab") as end:
                end.write(b'{"at":')
        case "unreadable journal":
            path.write_bytes(b"\0\n")
    parts["manifest.json"] = json.dumps({**manifest, **MANIFESTS.get(how, {})}).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("truncated", "is no backup, or a part of it is missing or was altered."),
        ("not a backup", "is no backup, or a part of it is missing or was altered."),
        ("no checksum of the database", "is no backup, or a part of it is missing"),
        ("files without checksums", "is no backup, or a part of it is missing"),
        ("no migrations", "is no backup, or a part of it is missing"),
        ("no line of the journal", "is no backup, or a part of it is missing"),
        ("not there", "cannot be read: No such file or directory."),
        ("altered", "media.jsonl in "),
        ("another format", "has the format 2, and this version reads 1."),
        ("another engine", "is of oracle, and this database is "),
        ("a later version", "it has the migration consent.9999_from_the_future."),
        ("foreign journal", "belongs to another installation than the backup"),
        ("older journal", "ends at line 0, and the backup knows line 7"),
        ("cut journal", "ends in the middle of line 1."),
        ("unreadable journal", "Line 0 of the withdrawal journal"),
    ],
)
def test_what_cannot_be_restored_changes_nothing(
    file: Path, settings: Settings, tmp_path: Path, how: str, sentence: str
) -> None:
    own = Journal.objects.get()
    settings.WITHDRAWAL_JOURNAL = str(tmp_path / "journal")
    path = tmp_path / "journal"
    journal.begin(path, installation=str(own.installation), at="now")
    spoil(file, how, path)

    with pytest.raises(CommandError) as refused:
        call_command("restore", file, force=True)

    assert sentence in str(refused.value)
    assert str(refused.value).endswith("Nothing was changed.")
    assert not Journal.objects.get().held


@pytest.mark.parametrize("typed", ["", "yes\n"])
def test_a_database_in_use_is_not_replaced_by_mistake(
    file: Path, alice: User, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    with pytest.raises(CommandError, match="This database has accounts"):
        call_command("restore", file)
    typing(typed, monkeypatch)
    with pytest.raises(CommandError, match="“replace” was not typed"):
        call_command("restore", file, force=True)

    assert User.objects.filter(pk=alice.pk).exists()


def test_without_the_programs_of_postgresql_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(backup.BackupProblem, match="pg_dump is not installed"):
        backup._run("pg_dump")


def test_a_backup_replaces_no_file_and_leaves_no_part(file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()

    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", file)
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("backup", tmp_path / "nowhere" / "backup.zip")

    assert file.read_bytes() == before
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir() if "backup" in one.name] == [file.name]


@pytest.mark.parametrize(
    "given", [{}, {"file": Path("x"), "apply_journal": True}], ids=["nothing", "both"]
)
def test_the_command_says_what_it_needs(db: None, given: dict[str, object]) -> None:
    with pytest.raises(CommandError, match="Name a backup, or say --apply-journal"):
        call_command("restore", **given)
