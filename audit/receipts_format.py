"""How receipts of the log are written, as bytes. Pure; verify_receipt.py reads them, and
docs/receipts.md describes them.

A receipt is one JSON file. `event` is the text whose UTF-8 bytes were hashed, `proof` a C2SP
tlog-proof with its checkpoint; all else hangs on these two:

    {"consistency": [{"hashes": ["…"], "size": 12}],
     "event": "{\\"action\\":\\"consent.edited\\",…}",
     "item": {"hashes": ["…"], "index": 4, "line": "{\\"after\\":\\"off\\",…}"},
     "keys": ["log.example+0a1b2c3d+AaBb…"],
     "personal": {"reason": {"data": "…", "salt": "0a1b…"}},
     "proof": "c2sp.org/tlog-proof@v1\\nindex 41\\n…",
     "receipt_id": "…", "record": {…}, "schema_version": "creatorhub.receipt/1"}

An archive is a ZIP of all receipts of one creator, against one checkpoint:

    log.json              {"checkpoint": "…", "consistency": […], "creator": "…", "events": 2,
                           "schema_version": "creatorhub.receipts/1", "waiting": 0}
    receipts/00000001.json
    items/00000001.jsonl  the lines of all videos of the event, for one of an edit
    key.txt, README.txt, verify_receipt.py
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.notes import Note, Proof, Verifier

RECEIPT = "creatorhub.receipt/1"
ARCHIVE = "creatorhub.receipts/1"
README = """\
These are the receipts of everything in your record at CreatorHub, up to one signed moment.

To check them you need neither us nor the Internet, only Python 3.11 or newer:

    python -m pip install cryptography
    python verify_receipt.py receipts.zip --key KEY

KEY is the public key of the log. One is in key.txt; take it from our page about the log, or from
somebody you trust, because a forger would put another one here. Keep this file: with the option
--earlier a later one is compared with it, and shows whether anything was changed since.

receipts/   one file for each event; “event” in it is what was written, byte for byte
items/      for each edit, what it did to every single video
log.json    the signed checkpoint of the log, and how it continues those you were given before
"""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an event of an edit: `index`, from 0, among its lines ordered by video, and the
    proof to the root that the event carries."""

    line: bytes
    index: int
    hashes: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Continued:
    """That the log of the checkpoint continues the log of its first `size` events."""

    size: int
    hashes: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Opened:
    """A personal text and the salt that it was hashed with."""

    salt: bytes
    data: str


def receipt(
    *,
    receipt_id: str,
    event: bytes,
    proof: Proof,
    keys: Sequence[Verifier] = (),
    personal: Mapping[str, Opened] | None = None,
    continued: Sequence[Continued] = (),
    item: Item | None = None,
    record: Mapping[str, Any] | None = None,
) -> bytes:
    """One receipt, in UTF-8. `record` is the readable part, with the names of ISO/IEC TS 27560."""
    whole: dict[str, Any] = {
        "schema_version": RECEIPT,
        "receipt_id": receipt_id,
        "event": event.decode(),
        "proof": proof.format(),
    }
    if item:
        whole["item"] = {
            "line": item.line.decode(),
            "index": item.index,
            "hashes": _texts(item.hashes),
        }
    if personal:
        whole["personal"] = {
            name: {"salt": one.salt.hex(), "data": one.data} for name, one in personal.items()
        }
    if record:
        whole["record"] = dict(record)
    if continued:
        whole["consistency"] = _continued(continued)
    if keys:
        whole["keys"] = [str(key) for key in keys]
    return _json(whole)


def log_file(
    *, creator: str, events: int, waiting: int, note: Note, continued: Sequence[Continued] = ()
) -> bytes:
    """log.json of an archive: `events` receipts are in it, and so many more are `waiting` for a
    checkpoint that covers them."""
    return _json(
        {
            "schema_version": ARCHIVE,
            "creator": creator,
            "events": events,
            "waiting": waiting,
            "checkpoint": note.format(),
            "consistency": _continued(continued),
        }
    )


def consistency_file(one: Continued, note: Note) -> str:
    """The proof that a log continues an earlier one, by itself, as C2SP tlog-witness has it:

    old 3
    base64 of a hash, a line for each

    (the checkpoint)
    """
    return "\n".join([f"old {one.size}", *_texts(one.hashes), "", note.format()])


def _continued(proofs: Sequence[Continued]) -> list[dict[str, Any]]:
    return [{"size": one.size, "hashes": _texts(one.hashes)} for one in proofs]


def _texts(hashes: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(one).decode("ascii") for one in hashes]


def _json(whole: dict[str, Any]) -> bytes:
    return json.dumps(whole, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"
