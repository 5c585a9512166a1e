"""`manage.py fsck`: is everything consistent? One line for each check and each problem."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations import fsck


class Command(BaseCommand):
    help = "Check that no job is stuck, no file is lost and the log is complete. Changes nothing."

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
            raise CommandError(f"{problems} problem{'s' * (problems != 1)} found.")
        self.stdout.write("Everything fits together.")
