"""A backup is one ZIP file: the database as it was at one moment, which media there are (or the
media themselves), and a manifest with a checksum of each.

    manifest.json       format, engine, migrations, whose journal and up to which line, checksums
    database            a copy of the SQLite file, or `pg_dump --format=custom`
    media.jsonl         {"key":"videos/3f/3f2a…/mezzanine.mp4","size":12345}, one a line
    media/videos/…      with the media

Keys are not in it: they belong apart from what they protect.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

from django.core.files.storage import default_storage
from django.db import connection, connections
from django.db.backends.postgresql.client import DatabaseClient
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services as accounts
from consent import journal
from consent.models import Journal
from creatorhub.checks import our_apps
from operations.fsck import stored
from remixer.services.files import KIND

FORMAT = 1
CHUNK = 1024 * 1024
KINDS = ("videos", KIND, accounts.KIND)
KEY = re.compile(rf"({'|'.join(KINDS)})/[0-9a-f]{{2}}/[0-9a-f-]{{36}}/[A-Za-z0-9_][A-Za-z0-9_.-]*")
Tell = Callable[[str], object]


class BackupProblem(Exception):
    """What is wrong with a backup, or with this place for it, in a sentence."""


class Backup(NamedTuple):
    """A backup file that was read and checked."""

    path: Path
    manifest: dict[str, Any]


def make(path: Path, *, with_media: bool = False, tell: Tell = lambda _: None) -> dict[str, Any]:
    """Write a backup while everything runs; returns its manifest. Raises BackupProblem, leaving
    nothing behind, also for a file that is there already."""
    if path.exists():
        raise BackupProblem(_("%(path)s is there already. Choose another name.") % {"path": path})
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=path.parent) as folder:
            part = Path(folder) / "backup.zip"
            manifest = _write(part, Path(folder), with_media=with_media, tell=tell)
            with part.open("rb") as file:
                os.fsync(file.fileno())
            path.hardlink_to(part)
            journal.sync_folder(path)
    except OSError as error:
        raise BackupProblem(
            _("The backup %(path)s cannot be written: %(error)s.")
            % {"path": path, "error": error.strerror or error}
        ) from None
    return manifest


def read(path: Path) -> Backup:
    """Look at a backup and compare every checksum. Raises BackupProblem."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = json.loads(archive.read("manifest.json"))
            if manifest.get("format") != FORMAT:
                raise BackupProblem(
                    _(
                        "%(path)s has the format %(format)s, and this version reads %(known)s. "
                        "Restore it with the version that made it."
                    )
                    % {
                        "path": path,
                        "format": manifest.get("format"),
                        "known": FORMAT,
                    }
                )
            if not _is_whole(manifest):
                raise ValueError("a member of the manifest is missing or of another type")
            for name, expected in manifest["files"].items():
                with archive.open(name) as member:
                    digest = hashlib.sha256()
                    while chunk := member.read(CHUNK):
                        digest.update(chunk)
                    if digest.hexdigest() != expected["sha256"]:
                        raise BackupProblem(
                            _("%(name)s in %(path)s is not as it was written.")
                            % {"name": name, "path": path}
                        )
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, AttributeError, EOFError):
        raise BackupProblem(
            _("%(path)s is no backup, or a part of it is missing or was altered.") % {"path": path}
        ) from None
    except OSError as error:
        raise BackupProblem(
            _("%(path)s cannot be read: %(error)s.")
            % {"path": path, "error": error.strerror or error}
        ) from None
    return Backup(path, manifest)


def _is_whole(manifest: dict[str, Any]) -> bool:
    """Whether all is there that a restore reads, a checksum of the database above all."""
    files, migrations = manifest["files"], manifest["migrations"]
    return (
        all(isinstance(manifest[name], str) for name in ("made_at", "engine", "installation"))
        and type(manifest["journal_line"]) is int
        and isinstance(migrations, list)
        and all(isinstance(one, str) for one in migrations)
        and isinstance(files, dict)
        and {"database", "media.jsonl"} <= files.keys()
        and all(isinstance(one, dict) and "sha256" in one for one in files.values())
    )


def check(backup: Backup) -> None:
    """Raises BackupProblem for a backup of another kind of database, or of a later version."""
    manifest = backup.manifest
    if manifest["engine"] != connection.vendor:
        raise BackupProblem(
            _("%(path)s is of %(theirs)s, and this database is %(ours)s.")
            % {"path": backup.path, "theirs": manifest["engine"], "ours": connection.vendor}
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    ours = tuple(f"{app}." for app in our_apps())
    later = [one for one in manifest["migrations"] if one.startswith(ours) and one not in known]
    if later:
        raise BackupProblem(
            _("%(path)s was made by a later version: it has the migration %(migration)s.")
            % {"path": backup.path, "migration": later[0]}
        )


def put_database_back(backup: Backup) -> None:
    """Replace the whole database, in one transaction, by one that allows nothing. Raises
    BackupProblem, with the database as it was."""
    folder = None
    if connection.vendor == "sqlite":
        folder = Path(connection.settings_dict["NAME"]).parent
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=folder) as name:
        copy = Path(name) / "database"
        with (
            zipfile.ZipFile(backup.path) as archive,
            archive.open("database") as member,
            copy.open("wb") as file,
        ):
            shutil.copyfileobj(member, file, CHUNK)
        connections.close_all()
        (_sqlite_back if connection.vendor == "sqlite" else _postgresql_back)(copy)
    connections.close_all()


def put_media_back(backup: Backup) -> tuple[int, int]:
    """Store the media of the backup that are not there; returns how many were, and how many of its
    list are still missing."""
    stored_now = missing = 0
    with zipfile.ZipFile(backup.path) as archive:
        members = set(archive.namelist())
        with archive.open("media.jsonl") as lines:
            for line in lines:
                key = str(json.loads(line)["key"])
                if not KEY.fullmatch(key):
                    raise BackupProblem(
                        _("%(path)s names a file that cannot be one of ours: %(key)s")
                        % {"path": backup.path, "key": key}
                    )
                if default_storage.exists(key):
                    continue
                if f"media/{key}" not in members:
                    missing += 1
                    continue
                with archive.open(f"media/{key}") as file:
                    default_storage.save(key, file)
                stored_now += 1
    return stored_now, missing


def _write(part: Path, folder: Path, *, with_media: bool, tell: Tell) -> dict[str, Any]:
    row = Journal.objects.get()
    copy = folder / "database"
    tell(_("The database …"))
    (_sqlite_copy if connection.vendor == "sqlite" else _postgresql_copy)(copy)
    files: dict[str, dict[str, Any]] = {}
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT, 0o600))
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        files["database"] = _add(archive, "database", copy.open("rb"), compress=True)
        copy.unlink()
        tell(_("The media …"))
        listed = folder / "media.jsonl"
        with listed.open("w") as lines:
            for key, size in _media():
                lines.write(json.dumps({"key": key, "size": size}) + "\n")
                if with_media:
                    with suppress(FileNotFoundError):  # deleted since it was listed
                        name = f"media/{key}"
                        files[name] = _add(archive, name, default_storage.open(key))
        files["media.jsonl"] = _add(archive, "media.jsonl", listed.open("rb"), compress=True)
        manifest = {
            "format": FORMAT,
            "made_at": timezone.now().isoformat(timespec="seconds"),
            "engine": connection.vendor,
            "installation": str(row.installation),
            "journal_line": row.seq,
            "migrations": sorted(
                f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()
            ),
            "files": files,
        }
        archive.writestr("manifest.json", json.dumps(manifest, indent=1))
    return manifest


def _add(archive: zipfile.ZipFile, name: str, file: Any, *, compress: bool = False) -> Any:
    """Into the archive; its size and checksum. Closes the file."""
    digest, size = hashlib.sha256(), 0
    entry = zipfile.ZipInfo(name, timezone.now().timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with closing(file), archive.open(entry, "w", force_zip64=True) as member:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            member.write(chunk)
    return {"size": size, "sha256": digest.hexdigest()}


def _media() -> Iterator[tuple[str, int]]:
    for kind in KINDS:
        for key in stored(kind):
            with suppress(FileNotFoundError):
                yield key, default_storage.size(key)


def _sqlite_copy(copy: Path) -> None:
    """By SQLite's own backup, which other writers may interrupt and which then begins anew."""
    name = str(connection.settings_dict["NAME"])
    with closing(sqlite3.connect(name, timeout=20)) as source, closing(sqlite3.connect(copy)) as to:
        source.backup(to)


def _sqlite_back(copy: Path) -> None:
    name = str(connection.settings_dict["NAME"])
    try:
        with closing(sqlite3.connect(copy)) as source:
            if source.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                raise BackupProblem(_("The database in the backup is damaged."))
            source.execute("PRAGMA journal_mode=DELETE")
            with source:
                source.execute(HELD, {"held": 1})
            with closing(sqlite3.connect(name, timeout=20)) as to:
                source.backup(to)
                to.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as error:
        raise BackupProblem(
            _("The database cannot be replaced: %(error)s. Stop everything that uses it.")
            % {"error": error}
        ) from None


HELD = "UPDATE consent_journal SET held = :held, problem = 'It is being restored.'"
HELD_SQL = HELD.replace(":held", "TRUE")


def _postgresql_copy(copy: Path) -> None:
    arguments = ("--format=custom", "--no-owner", "--no-privileges", f"--file={copy}")
    _run("pg_dump", *arguments)


def _postgresql_back(copy: Path) -> None:
    """One transaction of psql: what is there goes, what pg_restore writes comes, and is held."""
    script = copy.with_suffix(".sql")
    _run("pg_restore", "--no-owner", "--no-privileges", "--no-comments", f"--file={script}", copy)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('DROP TABLE %%s CASCADE;', oid::regclass) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
            " UNION ALL SELECT format('DROP FUNCTION %%s CASCADE;', oid::regprocedure)"
            " FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND NOT EXISTS"
            " (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')",
            [],
        )
        gone = [row[0] for row in cursor.fetchall()]
    connections.close_all()
    whole = copy.with_suffix(".whole.sql")
    with whole.open("wb") as out, script.open("rb") as restored:
        out.write("\n".join(["SET lock_timeout = '10s';", *gone, ""]).encode())
        shutil.copyfileobj(restored, out, CHUNK)
        out.write(f"\nUPDATE public.{HELD_SQL.removeprefix('UPDATE ')};\n".encode())
    _run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-f", whole)


def _run(program: str, *arguments: str | Path) -> None:
    """A program of PostgreSQL's, with this database. Raises BackupProblem with what it says."""
    if not (path := shutil.which(program)):
        raise BackupProblem(
            _(
                "%(program)s is not installed. Install PostgreSQL's client programs (Debian: "
                "postgresql-client) in the version of the server."
            )
            % {"program": program}
        )
    given, env = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    whom = [] if program == "pg_restore" else given[1:]
    ran = subprocess.run(
        [path, *map(str, arguments), *whom],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        said = (ran.stderr.strip().splitlines() or [_("it gave no reason")])[0]
        raise BackupProblem(
            _("%(program)s did not work: %(said)s") % {"program": program, "said": said}
        )
