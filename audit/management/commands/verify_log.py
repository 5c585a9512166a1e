"""`manage.py verify_log`: is the log as it was written and signed? Says the first thing that is
not."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from audit import stored
from audit.verification import Wrong


class Command(BaseCommand):
    help = (
        "Recompute the whole log from its rows: bytes, columns, numbers, the tree, the signed "
        "checkpoints, personal data and the videos of edits. Exit 0 only if all of it holds; "
        "changes nothing, and may run beside everything else."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since-checkpoint",
            action="store_true",
            help="Believe the newest signed checkpoint, and look only at what came after it.",
        )

    def handle(self, *, since_checkpoint: bool, **options: Any) -> None:
        total = stored.count(since_checkpoint=since_checkpoint)
        with tqdm(total=total, unit=" events", disable=None, leave=False) as bar:
            try:
                events = stored.verify(since_checkpoint=since_checkpoint, advance=bar.update)
            except Wrong as wrong:
                raise CommandError(f"The log does not hold together. {wrong}") from None
        signed = stored.newest_checkpoint()
        of = f"; {signed.size:,} of them are signed" if signed else "; it is not signed yet"
        self.stdout.write(f"The log holds together: {events:,} events{of}.")
