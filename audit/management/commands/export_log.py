"""`manage.py export_log`: the log, or one creator's record, as JSON lines that can be verified
anywhere."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from audit import stored
from creatorhub.models import User


class Command(BaseCommand):
    help = (
        "Write events and signed checkpoints to standard output, one JSON object a line. An event "
        "has its bytes exactly as hashed, as a text, and the number of its leaf: the leaf hash is "
        "SHA-256(0x00 || bytes). With --creator only that record, each event with the hashes that "
        "lead to the newest checkpoint."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--creator", metavar="NAME", help="A username.")

    def handle(self, *, creator: str | None, **options: Any) -> None:
        user = None
        if creator is not None:
            user = User.objects.filter(username=creator).first()
            if user is None:
                raise CommandError(f"There is no account “{creator}”.")
        lines = stored.exported(user)
        for line in tqdm(lines, unit=" lines", disable=None, leave=False):
            self.stdout.write(json.dumps(line, ensure_ascii=False, sort_keys=True))
