"""Receipts of a creator's events, from the rows: one at a time, or all as an archive. What they are
stands in audit.receipts_format; verify_receipt.py checks them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Max, QuerySet
from django.utils.translation import gettext as _

from audit import keys, personal, proofs, receipts_format, services, tree, vocabulary
from audit.models import Checkpoint, Event
from audit.notes import Note, Proof
from audit.receipts_format import Continued, Item, Opened
from audit.sequencing import Broken
from audit.tiles import subtrees
from creatorhub.errors import Conflict, NotFound, Refused
from creatorhub.models import User

Address = Callable[[str], str]  # makes a path a whole address
AT_ONCE = 500  # events read by one query
MOST_WITH_ONE = 50  # proofs of continuity in a receipt by itself


def newest() -> Checkpoint:
    """One query. Raises NotFound before the first."""
    checkpoint = Checkpoint.objects.order_by("size").last()
    if checkpoint is None:
        raise NotFound(
            _("The log has no checkpoint yet. The first is signed some seconds after an event."),
            code="no_checkpoint",
        )
    return checkpoint


@contextmanager
def reported() -> Iterator[None]:
    """Says of a stored tree that has holes what it is, in place of a traceback."""
    try:
        yield
    except Broken as broken:
        raise Refused(
            _("The log cannot prove this now: %(why)s") % {"why": broken},
            code="log_broken",
            status=503,
        ) from None


def of_event(
    uuid: UUID, *, creator: User, address: Address, video: UUID | None = None
) -> tuple[str, bytes]:
    """The receipt of an event in the creator's own record, and the name of its file; with `video`
    that of the part of the edit that has the video, with its line.

    Raises NotFound where it is not theirs or has no such video, Conflict while it is not signed.
    """
    events = Event.objects.filter(creator=creator)
    event = events.filter(uuid=uuid).first()
    if event and video:
        part = vocabulary.event_with(event.written, video)
        event = events.filter(uuid=part).first() if part else None
    if event is None:
        raise NotFound(
            _("There is no such event in your record, or it is not about this video."),
            code="not_found",
        )
    item = _item(event, video) if video else None
    checkpoint = newest()
    maker = _Maker(checkpoint, address)
    with reported():
        leaf = getattr(event, "leaf", None)
        if leaf is None or leaf.index >= checkpoint.size:
            raise Conflict(
                _("This was written a moment ago and is signed soon. Try again in some seconds."),
                code="not_signed_yet",
            )
        before = services.hand_out(checkpoint, creator=creator)
        [data] = maker.receipts([event], maker.continued(before[-MOST_WITH_ONE:]), item)
    name = f"receipt-{event.creator_seq}" + (f"-{video}" if video else "")
    return f"{name}.json", data


def archive(*, creator: User, address: Address) -> tuple[str, Iterator[bytes]]:
    """All receipts of a creator as a ZIP, in pieces that are made as they are taken, and its name.
    Raises Conflict where nothing of theirs is signed yet."""
    checkpoint = newest()
    own = Event.objects.filter(creator=creator)
    signed = own.filter(leaf__index__lt=checkpoint.size)
    counted = signed.aggregate(number=Count("pk"), last=Max("creator_seq"))
    if not counted["number"]:
        raise Conflict(
            _("Nothing in your record is signed yet. Try again in some seconds."),
            code="not_signed_yet",
        )
    maker = _Maker(checkpoint, address)
    before = services.hand_out(checkpoint, creator=creator)
    with reported():
        continued = maker.continued(before)
    log = receipts_format.log_file(
        creator=str(creator.uuid),
        events=counted["last"],
        waiting=own.count() - counted["number"],
        note=maker.note,
        continued=continued,
    )
    name = f"receipts-{checkpoint.at:%Y-%m-%d}-{checkpoint.size}.zip"
    return name, _zipped(maker, log, signed)


def _zipped(maker: _Maker, log: bytes, events: QuerySet[Event]) -> Iterator[bytes]:
    out = _Pieces()
    at = maker.checkpoint.at.timetuple()[:6]

    def entry(name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, at)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        return info

    with zipfile.ZipFile(out, "w") as made:
        made.writestr(entry("README.txt"), receipts_format.README)
        made.writestr(entry("verify_receipt.py"), verifier())
        made.writestr(entry("key.txt"), "".join(f"{key}\n" for key in maker.keys))
        made.writestr(entry("log.json"), log)
        read = vocabulary.lines_reader()
        last = 0
        ordered = events.select_related("leaf").order_by("creator_seq")
        while part := list(ordered.filter(creator_seq__gt=last)[:AT_ONCE]):
            for event, data in zip(part, maker.receipts(part), strict=True):
                made.writestr(entry(f"receipts/{event.creator_seq:08}.json"), data)
                lines = read(event.written) if b'"items_root"' in bytes(event.body) else None
                if lines is not None:
                    with made.open(entry(f"items/{event.creator_seq:08}.jsonl"), "w") as file:
                        for line in lines:
                            file.write(line + b"\n")
                yield out.taken()
            last = part[-1].creator_seq or 0
    yield out.taken()


class _Pieces(io.RawIOBase):
    """What a ZIP is written to that is sent on at once: it cannot be read or gone back in."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def taken(self) -> bytes:
        """All that was written since."""
        data, self._held = bytes(self._held), bytearray()
        return data


@dataclass(slots=True)
class _Maker:
    """Makes receipts against one checkpoint. It reads each tile of the tree once, or once more."""

    checkpoint: Checkpoint
    address: Address
    note: Note = field(init=False)
    keys: Sequence[Any] = field(init=False)
    subtree: tree.Subtree = field(init=False)

    def __post_init__(self) -> None:
        self.note = Note.parse(self.checkpoint.note)
        self.keys = keys.verifiers()
        self.subtree = subtrees(self.checkpoint.size, proofs.tile)

    def continued(self, sizes: Sequence[int]) -> list[Continued]:
        size = self.checkpoint.size
        return [Continued(old, tree.consistency_proof(old, self.subtree, size)) for old in sizes]

    def receipts(
        self,
        events: Sequence[Event],
        continued: Sequence[Continued] = (),
        item: Item | None = None,
    ) -> Iterator[bytes]:
        """One for each event, all of which have leaves below the checkpoint. Two queries, and those
        for tiles."""
        bodies = {event.uuid: event.written for event in events}
        records = vocabulary.records_of(bodies, address=self.address)
        for event, read in zip(events, personal.read(events), strict=True):
            index = event.leaf.index
            hashes = tree.inclusion_proof(index, self.subtree, self.checkpoint.size)
            yield receipts_format.receipt(
                receipt_id=str(event.uuid) + (f"/{_video_of(item)}" if item else ""),
                event=bytes(event.body),
                proof=Proof(index, tuple(hashes), self.note),
                keys=self.keys,
                personal={
                    name: Opened(bytes(row.salt), row.data)
                    for name, row in read.rows.items()
                    if row
                },
                continued=continued,
                item=item,
                record=records.get(event.uuid),
            )


def _item(event: Event, video: UUID) -> Item:
    """The line of a video of an event, and its proof. Raises Refused where the lines are no longer
    those that were hashed."""
    body = event.written
    lines = vocabulary.lines_reader()(body) or []
    leaves = [tree.leaf_hash(line) for line in lines]
    wanted = f'"video":"{video}"'.encode()
    place = next((place for place, line in enumerate(lines) if wanted in line), None)
    if place is None or tree.root(leaves).hex() != body["items_root"]:
        raise Refused(
            _("The videos of this edit are no longer those that were recorded. Please tell us."),
            code="log_broken",
            status=503,
        )
    return Item(lines[place], place, tree.inclusion_proof(place, leaves))


def _video_of(item: Item) -> str:
    return item.line.rpartition(b'"video":"')[2].removesuffix(b'"}').decode()


def verifier() -> bytes:
    """verify_receipt.py, which every archive brings along."""
    return (Path(settings.BASE_DIR) / "verify_receipt.py").read_bytes()
