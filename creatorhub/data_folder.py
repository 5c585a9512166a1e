"""The folder for all that an installation keeps on disk. Settings only read it; each entry point
(manage.py, asgi.py, a Celery command, the tests) calls prepare() before they load."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

UPLOADS = "work/uploads"
MESSAGES, CONTROL = "broker/messages", "broker/control"
KEY = "keys/secret_key"


def location() -> Path:
    """$CREATORHUB_DATA, or `data` beside the code."""
    beside_the_code = Path(__file__).resolve().parent.parent / "data"
    return Path(os.environ.get("CREATORHUB_DATA") or beside_the_code).resolve()


def kept_secret_key() -> str:
    """The key that prepare() made for an installation without $SECRET_KEY; empty if none is
    there."""
    try:
        return (location() / KEY).read_text()
    except FileNotFoundError:
        return ""


def missing() -> list[str]:
    """What prepare() would make, by its path inside the folder."""
    folder = location()
    return [name for name in _needed() if not (folder / name).exists()]


def prepare() -> None:
    """Make what is missing: folders only for this account (0700), and a key (0600) where
    $SECRET_KEY is not set. Any number of processes may do it at once."""
    folder = location()
    for name in ("", *_needed()):
        path = folder / name
        if name == KEY:
            _make_key(path)
        else:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)


def _needed() -> list[str]:
    names = ["work", UPLOADS]
    if not os.environ.get("REDIS_URL"):
        names += ["broker", MESSAGES, CONTROL]
    if not os.environ.get("SECRET_KEY"):
        names += ["keys", KEY]
    return names


def _make_key(path: Path) -> None:
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(64), keep=True)


def write_secret(path: Path, text: str, *, keep: bool = False) -> bool:
    """A file that only this account can read, written whole or not at all. With `keep` a file that
    is there stays; returns whether this one was written.

    It is written under another name first: a process that starts at the same time would read an
    empty key from a file that is being written."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if not keep:
        part.replace(path)
        return True
    try:
        path.hardlink_to(part)
    except FileExistsError:
        return False
    finally:
        part.unlink()
    return True
