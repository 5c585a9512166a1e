"""`manage.py fsck`: does everything still fit together? One line for each thing that does not."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations import fsck


class Command(BaseCommand):
    help = "Check that no job is stuck, no file lost, and the log whole. Changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        problems = 0
        for check in fsck.CHECKS:
            found = 0
            for line in check():
                found += 1
                self.stdout.write(f"  {line}")
            problems += found
            self.stdout.write(f"{check.__doc__}: {found or 'no'} problem{'s' * (found != 1)}")
        if problems:
            raise CommandError(f"{problems} things do not fit together.")
        self.stdout.write("Everything fits together.")
