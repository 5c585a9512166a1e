"""Watch a log as a witness: sign that it continues what was seen before, or say loudly that it does
not. It needs no database; the log may be ours or another installation's."""

from __future__ import annotations

import fcntl
import os
import time
from argparse import ArgumentParser
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from audit import notes, witnessing
from audit.notes import Signer, Verifier
from audit.tree import Malformed, Mismatch
from audit.witnessing import Fork, State, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator


class Command(BaseCommand):
    help = "Cosigns the newest checkpoint of a log that continues the one seen before."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from",
            dest="source",
            required=True,
            metavar="URL_OR_FILE",
            help=_(
                "The address of a log, such as https://example.com/api/v1/audit, a folder laid out"
                " like it, or a file with a checkpoint."
            ),
        )
        parser.add_argument(
            "--state",
            required=True,
            type=Path,
            metavar="FILE",
            help=_("Where the last checkpoint is kept. Beside it, in FILE.key, is our own key."),
        )
        parser.add_argument(
            "--key",
            action="append",
            default=[],
            help=_("A public key of the log. Needed the first time, and when its key changes."),
        )
        parser.add_argument(
            "--name",
            default="",
            help=_("What this witness is called, such as example.org/witness; the first time."),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["state"]
        try:
            keys = [Verifier.parse(key) for key in options["key"]]
            with alone(path):
                signer = self._signer(path.with_name(f"{path.name}.key"), options["name"])
                state = State.read(path)
                source = witnessing.source_at(options["source"])
                new = witnessing.look(source, state, keys=keys, signer=signer, now=int(time.time()))
                new.write(path)
        except Fork as fork:
            against = path.with_name(f"{path.name}.fork")
            against.write_text(fork.note, encoding="utf-8")
            raise CommandError(
                _(
                    "NOT SIGNED. %(fork)s Keep %(path)s and %(against)s: the log signed both, and"
                    " together they prove it."
                )
                % {"fork": fork, "path": path, "against": against}
            ) from None
        except (Malformed, Mismatch, Unreadable) as error:
            raise CommandError(_("Not signed. %(why)s") % {"why": error}) from None
        except OSError as error:
            raise CommandError(
                _("Not signed. %(path)s: %(why)s.")
                % {"path": error.filename or path, "why": error.strerror}
            ) from None
        self.stdout.write(new.note.format(), ending="")

    def _signer(self, path: Path, name: str) -> Signer:
        """Our key. Made the first time, for nobody else to read."""
        if path.exists():
            return Signer.parse(path.read_text(encoding="utf-8"))
        if not name:
            raise Unreadable(
                _("The first time a witness needs a --name, such as example.org/witness.")
            )
        signer = Signer.generate(name, notes.COSIGNATURE)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{signer.secret()}\n")
        self.stderr.write(_("Our public key: %(key)s") % {"key": signer.verifier})
        return signer


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One witness at a time for each state: of two at once, one might sign an older checkpoint
    after a newer."""
    with path.with_name(f"{path.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unreadable(_("Another witness is at work with this state.")) from None
        yield
