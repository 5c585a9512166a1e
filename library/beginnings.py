"""What do the first bytes of a file, and the frame of its container, say about it? Reads no video.

People upload all kinds of files: what is known by its beginning gets a sentence of its own.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from library import refusals
from library.refusals import AS_MP4, Refusal

HEAD = 4096  # bytes that are looked at
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"uuid")
_PICTURE_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif", b"crx ")
# (offset, bytes, the sentence)
_BEGINNINGS = (
    (0, b"#EXTM3U", refusals.PLAYLIST),
    (0, b"ffconcat", refusals.PLAYLIST),
    (0, b"v=0", refusals.PLAYLIST),
    (0, b"[playlist]", refusals.PLAYLIST),
    (8, b"AVI ", f"{refusals.AVI} {AS_MP4}"),
    (0, b"FLV", f"{refusals.FLASH} {AS_MP4}"),
    (0, b"FWS", f"{refusals.FLASH} {AS_MP4}"),
    (0, b"CWS", f"{refusals.FLASH} {AS_MP4}"),
    (0, b"GIF8", f"{refusals.GIF} {AS_MP4}"),
    (0, b"\x30\x26\xb2\x75", f"{refusals.WINDOWS_MEDIA} {AS_MP4}"),
    (0, b"OggS", f"{refusals.OGG} {AS_MP4}"),
    (0, b"\x00\x00\x01\xba", f"{refusals.MPEG} {AS_MP4}"),
    (0, b"\x06\x0e\x2b\x34", f"{refusals.MXF} {AS_MP4}"),
    (0, b".RMF", f"{refusals.REAL} {AS_MP4}"),
    (0, b"\x00\x00\x00\x01\x67", f"{refusals.RAW} {AS_MP4}"),
    (0, b"\x00\x00\x00\x01\x40", f"{refusals.RAW} {AS_MP4}"),
    (0, b"DKIF", f"{refusals.RAW} {AS_MP4}"),
    (0, b"\x89PNG", refusals.PICTURE),
    (0, b"\xff\xd8\xff", refusals.PICTURE),
    (0, b"II*\x00", refusals.PICTURE),
    (0, b"MM\x00*", refusals.PICTURE),
    (8, b"WEBP", refusals.PICTURE),
    (0, b"8BPS", refusals.PICTURE),
    (0, b"ID3", refusals.NO_PICTURE),
    (0, b"\xff\xfb", refusals.NO_PICTURE),
    (0, b"\xff\xf3", refusals.NO_PICTURE),
    (0, b"\xff\xf1", refusals.NO_PICTURE),
    (0, b"\xff\xf9", refusals.NO_PICTURE),
    (0, b"fLaC", refusals.NO_PICTURE),
    (0, b"#!AMR", refusals.NO_PICTURE),
    (8, b"WAVE", refusals.NO_PICTURE),
    (8, b"AIFF", refusals.NO_PICTURE),
    (0, b"PK\x03\x04", refusals.ARCHIVE),
    (0, b"Rar!", refusals.ARCHIVE),
    (0, b"7z\xbc\xaf", refusals.ARCHIVE),
    (0, b"\x1f\x8b", refusals.ARCHIVE),
    (0, b"%PDF", refusals.DOCUMENT),
    (0, b"\xd0\xcf\x11\xe0", refusals.DOCUMENT),
    (4, b"styp", refusals.PIECE),
    (4, b"moof", refusals.PIECE),
    (4, b"sidx", refusals.PIECE),
)


def check_beginning(path: str) -> None:
    """Raises Refusal for what is surely no video that we take."""
    with Path(path).open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise Refusal(refusals.EMPTY)
    for offset, magic, sentence in _BEGINNINGS:
        if head[offset:].startswith(magic):
            raise Refusal(sentence)
    if head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS:
        raise Refusal(refusals.PICTURE)
    if any(head[at : at + 2 * step + 1 : step] == b"GGG" for at, step in ((0, 188), (4, 192))):
        raise Refusal(f"{refusals.MPEG} {AS_MP4}")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<script")):
        raise Refusal(refusals.WEB_PAGE)
    if text.startswith((b"<mpd", b"<?xml")) and b"<mpd" in text:
        raise Refusal(refusals.PLAYLIST)


def why_unreadable(path: str) -> str:
    """The sentence for a file of which the demuxer makes nothing."""
    with Path(path).open("rb") as file:
        head = file.read(8)
        if head[4:] in _BOXES:
            # Cameras write the index last; whatever stops them loses it.
            return refusals.NO_HEADER if b"moov" in _boxes(file)[0] else refusals.CUT_SHORT
    return refusals.NO_HEADER if head.startswith(_EBML) else refusals.NOT_A_VIDEO


def is_cut(path: str) -> bool:
    """Does the container announce more bytes than the file has?"""
    with Path(path).open("rb") as file:
        head = file.read(HEAD)
        if head[4:8] in _BOXES:
            return _boxes(file)[1]
        return head.startswith(_EBML) and _is_cut_matroska(head, _length(file))


def _length(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _boxes(file: BinaryIO) -> tuple[set[bytes], bool]:
    """The kinds of the boxes of an MP4 that are not inside another, and whether the last one goes
    beyond the end of the file."""
    kinds: set[bytes] = set()
    at, length = 0, _length(file)
    for _ in range(10_000):  # a fragmented file has many; a forged one could have billions
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            return kinds, False
        size = int.from_bytes(header[:4], "big")
        kinds.add(header[4:8])
        if size == 1:
            size = int.from_bytes(header[8:16], "big")
        if size == 0:  # until the end of the file
            return kinds, False
        if at + size > length:
            return kinds, True
        at += max(size, 8)
    return kinds, False


def _is_cut_matroska(head: bytes, length: int) -> bool:
    at = head.find(_SEGMENT)
    if at < 0:
        return False
    size = head[at + 4 : at + 12]
    width = 9 - size[:1][0].bit_length() if size[:1] and size[0] else 0
    if not width or len(size) < width:
        return False
    value = int.from_bytes(size[:width], "big") & ((1 << (7 * width)) - 1)
    is_known = value != (1 << (7 * width)) - 1  # a streamed file does not know its size
    return is_known and at + 4 + width + value > length
