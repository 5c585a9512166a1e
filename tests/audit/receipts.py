"""A log in memory, and receipts out of it as the product writes them: for tests of those who read
receipts without a database."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import receipts_format, tree
from audit.notes import Checkpoint, Note, Proof, Signer
from audit.receipts_format import Continued, Item, Opened

KEY = Signer("log.example", Ed25519PrivateKey.from_private_bytes(b"x" * 32))
ALICE = "00000000-0000-4000-8000-00000000a11c"
BOB = "00000000-0000-4000-8000-0000000000b0"


class Log:
    """Events in the order of the log. Those of alice are numbered; `fork` rewrites one."""

    def __init__(self, key: Signer = KEY, origin: str = "log.example") -> None:
        self.key = key
        self.origin = origin
        self.events: list[bytes] = []
        self.last: dict[str, int] = {}

    def add(self, creator: str = ALICE, **fields: Any) -> dict[str, Any]:
        seq = self.last[creator] = self.last.get(creator, 0) + 1
        body = {
            "v": 2,
            "id": f"00000000-0000-4000-9000-{len(self.events):012}",
            "action": "consent.edited",
            "actor": f"creator:{creator}",
            "at": "2026-11-22T12:00:00.000000Z",
            "creator": creator,
            "creator_seq": seq,
            **fields,
        }
        self.events.append(tree.canonical(body))
        return body

    def leaves(self, size: int | None = None) -> list[bytes]:
        return [tree.leaf_hash(event) for event in self.events[:size]]

    def note(self, size: int | None = None, **changed: Any) -> Note:
        leaves = self.leaves(size)
        given = {"origin": self.origin, "size": len(leaves), "root": tree.root(leaves), **changed}
        text = Checkpoint(**given).format()
        return Note(text, (self.key.sign(text),))

    def proof(self, index: int, size: int | None = None) -> Proof:
        hashes = tree.inclusion_proof(index, self.leaves(size))
        return Proof(index, tuple(hashes), self.note(size))

    def continued(self, *sizes: int) -> list[Continued]:
        return [Continued(size, tree.consistency_proof(size, self.leaves())) for size in sizes]

    def receipt(self, index: int, *, size: int | None = None, **more: Any) -> bytes:
        return receipts_format.receipt(
            receipt_id=json.loads(self.events[index])["id"],
            event=self.events[index],
            proof=self.proof(index, size),
            keys=[self.key.verifier],
            **more,
        )

    def archive(
        self,
        creator: str = ALICE,
        *,
        continued: Sequence[Continued] = (),
        files: Mapping[str, bytes | None] | None = None,
        **more: Any,
    ) -> bytes:
        """`files` are put in the place of, or beside, those of the archive; None leaves one out."""
        own = {
            int(body["creator_seq"]): index
            for index, event in enumerate(self.events)
            if (body := json.loads(event)).get("creator") == creator
        }
        parts: dict[str, bytes | None] = {
            "log.json": receipts_format.log_file(
                **{
                    "creator": creator,
                    "events": len(own),
                    "waiting": 0,
                    "note": self.note(),
                    "continued": continued,
                    **more,
                }
            ),
            "key.txt": f"{self.key.verifier}\n".encode(),
            **{f"receipts/{seq:08}.json": self.receipt(index) for seq, index in own.items()},
            **(files or {}),
        }
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            for name, data in parts.items():
                if data is not None:
                    archive.writestr(name, data)
        return made.getvalue()


def lines(number: int) -> list[bytes]:
    """The canonical lines of so many videos of an edit."""
    return [
        tree.canonical(
            {
                "video": f"00000000-0000-4000-8000-{place:012}",
                "before": "undecided",
                "after": "off",
                "outcome": "changed",
            }
        )
        for place in range(number)
    ]


def edit(log: Log, number: int, **fields: Any) -> list[bytes]:
    """An edit of so many videos as the newest event of the log; its lines."""
    made = lines(number)
    root = tree.root([tree.leaf_hash(line) for line in made]).hex()
    counts: dict[str, Any] = {"changed": number, "already": 0, "superseded": 0, "not_eligible": 0}
    log.add(use="remix", to="off", items_root=root, **counts, **fields)
    return made


def item(made: Sequence[bytes], place: int) -> Item:
    hashes = tree.inclusion_proof(place, [tree.leaf_hash(line) for line in made])
    return Item(made[place], place, hashes)


def hashed(salt: bytes, data: str) -> tuple[dict[str, str], Opened]:
    """A personal text as it stands in an event, and what opens it."""
    return {"sha256": hashlib.sha256(salt + data.encode()).hexdigest()}, Opened(salt, data)
