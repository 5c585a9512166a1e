"""`manage.py restore`: brings a database back, and whatever was withdrawn since its backup."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from tqdm import tqdm

from consent import journal, services
from consent.journal import JournalProblem
from creatorhub.models import User
from operations import backup
from operations.backup import Backup, BackupProblem


class Command(BaseCommand):
    help = (
        "Puts a backup back, then withdraws again what was withdrawn since, by the withdrawal "
        "journal. Until that is done nothing is allowed. Without a FILE it does the second alone."
    )
    requires_system_checks: list[str] = []  # the database may be empty, or of another version

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", metavar="FILE")
        parser.add_argument(
            "--force",
            action="store_true",
            help="Also where the database has accounts. Asks you to type a word.",
        )
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--apply-journal",
            action="store_true",
            help="For a database that was put back by other means: the journal alone.",
        )
        how.add_argument(
            "--without-journal",
            action="store_true",
            help=(
                "The journal is lost: turn everything off for everybody. Each creator decides "
                "again. Asks you to type a word."
            ),
        )

    def handle(
        self,
        *,
        file: Path | None = None,
        force: bool = False,
        apply_journal: bool = False,
        without_journal: bool = False,
        **options: Any,
    ) -> None:
        if bool(file) == apply_journal and not (without_journal and not file):
            raise CommandError("Name a backup, or say --apply-journal or --without-journal.")
        found = self._read(file, with_journal=not without_journal) if file else None
        if found and _in_use():
            if not force:
                raise CommandError(
                    "This database has accounts, and a restore replaces all of it. Say --force if "
                    "that is meant. Nothing was changed."
                )
            self._typed("replace", "This replaces the whole database.")
        if without_journal:
            self._typed("everybody", "This turns everything off for everybody.")
        if found:
            self._put_back(found)
        if without_journal:
            self._without_journal()
        else:
            self._apply_journal()
        if found:
            self._verify()

    def _read(self, file: Path, *, with_journal: bool) -> Backup:
        """Everything that can be known before anything is changed."""
        try:
            found = backup.read(file)
            backup.check(found)
            if with_journal:
                _compare(found, Path(settings.WITHDRAWAL_JOURNAL))
        except (BackupProblem, JournalProblem) as problem:
            raise CommandError(f"{problem} Nothing was changed.") from None
        return found

    def _put_back(self, found: Backup) -> None:
        try:
            backup.put_database_back(found)
            call_command("migrate", interactive=False, verbosity=0)
            stored, missing = backup.put_media_back(found)
        except BackupProblem as problem:
            raise CommandError(str(problem)) from None
        except OSError as error:
            raise CommandError(
                f"The backup could not be put back: {error}. Make room or give the rights, and "
                "restore it again: nothing is allowed before its journal is applied."
            ) from None
        self.stdout.write(f"The database of {found.manifest['made_at']} is back; it is held.")
        self.stdout.write(f"Media: {stored} put back, {missing} of its list missing.")

    def _verify(self) -> None:
        """What is wrong is said, and changes nothing about what is allowed."""
        problems = []
        for name in ("verify_log", "fsck"):
            if name not in get_commands():
                continue
            try:
                call_command(name, stdout=self.stdout)
            except (CommandError, SystemExit) as problem:
                problems.append(f"{name}: {problem}")
        if problems:
            raise CommandError(" ".join(problems))

    def _apply_journal(self) -> None:
        with tqdm(unit=" lines", disable=None, leave=False) as bar:
            try:
                changed = services.apply_journal(tell=bar.update)
            except JournalProblem as problem:
                raise CommandError(
                    f"{problem.sentence} Nothing is allowed until this is put right; if the "
                    "journal is lost, see `restore --without-journal`."
                ) from None
        self.stdout.write(
            f"The withdrawal journal is applied: {changed} withdrawal{'s' * (changed != 1)} said "
            "again. What is allowed is in force."
        )

    def _without_journal(self) -> None:
        with tqdm(unit=" creators", disable=None, leave=False) as bar:
            try:
                changed, kept = services.without_journal(tell=bar.update)
            except (OSError, JournalProblem) as problem:
                raise CommandError(
                    f"No new journal can begin: {problem}. Nothing is allowed until it can."
                ) from None
        self.stdout.write(f"Everything was turned off for {changed} creators. Each decides again.")
        if kept:
            self.stdout.write(f"The former journal is kept as {kept}.")

    def _typed(self, word: str, what: str) -> None:
        self.stdout.write(f"{what} Type “{word}” to go on:")
        try:
            answer = input().strip()
        except EOFError:
            answer = ""
        if answer != word:
            raise CommandError(f"“{word}” was not typed. Nothing was changed.")


def _in_use() -> bool:
    try:
        return User.objects.exists()
    except DatabaseError:  # an empty one
        return False


def _compare(found: Backup, path: Path) -> None:
    """Raises JournalProblem for a journal that cannot say what was withdrawn since the backup."""
    manifest, last = found.manifest, 0
    for line in journal.read(path):
        last = line.end.seq
        whose = line.body.get("installation")
        if line.what == journal.BEGAN and whose != manifest["installation"]:
            raise JournalProblem(
                f"The withdrawal journal {path} belongs to another installation than the backup: "
                "bring the journal of the one that was backed up."
            )
    if last < manifest["journal_line"]:
        raise JournalProblem(
            f"The withdrawal journal {path} ends at line {last}, and the backup knows line "
            f"{manifest['journal_line']}: it is older than the backup, or its end is missing."
        )
