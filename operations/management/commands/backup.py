"""`manage.py backup FILE`: the database, and which media there are, in one file with checksums."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from consent import services
from operations import backup
from operations.backup import BackupProblem


class Command(BaseCommand):
    help = (
        "Writes a backup while everything runs: the database and a list of the media, without the "
        "keys. Keep the keys, the withdrawal journal and the media apart from it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--with-media", action="store_true", help="The media too, not a list.")

    def handle(self, *, file: Path, with_media: bool, **options: Any) -> None:
        if problem := services.look_at_journal():
            raise CommandError(f"{problem} No backup was made.")
        try:
            manifest = backup.make(file, with_media=with_media, tell=self.stdout.write)
            backup.read(file)
        except BackupProblem as problem:
            raise CommandError(f"{problem} No backup was made.") from None
        size = sum(one["size"] for one in manifest["files"].values())
        self.stdout.write(f"{file}: {size:,} bytes of {len(manifest['files'])} files, checked.")
