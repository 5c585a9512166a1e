"""What the archive of a person's data has in it: tables as JSON and CSV, the activity, files.

Reading only. Every table has the rows that are the person's, with the words that they wrote; what
others wrote about their things (reports) is theirs, and is left out. Files are those that the
person may have now: a meme that its video's creator took back is listed and not packed.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Token
from audit import history
from audit.activity import events_about
from audit.models import Event
from consent.models import Block, Consent, ConsentState, Edit, Hold, SavedFilter, UploadDefault
from creatorhub.models import User
from creatorhub.sheets import cell
from library.models import Video
from remixer.cases import Appeal, Report
from remixer.models import Render

CHUNK = 1024 * 1024  # bytes
EVENTS = 500  # described at once
OnProgress = Callable[[float], None]  # the share that is done, 0 to 1


@dataclass(frozen=True, slots=True)
class Table:
    """One file of each kind, with a line for each row."""

    name: str
    rows: Callable[[User], QuerySet[Any]]
    columns: tuple[str, ...]


TABLES = (
    Table(
        "account",
        lambda user: User.objects.filter(pk=user.pk),
        (
            *("uuid", "username", "display_name", "first_name", "last_name", "email", "time_zone"),
            *("date_joined", "last_login", "deletion", "erase_after"),
        ),
    ),
    Table(
        "addresses",
        lambda user: EmailAddress.objects.filter(user=user),
        ("email", "verified", "primary"),
    ),
    Table(
        "second_factors",
        lambda user: Authenticator.objects.filter(user=user),
        ("type", "created_at", "last_used_at"),
    ),
    Table(
        "sessions",
        lambda user: UserSession.objects.filter(user=user),
        ("created_at", "last_seen_at", "ip", "user_agent"),
    ),
    Table(
        "tokens",
        lambda user: Token.objects.filter(user=user),
        ("uuid", "name", "scope", "created_at", "expires_at", "used_at"),
    ),
    Table(
        "videos",
        lambda user: Video.objects.filter(owner=user),
        (
            *("uuid", "title", "collection", "original_name", "via", "status", "problem"),
            *("duration_ms", "width", "height", "has_audio", "size", "created_at", "removed_at"),
        ),
    ),
    Table(
        "consent_state",
        lambda user: ConsentState.objects.filter(creator=user),
        ("opted_out", "opted_out_at", "opted_out_by", "opted_out_reason", "version", "changed_at"),
    ),
    Table(
        "permissions",
        lambda user: Consent.objects.filter(creator=user),
        (
            *("video__uuid", "video__title", "use", "decided", "terms__mode", "terms__audience"),
            *("terms__until", "terms__notice__uuid", "version", "changed_at"),
        ),
    ),
    Table(
        "new_uploads",
        lambda user: UploadDefault.objects.filter(creator=user),
        ("use", "terms__mode", "terms__audience", "terms__until", "chosen_at"),
    ),
    Table(
        "edits",
        lambda user: Edit.objects.filter(creator=user),
        (
            *("uuid", "actor", "use", "change", "reason", "status", "matching", "selected"),
            *("changed", "already", "superseded", "not_eligible", "stopped", "taken_down"),
            *("created_at", "confirmed_at", "applied_at"),
        ),
    ),
    Table(
        "saved_filters",
        lambda user: SavedFilter.objects.filter(creator=user),
        ("uuid", "name", "query", "created_at"),
    ),
    Table(
        "blocked_people",
        lambda user: Block.objects.filter(creator=user),
        ("person__username", "created_at"),
    ),
    Table(
        "holds",
        lambda user: Hold.objects.filter(creator=user),
        (
            *("uuid", "video__uuid", "use", "reason", "placed_at"),
            *("lifted_at", "lifted_reason"),
        ),
    ),
    Table(
        "memes",
        lambda user: Render.objects.filter(requester=user),
        (
            *("uuid", "video__uuid", "video__title", "creator__username", "template", "captions"),
            *("start_ms", "length_ms", "state", "problem", "created_at", "published_at"),
        ),
    ),
    Table(
        "reports",
        lambda user: Report.objects.filter(reporter=user),
        (
            *("uuid", "video__uuid", "render__uuid", "kind", "text", "state", "decision"),
            *("created_at", "decided_at"),
        ),
    ),
    Table(
        "appeals",
        lambda user: Appeal.objects.filter(person=user),
        (
            *("uuid", "hold__uuid", "render__uuid", "text", "state", "decision"),
            *("created_at", "decided_at"),
        ),
    ),
)


def pack(user: User, target: IO[bytes], *, on_progress: OnProgress) -> None:
    """Write the archive (ZIP, entries above 4 GB too). `on_progress` is called after each table,
    each part of the activity and each megabyte of a file, and may raise to stop it."""
    stored = list(_files(user))
    total = len(TABLES) + 1 + sum(size for *_, size in stored) / CHUNK
    done = 0.0

    def more(steps: float) -> None:
        nonlocal done
        done += steps
        on_progress(min(1.0, done / total))

    with ZipFile(target, "w", allowZip64=True) as archive:
        archive.writestr("README.txt", _readme(user), ZIP_DEFLATED)
        for table in TABLES:
            _write_table(archive, table, user)
            more(1)
        _write_activity(archive, user, after_part=lambda: more(0))
        more(1)
        for name, key, _size in stored:
            _write_file(archive, name, key, after_chunk=more)


def _readme(user: User) -> str:
    return _(
        "All data of the account %(name)s on CreatorHub, as of %(when)s (UTC).\n\n"
        "tables/      what is stored, each table as JSON and as CSV with the same columns\n"
        "activity/    events.jsonl: what the log says about you, one event in a line. Of your own\n"
        "             record also the hashed bytes (canonical), with salt and text of what is\n"
        "             personal in them: SHA-256(salt, text) is what the bytes hold\n"
        "videos/      your videos as they are kept; an upload is not kept once it was read\n"
        "memes/       memes that you made, as far as they may be seen now\n"
    ) % {"name": user.username, "when": f"{timezone.now():%Y-%m-%d %H:%M}"}


def _write_table(archive: ZipFile, table: Table, user: User) -> None:
    rows = table.rows(user).order_by("pk").values(*table.columns)
    with _text(archive, f"tables/{table.name}.json") as file:
        file.write("[")
        for number, row in enumerate(rows.iterator(chunk_size=1000)):
            file.write("\n" if not number else ",\n")
            json.dump(row, file, cls=DjangoJSONEncoder, ensure_ascii=False)
        file.write("\n]\n")
    with _text(archive, f"tables/{table.name}.csv") as file:
        writer = csv.writer(file)
        file.write("\ufeff")  # spreadsheets know UTF-8 by the mark
        writer.writerow(table.columns)
        for row in rows.iterator(chunk_size=1000):
            writer.writerow([cell(row[name]) for name in table.columns])


def _write_activity(archive: ZipFile, user: User, *, after_part: Callable[[], None]) -> None:
    """What the page of the activity tells, oldest first."""
    events = events_about(user).order_by("pk")
    last = 0
    with _text(archive, "activity/events.jsonl") as file:
        while part := list(events.filter(pk__gt=last)[:EVENTS]):
            for line in history.describe(part, reader=user):
                json.dump(_told(line, user), file, cls=DjangoJSONEncoder, ensure_ascii=False)
                file.write("\n")
            last = part[-1].pk
            after_part()


def _told(line: history.Line, user: User) -> dict[str, Any]:
    event: Event = line.event
    told: dict[str, Any] = {
        "id": event.uuid,
        "at": event.at,
        "action": event.action,
        "text": line.text,
        "reason": line.reason,
    }
    if event.creator_id == user.pk:
        told["canonical"] = bytes(event.body).decode()
        told["leaf_hash"] = bytes(event.leaf_hash).hex()
        told["personal"] = {
            field: {"salt": bytes(row.salt).hex(), "data": row.data} if row else None
            for field, row in line.personal.items()
        }
    return told


def _files(user: User) -> Iterator[tuple[str, str, int]]:
    """(name in the archive, storage key, bytes)."""
    for video in Video.objects.owned_by(user).order_by("pk").iterator(chunk_size=1000):
        for key in (video.source_key, video.mezzanine_key, video.poster_key):
            yield from _file(f"videos/{video.uuid}", key)
    memes = Render.objects.seen_now().filter(requester=user).order_by("pk")
    for meme in memes.iterator(chunk_size=1000):
        for key in (meme.file_key, meme.poster_key):
            yield from _file(f"memes/{meme.uuid}", key)


def _file(folder: str, key: str) -> Iterator[tuple[str, str, int]]:
    if key and default_storage.exists(key):
        yield f"{folder}/{PurePath(key).name}", key, default_storage.size(key)


def _write_file(
    archive: ZipFile, name: str, key: str, *, after_chunk: Callable[[float], None]
) -> None:
    """As it is: videos and pictures are compressed already. One that was taken away since it was
    listed is left out."""
    try:
        stored = default_storage.open(key)
    except FileNotFoundError:
        return
    with stored, archive.open(_entry(name, ZIP_STORED), "w", force_zip64=True) as entry:
        while chunk := stored.read(CHUNK):
            entry.write(chunk)
            after_chunk(len(chunk) / CHUNK)


def _text(archive: ZipFile, name: str) -> io.TextIOWrapper:
    entry = archive.open(_entry(name, ZIP_DEFLATED), "w", force_zip64=True)
    return io.TextIOWrapper(entry, encoding="utf-8", newline="")


def _entry(name: str, method: int) -> ZipInfo:
    now = timezone.now()
    entry = ZipInfo(name, (now.year, now.month, now.day, now.hour, now.minute, now.second))
    entry.compress_type = method
    return entry
