"""Checkpoints: signed now and then, one line without a fork, by keys that stay verifiable."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from audit import checks, keys, proofs, sequencing, signing, tree
from audit.models import Checkpoint, Event
from audit.notes import Signer, open_checkpoint
from audit.tree import Malformed, Mismatch
from creatorhub.models import User
from operations import sweeping
from tests.audit.test_sequencing import write


def grow(creator: User, count: int) -> None:
    with transaction.atomic():
        write(creator, count)
    sequencing.sequence()


def hashes() -> list[bytes]:
    return [bytes(event.leaf_hash) for event in Event.objects.order_by("leaf__index")]


def test_a_checkpoint_signs_the_root_over_all_leaves(alice: User) -> None:
    grow(alice, 300)

    checkpoint = signing.sign()

    assert checkpoint
    read, _ = open_checkpoint(checkpoint.note, keys.verifiers(), "hub.test/log")
    assert (read.size, read.root) == (300, tree.root(hashes()))
    assert (checkpoint.previous, bytes(checkpoint.root)) == (0, read.root)


def test_there_is_one_in_ten_seconds_at_most_and_only_of_what_grew(alice: User) -> None:
    assert signing.sign() is None
    with time_machine.travel(timezone.now(), tick=False) as clock:
        grow(alice, 2)
        assert signing.sign()
        grow(alice, 1)
        clock.shift(timedelta(seconds=9.9))
        assert signing.sign() is None
        clock.shift(timedelta(seconds=0.1))
        assert signing.sign()
        clock.shift(timedelta(hours=1))
        assert signing.sign() is None

    assert list(Checkpoint.objects.values_list("previous", "size").order_by("size")) == [
        (0, 2),
        (2, 3),
    ]


def test_a_clock_that_was_set_back_does_not_stop_it(alice: User) -> None:
    grow(alice, 1)
    assert signing.sign()
    grow(alice, 1)

    with time_machine.travel(timezone.now() - timedelta(days=1)):
        assert signing.sign()


def test_a_tree_that_does_not_continue_is_not_signed(
    alice: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    grow(alice, 3)
    signing.sign()
    monkeypatch.setattr(signing, "AT_MOST_EVERY", timedelta(0))
    monkeypatch.setattr(
        proofs, "stored_hashes", lambda level, start, end: [b"x" * 32] * (end - start)
    )
    grow(alice, 1)

    with pytest.raises(sequencing.Broken, match="no longer the one that was signed with 3 leaves"):
        signing.sign()
    sweeping.seal_log()

    assert "verify_log" in caplog.text
    assert Checkpoint.objects.count() == 1


def test_the_place_after_a_checkpoint_is_taken_once(alice: User) -> None:
    grow(alice, 3)
    first = signing.sign()
    assert first
    other: dict[str, Any] = {"root": b"", "note": "", "at": timezone.now()}

    for size, previous in ((4, 0), (3, 1), (2, 3)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Checkpoint.objects.create(size=size, previous=previous, **other)


@pytest.mark.django_db(transaction=True)
def test_signers_at_once_make_no_fork(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round they have read the same newest checkpoint before either signs."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one write at a time; this run is on SQLite")
    monkeypatch.setattr(signing, "AT_MOST_EVERY", timedelta(0))
    together = Barrier(2, timeout=30)
    root = proofs.root

    def meet(size: int) -> bytes:
        if size == sequencing.size():
            together.wait()
        return root(size)

    monkeypatch.setattr(proofs, "root", meet)
    signed: list[Checkpoint | None] = []

    def sign() -> None:
        try:
            signed.append(signing.sign())
        finally:
            connection.close()

    for _ in range(5):
        grow(alice, 2)
        threads = [Thread(target=sign) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    line = Checkpoint.objects.order_by("size").values_list("previous", "size")
    assert list(line) == [(size - 2, size) for size in (2, 4, 6, 8, 10)]
    assert (len(signed), signed.count(None)) == (10, 5)


def test_proofs_out_of_rows_hold(alice: User) -> None:
    grow(alice, 523)
    leaves = hashes()
    roots = {size: tree.root(leaves[:size]) for size in (1, 255, 256, 257, 512, 523)}

    for size, root in roots.items():
        assert proofs.root(size) == root
        for index in {0, size // 2, size - 1}:
            proof = proofs.inclusion(index, size)
            tree.verify_inclusion(leaves[index], index, size, proof, root)
        for old in (old for old in roots if old <= size):
            tree.verify_consistency(old, roots[old], size, root, proofs.consistency(old, size))
    with pytest.raises(sequencing.Broken):
        proofs.root(524)
    with pytest.raises(Malformed):
        proofs.inclusion(5, 5)


def test_the_proof_of_an_event_carries_the_checkpoint(alice: User) -> None:
    [event] = write(alice)
    assert proofs.of_event(event) is None
    sequencing.sequence()
    assert proofs.of_event(event) is None
    checkpoint = signing.sign()
    assert checkpoint
    [later] = write(alice)
    sequencing.sequence()

    proof = proofs.of_event(event)

    assert proof
    assert proof.note.format() == checkpoint.note
    tree.verify_inclusion(
        bytes(event.leaf_hash), proof.index, 1, proof.hashes, bytes(checkpoint.root)
    )
    assert proofs.of_event(later) is None


@pytest.fixture
def embedded(settings: Settings, tmp_path: Path) -> Path:
    """An installation that nobody has configured."""
    settings.DATA_DIR = tmp_path
    settings.DATABASE_URL = settings.LOG_ORIGIN = settings.LOG_KEY = settings.LOG_KEY_FILE = ""
    settings.LOG_VERIFIER_KEYS = []
    return tmp_path


@pytest.fixture
def production(embedded: Path, settings: Settings) -> Settings:
    settings.DATABASE_URL, settings.DEBUG = "postgres://", False
    return settings


def test_the_first_signature_makes_a_key_that_only_we_can_read(embedded: Path) -> None:
    assert keys.verifiers() == []

    signer = keys.signer()

    assert keys.signer().secret() == signer.secret()
    assert keys.verifiers() == [signer.verifier]
    assert keys.origin() == signer.name
    assert signer.name.endswith(".localhost/log")
    path = embedded / keys.KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not list(checks.the_log_has_a_key())


def test_public_keys_that_cannot_be_read_are_said(embedded: Path) -> None:
    keys.signer()
    (embedded / keys.VERIFIERS).write_bytes(b"\xff")

    for how in ((), ("--new",)):
        with pytest.raises(CommandError, match=r"The public keys of the log, .* cannot be read"):
            call_command("log_key", *how)


def test_after_a_change_of_keys_both_verify(embedded: Path, alice: User) -> None:
    grow(alice, 1)
    first = signing.sign()
    call_command("log_key", "--new")
    grow(alice, 1)
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        second = signing.sign()

    assert first
    assert second
    new, old = keys.verifiers()
    assert new == keys.signer().verifier != old
    for checkpoint, verifier in ((first, old), (second, new)):
        open_checkpoint(checkpoint.note, keys.verifiers(), keys.origin())
        open_checkpoint(checkpoint.note, [verifier], keys.origin())
    with pytest.raises(Mismatch):
        open_checkpoint(second.note, [old], keys.origin())


def test_the_command_prints_the_public_keys_alone(
    embedded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    signer = keys.signer()

    call_command("log_key")

    printed = capsys.readouterr().out
    assert printed == f"origin   {signer.name}\nverifier {signer.verifier}\n"


def test_a_key_that_is_not_ours_to_change_is_left(
    embedded: Path, settings: Settings, tmp_path: Path
) -> None:
    settings.LOG_KEY = Signer.generate("a/log").secret()

    with pytest.raises(CommandError, match="not in the data folder"):
        call_command("log_key", "--new")


def test_production_prints_a_new_key_and_keeps_nothing(
    production: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match="Set LOG_ORIGIN first"):
        call_command("log_key", "--new")
    production.LOG_ORIGIN = "hub.example/log"

    call_command("log_key", "--new")

    out, err = capsys.readouterr()
    assert str(Signer.parse(out).verifier) in err
    assert not list(production.DATA_DIR.iterdir())


def test_production_without_a_key_is_an_error(production: Settings) -> None:
    assert [error.id for error in checks.the_log_has_a_key()] == ["audit.E004", "audit.E003"]
    with pytest.raises(keys.NoKey, match="set LOG_KEY or LOG_KEY_FILE"):
        keys.signer()


def test_production_takes_the_key_from_a_file_and_the_web_needs_only_the_public_one(
    production: Settings, tmp_path: Path
) -> None:
    signer = Signer.generate("hub.example/log")
    production.LOG_ORIGIN = signer.name
    production.LOG_VERIFIER_KEYS = [str(signer.verifier)]
    assert not list(checks.the_log_has_a_key())
    assert keys.verifiers() == [signer.verifier]

    path = tmp_path / "key"
    path.write_text(signer.secret())
    path.chmod(0o640)
    production.LOG_KEY_FILE = str(path)

    assert [error.id for error in checks.the_log_has_a_key()] == ["audit.E005"]
    path.chmod(0o600)
    assert not list(checks.the_log_has_a_key())
    assert keys.signer().secret() == signer.secret()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("LOG_KEY", "rubbish", "LOG_KEY is no key of a log"),
        ("LOG_KEY", Signer.generate("another/log").secret(), "is the key of another/log"),
        ("LOG_KEY_FILE", "no text", "cannot be read"),
        ("LOG_VERIFIER_KEYS", ["a+b"], "A verifier key of the log is not one"),
    ],
    ids=["rubbish", "of another log", "no file", "no verifier"],  # one of them is a new key
)
def test_a_key_of_no_use_is_an_error(
    production: Settings, name: str, value: Any, says: str
) -> None:
    signer = Signer.generate("hub.example/log")
    production.LOG_ORIGIN, production.LOG_KEY = signer.name, signer.secret()
    if name == "LOG_KEY_FILE":
        production.LOG_KEY = ""
        value = str(production.DATA_DIR / value)
        Path(value).write_bytes(b"\xff")
        Path(value).chmod(0o600)
    setattr(production, name, value)

    errors = list(checks.the_log_has_a_key())

    assert [error.id for error in errors] == ["audit.E003"]
    assert says in errors[0].msg
