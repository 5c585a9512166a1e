"""A log in memory, as its rows would be, to change one thing and verify again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import tree
from audit.notes import Checkpoint, Note, Signer
from audit.verification import Known, Row, Signed, Verification

SIGNER = Signer("hub.test/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
START = datetime(2026, 11, 22, 12, tzinfo=UTC)
CREATORS = [UUID(int=number) for number in (11, 12, 13)]
STRANGER = UUID(int=99)
PEOPLE = {"render.published": "requester"}


@dataclass
class MemoryLog:
    """`every` leaves there is a checkpoint, and one at the end."""

    rows: list[Row]
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    checkpoints: list[Signed] = field(default_factory=list)
    counters: dict[int, int] = field(default_factory=dict)
    platform: int = 0

    def begin(self) -> Verification:
        sizes = [one.size for one in self.checkpoints]

        def following(size: int) -> Signed | None:
            place = bisect_right(sizes, size)
            return self.checkpoints[place] if place < len(sizes) else None

        known = Known("hub.test/log", (SIGNER.verifier,), PEOPLE, START)
        return Verification(known, nodes=lambda *at: self.nodes.get(at), following=following)

    def verify(self, rows: Iterable[Row] | None = None, begun: Verification | None = None) -> None:
        """Raises Wrong. With `begun` the rows are those after what it has taken."""
        verification = begun or self.begin()
        for row in self.rows if rows is None else rows:
            verification.take(row)
        verification.finish(self.counters.items(), self.platform)


def row_of(leaf: int | None, key: int, body: dict[str, Any], creator: int | None) -> Row:
    data = tree.canonical(body)
    return Row(
        leaf=leaf,
        key=key,
        uuid=str(body["id"]),
        action=body["action"],
        actor=body["actor"],
        creator=creator,
        creator_uuid=_text(body.get("creator")),
        creator_seq=body.get("creator_seq"),
        platform_seq=body.get("platform_seq"),
        correlation_id=str(body["correlation_id"]),
        subject=_text(body.get("subject")),
        at=body["at"],
        body=data,
        leaf_hash=tree.leaf_hash(data),
        person=_text(body.get("requester")),
    )


def _text(uuid: UUID | None) -> str | None:
    return str(uuid) if uuid else None


def body_number(number: int, random: Random) -> dict[str, Any]:
    event = UUID(int=random.getrandbits(128))
    return {"v": 2, "id": event, "correlation_id": event, "at": START + timedelta(seconds=number)}


def make_log(length: int, *, every: int = 50) -> MemoryLog:
    """Events of three creators and of the platform, old unnumbered ones among them, in a mixed
    order that is the same each time."""
    random = Random(length)
    log = MemoryLog([])
    for number in range(length):
        body, which = body_number(number, random), random.randrange(5)
        creator = None
        if which == 3:
            log.platform += 1
            body |= {"action": "remixer.resumed", "actor": f"staff:{CREATORS[0]}", "reason": "é\n"}
            body["platform_seq"] = log.platform
        elif which == 4 and number < length // 3:
            body |= {"action": "remixer.paused", "actor": "system:test", "reason": "", "v": 1}
        else:
            creator = which % 3 + 1
            log.counters[creator] = log.counters.get(creator, 0) + 1
            body |= {"creator": CREATORS[creator - 1], "creator_seq": log.counters[creator]}
            body |= {"action": "video.renamed", "actor": f"creator:{CREATORS[creator - 1]}"}
            body |= {"before": {"sha256": f"{number:064x}"}, "subject": UUID(int=number)}
            if number % 4 == 0:
                body |= {"action": "render.published", "requester": STRANGER}
        log.rows.append(row_of(number, 1000 + number, body, creator))
    seal(log, every=every)
    return log


def seal(log: MemoryLog, *, every: int) -> None:
    edge = tree.Range()
    for number, row in enumerate(log.rows):
        for level, closed in enumerate(edge.append(row.leaf_hash)):
            if level and level % 8 == 0:
                log.nodes[level // 8, number >> level] = closed
        if edge.size % every == 0 or edge.size == len(log.rows):
            previous = log.checkpoints[-1].size if log.checkpoints else 0
            log.checkpoints.append(signed(edge.size, previous, edge.root()))


def signed(size: int, previous: int, root: bytes, signer: Signer = SIGNER) -> Signed:
    text = Checkpoint("hub.test/log", size, root).format()
    return Signed(size, previous, root, Note(text, ()).signed(signer.sign(text)).format())


def renumbered(rows: Sequence[Row], start: int) -> Iterable[Row]:
    """As if nothing was missing, doubled or moved."""
    return (row._replace(leaf=start + place) for place, row in enumerate(rows))
