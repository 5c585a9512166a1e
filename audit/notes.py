"""Texts that the log and its witnesses sign, as bytes: C2SP signed-note, tlog-checkpoint,
tlog-cosignature (v1, Ed25519) and tlog-proof. Pure; whatever deviates is malformed.

A checkpoint is a signed note whose text is the log's name, the number of leaves and the root:

    example.com/log\\n
    3\\n
    rra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=\\n
    \\n
    — example.com/log ui8GwCF1+kWq…\\n          base64(4 bytes of key id || 64 of signature)
    — witness.example/w 2net5wAAAABqEiEg…\\n     base64(key id || 8 of time || 64 of signature)

    key id    = SHA-256(name || 0x0A || kind || public key)[:4]
    kind      = 0x01, which signs the text up to the empty line, or
                0x04, which signs "cosignature/v1\\ntime 1679315147\\n" || the text
    vkey      = name+hex(key id)+base64(kind || public key)

A tlog-proof says where a leaf is, and carries the checkpoint whole:

    c2sp.org/tlog-proof@v1\\n
    extra AAEC\\n                                 only where there is any
    index 1\\n
    base64 of a hash\\n                           as many as the way to the root has
    \\n
    (the checkpoint)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.tree import EMPTY_ROOT, HASH_SIZE, SIZE_LIMIT, Malformed, Mismatch

ED25519 = 0x01
COSIGNATURE = 0x04
PROOF_HEADER = "c2sp.org/tlog-proof@v1"
_SKEY_PREFIX = "PRIVATE+KEY+"
# A note with sixteen post-quantum cosignatures has some 80 kB.
MAX_BYTES = 1_000_000
MAX_SIGNATURES = 100


@dataclass(frozen=True, slots=True)
class Signature:
    """One line below a note. `blob` is what follows the key id: the signature, or in a
    cosignature the time and the signature."""

    name: str
    key_id: bytes
    blob: bytes

    def line(self) -> str:
        return f"— {self.name} {_encode(self.key_id + self.blob)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """`text` ends in a newline and is what is signed. Nothing is verified by parsing."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes | str) -> Note:
        """Raises Malformed."""
        text = _decode(data)
        place = text.rfind("\n\n")
        if place < 0 or not text.endswith("\n"):
            raise Malformed("A signed note is a text, an empty line and lines of signatures.")
        lines = text[place + 2 : -1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise Malformed(f"The note has more than {MAX_SIGNATURES} signatures.")
        signatures = tuple(_signature(line) for line in lines)
        if len({(one.name, one.key_id) for one in signatures}) < len(signatures):
            raise Malformed("The note is signed twice with the same key.")
        return cls(text[: place + 1], signatures)

    def format(self) -> str:
        return self.text + "\n" + "".join(one.line() for one in self.signatures)

    def signed(self, *more: Signature) -> Note:
        """With these signatures besides, each in the place of an earlier one by its key."""
        new = {(one.name, one.key_id) for one in more}
        kept = (one for one in self.signatures if (one.name, one.key_id) not in new)
        return Note(self.text, (*kept, *more))

    def verified_by(self, verifiers: Iterable[Verifier]) -> list[Verifier]:
        """Those of the known keys that signed it; lines of other keys are passed over. Raises
        Mismatch where none of them did, or where one's signature does not fit."""
        found = []
        for verifier in verifiers:
            for one in self.signatures:
                if (one.name, one.key_id) == (verifier.name, verifier.key_id):
                    verifier.verify(self.text, one)
                    found.append(verifier)
        if not found:
            names = ", ".join(dict.fromkeys(one.name for one in self.signatures))
            raise Mismatch(f"No known key signed it; the signatures name {names:.200}.")
        return found


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and its name; `key` is 32 bytes."""

    name: str
    key: bytes
    kind: int = ED25519

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.kind not in (ED25519, COSIGNATURE) or len(self.key) != 32:
            raise Malformed("The key is not an Ed25519 key of kind 1 or 4.")

    @property
    def key_id(self) -> bytes:
        material = bytes([self.kind]) + self.key
        return hashlib.sha256(self.name.encode() + b"\n" + material).digest()[:4]

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """From name+id+base64. Raises Malformed, also where the id is of another key."""
        parts = _decode(vkey).split("+", 2)
        if len(parts) != 3 or not re.fullmatch(r"[0-9a-f]{8}", parts[1], re.ASCII):
            raise Malformed("A verifier key is written name+8 hexadecimal digits+base64.")
        material = _bytes(parts[2], "The verifier key")
        verifier = cls(parts[0], material[1:], material[0] if material else 0)
        if verifier.key_id.hex() != parts[1]:
            raise Malformed("The id in the verifier key does not fit its name and key.")
        return verifier

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_encode(bytes([self.kind]) + self.key)}"

    def verify(self, text: str, signature: Signature) -> int | None:
        """The time of a cosignature, in seconds since 1970, or None. Raises Mismatch."""
        blob, time = signature.blob, None
        if self.kind == COSIGNATURE:
            time = int.from_bytes(blob[:8], "big")
            if len(blob) != 72 or time > SIZE_LIMIT:
                raise Malformed(f"The cosignature of {self.name} is not 72 bytes with a time.")
            blob, text = blob[8:], _cosigned(text, time)
        elif len(blob) != 64:
            raise Malformed(f"The signature of {self.name} is not 64 bytes long.")
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(blob, text.encode())
        except InvalidSignature:
            raise Mismatch(f"The signature of {self.name} does not fit the text.") from None
        return time


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key, its name and what it makes: signatures, or cosignatures."""

    name: str
    key: Ed25519PrivateKey
    kind: int = ED25519

    @classmethod
    def generate(cls, name: str, kind: int = ED25519) -> Signer:
        _check_name(name)
        return cls(name, Ed25519PrivateKey.generate(), kind)

    @classmethod
    def parse(cls, text: str) -> Signer:
        """From PRIVATE+KEY+name+id+base64(kind || 32 bytes), one line. Raises Malformed; the
        message does not repeat the key."""
        parts = text.strip().removeprefix(_SKEY_PREFIX).split("+", 2)
        if not text.startswith(_SKEY_PREFIX) or len(parts) != 3:
            raise Malformed("A private key is written PRIVATE+KEY+name+id+base64, on one line.")
        material = _bytes(parts[2], "The private key")
        if len(material) != 33:
            raise Malformed("The private key does not have 33 bytes.")
        signer = cls(parts[0], Ed25519PrivateKey.from_private_bytes(material[1:]), material[0])
        if signer.verifier.key_id.hex() != parts[1]:
            raise Malformed("The id in the private key does not fit its name and key.")
        return signer

    def secret(self) -> str:
        """The text that parse reads. Whoever has it signs in this name."""
        material = bytes([self.kind]) + self.key.private_bytes_raw()
        return f"{_SKEY_PREFIX}{self.name}+{self.verifier.key_id.hex()}+{_encode(material)}"

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self.key.public_key().public_bytes_raw(), self.kind)

    def sign(self, text: str, time: int | None = None) -> Signature:
        """`text` ends in a newline. A cosignature needs its `time`, in seconds since 1970."""
        _check_text(text)
        if (time is None) == (self.kind == COSIGNATURE):
            raise ValueError("A cosignature has a time, and a signature has none.")
        prefix = b""
        if time is not None:
            prefix, text = time.to_bytes(8, "big"), _cosigned(text, time)
        return Signature(self.name, self.verifier.key_id, prefix + self.key.sign(text.encode()))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The text of a checkpoint: `root` is the hash over the first `size` leaves of the log."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """From the text of a note. Raises Malformed."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() or not all(lines):
            raise Malformed("A checkpoint is at least three lines: origin, size and root.")
        origin, size, top, *extensions = lines
        checkpoint = cls(
            origin, _number(size, "The size"), decode_hash(top, "The root"), tuple(extensions)
        )
        if not checkpoint.size and checkpoint.root != EMPTY_ROOT:
            raise Malformed("The checkpoint of an empty log has another root than the empty tree.")
        return checkpoint

    def format(self) -> str:
        lines = [self.origin, str(self.size), _encode(self.root), *self.extensions]
        text = "".join(f"{line}\n" for line in lines)
        if Checkpoint.parse(text) != self:
            raise Malformed("The origin or an extension of the checkpoint has a newline.")
        _check_text(text)
        return text


def open_checkpoint(
    data: bytes | str, verifiers: Iterable[Verifier], origin: str
) -> tuple[Checkpoint, Note]:
    """The checkpoint in a note that one of these keys of the log signed. Raises Malformed, and
    Mismatch where it is another log's or none of the keys signed it."""
    note = Note.parse(data)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != origin:
        raise Mismatch(f"The checkpoint is of the log {checkpoint.origin}, not of {origin}.")
    note.verified_by(verifiers)
    return checkpoint, note


@dataclass(frozen=True, slots=True)
class Proof:
    """A tlog-proof: leaf `index`, from 0, is in the log of the checkpoint. `note` is the signed
    checkpoint; `extra` is not covered by anything."""

    index: int
    hashes: tuple[bytes, ...]
    note: Note
    extra: bytes | None = None

    @classmethod
    def parse(cls, data: bytes | str) -> Proof:
        """Raises Malformed. Whether it holds is for tree.verify_inclusion and the note's keys."""
        head, blank, checkpoint = _decode(data).partition("\n\n")
        header, *lines = head.split("\n")
        if header != PROOF_HEADER or not blank:
            raise Malformed(f"A proof begins with the line {PROOF_HEADER} and has a checkpoint.")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = _bytes(lines.pop(0).removeprefix("extra "), "The extra data")
        if not lines or not lines[0].startswith("index "):
            raise Malformed("The proof does not give the index of its leaf.")
        index = _number(lines.pop(0).removeprefix("index "), "The index")
        if len(lines) > 63:
            raise Malformed("The proof has more than 63 hashes.")
        hashes = tuple(decode_hash(line) for line in lines)
        note = Note.parse(checkpoint)
        Checkpoint.parse(note.text)
        return cls(index, hashes, note, extra)

    def format(self) -> str:
        extra = [] if self.extra is None else [f"extra {_encode(self.extra)}"]
        lines = [PROOF_HEADER, *extra, f"index {self.index}", *map(_encode, self.hashes), ""]
        return "".join(f"{line}\n" for line in lines) + self.note.format()


def _cosigned(text: str, time: int) -> str:
    return f"cosignature/v1\ntime {time}\n{text}"


def _decode(data: bytes | str) -> str:
    """The text of what came in, without control characters but the newline."""
    if len(data) > MAX_BYTES:
        raise Malformed(f"It is longer than {MAX_BYTES} bytes.")
    try:
        text = data.decode() if isinstance(data, bytes) else data
        text.encode()
    except UnicodeError:
        raise Malformed("It is not text in UTF-8.") from None
    if re.search(r"[\x00-\x09\x0b-\x1f]", text):
        raise Malformed("It has control characters other than the newline.")
    return text


def _check_text(text: str) -> None:
    if not _decode(text).endswith("\n"):
        raise Malformed("A text to sign ends in a newline.")


def _check_name(name: str) -> None:
    if not name or "+" in name or any(letter.isspace() for letter in name):
        raise Malformed("The name of a key is empty, or has a space or a plus sign.")
    _decode(name)


def _signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—":
        raise Malformed("A line of a signature is an em dash, a name and base64, with one space.")
    _check_name(parts[1])
    blob = _bytes(parts[2], "The signature")
    if len(blob) < 5:
        raise Malformed("The signature is shorter than five bytes.")
    return Signature(parts[1], blob[:4], blob[4:])


def _number(text: str, what: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text, re.ASCII) or int(text) > SIZE_LIMIT:
        raise Malformed(f"{what} is not a decimal number below 2**63 without leading zeros.")
    return int(text)


def decode_hash(text: str, what: str = "A hash of the proof") -> bytes:
    """32 bytes from their base64. Raises Malformed, naming `what`."""
    data = _bytes(text, what)
    if len(data) != HASH_SIZE:
        raise Malformed(f"{what} is not 32 bytes long.")
    return data


def _bytes(text: str, what: str) -> bytes:
    """Base64 of RFC 4648, section 4, in its one canonical spelling."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeError, binascii.Error):
        raise Malformed(f"{what} is not base64.") from None
    if _encode(data) != text:
        raise Malformed(f"{what} is not canonical base64.")
    return data


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
