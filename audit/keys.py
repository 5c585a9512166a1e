"""The keys of the log: the private one that signs checkpoints, and all public ones that ever did.

In production they come from the environment: LOG_ORIGIN, LOG_KEY or LOG_KEY_FILE where checkpoints
are signed, and LOG_VERIFIER_KEYS. Everywhere else they are files of the data folder (0600) that the
first signature makes:

    keys/log_key            PRIVATE+KEY+name+id+base64     whoever has it can sign in our name
    keys/log_verifiers      name+id+base64, one a line     no secret; those of before stay
"""

from __future__ import annotations

import secrets
from pathlib import Path

from django.conf import settings

from audit.notes import Signer, Verifier
from audit.tree import Malformed
from creatorhub import data_folder

KEY, VERIFIERS = "keys/log_key", "keys/log_verifiers"


class NoKey(RuntimeError):
    """There is no key to sign with, or it is of no use. The message is a sentence."""


def signer() -> Signer:
    """The key that signs now. Outside production the first call makes one. Raises NoKey."""
    path = _path()
    if settings.LOG_KEY:
        return _parsed(settings.LOG_KEY, "LOG_KEY")
    if path is None:
        raise NoKey("No key signs the log here: set LOG_KEY or LOG_KEY_FILE (manage.py log_key).")
    if not path.exists() and not settings.LOG_KEY_FILE:
        _make(path)
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise NoKey(f"The key of the log cannot be read: {error}") from None
    return _parsed(text, str(path))


def verifiers() -> list[Verifier]:
    """The keys by which a checkpoint of ours is known, the newest first. Raises NoKey where one is
    no key."""
    texts = [*settings.LOG_VERIFIER_KEYS]
    kept = settings.DATA_DIR / VERIFIERS
    if not in_production() and kept.exists():
        texts += reversed(_lines_of(kept))
    try:
        found = [Verifier.parse(text) for text in texts]
    except Malformed as malformed:
        raise NoKey(f"A verifier key of the log is not one: {malformed}") from None
    path = _path()
    if settings.LOG_KEY or (path and path.exists()):
        found.insert(0, signer().verifier)
    return list(dict.fromkeys(found))


def origin() -> str:
    """The name of this log, the first line of every checkpoint. Raises NoKey."""
    return settings.LOG_ORIGIN or signer().name


def rotate() -> Signer:
    """Put a new key in the place of the data folder's. Its own public key, and those of before,
    stay among the verifiers. Raises NoKey where the key is not in the data folder."""
    path = settings.DATA_DIR / KEY
    if _path() != path or settings.LOG_KEY:
        raise NoKey("The key of the log is not in the data folder, so it is not ours to change.")
    old = signer()
    fresh = Signer.generate(old.name)
    _keep(old.verifier, fresh.verifier)
    data_folder.write_secret(path, fresh.secret() + "\n")
    return fresh


def in_production() -> bool:
    return bool(settings.DATABASE_URL) and not settings.DEBUG


def _path() -> Path | None:
    if settings.LOG_KEY_FILE:
        return Path(settings.LOG_KEY_FILE)
    return None if in_production() else settings.DATA_DIR / KEY


def _parsed(text: str, where: str) -> Signer:
    try:
        found = Signer.parse(text)
    except Malformed as malformed:
        raise NoKey(f"{where} is no key of a log: {malformed}") from None
    if settings.LOG_ORIGIN and found.name != settings.LOG_ORIGIN:
        raise NoKey(f"{where} is the key of {found.name}, and LOG_ORIGIN is {settings.LOG_ORIGIN}.")
    return found


def _make(path: Path) -> None:
    """Two processes may do it at once: one of them wins, and the other uses its key."""
    name = settings.LOG_ORIGIN or f"{secrets.token_hex(4)}.localhost/log"
    fresh = Signer.generate(name)
    if data_folder.write_secret(path, fresh.secret() + "\n", keep=True):
        _keep(fresh.verifier)


def _lines_of(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except (OSError, UnicodeDecodeError) as error:
        raise NoKey(f"The public keys of the log, {path}, cannot be read: {error}") from None


def _keep(*more: Verifier) -> None:
    path = settings.DATA_DIR / VERIFIERS
    before = _lines_of(path) if path.exists() else []
    lines = dict.fromkeys([*before, *map(str, more)])
    data_folder.write_secret(path, "".join(f"{line}\n" for line in lines))
