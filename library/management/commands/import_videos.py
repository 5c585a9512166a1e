"""Imports a folder of videos into a creator's library."""

from __future__ import annotations

import hashlib
import logging
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from creatorhub import sheets
from creatorhub.actors import Actor
from creatorhub.errors import Refused
from creatorhub.models import User
from creatorhub.texts import nfc
from library import sandbox, services
from library.models import Video
from library.probe import probe
from library.refusals import Refusal

logger = logging.getLogger(__name__)

ACTOR = Actor.system("import")
LINK_OUTSIDE = "This link leads out of the folder. Put the file itself there."
BROKEN_LINK = "This link leads nowhere. Put the file itself there."
NOT_EXAMINED = "We could not examine this file. Import again; if it happens once more, tell us."
UNREADABLE = "This file cannot be read ({reason}). Check who may read it, then import again."


@dataclass
class Summary:
    taken: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    again: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the CSV."""

    title: str
    collection: str


class Command(BaseCommand):
    help = (
        "Copies the videos of a folder and its subfolders into a creator's library. After an "
        "interruption, start it again: files that were imported already are left alone, and those "
        "that were refused are tried again. "
        "Importing allows nothing: every use of an imported video is off."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="The folder with the videos.")
        parser.add_argument("--creator", required=True, help="The username of their owner.")
        parser.add_argument(
            "--csv",
            type=Path,
            metavar="FILE",
            help="Titles: a CSV file or a workbook (.xlsx) with the columns file, title and "
            "collection (the last may be left out). `file` is the path inside the folder. Without "
            "one, the name of a file is its title, and its subfolder is its collection.",
        )

    def handle(self, *, folder: Path, creator: str, **options: Any) -> None:
        owner = User.objects.filter(username=creator, is_active=True).first()
        if not owner:
            raise CommandError(f"There is no active account “{creator}”.")
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        root = folder.resolve()
        entries = _read(options["csv"]) if options["csv"] else {}
        found = list(_files(root))
        summary = Summary()
        with tqdm(found, unit=" files", disable=None, leave=False) as bar:
            for path in bar:
                name = _name(path, root)
                bar.set_postfix_str(name[-40:], refresh=False)
                entry = entries.pop(nfc(name), None)  # a Mac's disk and its spreadsheet differ
                _import(path, root=root, owner=owner, entry=entry, to=summary)
        summary.refused += [
            (name, "The CSV names this file, but it is not in the folder.") for name in entries
        ]
        self._report(summary, owner)

    def _report(self, summary: Summary, owner: User) -> None:
        for name, why in summary.refused:
            self.stdout.write(f"refused  {name}: {why}")
        for name, why in summary.again:
            self.stdout.write(f"again    {name}: It is tried once more. It was refused: {why}")
        again = f"{len(summary.again):,} tried again, " if summary.again else ""
        self.stdout.write(
            f"{len(summary.taken):,} taken for {owner.username}, {again}"
            f"{len(summary.known):,} there already, {len(summary.refused):,} refused."
        )
        if summary.taken or summary.again:
            self.stdout.write(
                "A worker gets them ready to play. All uses of them are off until "
                f"{owner.username} allows some."
            )


def _read(path: Path) -> dict[str, Entry]:
    """The lines of the CSV by the names of their files. Raises CommandError, which names a wrong
    line."""
    entries: dict[str, Entry] = {}
    try:
        with path.open("rb") as file:
            rows = sheets.read(file)
            header = [name.strip().lower() for name in next(rows, (1, []))[1]]
            if not {"file", "title"} <= set(header):
                raise CommandError(f"{path} needs a first line that names: file,title,collection")
            for number, cells in rows:
                row = dict(zip(header, cells, strict=False))
                if not any(row.values()):
                    continue
                name = nfc(Path(row.get("file", "").strip()).as_posix())
                if name in entries:
                    raise CommandError(f"{path}, line {number}: {name} is named twice.")
                entries[name] = Entry(row.get("title", ""), row.get("collection", ""))
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
    except Refused as refused:
        raise CommandError(f"{path}: {refused.sentence}") from None
    return entries


def _files(root: Path) -> Iterator[Path]:
    """Everything that might be a video, in order. Hidden files are left out. A link to a folder is
    not followed: it is in the list itself, and refused later."""
    try:
        children = sorted(root.iterdir())
    except OSError:
        yield root  # it is refused later
        return
    for path in children:
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        else:
            yield path


def _import(path: Path, *, root: Path, owner: User, entry: Entry | None, to: Summary) -> None:
    name = _name(path, root)
    try:
        real = _inside(path, root)
        with real.open("rb") as file:
            key = hashlib.file_digest(file, "sha256").hexdigest()
            known = Video.objects.owned_by(owner).filter(import_key=key).first()
            if known and known.status != Video.Status.REFUSED:
                to.known.append(name)
                return
            probe(real)
            file.seek(0)
            parent = path.parent.relative_to(root)
            services.add_video(
                File(file, name=path.name),
                owner=owner,
                actor=ACTOR,
                title=entry.title if entry else "",
                collection=entry.collection if entry else " / ".join(parent.parts),
                original_name=path.name,
                via="import",
                import_key=key,
            )
    except (Refused, Refusal) as refusal:
        to.refused.append((name, refusal.sentence))
    except OSError as error:
        to.refused.append((name, UNREADABLE.format(reason=error.strerror)))
    except sandbox.NotLockedIn:
        raise  # no other file could be examined either
    except RuntimeError:
        logger.exception("The probe failed on %s.", name)
        to.refused.append((name, NOT_EXAMINED))  # the others are imported all the same
    else:
        if known:
            to.again.append((name, known.problem))
        else:
            to.taken.append(name)


def _name(path: Path, root: Path) -> str:
    """The path inside the folder. It can be printed, whatever bytes it consists of."""
    return path.relative_to(root).as_posix().encode(errors="replace").decode()


def _inside(path: Path, root: Path) -> Path:
    """The file that the path leads to. Raises Refusal if that is not a file inside the folder."""
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):
        raise Refusal(BROKEN_LINK) from None
    if not real.is_relative_to(root):
        raise Refusal(LINK_OUTSIDE)
    if not real.is_file():
        raise Refusal("This is not a file, or a folder that cannot be read.")
    return real
