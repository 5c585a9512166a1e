"""Where files are: the storage keys of videos and memes, and the private folders of jobs."""

from __future__ import annotations

import errno
import os
import shutil
import stat
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
    """For example `videos/3f/3f2a…/mezzanine.mp4`: at most 256 folders on the first level."""
    return f"{folder_of(uuid, kind=kind)}/{name}"


def folder_of(uuid: UUID, *, kind: str = "videos") -> str:
    return f"{kind}/{str(uuid)[:2]}/{uuid}"


def local_path(key: str) -> Path | None:
    """The file itself if the storage is a folder on this machine, else None."""
    try:
        return Path(default_storage.path(key))
    except NotImplementedError:
        return None


class _Finished(File):  # type: ignore[type-arg]
    """A complete file of ours. A storage that is a folder moves a file with a temporary path
    instead of copying it."""

    def temporary_file_path(self) -> str:
        return str(self.file.name)  # type: ignore[union-attr]


def store(path: Path, key: str) -> str:
    """Move a finished file into the storage, after writing it to the disk (fsync). Returns its key,
    which differs from `key` if that was taken. Raises OSError for anything but a plain file with
    one name: what made it may have been taken over, and left a link to a file that is ours."""
    with open(path, "rb", opener=_open_no_link) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            raise OSError(errno.EINVAL, "not a plain file", str(path))
        os.fsync(file.fileno())
        try:
            return default_storage.save(key, _Finished(file))
        except FileNotFoundError:
            # `delete` took the folder, empty so far, between its making and the move.
            return default_storage.save(key, _Finished(file))


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def fetch(key: str, target: Path, *, on_chunk: Any = None) -> None:
    """Make a stored file available at `target`: as a hard link if possible, else as a copy.
    `on_chunk` is called after each chunk of a copy."""
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


def delete(keys: Iterable[str]) -> None:
    """Delete stored files and the folders that become empty. A missing file is no error."""
    for key in keys:
        if key:
            default_storage.delete(key)
            if path := local_path(key):
                with suppress(OSError):  # not empty, or gone
                    path.parent.rmdir()


def delete_all(uuid: UUID, *, kind: str = "videos", keep: Iterable[str] = ()) -> None:
    """Delete the files of a video or meme, except those in `keep`. That includes files that a
    killed job stored before a row named them."""
    folder, kept = folder_of(uuid, kind=kind), set(keep)
    try:
        names = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return
    delete(key for name in names if (key := f"{folder}/{name}") not in kept)


@contextmanager
def work_folder(name: str, *, attempt_of: UUID | None = None) -> Iterator[Path]:
    """A folder for one attempt at a job, which only our user can read. It is deleted afterwards.

    With `attempt_of`, the uuid of a job, its name is `<uuid>-<name>`, and the folders of killed
    attempts at the same job are deleted first.
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
    """Work folders and unfinished uploads to which nothing was written for that long."""
    limit = time.time() - older_than.total_seconds()
    found = []
    for parent in ("jobs", "uploads"):
        folder = Path(settings.WORK_DIR) / parent
        with suppress(FileNotFoundError):
            found += [path for path in folder.iterdir() if _last_write(path) < limit]
    return found


def remove_leftovers(older_than: timedelta) -> int:
    """Delete what `leftovers` finds. Returns how many."""
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
            # An input is a hard link and has the time of the original, which means nothing here.
            times.append(0.0 if each.name == "in" else each.lstat().st_mtime)
    return max(times)


class SharedFile:
    """One file under many keys: hard links, and a new copy when a file has as many as it can."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def place(self, key: str) -> None:
        """Make the file available under `key`. A file that is there already stays."""
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
