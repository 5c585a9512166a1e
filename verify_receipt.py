#!/usr/bin/env python3
"""Checks receipts of CreatorHub's log, without CreatorHub: one file, no network, nothing but Python
3.11 or newer and the package cryptography.

    python verify_receipt.py receipt.json --key log.example+0a1b2c3d+AaBb…
    python verify_receipt.py receipts.zip --key key.txt --earlier older-receipts.zip

It says in words what a receipt proves and whether it holds, and ends with 0 if all of it does, and
with 1 if anything does not. The formats are RFC 6962, C2SP signed-note, tlog-checkpoint and
tlog-proof, and docs/receipts.md. It shares no code with the log, so that one checks the other.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

try:
    from lzma import LZMAError
except ImportError:  # a Python without it cannot read such archives either
    LZMAError = zlib.error  # type: ignore[misc,assignment]
try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    sys.exit("This program needs one package: python -m pip install cryptography")

RECEIPT, ARCHIVE = "creatorhub.receipt/1", "creatorhub.receipts/1"
LIMIT = 4_000_000  # bytes of one receipt, and of all other small files
CLOCKS = timedelta(days=1)  # how far ahead of this computer's clock a time may be
SHOWN = 20


class Refused(Exception):
    """The message is a sentence: what is wrong."""

    verdict = "It does NOT hold."


class Unchecked(Refused):
    """Something that the check needs is missing or is not what it was taken for."""

    verdict = "It cannot be checked."


# ---------------------------------------------------------------- bytes


def decoded(text: Any, what: str, size: int = 0) -> bytes:
    """Base64 in its one spelling."""
    try:
        data = base64.b64decode(str(text).encode("ascii"), validate=True)
    except (UnicodeError, binascii.Error):
        raise Refused(f"{what} is not base64.") from None
    if base64.b64encode(data).decode() != text or (size and len(data) != size):
        raise Refused(f"{what} is not canonical base64 of {size or 'some'} bytes.")
    return data


def number(text: str, what: str) -> int:
    if not re.fullmatch("0|[1-9][0-9]{0,18}", text) or int(text) >= 2**63:
        raise Refused(f"{what} is not a decimal number below 2**63.")
    return int(text)


def as_text(data: bytes, what: str) -> str:
    try:
        text = data.decode()
    except UnicodeError:
        raise Refused(f"{what} is not text in UTF-8.") from None
    return text


def as_json(text: str, what: str) -> dict[str, Any]:
    """An object in which no name stands twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise Refused(f"{what} has a name twice.")
        return dict(pairs)

    def refuse(spelling: str) -> NoReturn:
        raise Refused(f"{what} has {spelling:.20}; the log knows whole numbers only.")

    try:
        found = json.loads(text, object_pairs_hook=once, parse_float=refuse, parse_constant=refuse)
        json.dumps(found, ensure_ascii=False).encode()  # half a character is not text
    except (ValueError, RecursionError):
        raise Refused(f"{what} is not JSON.") from None
    if not isinstance(found, dict):
        raise Refused(f"{what} is not a JSON object.")
    return found


def canonical(text: str, what: str) -> dict[str, Any]:
    """A JSON object in the one spelling of RFC 8785, as the log writes it."""
    found = as_json(text, what)
    again = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if again != text:
        raise Refused(f"{what} is not in the canonical form that the log writes.")
    return found


def member(holder: dict[str, Any], name: str, kind: type, what: str) -> Any:
    """A member of a JSON object that has to be there."""
    value = holder.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Refused(f"{what} has no “{name}”, or it is of another type.")
    return value


def decoded_hashes(lines: list[Any]) -> list[bytes]:
    if len(lines) > 64:
        raise Refused("The proof has more hashes than any tree takes.")
    return [decoded(one, "A hash of the proof", 32) for one in lines]


# ---------------------------------------------------------------- the tree (RFC 6962, RFC 9162)


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_from(leaf: bytes, index: int, size: int, hashes: list[bytes]) -> bytes:
    """Where an inclusion proof leads to: RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        raise Refused(f"A tree of {size} leaves has no leaf {index}.")
    first, last, node = index, size - 1, leaf
    for one in hashes:
        if not last:
            raise Refused("The proof has more hashes than a tree of this size takes.")
        if first & 1 or first == last:
            node = node_hash(one, node)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            node = node_hash(node, one)
        first, last = first >> 1, last >> 1
    if last:
        raise Refused("The proof has fewer hashes than a tree of this size takes.")
    return node


def check_consistency(old: Head, new: Head, hashes: list[bytes]) -> None:
    """RFC 9162, section 2.1.4.2."""
    if not 0 < old.size <= new.size:
        raise Refused(f"A log of {new.size} events cannot continue one of {old.size}.")
    if old.size == new.size:
        if hashes or old.root != new.root:
            raise Refused(fork(old, new))
        return
    path = list(hashes)
    if old.size & (old.size - 1) == 0:
        path.insert(0, old.root)
    first, last = old.size - 1, new.size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    if not path:
        raise Refused("The proof has fewer hashes than trees of these sizes take.")
    before = after = path[0]
    for one in path[1:]:
        if not last:
            raise Refused("The proof has more hashes than trees of these sizes take.")
        if first & 1 or first == last:
            before, after = node_hash(one, before), node_hash(one, after)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            after = node_hash(after, one)
        first, last = first >> 1, last >> 1
    if last or before != old.root or after != new.root:
        raise Refused(fork(old, new))


def fork(old: Head, new: Head) -> str:
    return (
        f"The log of {new.size} events is NOT shown to continue the log of {old.size} events that"
        " was signed earlier. If the proof is complete, then what was written has been changed:"
        " keep both files, they are evidence."
    )


class Range:
    """The root over leaves that come one after the other."""

    def __init__(self) -> None:
        self.size = 0
        self.nodes: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        place, self.size = self.size, self.size + 1
        while place & 1:
            leaf, place = node_hash(self.nodes.pop(), leaf), place >> 1
        self.nodes.append(leaf)

    def root(self) -> bytes:
        if not self.nodes:
            return hashlib.sha256().digest()
        node = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            node = node_hash(left, node)
        return node


# ---------------------------------------------------------------- signed checkpoints (C2SP)


@dataclass(frozen=True)
class Key:
    name: str
    kind: int
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Key:
        parts = text.split("+", 2)
        if len(parts) != 3 or not parts[0] or re.search(r"\s", parts[0]):
            raise Unchecked("A key is written name+8 hexadecimal digits+base64.")
        try:
            material = decoded(parts[2], "The key", 33)
        except Refused as refused:
            raise Unchecked(str(refused)) from None
        key = cls(parts[0], material[0], material[1:])
        if key.kind not in (1, 4) or key.id.hex() != parts[1]:
            raise Unchecked("The key is not an Ed25519 key, or its id does not fit its name.")
        return key

    @property
    def id(self) -> bytes:
        material = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(material).digest()[:4]

    @property
    def line(self) -> tuple[str, bytes]:
        """By which a signature names it."""
        return self.name, self.id

    def signed(self, text: str, blob: bytes) -> datetime | None:
        """The time, of a cosignature. Raises Refused where the signature does not fit."""
        time = None
        data = text.encode()
        if self.kind == 4 and len(blob) == 72:
            seconds = int.from_bytes(blob[:8], "big")
            data, blob = f"cosignature/v1\ntime {seconds}\n".encode() + data, blob[8:]
            try:
                time = datetime.fromtimestamp(seconds, UTC)
            except (ValueError, OverflowError, OSError):
                raise Refused(f"The cosignature of {self.name} has no possible time.") from None
            if time > datetime.now(UTC) + CLOCKS:
                raise Refused(f"The cosignature of {self.name} is of the future: {time:%c} UTC.")
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(blob, data)
        except (InvalidSignature, ValueError):
            raise Refused(f"The signature of {self.name} does not fit the checkpoint.") from None
        return time


def split_note(note: str) -> tuple[str, dict[tuple[str, bytes], bytes]]:
    """The text of a signed note, and the signatures by name and id of their keys."""
    if len(note) > LIMIT or re.search(r"[\x00-\x09\x0b-\x1f]", note):
        raise Refused("The checkpoint is too long, or has control characters.")
    text, blank, below = note.rpartition("\n\n")
    if not blank or not below.endswith("\n"):
        raise Refused("The checkpoint is not a signed note: it is cut off, or something else.")
    signatures: dict[tuple[str, bytes], bytes] = {}
    for line in below[:-1].split("\n"):
        match = re.fullmatch(r"— ([^\s+]+) (\S+)", line)
        if not match:
            raise Refused("A line below the checkpoint is no signature.")
        blob = decoded(match[2], "A signature")
        if len(blob) < 5 or (match[1], blob[:4]) in signatures:
            raise Refused("A signature is too short, or there twice.")
        signatures[match[1], blob[:4]] = blob[4:]
    return text + "\n", signatures


@dataclass(frozen=True)
class Head:
    """A checkpoint that was signed."""

    origin: str
    size: int
    root: bytes


@dataclass
class Trust:
    """Whose signatures count. `given` says that the key was given by hand, and did not come with
    what it is to check."""

    keys: list[Key]
    given: bool
    witnesses: list[Key] = field(default_factory=list)
    witnessed: dict[str, datetime | None] = field(default_factory=dict)
    opened: dict[str, Head] = field(default_factory=dict)

    def open(self, note: str) -> Head:
        """The head of a checkpoint that a key of the log signed, and every witness."""
        if note not in self.opened:
            self.opened[note] = self._open(note)
        return self.opened[note]

    def _open(self, note: str) -> Head:
        text, signatures = split_note(note)
        lines = text[:-1].split("\n")
        if len(lines) < 3 or not all(lines):
            raise Refused("A checkpoint has a line for the log, for its size and for its root.")
        size = number(lines[1], "The size of the log")
        head = Head(lines[0], size, decoded(lines[2], "The root of the log", 32))
        if not head.size:
            raise Refused("The checkpoint is that of an empty log, which proves nothing.")
        names = sorted({key.name for key in self.keys})
        if head.origin not in names:
            raise Refused(
                f"The checkpoint is of another log, {head.origin}: the key is that of"
                f" {', '.join(names)}."
            )
        by = [key for key in self.keys if key.name == head.origin and key.line in signatures]
        if not by:
            raise Refused("The checkpoint is NOT signed with the key of the log.")
        for key in by:
            key.signed(text, signatures[key.line])
        for key in self.witnesses:
            if key.line not in signatures:
                raise Refused(f"The witness {key.name} has not signed the checkpoint.")
            self.witnessed[key.name] = key.signed(text, signatures[key.line])
        return head


# ---------------------------------------------------------------- receipts


@dataclass
class Seen:
    """What a file proves. `events` by creator_seq: the hash of the event and its place in the log;
    `proofs` that one log continues another: the old size, the hashes and the new head."""

    path: str
    creator: str | None = None
    archive: bool = False
    waiting: int = 0
    heads: dict[int, Head] = field(default_factory=dict)
    events: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    proofs: list[tuple[int, list[bytes], Head]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def meet(self, head: Head) -> None:
        if (known := self.heads.setdefault(head.size, head)) != head:
            raise Refused(fork(known, head))

    @property
    def latest(self) -> Head:
        return self.heads[max(self.heads)]


def check_receipt(text: str, trust: Trust, seen: Seen, items: Iterator[str] | None = None) -> int:
    """One receipt, and with `items` also all the lines of its event. Adds it to `seen`; the number
    of the event, or 0 for one of the platform."""
    receipt = as_json(text, "The receipt")
    if receipt.get("schema_version") != RECEIPT:
        raise Refused(f"This is not a receipt of the kind {RECEIPT}.")
    text = member(receipt, "event", str, "The receipt")
    event = canonical(text, "The event")
    check_event(event)
    head, index, hashes = parse_proof(member(receipt, "proof", str, "The receipt"), trust)
    leaf = leaf_hash(text.encode())
    if root_from(leaf, index, head.size, hashes) != head.root:
        raise Refused(
            "The event is NOT the one in the log: its bytes or its place are not what was signed."
        )
    seen.meet(head)
    creator = event.get("creator")
    if creator != (seen.creator if seen.archive or seen.events else creator):
        raise Refused(f"It is a receipt of another creator: {creator}, not {seen.creator}.")
    seen.creator = creator
    number_of: int = event.get("creator_seq", 0)
    seen.events[number_of] = (leaf, index)
    words = describe(event, index, head) + personal(event, receipt.get("personal", {}))
    if "item" in receipt:
        words.append(check_item(event, member(receipt, "item", dict, "The receipt")))
    if items is not None:
        words.append(check_items(event, items))
    elif seen.archive and "items_root" in event:
        words.append("  the list of its videos is not in this archive; the event has its root")
    check_record(event, receipt.get("record", {}))
    take_proofs(receipt.get("consistency", []), head, seen)
    seen.words.append("\n".join(words))
    return number_of


def check_event(event: dict[str, Any]) -> None:
    version = member(event, "v", int, "The event")
    if version not in (1, 2):
        raise Refused(f"The event is written in format {version}; this program knows 1 and 2.")
    for name in ("id", "action", "actor", "at"):
        member(event, name, str, "The event")
    if ("creator" in event) != ("creator_seq" in event):
        raise Refused("The event has a creator without a number, or a number without a creator.")
    if "creator" in event:
        member(event, "creator", str, "The event")
        if member(event, "creator_seq", int, "The event") < 1:
            raise Refused("The numbers of a record begin with 1.")
    try:
        at = datetime.strptime(event["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        raise Refused("The time of the event is not written as the log writes it.") from None
    if at > datetime.now(UTC) + CLOCKS:
        raise Refused(f"The event is of the future: {event['at']}.")


def parse_proof(text: str, trust: Trust) -> tuple[Head, int, list[bytes]]:
    """C2SP tlog-proof."""
    top, blank, note = text.partition("\n\n")
    lines = top.split("\n")
    if not blank or lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise Refused("The proof is not a C2SP tlog-proof.")
    if lines and lines[0].startswith("extra "):
        decoded(lines.pop(0)[6:], "The extra data of the proof")
    if not lines or not lines[0].startswith("index "):
        raise Refused("The proof does not say where the event is in the log.")
    index = number(lines.pop(0)[6:], "The index of the proof")
    return trust.open(note), index, decoded_hashes(lines)


def take_proofs(given: Any, head: Head, seen: Seen) -> None:
    """Proofs that the log of `head` continues earlier ones. What those were is for an earlier file
    to say, so they are checked against one (see compare)."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Refused("“consistency” is not a list of objects.")
    for one in given:
        hashes = decoded_hashes(member(one, "hashes", list, "A proof of consistency"))
        seen.proofs.append((member(one, "size", int, "A proof of consistency"), hashes, head))


def personal(event: dict[str, Any], given: Any) -> list[str]:
    """Names and texts, of which the event has only hashes."""
    if not isinstance(given, dict):
        raise Refused("“personal” is not an object.")
    hashed = {
        name: value["sha256"]
        for name, value in event.items()
        if isinstance(value, dict) and value.keys() == {"sha256"}
    }
    if extra := sorted(given.keys() - hashed.keys()):
        raise Refused(f"The event has no hash of “{extra[0]}”.")
    words = []
    for name, digest in hashed.items():
        if given.get(name) is None:
            words.append(f"  {name}: erased, or not in this receipt; the event has its hash")
            continue
        one = member(given, name, dict, "“personal”")
        data = member(one, "data", str, f"“{name}”")
        try:
            salt = bytes.fromhex(member(one, "salt", str, f"“{name}”"))
        except ValueError:
            raise Refused(f"The salt of “{name}” is not hexadecimal.") from None
        if hashlib.sha256(salt + data.encode()).hexdigest() != digest:
            raise Refused(f"The text of “{name}” is NOT the one that the event was written with.")
        words.append(f"  {name}: “{data}”")
    return words


def counted(event: dict[str, Any]) -> int:
    names = ("changed", "already", "superseded", "not_eligible")
    return sum(member(event, name, int, "The event, as one of an edit,") for name in names)


def check_item(event: dict[str, Any], item: dict[str, Any]) -> str:
    """One video in an edit of many."""
    text = member(item, "line", str, "The item")
    line = canonical(text, "The line of the video")
    index, size = member(item, "index", int, "The item"), counted(event)
    hashes = decoded_hashes(member(item, "hashes", list, "The item"))
    if root_from(leaf_hash(text.encode()), index, size, hashes).hex() != event.get("items_root"):
        raise Refused("The line of the video is NOT one of those that the event was written with.")
    if line.get("video") != event.get("subject", line.get("video")):
        raise Refused("The line is about another video than the event.")
    before, after = line.get("before"), line.get("after")
    return (
        f"  video {line.get('video')}: from “{before}” to “{after}”, {line.get('outcome')}"
        f" ({index + 1} of {size} in this event)"
    )


def check_items(event: dict[str, Any], lines: Iterator[str]) -> str:
    """All videos of an edit."""
    edge, size = Range(), counted(event)
    for text in lines:
        canonical(text, "The line of a video")
        edge.append(leaf_hash(text.encode()))
        if edge.size > size:
            break
    if edge.size != size or edge.root().hex() != event.get("items_root"):
        raise Refused("The list of its videos is NOT the one that the event was written with.")
    return f"  the list of its videos is complete, and the one that was recorded: {size}"


def check_record(event: dict[str, Any], record: Any) -> None:
    """What the readable part repeats from the event has to be the same there."""
    if not isinstance(record, dict):
        raise Refused("“record” is not an object.")
    events = record.get("events", [])
    if not isinstance(events, list) or not all(isinstance(one, dict) for one in events):
        raise Refused("“events” in the record is not a list of objects.")
    notice = record.get("privacy_notice", {})
    if not isinstance(notice, dict):
        raise Refused("“privacy_notice” is not an object.")
    of_record = {
        "record_id": event["id"],
        "pii_principal_id": event.get("creator"),
        "purpose": event.get("use"),
    }
    of_events = {
        "event_time": event["at"],
        "entity_id": event["actor"],
        "event_state": state_of(event),
        "validity_duration": event.get("until") or "-",
    }
    for holder, repeated in (
        (record, of_record),
        (notice, {"id": event.get("notice")}),
        *((one, of_events) for one in events),
    ):
        for name, value in repeated.items():
            if name in holder and holder[name] != value:
                raise Refused(f"The readable part says another “{name}” than the event in the log.")


def state_of(event: dict[str, Any]) -> str:
    """What became of a consent, in the word that the readable part has for it."""
    by_action = {"creator.opted_out": "withdrawn", "creator.opted_in": "changed"}
    by_terms = {
        "allowed": "given",
        "kept": "given",
        "kept_and_new": "given",
        "endless": "given",
        "off": "withdrawn",
    }
    return by_action.get(event["action"]) or by_terms.get(str(event.get("to")), "changed")


def describe(event: dict[str, Any], index: int, head: Head) -> list[str]:
    what = "An event of the whole platform"
    if "creator" in event:
        what = f"Event {event['creator_seq']} in the record of creator {event['creator']}"
    beside = {"v", "id", "action", "actor", "at", "creator", "creator_seq", "correlation_id"}
    first = (
        f"{what}: {event['action']}, by {event['actor']}, on {event['at'][:10]} at"
        f" {event['at'][11:19]} UTC. In the log {head.origin} it is number {index}."
    )
    told = in_words(event)
    return [
        first,
        *([f"  In words: {told}."] if told else []),
        *(
            f"  {name}: {value}"
            for name, value in event.items()
            if name not in beside and value not in (None, "") and not isinstance(value, dict)
        ),
    ]


def in_words(event: dict[str, Any]) -> str:
    """What the commonest events say, or nothing."""
    action, use = event["action"], event.get("use")
    if action == "creator.opted_out":
        return "everything was turned off, for all videos"
    if action == "creator.opted_in":
        return "what was stored was turned back on"
    number_of = event.get("changed", event.get("will_change"))
    if not use or number_of is None:
        return ""
    until = f" until {event['until']}" if event.get("until") else ""
    done = {
        "allowed": f"“{use}” was allowed{until}",
        "off": f"“{use}” was turned off",
        "former": f"“{use}” was put back as it had been",
    }.get(str(event.get("to")), f"“{use}” was changed{until}")
    return f"{done} for {number_of} {'video' if number_of == 1 else 'videos'}"


# ---------------------------------------------------------------- files


def read(path: str, trust: Trust) -> Seen:
    """A receipt, an archive of them, a checkpoint, or a proof that one log continues another."""
    seen = Seen(path)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            read_archive(archive, trust, seen)
        return seen
    text = whole(path)
    if text.startswith("{"):
        check_receipt(text, trust, seen)
    elif text.startswith("old "):  # as C2SP tlog-witness has it: old 3, hashes, -, checkpoint
        top, _, note = text.partition("\n\n")
        old, *lines = top.split("\n")
        seen.meet(trust.open(note))
        seen.proofs.append((number(old[4:], "The old size"), decoded_hashes(lines), seen.latest))
    else:
        seen.meet(trust.open(text))
    return seen


def whole(path: str) -> str:
    with Path(path).open("rb") as file:
        data = file.read(LIMIT + 1)
    if data.startswith(b"PK"):
        raise Refused("The archive is cut off, or damaged.")
    if len(data) > LIMIT:
        raise Refused("The file is too long for a receipt.")
    return as_text(data, "The file")


def read_archive(archive: zipfile.ZipFile, trust: Trust, seen: Seen) -> None:
    seen.archive = True
    names = archive.namelist()
    if len(set(names)) < len(names):
        raise Refused("A file is in the archive twice.")
    index = as_json(part(archive, "log.json"), "log.json")
    if index.get("schema_version") != ARCHIVE:
        raise Refused(f"This is not an archive of the kind {ARCHIVE}.")
    seen.creator = member(index, "creator", str, "log.json")
    seen.waiting = member(index, "waiting", int, "log.json")
    seen.meet(trust.open(member(index, "checkpoint", str, "log.json")))
    held = {
        int(match[1]): name
        for name in names
        if (match := re.fullmatch(r"receipts/([0-9]{1,18})\.json", name))
    }
    last = member(index, "events", int, "log.json")
    gap = next((seq for seq in range(1, max([last, *held]) + 1) if seq not in held), None)
    if gap or len(held) != last:
        raise Refused(
            f"The record has a gap: there ought to be the events 1 to {last}, and"
            + (f" event {gap} is missing." if gap else f" there are {len(held)}.")
        )
    for seq, name in sorted(held.items()):
        items = name.replace("receipts/", "items/") + "l"
        lines = item_lines(archive, items) if items in names else None
        try:
            found = check_receipt(part(archive, name), trust, seen, lines)
        except Refused as refused:
            raise Refused(f"{name}: {refused}") from None
        if found != seq:
            raise Refused(f"{name} is the receipt of event {found}.")
        if len(seen.heads) > 1:
            raise Refused(f"{name} has another checkpoint than log.json.")
    take_proofs(index.get("consistency", []), seen.latest, seen)


def part(archive: zipfile.ZipFile, name: str) -> str:
    try:
        file = archive.open(name)
    except KeyError:
        raise Refused(f"The archive has no {name}.") from None
    with file:
        data = file.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise Refused(f"{name} in the archive is too long.")
    return as_text(data, name)


def item_lines(archive: zipfile.ZipFile, name: str) -> Iterator[str]:
    with archive.open(name) as file:
        while line := file.readline(100_000):
            if not line.endswith(b"\n"):
                raise Refused(f"A line of {name} is cut off.")
            yield as_text(line[:-1], name)


# ---------------------------------------------------------------- earlier files


def compare(earlier: Seen, newer: Seen, others: list[Seen]) -> list[str]:
    """That the newer file continues the earlier one. What is shown, in words."""
    if earlier.creator and newer.creator and earlier.creator != newer.creator:
        raise Unchecked(
            f"The earlier file is of another creator, {earlier.creator}; the newer one of"
            f" {newer.creator}."
        )
    for seq, was in sorted(earlier.events.items()):
        if seq not in newer.events and newer.archive and seq:
            raise Refused(f"Event {seq} is in the earlier file, and missing in the newer one.")
        if newer.events.get(seq, was) != was and seq:
            raise Refused(
                f"Event {seq} is NOT the same in both files. It was changed after it was signed:"
                " keep both, they are evidence."
            )
    if earlier.latest.size > newer.latest.size:
        raise Unchecked(
            f"The earlier file is of a later log, of {earlier.latest.size} events; the other of"
            f" {newer.latest.size}. Give them the other way round."
        )
    files = [earlier, newer, *others]
    known = Seen("")
    for file in files:
        for head in file.heads.values():
            known.meet(head)
    # Which logs each is shown to be the beginning of. The largest first, so that theirs is known.
    above = {size: {size} for size in known.heads}
    proofs = [proof for file in files for proof in file.proofs]
    for size, hashes, head in sorted(proofs, key=lambda proof: -proof[2].size):
        if size in known.heads:
            check_consistency(known.heads[size], head, hashes)
            above[size] |= above[head.size]
    for size in sorted(earlier.heads):
        if not above[size] & above[newer.latest.size]:
            raise Unchecked(
                f"That the log of {newer.latest.size} events continues the one of {size} is not"
                " shown by these files. Get the proof from the service, at"
                f" /api/v1/audit/consistency?old={size}, and give it with --consistency FILE."
            )
    same = len(earlier.events.keys() & newer.events.keys())
    return [
        f"It continues {earlier.path}: the log of {newer.latest.size} events begins with the"
        f" {earlier.latest.size} that were signed then"
        + (f", and {same} events in both files are the same." if same else ".")
    ]


# ---------------------------------------------------------------- the program


def keys_of(values: list[str]) -> list[Key]:
    """Keys, or files that have one in each line."""
    found = []
    for value in values:
        is_key = "+" in value and not Path(value).exists()
        lines = [value] if is_key else whole(value).splitlines()
        found += [Key.parse(line.strip()) for line in lines if line.strip()]
    if not found:
        raise Unchecked("There is no key in what was given with --key.")
    return found


def keys_inside(path: str) -> list[Key]:
    """Those that came with a file. They say who signed only as far as the file is trusted."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            lines: Any = part(archive, "key.txt").splitlines()
    else:
        text = whole(path)
        lines = as_json(text, "The receipt").get("keys", []) if text.startswith("{") else []
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise Refused("“keys” is not a list of texts.")
    if not lines:
        raise Unchecked("No key came with the file: give the key of the log with --key.")
    return [Key.parse(line) for line in lines if line]


def beside(path: str, trust: Trust) -> Seen:
    """A file that the first one is compared with: what is wrong with it is said of it."""
    try:
        return read(path, trust)
    except Refused as refused:
        raise type(refused)(f"{path}: {refused}") from None


def check(given: argparse.Namespace) -> list[str]:
    keys = keys_of(given.key) if given.key else keys_inside(given.earlier or given.file)
    trust = Trust(keys, bool(given.key), keys_of(given.witness) if given.witness else [])
    try:
        newer = read(given.file, trust)
    except Refused as refused:
        trust.witnesses = []
        if not given.earlier or not beside(given.earlier, trust).events:
            raise
        raise type(refused)(
            f"{refused} But {given.earlier} holds by itself: what it says is what was signed."
            " Keep it."
        ) from None
    words = newer.words if given.all else newer.words[:SHOWN]
    if len(newer.words) > len(words):
        words.append(f"… and {len(newer.words) - len(words)} more events; --all shows them.")
    trust.witnesses, witnesses = [], trust.witnesses
    if given.earlier:
        others = [beside(path, trust) for path in given.consistency]
        words += compare(beside(given.earlier, trust), newer, others)
    head = newer.latest
    words += ["", "It holds." if newer.events else "The checkpoint holds."]
    words.append(
        f"Proven: whoever has the key of {head.origin} signed a log of {head.size} events"
        f" with the root {base64.b64encode(head.root).decode()}"
        + (", and all of the above is in it as it stands here, byte for byte." * bool(newer.events))
        + ("" if newer.events else ".")
    )
    if newer.archive:
        words.append(
            f"The record of this creator has no gap from 1 to {len(newer.events)}."
            + f" {newer.waiting} newer {_were(newer.waiting)} not signed yet." * bool(newer.waiting)
        )
    for witness in witnesses:
        time = trust.witnessed.get(witness.name)
        when = f" by {time:%Y-%m-%d, %H:%M} UTC" if time else ""
        words.append(f"The witness {witness.name} had seen no other log{when}.")
    words.append("Not proven: that what the events say is true, or that nothing happened besides.")
    if not trust.given:
        names = ", ".join(sorted({f"{key.name}+{key.id.hex()}" for key in keys}))
        words.append(
            f"The key came with the file itself: {names}. Compare it with the one that the service"
            " publishes, or give that one with --key."
        )
    return words


class Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(1, f"{self.format_usage()}{message}\n")


def _were(number: int) -> str:
    return "event was" if number == 1 else "events were"


def main() -> int:
    parser = Arguments(description="Checks receipts of CreatorHub's log.")
    parser.add_argument("file", help="a receipt, an archive of receipts, or a checkpoint")
    parser.add_argument("--key", action="append", help="the key of the log, or a file with keys")
    parser.add_argument("--witness", action="append", help="the key of a witness who has to sign")
    parser.add_argument("--earlier", help="an earlier receipt, archive or checkpoint")
    parser.add_argument(
        "--consistency",
        action="append",
        default=[],
        help="a proof that a log continues an earlier one, from the service",
    )
    parser.add_argument("--all", action="store_true", help="show every event of an archive")
    given = parser.parse_args()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        words = check(given)
    except Refused as refused:
        words, status = [f"{refused.verdict} {refused}"], 1
    except OSError as error:
        why = error.strerror or error  # bzip2 says with an OSError that data is damaged
        words, status = [f"{error.filename or given.file} cannot be read: {why}."], 1
    except (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, NotImplementedError, RuntimeError):
        words, status = ["It does NOT hold. The archive is damaged, or locked."], 1
    else:
        status = 0
    # What a file says must not steer the terminal.
    text = "\n".join(words) + "\n"
    text = "".join(one if one.isprintable() or one == "\n" else "\ufffd" for one in text)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


if __name__ == "__main__":
    sys.exit(main())
