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
            if not path.name:
                raise Unreadable(_("--state names the file in which the last checkpoint is kept."))
            with alone(path):
                state, own = State.read(path), path.with_name(f"{path.name}.key")
                signer = self._signer(own, options["name"], is_first=state is None)
                source = witnessing.source_at(options["source"])
                new = witnessing.look(source, state, keys=keys, signer=signer, now=int(time.time()))
                if not own.exists():
                    self._keep(signer, own)
                new.write(path)
        except Fork as fork:
            against = path.with_name(f"{path.name}.fork")
            where = _kept(fork.note, against)
            raise CommandError(
                _(
                    "NOT SIGNED. %(fork)s Keep %(path)s and %(against)s: the log signed both, and"
                    " together they prove it."
                )
                % {"fork": fork, "path": path, "against": where}
            ) from None
        except (Malformed, Mismatch, Unreadable) as error:
            raise CommandError(_("Not signed. %(why)s") % {"why": error}) from None
        except OSError as error:
            raise CommandError(
                _("Not signed. %(path)s: %(why)s.")
                % {"path": error.filename or path, "why": error.strerror}
            ) from None
        self.stdout.write(new.note.format(), ending="")

    def _signer(self, path: Path, name: str, *, is_first: bool) -> Signer:
        """Our key, or a new one for the first time. A key whose state is lost signs nothing more:
        nobody could tell a fork from what it signed before."""
        text: str | None
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            text = None
        except UnicodeDecodeError:
            raise Unreadable(_("%(path)s is not a key.") % {"path": path}) from None
        if text is None:
            if not name:
                raise Unreadable(
                    _("The first time a witness needs a --name, such as example.org/witness.")
                )
            return Signer.generate(name, notes.COSIGNATURE)
        signer = Signer.parse(text)
        if is_first:
            raise Unreadable(
                _(
                    "What was signed with %(path)s is not known: its state is missing. Put a copy"
                    " of it back, or move the key away and begin as another witness."
                )
                % {"path": path}
            )
        return signer

    def _keep(self, signer: Signer, path: Path) -> None:
        """A new key, for nobody else to read, before anything that it signed is handed out."""
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{signer.secret()}\n")
        self.stderr.write(_("Our public key: %(key)s") % {"key": signer.verifier})


def _kept(note: str, path: Path) -> str:
    """Where the proof of a fork is: in this file, or in the answer where the disk is full."""
    try:
        path.write_text(note, encoding="utf-8")
    except OSError:
        return f"\n{note}"
    return str(path)


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
