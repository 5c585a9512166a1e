"""The withdrawal journal: a file outside the database with every no that was said, in order.

A restored database is older than the last withdrawals; this file knows them. Pure: no database.
Each line is a JSON object whose last two members are its number and a sum:

    {"at":"2026-11-26T06:00:00.000000Z","what":"began","installation":"…","seq":0,"sum":"…"}
    {"at":"…","id":"…","what":"opted_out","creator":"…","seq":1,"sum":"…"}

`sum` is the SHA-256, in hex, of the sum before it (of the first line: nothing) and the bytes of
the line up to `,"sum"`. So a line that was altered, taken out or moved is found. A process that is
killed while it writes leaves half a line; the next line says how long that was (`after_cut`).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

TAIL = re.compile(rb'"seq":(\d{1,18}),"sum":"([0-9a-f]{64})"\}\n$')
FIRST_SIZE = 1024  # bytes, more than the first line has
TAIL_SIZE = 128  # bytes, more than TAIL can match
WAIT = 1.0  # seconds for another writer; then the line is written later
LONGEST = 64 * 1024 * 1024  # bytes of a line: more is no journal
BEGAN = "began"


class JournalProblem(Exception):
    """What is wrong with the journal, in a sentence."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class JournalMissing(JournalProblem):
    """There is no file."""


@dataclass(frozen=True, slots=True)
class Place:
    """Behind a line: its number, where in the file it ends, and its sum."""

    seq: int
    offset: int
    digest: str


@dataclass(frozen=True, slots=True)
class Line:
    body: dict[str, Any]
    end: Place

    @property
    def what(self) -> str:
        return str(self.body.get("what", ""))


def begin(path: Path, *, installation: str, at: str) -> None:
    """Make a new journal with its first line. Raises FileExistsError where there is one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        append(part, {"at": at, "what": BEGAN, "installation": installation})
        path.hardlink_to(part)  # unlike a rename it never replaces one that is there
    finally:
        part.unlink()
    sync_folder(path)


@dataclass(frozen=True, slots=True)
class Written:
    """A line that was written: its number, and whose journal the file is, "" for a new one."""

    seq: int
    installation: str


def append(path: Path, body: dict[str, Any]) -> Written:
    """Write one line and wait until it is on the disk. Any number of processes may call it. Raises
    OSError where it cannot be written, or other writers take longer than WAIT: then nothing of it
    counts."""
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    try:
        patience = time.monotonic() + WAIT
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if time.monotonic() > patience:
                raise BlockingIOError("another process is writing to the withdrawal journal")
            time.sleep(0.005)
        size = os.fstat(file).st_size
        end = os.pread(file, TAIL_SIZE, max(0, size - TAIL_SIZE))
        cut, seq, before = 0, 0, b""
        while not (last := TAIL.search(end)) and (size or body["what"] != BEGAN):
            # Somebody was killed in the middle of a line, which nobody has committed.
            cut = size - 1 - _last_newline(file, size - cut - 1)
            if cut >= size:
                raise OSError(f"{path} has no whole line")
            end = os.pread(file, min(TAIL_SIZE, size - cut), max(0, size - cut - TAIL_SIZE))
        if last:
            seq, before = int(last[1]) + 1, last[2]
        more: dict[str, Any] = {"after_cut": cut} if cut else {}
        text = json.dumps({**body, **more, "seq": seq}, separators=(",", ":"))
        head = text.removesuffix("}").encode()
        digest = hashlib.sha256(before + head).hexdigest().encode()
        line = (b"\n" if cut else b"") + head + b',"sum":"' + digest + b'"}\n'
        written = 0
        try:
            while written < len(line):
                written += os.write(file, line[written:])
        except OSError:
            os.ftruncate(file, size)  # the disk is full: half a line is of no use
            raise
        whose = _installation(os.pread(file, FIRST_SIZE, 0)) if size else ""
        # Others may write behind it already; whoever waits for the disk waits for all before.
        fcntl.flock(file, fcntl.LOCK_UN)
        os.fsync(file)
    finally:
        os.close(file)
    return Written(seq, whose)


def read(path: Path, *, after: Place | None = None) -> Iterator[Line]:
    """The lines after that place, or all, each one checked. Raises JournalMissing, or
    JournalProblem for a file that cannot be read, whose lines were altered, that ends in the middle
    of a line, or that does not have this place."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)  # not while a line is being written
            size = os.fstat(file.fileno()).st_size
            fcntl.flock(file, fcntl.LOCK_UN)
            if after and not _has(file, after, size=size):
                raise JournalProblem(
                    _(
                        "The withdrawal journal %(path)s does not have line %(line)s, which this "
                        "database knows: it is older than the database, or was altered."
                    )
                    % {"path": path, "line": after.seq}
                )
            place = after or Place(-1, 0, "")
            file.seek(place.offset)
            yield from _lines(file, place, path=path, size=size)
    except FileNotFoundError:
        raise JournalMissing(
            _("There is no withdrawal journal at %(path)s.") % {"path": path}
        ) from None
    except OSError as error:
        raise JournalProblem(
            _("The withdrawal journal %(path)s cannot be read: %(error)s.")
            % {"path": path, "error": error.strerror or error}
        ) from None


def installation_of(path: Path) -> str:
    """Whose journal it is. Raises as `read` does."""
    for line in read(path):
        return str(line.body["installation"])
    raise _altered(path, 0)


def _installation(beginning: bytes) -> str:
    """What the first line says, "" where it is none: whoever reads the file finds that."""
    try:
        return str(json.loads(beginning.partition(b"\n")[0])["installation"])
    except (ValueError, TypeError, KeyError):
        return ""


def sync_folder(path: Path) -> None:
    """Wait until the name of a new file is on the disk."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _last_newline(file: int, upto: int) -> int:
    """Where the last newline before `upto` is; -1 if there is none."""
    while upto > 0:
        start = max(0, upto - 65536)
        found = os.pread(file, upto - start, start).rfind(b"\n")
        if found >= 0:
            return start + found
        upto = start
    return -1


def _has(file: Any, place: Place, *, size: int) -> bool:
    if place.offset > size:
        return False
    file.seek(max(0, place.offset - TAIL_SIZE))
    found = TAIL.search(file.read(min(TAIL_SIZE, place.offset)))
    return bool(found and found[2].decode() == place.digest and int(found[1]) == place.seq)


def _lines(file: Any, place: Place, *, path: Path, size: int) -> Iterator[Line]:
    cut = 0  # bytes of half a line, which the next whole line must name
    while place.offset + (cut + 1 if cut else 0) < size:
        raw = file.readline(LONGEST)
        start = place.offset + (cut + 1 if cut else 0)
        line = _whole(raw, place)
        if line is None and not raw.endswith(b"\n"):
            raise JournalProblem(
                _("The withdrawal journal %(path)s ends in the middle of line %(line)s.")
                % {"path": path, "line": place.seq + 1}
            )
        if line is None and not cut:
            cut = len(raw) - 1
            continue
        if line is None or line.get("after_cut", 0) != cut:
            raise _altered(path, place.seq + 1)
        if place.seq < 0 and (line.get("what") != BEGAN or not line.get("installation")):
            raise _altered(path, 0)
        place = Place(line["seq"], start + len(raw), line["sum"])
        cut = 0
        yield Line(line, place)
    if cut:
        raise _altered(path, place.seq + 1)


def _whole(raw: bytes, before: Place) -> dict[str, Any] | None:
    """The line, if it is the one that comes after that place."""
    found = TAIL.search(raw)
    if not found or int(found[1]) != before.seq + 1:
        return None
    head = raw[: raw.rindex(b',"sum":"')]
    if hashlib.sha256(before.digest.encode() + head).hexdigest().encode() != found[2]:
        return None
    try:
        body = json.loads(raw)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _altered(path: Path, seq: int) -> JournalProblem:
    return JournalProblem(
        _(
            "Line %(line)s of the withdrawal journal %(path)s is not the one that was written: it "
            "was altered, or a line before it is missing."
        )
        % {"path": path, "line": seq}
    )
