"""verify_receipt.py: what holds, what does not, and that nothing ends in a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

import verify_receipt
from audit import notes, receipts_format, tree
from audit.notes import Signer
from tests.audit.receipts import ALICE, BOB, KEY, Log, edit, hashed, item, lines

VERIFIER = str(KEY.verifier)
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs it on bytes or texts, which are files then, and on options; the status and what it said.
    With the key of the log, unless `key` says otherwise."""

    def run(*given: bytes | str, key: str | None = VERIFIER) -> tuple[int, str]:
        arguments = []
        for place, one in enumerate(given):
            if isinstance(one, bytes):
                path = tmp_path / f"file{place}"
                path.write_bytes(one)
                arguments.append(str(path))
            else:
                arguments.append(one)
        arguments += ["--key", key] if key else []
        monkeypatch.setattr(sys, "argv", ["verify_receipt.py", *arguments])
        status = verify_receipt.main()
        return status, capsys.readouterr().out

    return run


@pytest.fixture
def log() -> Log:
    """Seven events; numbers 1 to 4 of alice among them."""
    log = Log()
    for _ in range(3):
        log.add(BOB)
        log.add(ALICE, use="remix", to="off")
    log.add(ALICE)
    return log


def changed(receipt: bytes, **parts: Any) -> bytes:
    return json.dumps({**json.loads(receipt), **parts}).encode()


# ---------------------------------------------------------------- what holds


def test_a_receipt_says_what_it_proves(log: Log, run: Run) -> None:
    status, text = run(log.receipt(3))

    assert status == 0
    assert (
        f"Event 2 in the record of creator {ALICE}: consent.edited, by creator:{ALICE}, on"
        " 2026-11-22 at 12:00:00 UTC. In the log log.example it is number 3.\n"
        "  to: off\n"
        "  use: remix\n" in text
    )
    assert "It holds.\nProven: whoever has the key of log.example signed a log of 7 events" in text
    assert "byte for byte" in text
    assert "Not proven" in text
    assert "came with the file" not in text


def test_the_commonest_events_are_told_in_words(run: Run) -> None:
    log = Log()
    edit(log, 3)
    log.add(use="remix", to="allowed", until="2030-01-01T00:00:00.000000Z", changed=1)
    log.add(use="train", to="former", will_change=2)
    log.add(use="train", to="listed", changed=2)
    log.add(action="creator.opted_out")
    log.add(action="creator.opted_in")
    log.add(action="video.renamed")

    text = run(log.archive())[1]

    told = [line for line in text.splitlines() if line.startswith("  In words: ")]
    assert told == [
        "  In words: “remix” was turned off for 3 videos.",
        "  In words: “remix” was allowed until 2030-01-01T00:00:00.000000Z for 1 video.",
        "  In words: “train” was put back as it had been for 2 videos.",
        "  In words: “train” was changed for 2 videos.",
        "  In words: everything was turned off, for all videos.",
        "  In words: what was stored was turned back on.",
    ]


def test_a_key_that_came_with_the_receipt_is_said_to(log: Log, run: Run) -> None:
    status, text = run(log.receipt(3), key=None)

    assert status == 0
    assert f"The key came with the file itself: log.example+{KEY.verifier.key_id.hex()}" in text


def test_the_key_is_taken_from_a_file_too(log: Log, run: Run, tmp_path: Path) -> None:
    keys = tmp_path / "key.txt"
    keys.write_text(f"{Signer.generate('log.example').verifier}\n{VERIFIER}\n")

    assert run(log.receipt(3), key=str(keys))[0] == 0


def test_names_and_texts_are_compared_with_their_hashes(log: Log, run: Run) -> None:
    reason, opened = hashed(b"salt", "I do not want it")
    title, _ = hashed(b"pepper", "Dog")
    log.add(reason=reason, title=title)

    status, text = run(log.receipt(7, personal={"reason": opened}))

    assert status == 0
    assert "  reason: “I do not want it”\n" in text
    assert "  title: erased, or not in this receipt; the event has its hash\n" in text
    for wrong in (
        {"reason": {"salt": b"salt".hex(), "data": "I want it"}},
        {"reason": {"salt": b"malt".hex(), "data": "I do not want it"}},
    ):
        status, text = run(changed(log.receipt(7), personal=wrong))
        assert (status, "“reason” is NOT the one" in text) == (1, True)


def test_one_video_of_an_edit_of_many_is_shown_by_its_line(log: Log, run: Run) -> None:
    made = edit(log, 13)

    for place in range(13):
        status, text = run(log.receipt(7, item=item(made, place)))
        assert status == 0
        assert f"video 00000000-0000-4000-8000-{place:012}: from “undecided” to “off”" in text
        assert f"({place + 1} of 13 in this event)" in text
    status, text = run(log.receipt(7, item=item(lines(14), 13)))
    assert (status, "has no leaf 13" in text) == (1, True)
    other = [*lines(3), tree.canonical({"video": "x"}), *lines(13)[4:]]
    status, text = run(log.receipt(7, item=item(other, 3)))
    assert (status, "NOT one of those" in text) == (1, True)


def test_a_witness_has_to_have_signed_where_one_is_named(log: Log, run: Run) -> None:
    witness = Signer.generate("witness.example", notes.COSIGNATURE)
    proof = log.proof(1)
    signed = proof.note.signed(witness.sign(proof.note.text, 1_764_000_000))
    receipt = changed(log.receipt(1), proof=notes.Proof(proof.index, proof.hashes, signed).format())

    status, text = run(receipt, "--witness", str(witness.verifier))
    assert status == 0
    assert "The witness witness.example had seen no other log by 2025-11-24, 16:00 UTC." in text

    status, text = run(log.receipt(1), "--witness", str(witness.verifier))
    assert (status, "witness.example has not signed" in text) == (1, True)
    ahead = proof.note.signed(witness.sign(proof.note.text, 9_000_000_000))
    future = changed(log.receipt(1), proof=notes.Proof(1, proof.hashes, ahead).format())
    status, text = run(future, "--witness", str(witness.verifier))
    assert (status, "is of the future" in text) == (1, True)


def test_it_stands_alone(log: Log, tmp_path: Path) -> None:
    """In a folder of its own, with nothing of ours on the path and nothing loaded but it needs."""
    (tmp_path / "receipt.json").write_bytes(log.receipt(1))
    alone = tmp_path / "verify_receipt.py"
    alone.write_bytes(Path(verify_receipt.__file__).read_bytes())
    program = f"""
import runpy, sys
sys.argv = ["verify_receipt.py", "receipt.json", "--key", {VERIFIER!r}]
try:
    runpy.run_path("verify_receipt.py", run_name="__main__")
finally:
    ours = {{"django", "audit", "creatorhub", "rfc8785", "socket", "ssl"}} & set(sys.modules)
    print("LOADED", ours)
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "It holds." in done.stdout
    assert done.stdout.endswith("LOADED set()\n")


# ---------------------------------------------------------------- what does not hold


def test_every_byte_of_a_receipt_that_is_changed_or_cut_off_is_noticed(log: Log) -> None:
    """But in what only helps: the spaces, the key that came along, and the receipt's own name."""
    receipt = log.receipt(5)
    trust = verify_receipt.Trust([verify_receipt.Key.parse(VERIFIER)], given=True)
    helps: set[int] = set()
    for first, after in ((b'"keys"', b'"proof"'), (b'"receipt_id"', b'"schema_version"')):
        helps |= {*range(receipt.index(first), receipt.index(after))}

    def holds(data: bytes) -> bool:
        try:
            text = verify_receipt.as_text(data, "The file")
            verify_receipt.check_receipt(text, trust, verify_receipt.Seen(""))
        except verify_receipt.Refused:
            return False
        return True

    assert holds(receipt)
    for place, byte in enumerate(receipt):
        if place not in helps and not chr(byte).isspace():
            for bit in (1, 0x80):
                wrong = receipt[:place] + bytes([byte ^ bit]) + receipt[place + 1 :]
                assert not holds(wrong), (place, wrong)
        assert not holds(receipt[:place]) or receipt[place:].isspace()


def test_a_receipt_of_another_key_log_or_tree_does_not_hold(log: Log, run: Run) -> None:
    stranger = Log(Signer.generate("log.example"))
    stranger.events = log.events
    other = Log(Signer.generate("other.example"), origin="other.example")
    other.events = log.events
    disguised = Log(origin="other.example")
    disguised.events = log.events
    shorter = log.proof(3, 4).format().partition("\n\n")[0]
    mixed = f"{shorter}\n\n{log.note(7).format()}"

    for receipt, why in [
        (stranger.receipt(3), "NOT signed with the key of the log"),
        (other.receipt(3), "of another log, other.example: the key is that of log.example"),
        (disguised.receipt(3), "of another log, other.example"),
        (changed(log.receipt(3), proof=mixed), "than a tree of this size takes"),
        (changed(log.receipt(3), proof=log.proof(1).format()), "NOT the one in the log"),
    ]:
        status, text = run(receipt)
        assert (status, why in text) == (1, True), text
    assert run(stranger.receipt(3), key=None)[0] == 0  # which is why it says so


EMPTY = notes.Checkpoint("log.example", 0, tree.EMPTY_ROOT).format()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not a signed note"),
        (b"{", "is not JSON"),
        (b"{}", "not a receipt of the kind"),
        (b"[]", "not a signed note"),
        (b'{"schema_version": "creatorhub.receipt/1"}', "has no “event”"),
        (b'{"schema_version": "creatorhub.receipt/2"}', "not a receipt of the kind"),
        (b'{"a": 1, "a": 2}', "has a name twice"),
        (b'{"a": 1.5}', "has 1.5; the log knows whole numbers only"),
        (b'{"a": NaN}', "has NaN"),
        (b'{"a": "\\ud800"}', "is not JSON"),
        (b"\xff\xfe", "not text in UTF-8"),
        (b"\x00\x00", "control characters"),
        (b"PK\x03\x04 and no more", "cut off, or damaged"),
        (b"old x\n\n", "not a signed note"),
        (notes.Note(EMPTY, (KEY.sign(EMPTY),)).format().encode(), "of an empty log"),
    ],
)
def test_what_is_no_receipt_is_refused_in_a_sentence(data: bytes, why: str, run: Run) -> None:
    status, text = run(data)

    assert (status, why in text) == (1, True), text


def test_what_is_deep_or_long_is_refused_too(run: Run) -> None:
    for data, why in [
        (b'{"a": ' + b"[" * 100_000, "is not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is not JSON"),
        (b" " * 4_000_001, "too long for a receipt"),
    ]:
        status, text = run(data)
        assert (status, why in text) == (1, True)


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"event": 1}, "has no “event”"),
        ({"event": "x"}, "is not JSON"),
        ({"event": "[]"}, "is not a JSON object"),
        ({"event": '{"v": 2}'}, "not in the canonical form"),
        ({"event": '{"v":3}'}, "written in format 3"),
        ({"event": '{"v":true}'}, "has no “v”"),
        ({"event": '{"v":2}'}, "has no “id”"),
        ({"proof": "x"}, "not a C2SP tlog-proof"),
        ({"proof": "c2sp.org/tlog-proof@v1\n\nx"}, "does not say where"),
        ({"proof": "c2sp.org/tlog-proof@v1\nindex 01\n\nx"}, "not a decimal number"),
        ({"proof": "c2sp.org/tlog-proof@v1\nextra ?\nindex 1\n\nx"}, "is not base64"),
        ({"personal": {"reason": None}}, "has no hash of “reason”"),
        ({"personal": []}, "“personal” is not an object"),
        ({"item": {}}, "has no “line”"),
        ({"item": {"line": "{}", "index": 0, "hashes": []}}, "has no “changed”"),
        ({"record": []}, "“record” is not an object"),
        ({"record": {"events": [1]}}, "not a list of objects"),
        ({"record": {"privacy_notice": 1}}, "“privacy_notice” is not an object"),
        ({"consistency": {}}, "not a list of objects"),
        ({"consistency": [{"size": 1, "hashes": ["x"]}]}, "is not base64"),
        ({"consistency": [{"size": "1", "hashes": []}]}, "has no “size”"),
    ],
)
def test_each_part_that_is_malformed_is_named(
    parts: dict[str, Any], why: str, log: Log, run: Run
) -> None:
    status, text = run(changed(log.receipt(1), **parts))

    assert (status, why in text) == (1, True), text


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"at": "2999-01-01T00:00:00.000000Z"}, "The event is of the future"),
        ({"at": "yesterday"}, "not written as the log writes it"),
        ({"creator_seq": 0}, "begin with 1"),
        ({"creator": 5}, "has no “creator”"),
        ({"v": 4}, "written in format 4"),
    ],
)
def test_an_event_that_the_log_would_not_write_is_refused_though_it_is_signed(
    fields: dict[str, Any], why: str, log: Log, run: Run
) -> None:
    log.add(**fields)

    status, text = run(log.receipt(7))

    assert (status, why in text) == (1, True), text


def test_the_readable_part_may_not_say_otherwise(log: Log, run: Run) -> None:
    event = json.loads(log.events[1])
    record = {
        "record_id": event["id"],
        "pii_principal_id": ALICE,
        "purpose": "remix",
        "privacy_notice": {"version": 1},
        "events": [
            {
                "event_time": event["at"],
                "entity_id": event["actor"],
                "event_state": "withdrawn",
                "validity_duration": "-",
            }
        ],
    }

    assert run(log.receipt(1, record=record))[0] == 0
    for wrong in (
        {"record_id": "x"},
        {"pii_principal_id": BOB},
        {"purpose": "train"},
        {"events": [{"event_time": "2026-01-01T00:00:00.000000Z"}]},
        {"events": [{"entity_id": "staff:x"}]},
        {"events": [{"event_state": "given"}]},
        {"events": [{"validity_duration": "2030-01-01T00:00:00.000000Z"}]},
        {"privacy_notice": {"id": "x"}},
    ):
        status, text = run(log.receipt(1, record={**record, **wrong}))
        assert (status, "says another" in text) == (1, True)


@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_whose_compressed_data_is_damaged_is_said_to_be(
    kind: int, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "packed.zip"
    with zipfile.ZipFile(path, "w", kind) as packed:
        packed.writestr("log.json", bytes(range(256)) * 20)
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(byte ^ 0xFF for byte in data[60:90])

    status, text = run(bytes(data))

    assert (status, "Traceback" in text, "None" in text) == (1, False, False), text


def test_a_terminal_is_not_steered_by_a_receipt(log: Log, run: Run) -> None:
    log.add(reason="\x1b]0;owned\x07\u202e")

    status, text = run(log.receipt(7))

    assert status == 0
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


@pytest.mark.parametrize("key", ["", "x", "a+b+c", VERIFIER[:-1], VERIFIER.replace("log", "lag")])
def test_a_key_that_is_none_is_refused(key: str, log: Log, run: Run) -> None:
    status, text = run(log.receipt(1), "--key", key, key=None)

    assert status == 1
    assert "Traceback" not in text


def test_what_cannot_be_read_or_was_not_given_is_said(
    log: Log, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, text = run("nowhere.json")
    assert (status, "nowhere.json cannot be read" in text) == (1, True)
    status, text = run(str(tmp_path))
    assert (status, "cannot be read" in text) == (1, True)
    status, text = run(changed(log.receipt(1), keys=[]), key=None)
    assert (status, text.startswith("It cannot be checked. No key came with")) == (1, True)
    status, text = run(log.receipt(1), key="log.example+00000000+AAAA")
    assert (status, text.startswith("It cannot be checked. The key is not")) == (1, True)
    with pytest.raises(SystemExit) as ended:
        run("--wrong", key=None)
    assert ended.value.code == 1
    assert "usage" in capsys.readouterr().err


# ---------------------------------------------------------------- archives


def test_an_archive_shows_a_record_without_gaps(log: Log, run: Run) -> None:
    made = edit(log, 300)
    listed = {"items/00000005.jsonl": b"".join(line + b"\n" for line in made)}

    status, text = run(log.archive(files=listed, waiting=2))

    assert status == 0
    assert "The record of this creator has no gap from 1 to 5." in text
    assert "2 newer events were not signed yet." in text
    assert "the list of its videos is complete, and the one that was recorded: 300" in text
    assert "the list of its videos is not in this archive" in run(log.archive())[1]


def test_an_archive_tells_the_first_events_and_all_where_asked(run: Run) -> None:
    log = Log()
    for _ in range(23):
        log.add()
    archive = log.archive()

    assert "… and 3 more events; --all shows them." in run(archive)[1]
    assert "Event 23 in the record" not in run(archive)[1]
    assert "Event 23 in the record" in run(archive, "--all")[1]


def repacked(archive: bytes, change: Callable[[zipfile.ZipFile], None]) -> bytes:
    made = BytesIO(archive)
    with zipfile.ZipFile(made, "a") as opened:
        change(opened)
    return made.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_that_is_not_whole_does_not_hold(log: Log, run: Run) -> None:
    made = edit(log, 3)
    listed = [line + b"\n" for line in made]
    second = "receipts/00000002.json"
    receipt = log.receipt(3)
    for archive, why in [
        (log.archive(files={second: None}), "has a gap: there ought to be the events 1 to 5, and"),
        (log.archive(files={"receipts/00000005.json": None}), "event 5 is missing"),
        (log.archive(files={"receipts/00000009.json": receipt}), "event 6 is missing"),
        (log.archive(files={"receipts/00000006.json": log.receipt(7)}), "there are 6"),
        (log.archive(files={second: log.receipt(1)}), "is the receipt of event 1"),
        (log.archive(files={second: log.receipt(2)}), f"another creator: {BOB}"),
        (log.archive(files={second: b"x" * 4_000_001}), "is too long"),
        (log.archive(files={second: b"\xff"}), "not text in UTF-8"),
        (log.archive(creator=BOB, files={"receipts/00000001.json": receipt}), "another creator"),
        (log.archive(files={"log.json": None}), "The archive has no log.json"),
        (log.archive(files={"log.json": b"{}"}), "not an archive of the kind"),
        (log.archive(note=log.note(4)), "another checkpoint than log.json"),
        (log.archive(files={"items/00000005.jsonl": b"".join(listed[:2])}), "list of its videos"),
        (log.archive(files={"items/00000005.jsonl": b"".join(listed * 2)}), "list of its videos"),
        (log.archive(files={"items/00000005.jsonl": b"".join(listed[::-1])}), "NOT the one"),
        (log.archive(files={"items/00000005.jsonl": listed[0][:-1]}), "is cut off"),
        (log.archive(files={"items/00000005.jsonl": b"\n"}), "is not JSON"),
        (log.archive(files={"items/00000002.jsonl": listed[0]}), "has no “changed”"),
        (repacked(log.archive(), lambda one: one.writestr(second, receipt)), "archive twice"),
    ]:
        status, text = run(archive)
        assert (status, why in text) == (1, True), text
    whole = log.archive()
    for place in range(0, len(whole), 97):
        assert run(whole[:place])[0] == 1
    assert run(whole[:60] + bytes(40) + whole[100:])[0] == 1


# ---------------------------------------------------------------- earlier files


def test_a_later_archive_continues_an_earlier_one(log: Log, run: Run) -> None:
    earlier = log.archive()
    log.add(BOB)
    log.add(ALICE)

    status, text = run(log.archive(continued=log.continued(7)), "--earlier", earlier)

    assert status == 0
    assert "the log of 9 events begins with the 7 that were signed then" in text
    assert "4 events in both files are the same" in text
    assert run(log.receipt(8, continued=log.continued(7)), "--earlier", earlier)[0] == 0
    assert (
        run(log.receipt(8, continued=log.continued(7)), "--earlier", log.receipt(1, size=7))[0] == 0
    )
    assert run(log.archive(), "--earlier", log.note().format().encode())[0] == 0


def test_that_a_log_continues_another_can_be_shown_by_a_proof_from_the_service(
    log: Log, run: Run
) -> None:
    earlier = log.archive()
    log.add(ALICE)
    newer = log.archive()
    [seven] = log.continued(7)
    shown = receipts_format.consistency_file(seven, log.note()).encode()
    log.add(BOB)
    both = [
        receipts_format.consistency_file(one, log.note()).encode() for one in log.continued(7, 8)
    ]

    status, text = run(newer, "--earlier", earlier)
    assert (status, "at /api/v1/audit/consistency?old=7" in text) == (1, True)
    assert text.startswith("It cannot be checked.")
    assert run(newer, "--earlier", earlier, "--consistency", shown)[0] == 0
    # Of a log that has grown since: that it continues both shows that one continues the other.
    one = run(newer, "--earlier", earlier, "--consistency", both[0])
    assert (one[0], "is not shown" in one[1]) == (1, True)
    assert (
        run(newer, "--earlier", earlier, *("--consistency", both[0], "--consistency", both[1]))[0]
        == 0
    )


def test_an_event_that_was_changed_since_is_found(log: Log, run: Run) -> None:
    """The log was written anew from there on, and signed: every newer receipt holds by itself."""
    earlier = log.archive()
    old = log.receipt(1)
    log.events[1] = log.events[1].replace(b'"off"', b'"allowed"')
    log.add(ALICE)
    newer = log.archive(continued=log.continued(7))
    assert run(newer)[0] == 0

    for one in (earlier, old):
        status, text = run(newer, "--earlier", one)
        assert (status, "Event 1 is NOT the same in both files" in text) == (1, True)
        assert text.startswith("It does NOT hold.")


def test_where_the_newer_file_does_not_even_hold_the_earlier_one_is_named(
    log: Log, run: Run
) -> None:
    earlier = log.archive()
    forged = {"receipts/00000001.json": log.receipt(1).replace(b"off", b"oft")}

    status, text = run(log.archive(files=forged), "--earlier", earlier)

    assert (status, "00000001.json: The event is NOT the one in the log" in text) == (1, True)
    assert "file2 holds by itself: what it says is what was signed. Keep it." in text
    assert run(log.archive(files=forged), "--earlier", log.archive(files=forged))[0] == 1


def test_an_event_of_somebody_else_that_was_changed_since_is_found(log: Log, run: Run) -> None:
    earlier = log.archive()
    forked = Log()
    forked.events = [log.events[0].replace(b"12:00", b"12:01"), *log.events[1:]]
    forked.last = dict(log.last)

    status, text = run(forked.archive(), "--earlier", earlier)
    assert (status, "NOT shown to continue" in text) == (1, True)
    forked.add(ALICE)
    status, text = run(forked.archive(continued=forked.continued(7)), "--earlier", earlier)
    assert (status, "keep both files, they are evidence" in text) == (1, True)


def test_an_event_that_is_gone_is_found(log: Log, run: Run) -> None:
    earlier = log.archive()
    shorter = Log()
    shorter.events = [*log.events[:6], *[log.events[0].replace(b"0b0", b"0b1")] * 4]

    status, text = run(shorter.archive(), "--earlier", earlier)

    assert (status, "Event 4 is in the earlier file, and missing" in text) == (1, True)


def test_files_of_different_people_or_the_wrong_way_round_are_not_compared(
    log: Log, run: Run
) -> None:
    earlier = log.archive()
    log.add(ALICE)
    newer = log.archive(continued=log.continued(7))

    status, text = run(newer, "--earlier", log.archive(BOB))
    assert (status, f"of another creator, {BOB}" in text) == (1, True)
    status, text = run(log.receipt(3, size=7), "--earlier", newer)
    assert (status, "the other way round" in text) == (1, True)
    status, text = run(newer, "--earlier", earlier[:300])
    assert (status, "file2: The archive is cut off" in text) == (1, True)
    status, text = run(newer, "--earlier", earlier, "--consistency", b"old 07\n\n")
    assert status == 1
    wrong = [receipts_format.Continued(7, log.continued(6)[0].hashes)]
    status, text = run(log.archive(continued=wrong), "--earlier", earlier)
    assert (status, "NOT shown to continue" in text or "hashes" in text) == (1, True)


def test_a_key_that_came_with_the_earlier_file_counts_for_both(log: Log, run: Run) -> None:
    earlier = log.archive()
    stranger = Log(Signer.generate("log.example"))
    stranger.events = log.events

    assert run(log.archive(), "--earlier", earlier, key=None)[0] == 0
    status, text = run(stranger.archive(), "--earlier", earlier, key=None)
    assert (status, "NOT signed with the key" in text) == (1, True)


def test_both_proofs_of_both_implementations_agree() -> None:
    """The verifier follows the RFC's own steps, audit.tree the shape of the tree."""
    leaves = [tree.leaf_hash(bytes([one])) for one in range(33)]
    tops = [tree.root(leaves[:size]) for size in range(34)]
    heads = [verify_receipt.Head("log.example", size, top) for size, top in enumerate(tops)]

    def holds(check: Callable[..., Any], *given: Any, leads_to: Any = None) -> bool:
        try:
            return bool(check(*given) == leads_to)
        except verify_receipt.Refused:
            return False

    inclusion, consistency = verify_receipt.root_from, verify_receipt.check_consistency
    for size in range(1, 34):
        for index in range(size):
            leaf, proof = leaves[index], tree.inclusion_proof(index, leaves[:size])
            assert holds(inclusion, leaf, index, size, proof, leads_to=tops[size])
            for wrong in ([*proof[:-1]], [*proof, leaf], [leaf, *proof]):
                assert wrong == proof or not holds(
                    inclusion, leaf, index, size, wrong, leads_to=tops[size]
                )
            old, new = heads[index + 1], heads[size]
            path = tree.consistency_proof(index + 1, leaves[:size])
            assert holds(consistency, old, new, path)
            for wrong in ([*path[:-1]], [*path, leaf], [leaf, *path]):
                assert wrong == path or not holds(consistency, old, new, wrong)


def test_the_readme_of_an_archive_names_the_program() -> None:
    assert "python verify_receipt.py receipts.zip --key KEY" in receipts_format.README
