"""`manage.py log_key`: the name of the log and the public keys by which its signatures are known.
With `--new` a new key."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from audit import keys
from audit.notes import Signer
from audit.tree import Malformed


class Command(BaseCommand):
    help = (
        "Print the name of the log and its public keys, the one that signs now first. With --new: "
        "where the key is in the data folder, put a new one in its place; in production, print a "
        "new private key for you to store, and change nothing."
    )
    requires_system_checks: list[str] = []  # they refuse a start without the key that this makes

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--new", action="store_true")

    def handle(self, *, new: bool, **options: Any) -> None:
        try:
            if new and keys.in_production():
                self._print_new()
                return
            if new:
                keys.rotate()
            self.stdout.write(f"origin   {keys.origin()}")
            for verifier in keys.verifiers():
                self.stdout.write(f"verifier {verifier}")
        except keys.NoKey as problem:
            raise CommandError(str(problem)) from None

    def _print_new(self) -> None:
        if not settings.LOG_ORIGIN:
            raise CommandError(
                "Set LOG_ORIGIN first, to a name that no other log has: hub.example.com/log."
            )
        try:
            fresh = Signer.generate(settings.LOG_ORIGIN)
        except Malformed as malformed:
            raise CommandError(f"LOG_ORIGIN is of no use: {malformed}") from None
        self.stderr.write(
            "The line below is the private key: LOG_KEY, or the file LOG_KEY_FILE (0600), of the "
            f"workers.\nThe public key is for LOG_VERIFIER_KEYS everywhere: {fresh.verifier}\n"
            "Keep the public keys of before in LOG_VERIFIER_KEYS too."
        )
        self.stdout.write(fresh.secret())
