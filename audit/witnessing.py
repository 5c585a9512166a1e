"""A witness of a log: it keeps the last checkpoint that it saw, and signs a newer one only where
the log continues it. Knows no database and no Django, so that it runs anywhere; the log may be
another installation's.

What it keeps, in a file of its own, is JSON:

    {"checkpoint": "log.example\\n12\\n…", "keys": ["log.example+0a1b2c3d+AaBb…"]}
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Protocol

from audit import notes, tree
from audit.notes import Checkpoint, Note, Signer, Verifier
from audit.tiles import Tile, subtrees
from audit.tree import HASH_SIZE, Malformed, Mismatch

SECONDS = 30  # for each answer of the log


class Unreadable(ValueError):
    """A file or a log cannot be read. The message is a sentence."""


class Fork(Mismatch):
    """The log does not continue what it signed before. The message is a sentence; `note` is the
    signed checkpoint that proves it, together with the one that was kept."""

    note = ""


class Source(Protocol):
    """Where the log is read: its newest checkpoint, and what leads to it from an older size."""

    def checkpoint(self) -> str: ...
    def proof(self, old: Checkpoint, new: Checkpoint) -> Sequence[bytes]: ...


@dataclass(frozen=True, slots=True)
class State:
    """The last checkpoint that was signed, and the keys of its log."""

    note: Note
    keys: tuple[Verifier, ...]

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint.parse(self.note.text)

    @classmethod
    def read(cls, path: Path) -> State | None:
        """None where there is no file yet. Raises Unreadable."""
        try:
            whole = json.loads(path.read_bytes())
            keys = tuple(Verifier.parse(key) for key in whole["keys"])
            note = Note.parse(whole["checkpoint"])
            notes.open_checkpoint(note.format(), keys, keys[0].name)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unreadable(f"{path} cannot be read: {error.strerror}.") from None
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
            raise Unreadable(
                f"{path} is damaged, or not the state of a witness. Without it nobody can tell what"
                " was signed before: put back a copy, or start again with another key."
            ) from None
        return cls(note, keys)

    def write(self, path: Path) -> None:
        """All of it or nothing, also when the machine stops."""
        whole = {"checkpoint": self.note.format(), "keys": [str(key) for key in self.keys]}
        beside = path.with_name(f"{path.name}.new")
        with beside.open("w", encoding="utf-8") as file:
            json.dump(whole, file, ensure_ascii=False, indent=2)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)


def look(
    source: Source,
    state: State | None,
    *,
    keys: Sequence[Verifier],
    signer: Signer,
    now: int,
) -> State:
    """The newest checkpoint of the log with our cosignature, to be kept before it is handed out.

    `now` is in seconds since 1970. `keys` are those of the log that were given now; those kept
    count too. Raises Fork where the log does not continue what was kept, Malformed and Mismatch
    where its answers do not hold, Unreadable where there are none.
    """
    known = tuple(dict.fromkeys([*(state.keys if state else ()), *keys]))
    if not known:
        raise Unreadable("The first time a witness needs the key of the log.")
    new, note = notes.open_checkpoint(source.checkpoint(), known, known[0].name)
    try:
        if state:
            _check(source, state.checkpoint, new)
    except Fork as fork:
        fork.note = note.format()
        raise
    return State(note.signed(signer.sign(note.text, now)), known)


def _check(source: Source, old: Checkpoint, new: Checkpoint) -> None:
    if new.size < old.size:
        raise Fork(
            f"The log has shrunk: it signed {old.size} events before, and shows {new.size} now."
        )
    if not old.size:
        return  # every log continues the empty one
    if new.size == old.size and new.root != old.root:
        raise Fork(f"The log has signed two different versions of its first {old.size} events.")
    if new.size == old.size:
        return
    try:
        proof = source.proof(old, new)
        tree.verify_consistency(old.size, old.root, new.size, new.root, proof)
    except Mismatch as mismatch:
        raise Fork(
            f"The log of {new.size} events does not continue the {old.size} that it signed before:"
            f" {mismatch}"
        ) from None


# ------------------------------------------------------------------ where a log is read


def source_at(where: str) -> Source:
    """An address with C2SP tlog-tiles beneath, a folder that has the same, or a file with a
    checkpoint, with what leads to it before it (as C2SP tlog-witness writes that)."""
    if where.startswith(("http://", "https://")):
        base = where.rstrip("/").removesuffix("/checkpoint")
        return _Tiles(lambda name, most: _fetch(f"{base}/{name}", most))
    path = Path(where)
    if path.is_dir():
        return _Tiles(lambda name, most: _load(path / name, most))
    return _File(path)


@dataclass(frozen=True, slots=True)
class _Tiles:
    fetch: Callable[[str, int], bytes]

    def checkpoint(self) -> str:
        return _text(self.fetch("checkpoint", notes.MAX_BYTES))

    def proof(self, old: Checkpoint, new: Checkpoint) -> Sequence[bytes]:
        """From hashes that lead to the new root. So where they do not lead to the old one, that is
        the log's doing and no fault on the way."""
        subtree = subtrees(new.size, self._tile)
        if subtree(0, new.size) != new.root:
            raise Unreadable("The log serves hashes that are not those of its own checkpoint.")
        return tree.consistency_proof(old.size, subtree, new.size)

    def _tile(self, tile: Tile) -> bytes:
        size = tile.width * HASH_SIZE
        try:
            return self.fetch(f"tile/{tile.path}", size)
        except Unreadable:
            whole = Tile(tile.level, tile.index)
            if tile == whole:
                raise
            # Once a tile is full, a log may drop what it had of it before.
            return self.fetch(f"tile/{whole.path}", whole.width * HASH_SIZE)[:size]


@dataclass(frozen=True, slots=True)
class _File:
    path: Path

    def checkpoint(self) -> str:
        return self._parts()[1]

    def proof(self, old: Checkpoint, new: Checkpoint) -> Sequence[bytes]:
        top, _ = self._parts()
        first, *lines = top.split("\n")
        if first != f"old {old.size}":
            raise Unreadable(
                f"{self.path} does not have what leads from {old.size} events to {new.size}. It is"
                f" at consistency?old={old.size} of the log."
            )
        return [notes.decode_hash(line) for line in lines]

    def _parts(self) -> tuple[str, str]:
        text = _text(_load(self.path, notes.MAX_BYTES))
        if not text.startswith("old "):
            return "", text
        top, _, note = text.partition("\n\n")
        return top, note


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeError:
        raise Malformed("What the log answers is not text in UTF-8.") from None


def _load(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from None
    if len(data) > most:
        raise Malformed(f"{path} is longer than {most} bytes.")
    return data


def _fetch(address: str, most: int) -> bytes:
    try:
        # Only http and https come here: see source_at.
        request = urllib.request.Request(address, headers={"User-Agent": "creatorhub-witness"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            data: bytes = answer.read(most + 1)
    except urllib.error.HTTPError as error:
        raise Unreadable(f"{address} answers {error.code} {error.reason}.") from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise Unreadable(f"{address} cannot be reached: {reason}.") from None
    if len(data) > most:
        raise Malformed(f"{address} answers more than {most} bytes.")
    return data
