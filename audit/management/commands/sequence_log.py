"""`manage.py sequence_log`: does at once what the workers do by themselves every second."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit import keys, sequencing, signing


class Command(BaseCommand):
    help = (
        "Give every event that has none yet its place in the tree of the log, and sign the log if "
        "it has grown and the last signature is ten seconds old."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = sequencing.sequence()
            signed = signing.sign()
        except (sequencing.Broken, keys.NoKey) as problem:
            raise CommandError(str(problem)) from None
        if made is None:
            self.stdout.write("Another process is doing it right now.")
            return
        self.stdout.write(f"{made:,} events added; the log has {sequencing.size():,} leaves.")
        if signed:
            self.stdout.write(f"Signed with {signed.size:,} leaves.")
