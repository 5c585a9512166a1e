"""Where the files of videos are: their storage keys, and the private folders that jobs work in."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage

CHUNK = 1024 * 1024  # bytes


def key_of(uuid: UUID, name: str, *, kind: str = "videos") -> str:
    """`videos/3f/3f2a…/mezzanine.mp4`: at most 256 folders on the first level."""
    return f"{folder_of(uuid, kind=kind)}/{name}"


def folder_of(uuid: UUID, *, kind: str = "videos") -> str:
    return f"{kind}/{str(uuid)[:2]}/{uuid}"


def local_path(key: str) -> Path | None:
    """The file itself where storage is a folder of this machine, else None."""
    try:
        return Path(default_storage.path(key))
    except NotImplementedError:
        return None


class _Finished(File):  # type: ignore[type-arg]
    """A complete file of ours. Storage in a folder renames what has a temporary path."""

    def temporary_file_path(self) -> str:
        return str(self.file.name)  # type: ignore[union-attr]


def keep(path: Path, key: str) -> str:
    """Move a finished file into storage, on the disk before it has its name. Returns the key it
    got, which differs from `key` if that one was taken."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return default_storage.save(key, _Finished(file))


def bring(key: str, target: Path, *, on_chunk: Any = None) -> None:
    """Put a stored file at `target`: a hard link where possible, else a copy. `on_chunk` is
    called after each piece of a copy."""
    source = local_path(key)
    if source:
        with suppress(OSError):  # another file system, or too many links
            target.hardlink_to(source)
            return
    with default_storage.open(key) as stored, target.open("wb") as copy:
        while chunk := stored.read(CHUNK):
            copy.write(chunk)
            if on_chunk:
                on_chunk()


def forget(keys: Iterable[str]) -> None:
    """Delete stored files; what is gone already is no error. Leaves no empty folder."""
    for key in keys:
        if key:
            default_storage.delete(key)
            if path := local_path(key):
                with suppress(OSError):  # not empty, or gone
                    path.parent.rmdir()


def forget_all(uuid: UUID, *, kind: str = "videos", besides: Iterable[str] = ()) -> None:
    """Delete every file of a video but these: also what a killed job had stored and not named."""
    folder, kept = folder_of(uuid, kind=kind), set(besides)
    try:
        names = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return
    forget(key for name in names if (key := f"{folder}/{name}") not in kept)


@contextmanager
def work_folder(name: str, *, attempt_of: UUID | None = None) -> Iterator[Path]:
    """A folder that only we can read, for one attempt at one job; gone afterwards.

    With `attempt_of`, a job's uuid, it is called `<uuid>-<name>`, and what killed attempts at the
    same job have left is deleted first.
    """
    parent = Path(settings.WORK_DIR) / "jobs"
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if attempt_of:
        name = f"{attempt_of}-{name}"
        for killed in parent.glob(f"{attempt_of}-*"):
            shutil.rmtree(killed, ignore_errors=True)
    folder = parent / name
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def leftovers(older_than: timedelta) -> list[Path]:
    """Folders of jobs, and uploads on their way, that nobody has written to for so long."""
    limit = time.time() - older_than.total_seconds()
    found = []
    for parent in ("jobs", "uploads"):
        folder = Path(settings.WORK_DIR) / parent
        with suppress(FileNotFoundError):
            found += [path for path in folder.iterdir() if _last_write(path) < limit]
    return found


def remove_leftovers(older_than: timedelta) -> int:
    """Delete them. Returns how many."""
    found = leftovers(older_than)
    for path in found:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(found)


def _last_write(path: Path) -> float:
    times = [0.0]
    for each in (path, *path.rglob("*")):
        with suppress(FileNotFoundError):
            # An input is linked in with the times of the original, so it says nothing.
            times.append(0.0 if each.name == "in" else each.lstat().st_mtime)
    return max(times)


class SharedFile:
    """One file under many keys: hard links, and another copy where a file has all its links."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def place(self, key: str) -> None:
        """Make the file available under `key`. What is there already stays."""
        target = local_path(key)
        if target is None:
            with self.path.open("rb") as file:
                default_storage.save(key, File(file))
            return
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            target.hardlink_to(self.path)
        except FileExistsError:
            return
        except OSError as error:
            if error.errno not in (errno.EMLINK, errno.EXDEV, errno.EPERM):
                raise
            shutil.copyfile(self.path, target)
            self.path = target
