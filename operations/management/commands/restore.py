"""`manage.py restore`: brings a database back, and whatever was withdrawn since its backup."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from consent import services
from consent.journal import JournalProblem


class Command(BaseCommand):
    help = (
        "Applies the withdrawal journal to a database that is older than it. Until that is done "
        "nothing is allowed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group(required=True)
        how.add_argument(
            "--apply-journal",
            action="store_true",
            help="Withdraw again what the journal knows and this database does not.",
        )
        how.add_argument(
            "--without-journal",
            action="store_true",
            help=(
                "The journal is lost: turn everything off for everybody. Each creator decides "
                "again. Asks you to type a word."
            ),
        )

    def handle(self, *, without_journal: bool, **options: Any) -> None:
        self.check(databases=["default"])
        if without_journal:
            self._typed("everybody", "This turns everything off for everybody.")
            self._without_journal()
        else:
            self._apply_journal()

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
            changed, kept = services.without_journal(tell=bar.update)
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
