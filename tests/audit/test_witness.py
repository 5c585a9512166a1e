"""`manage.py witness`: what it signs, and what it refuses loudly."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit import notes, receipts_format, tree, witnessing
from audit.notes import Checkpoint, Note, Signer
from audit.tiles import WIDTH, Tile
from tests.audit.receipts import KEY, Log

Look = Callable[..., Note]


def publish(log: Log, folder: Path, *, note: str | None = None) -> Path:
    """The log as C2SP tlog-tiles has it, in files."""
    level, row = 0, log.leaves()
    while row:
        for start in range(0, len(row), WIDTH):
            part = row[start : start + WIDTH]
            path = folder / "tile" / Tile(level, start // WIDTH, len(part)).path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(part))
        full = len(row) // WIDTH * WIDTH
        row = [tree.root(row[start : start + WIDTH]) for start in range(0, full, WIDTH)]
        level += 1
    folder.mkdir(exist_ok=True)
    text = log.note().format() if note is None else note
    (folder / "checkpoint").write_text(text, encoding="utf-8")
    return folder


def grown(log: Log, number: int) -> Log:
    for _ in range(number):
        log.add()
    return log


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def look(state: Path) -> Look:
    """Runs the command on a source; the note that it signed."""

    def look(source: Path | str, *, key: str | None = str(KEY.verifier), **more: Any) -> Note:
        written = io.StringIO()
        options = {"source": str(source), "state": state, "name": "w.example", **more}
        call_command(
            "witness", stdout=written, stderr=io.StringIO(), key=[key] if key else [], **options
        )
        return Note.parse(written.getvalue())

    return look


def test_the_first_time_it_makes_a_key_and_signs_what_the_log_signed(
    look: Look, state: Path, tmp_path: Path
) -> None:
    log = grown(Log(), 3)

    note = look(publish(log, tmp_path / "log"))

    key = state.with_name("state.key")
    witness = Signer.parse(key.read_text())
    assert key.stat().st_mode & 0o777 == 0o600
    assert witness.kind == notes.COSIGNATURE
    assert note.verified_by([KEY.verifier, witness.verifier]) == [KEY.verifier, witness.verifier]
    assert note.text == log.note().text
    kept = witnessing.State.read(state)
    assert kept == witnessing.State(note, (KEY.verifier,))


def test_it_signs_a_log_that_has_grown_with_the_same_key_and_needs_no_key_of_it_again(
    look: Look, state: Path, tmp_path: Path
) -> None:
    log = grown(Log(), 255)
    first = look(publish(log, tmp_path / "log"))

    for number in (1, 1, 300):
        note = look(publish(grown(log, number), tmp_path / "log"), key=None, name="")
        assert Checkpoint.parse(note.text).size == len(log.events)
    again = look(tmp_path / "log")

    assert [one.key_id for one in again.signatures] == [one.key_id for one in first.signatures]


def test_a_file_with_what_leads_to_the_checkpoint_is_enough(look: Look, tmp_path: Path) -> None:
    log = grown(Log(), 5)
    file = tmp_path / "answer"
    file.write_text(log.note().format(), encoding="utf-8")
    look(file)
    [proof] = grown(log, 4).continued(5)
    file.write_text(log.note().format(), encoding="utf-8")

    with pytest.raises(CommandError, match=r"It is at consistency\?old=5 of the log"):
        look(file)
    file.write_text(receipts_format.consistency_file(proof, log.note()), encoding="utf-8")
    assert Checkpoint.parse(look(file).text).size == 9


def forked(log: Log) -> Log:
    fork = Log()
    fork.events = [log.events[0].replace(b"12:00", b"12:01"), *log.events[1:]]
    fork.last = dict(log.last)
    return fork


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (forked, "two different versions of its first 300 events"),
        (lambda log: grown(forked(log), 5), "does not continue the 300 that it signed before"),
        (lambda log: grown(Log(), 299), "has shrunk: it signed 300 events before, and shows 299"),
    ],
)
def test_a_fork_is_refused_and_its_proof_is_kept(
    change: Callable[[Log], Log], why: str, look: Look, state: Path, tmp_path: Path
) -> None:
    log = grown(Log(), 300)
    look(publish(log, tmp_path / "log"))
    before = state.read_bytes()
    fork = change(log)

    with pytest.raises(CommandError, match=f"^NOT SIGNED.*{why}"):
        look(publish(fork, tmp_path / "fork"))

    assert state.read_bytes() == before
    assert state.with_name("state.fork").read_text() == fork.note().format()


def test_tiles_that_do_not_fit_the_checkpoint_are_a_fault_and_no_fork(
    look: Look, state: Path, tmp_path: Path
) -> None:
    log = grown(Log(), 300)
    look(publish(log, tmp_path / "log"))
    folder = publish(grown(log, 1), tmp_path / "log")
    tile = folder / "tile" / Tile(0, 1, 45).path

    for data, why in [
        (bytes(45 * 32), "not those of its own checkpoint"),
        (b"", "is not 1440 bytes long"),
        (bytes(45 * 32 + 1), "longer than 1440 bytes"),
    ]:
        tile.write_bytes(data)
        with pytest.raises(CommandError, match=f"^Not signed.*{why}"):
            look(folder)
    tile.unlink()
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        look(folder)
    assert not state.with_name("state.fork").exists()
    # A log may drop a partial tile once there is the full one.
    full = folder / "tile" / Tile(0, 1).path
    full.write_bytes(b"".join(log.leaves()[256:]) + bytes((512 - 301) * 32))
    assert Checkpoint.parse(look(folder).text).size == 301


@pytest.mark.parametrize(
    ("note", "why"),
    [
        ("", "a text, an empty line and lines of signatures"),
        (grown(Log(), 3).note().format()[:-9], "a text, an empty line"),
        (grown(Log(Signer.generate("log.example")), 3).note().format(), "No known key signed it"),
        (grown(Log(origin="other.example"), 3).note().format(), "of the log other.example, not of"),
        ("\x00", "control characters"),
    ],
    ids=["empty", "cut", "another key", "another log", "no text"],  # the texts hold new keys
)
def test_a_checkpoint_that_does_not_hold_is_not_signed(
    note: str, why: str, look: Look, state: Path, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match=f"^Not signed.*{why}"):
        look(publish(Log(), tmp_path / "log", note=note))

    assert not state.exists()


def test_an_empty_log_is_continued_by_every_other(look: Look, tmp_path: Path) -> None:
    log = Log()
    look(publish(log, tmp_path / "log"))

    note = look(publish(grown(log, 2), tmp_path / "log"))

    assert Checkpoint.parse(note.text).size == 2


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"\xff",
        b'{"keys": [], "checkpoint": ""}',
        b'{"keys": ["x"], "checkpoint": "x"}',
        b'{"keys": 5, "checkpoint": 5}',
        b"[" * 100_000,
    ],
    ids=str,
)
def test_a_broken_state_is_said_and_left_alone(
    broken: bytes, look: Look, state: Path, tmp_path: Path
) -> None:
    state.write_bytes(broken)

    with pytest.raises(CommandError, match="is damaged, or not the state of a witness"):
        look(publish(grown(Log(), 3), tmp_path / "log"))

    assert state.read_bytes() == broken


def test_a_state_whose_checkpoint_was_changed_is_broken(
    look: Look, state: Path, tmp_path: Path
) -> None:
    folder = publish(grown(Log(), 3), tmp_path / "log")
    look(folder)
    kept = json.loads(state.read_text())
    state.write_text(
        json.dumps({**kept, "checkpoint": kept["checkpoint"].replace("\n3\n", "\n2\n")})
    )

    with pytest.raises(CommandError, match="is damaged"):
        look(folder)


def test_what_is_missing_is_said(look: Look, state: Path, tmp_path: Path) -> None:
    folder = publish(grown(Log(), 3), tmp_path / "log")

    with pytest.raises(CommandError, match="needs a --name"):
        look(folder, name="")
    with pytest.raises(CommandError, match="has a space or a plus sign"):
        look(folder, name="a b")
    with pytest.raises(CommandError, match="needs the key of the log"):
        look(folder, key=None)
    with pytest.raises(CommandError, match=r"name\+8 hexadecimal digits"):
        look(folder, key="x")
    with pytest.raises(CommandError, match="nowhere cannot be read: No such file"):
        look(tmp_path / "nowhere")
    with pytest.raises(CommandError, match="No such file or directory"):
        look(folder, state=tmp_path / "no" / "state")
    with pytest.raises(CommandError, match="--state names the file"):
        look(folder, state=Path())
    assert not state.with_name("state.key").exists()
    state.with_name("state.key").write_text("rubbish")
    with pytest.raises(CommandError, match="A private key is written"):
        look(folder)
    state.with_name("state.key").write_bytes(b"\xff")
    with pytest.raises(CommandError, match=r"state\.key is not a key"):
        look(folder)


def test_a_witness_that_lost_its_state_signs_nothing_more(
    look: Look, state: Path, tmp_path: Path
) -> None:
    look(publish(grown(Log(), 3), tmp_path / "log"))
    kept = state.read_bytes()
    state.unlink()
    fork = publish(forked(grown(Log(), 3)), tmp_path / "fork")

    with pytest.raises(CommandError, match="its state is missing"):
        look(fork)

    state.write_bytes(kept)
    with pytest.raises(CommandError, match="NOT SIGNED"):
        look(fork)


def test_the_proof_of_a_fork_is_shown_where_it_cannot_be_written(
    look: Look, state: Path, tmp_path: Path
) -> None:
    look(publish(grown(Log(), 300), tmp_path / "log"))
    fork = forked(grown(Log(), 300))
    state.with_name("state.fork").mkdir()

    with pytest.raises(CommandError, match=r"^NOT SIGNED") as failed:
        look(publish(fork, tmp_path / "fork"))

    assert fork.note().format() in str(failed.value)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_log_is_read_at_its_address(look: Look, served: str, tmp_path: Path) -> None:
    log = grown(Log(), 300)
    publish(log, tmp_path / "served")
    look(served)
    publish(grown(log, 20), tmp_path / "served")

    assert Checkpoint.parse(look(f"{served}/checkpoint").text).size == 320
    with pytest.raises(CommandError, match=r"/other/checkpoint answers 404"):
        look(f"{served}/other")


def test_a_log_that_cannot_be_reached_is_said(look: Look) -> None:
    with pytest.raises(CommandError, match="cannot be reached: "):
        look("http://127.0.0.1:1/audit")
    with pytest.raises(CommandError, match="cannot be reached: "):
        look("http://[")
