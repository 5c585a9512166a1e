"""Sends a stored file. The caller has checked that the person may see it; there is no other way to
a file. While it is sent, the caller is asked again, so that a withdrawal ends what is under way.

A request for one range gets it (RFC 9110, section 14); a request for several gets the whole file.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from django.core.files.storage import default_storage
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
    StreamingHttpResponse,
)
from django.utils.http import content_disposition_header, http_date, parse_http_date_safe

from creatorhub.errors import Refused
from library.files import local_path

CHUNK = 64 * 1024  # bytes
ASK_EVERY = 1.0  # seconds of sending after which it is asked whether to go on
LINK_LASTS = 20  # seconds in which a signed address of an external storage can be opened
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.IGNORECASE)


class NoLongerAllowed(ConnectionResetError):
    """What was being sent may not be seen any more: the connection ends before the file does.
    Servers take it for a client that left, and write no traceback."""


class _Slice(Iterator[bytes]):
    """The next `length` bytes of an open file. Closes it at the end, and as soon as `ask_again`
    refuses, which is called after each second of sending. Raises NoLongerAllowed then."""

    def __init__(
        self,
        file: BinaryIO,
        length: int,
        *,
        ask_again: Callable[[], object],
        clock: Callable[[], float],
    ) -> None:
        self.file = file
        self.left = length
        self.ask_again = ask_again
        self.clock = clock
        self.asked = clock()

    def __next__(self) -> bytes:
        if self.left and self.clock() - self.asked >= ASK_EVERY:
            self._ask()
        chunk = self.file.read(min(CHUNK, self.left)) if self.left else b""
        if not chunk:
            self.close()
            raise StopIteration
        self.left -= len(chunk)
        return chunk

    def _ask(self) -> None:
        try:
            self.ask_again()
        except (Refused, Http404) as refusal:
            self.close()
            raise NoLongerAllowed(errno.ECONNRESET, str(refusal)) from None
        self.asked = self.clock()

    def close(self) -> None:
        self.file.close()


def serve(
    request: HttpRequest,
    key: str,
    *,
    content_type: str,
    ask_again: Callable[[], object],
    filename: str = "",
    download: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> HttpResponseBase:
    """The file or the requested part of it: 200, 206, 304 or 416. No cache may store it, because a
    moment later it may be forbidden. Raises Http404 if there is no such file.

    Does not check who asks. `ask_again` does, from the rows as they are then: it is called after
    each second (of `clock`) of sending, and where it raises Refused or Http404 the sending ends.
    For an external storage it redirects to a signed address, which can be opened for LINK_LASTS
    seconds; what was opened there goes on to its end.
    """
    if not key:
        raise Http404
    disposition = content_disposition_header(download, filename) if filename or download else None
    path = local_path(key)
    if path is None:
        return _elsewhere(key, content_type=content_type, disposition=disposition)
    try:
        file = path.open("rb")
    except OSError:
        raise Http404 from None
    try:
        response = _answer(request, cast(BinaryIO, file), ask_again=ask_again, clock=clock)
    except BaseException:
        file.close()
        raise
    response["Accept-Ranges"] = "bytes"
    _private(response)
    if response.status_code in (200, 206):
        response["Content-Type"] = content_type
        if disposition:
            response["Content-Disposition"] = disposition
    return response


def _answer(
    request: HttpRequest,
    file: BinaryIO,
    *,
    ask_again: Callable[[], object],
    clock: Callable[[], float],
) -> HttpResponseBase:
    """The response for an open file. Either this function or the response closes it."""
    status = os.fstat(file.fileno())
    size, changed = status.st_size, int(status.st_mtime)
    mark = f"{status.st_ino}:{status.st_mtime_ns}:{size}".encode()
    etag = f'"{hashlib.sha256(mark).hexdigest()[:32]}"'
    if _matches(request.headers.get("If-None-Match", ""), etag):
        file.close()
        unchanged = HttpResponseNotModified()
        unchanged["ETag"] = etag
        return unchanged
    wanted = request.headers.get("Range", "")
    if request.method != "GET" or not _still(request.headers.get("If-Range"), etag, changed):
        wanted = ""
    part = _parse(wanted, size)
    response: HttpResponseBase
    if part is None:
        file.close()
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{size}"
        return response
    start, length = part
    if request.method == "HEAD":
        file.close()
        response = HttpResponse()
    else:
        file.seek(start)
        sent = _Slice(file, length, ask_again=ask_again, clock=clock)
        response = StreamingHttpResponse(sent)
    if wanted and length != size:
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    response["Content-Length"] = str(length)
    response["ETag"] = etag
    response["Last-Modified"] = http_date(changed)
    return response


def _parse(header: str, size: int) -> tuple[int, int] | None:
    """Start and length to send: the whole file if the header is missing or not understood. None for
    a range outside the file."""
    whole = (0, size)
    # int() raises for a number of thousands of digits.
    match = _RANGE.fullmatch(header.replace(" ", "")) if len(header) < 100 else None
    if not match or match.groups() == ("", ""):
        return whole
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        return (size - length, length) if length else None
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return whole
    return (start, end - start + 1) if start < size else None


def _matches(header: str, etag: str) -> bool:
    """If-None-Match: weak comparison, section 13.1.2."""
    given = [part.strip().removeprefix("W/") for part in header.split(",")]
    return etag in given or given == ["*"]


def _still(header: str | None, etag: str, changed: int) -> bool:
    """If-Range: whether the file is still the one of which the client has a part, section
    13.1.5."""
    if not header:
        return True
    if header.startswith(('"', "W/")):
        return header == etag
    return parse_http_date_safe(header) == changed


def _elsewhere(key: str, *, content_type: str, disposition: str | None) -> HttpResponseBase:
    parameters = {"ResponseContentType": content_type, "ResponseCacheControl": "private, no-store"}
    if disposition:
        parameters["ResponseContentDisposition"] = disposition
    # Only storages with signed addresses accept these arguments.
    address = default_storage.url(key, parameters=parameters, expire=LINK_LASTS)  # type: ignore[call-arg]
    response = HttpResponse(status=302)
    response["Location"] = address
    _private(response)
    return response


def _private(response: HttpResponseBase) -> None:
    response["Cache-Control"] = "private, no-store"
