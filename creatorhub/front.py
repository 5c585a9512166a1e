"""Serves Django over ASGI, so that a slow client costs a connection and never a thread.

    connection ──headers──> [granian]   a deadline for them
         │
         └──body──> Body                who may send so much is asked first; a deadline; spooled
                      │
                    Lanes               a free thread of the right kind, with its own connection
                      │                 to the database
                    Django              middleware and view, synchronous
                      │
    connection <──parts── Front         one piece after another, each with a deadline; the thread
                                        is free again

A lane is one thread that stays. Some are kept for requests that say no (`says_no`), so that
turning off never waits behind anything else. docs/decisions/0021 says why and what was measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from io import BytesIO
from typing import IO, Any

from asgiref.sync import ThreadSensitiveContext
from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import APIException
from rest_framework.settings import api_settings

from creatorhub.errors import REFUSED, TOO_LARGE, Forbidden, Refused
from creatorhub.models import User

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

FROM_ANYONE = 256 * 1024  # bytes of a body that are read before anybody is asked who sends them
DROPPED = 1024**3  # bytes above what is kept that are read, so that a browser shows our answer
BODY_GRACE = 20.0  # seconds for any body
BODY_RATE = 16 * 1024  # bytes a second that a longer one must keep up, as a whole
SEND_WITHIN = 30.0  # seconds in which a client takes one piece of an answer
LANE_WITHIN = 30.0  # seconds that a request waits for a thread


class Busy(Exception):
    """No thread became free in time."""


class Lanes:
    """Threads for the synchronous part of requests: `count` for all, and `kept` more for those
    that say no. At most half of `count` work for people who are not signed in, and a quarter with
    files at a time."""

    def __init__(self, *, count: int, kept: int) -> None:
        self._free: asyncio.LifoQueue[ThreadPoolExecutor] = asyncio.LifoQueue()
        for _number in range(count + kept):
            self._free.put_nowait(ThreadPoolExecutor(1, thread_name_prefix="lane"))
        self._ordinary = asyncio.Semaphore(count)
        self._shares = {
            "anonymous": asyncio.Semaphore(max(1, count // 2)),
            "files": asyncio.Semaphore(max(1, count // 4)),
        }

    @contextlib.asynccontextmanager
    async def take(self, kind: str) -> AsyncIterator[Turn]:
        """A lane for `kind`: "no", "anonymous", "files" or "". Raises Busy."""
        async with contextlib.AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(LANE_WITHIN):
                    if share := self._shares.get(kind):
                        await stack.enter_async_context(share)
                    if kind != "no":
                        await stack.enter_async_context(self._ordinary)
                    lane = await self._free.get()
            except TimeoutError:
                raise Busy from None
            stack.callback(_give_back, lane, self._free)
            yield Turn(lane, stack)


def _give_back(lane: ThreadPoolExecutor, queue: asyncio.LifoQueue[ThreadPoolExecutor]) -> None:
    """Once the thread has ended what it does, also for a client that has left meanwhile."""
    loop = asyncio.get_running_loop()
    lane.submit(lambda: loop.call_soon_threadsafe(queue.put_nowait, lane))


class Turn:
    """A lane that is held until `end()`."""

    def __init__(self, lane: ThreadPoolExecutor, stack: contextlib.AsyncExitStack) -> None:
        self.lane = lane
        self._stack = stack

    async def end(self) -> None:
        await self._stack.aclose()


class Body:
    """The body of one request, in memory or, if it is long, in a file of the folder for uploads.
    Called, it is what ASGI calls `receive`, after the body."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - Django closes it
            max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE, dir=settings.FILE_UPLOAD_TEMP_DIR
        )
        self.received = 0

    async def read(self, *, keep: int, most: int) -> None:
        """Read all of it and keep the first `keep` bytes. Raises Refused for more than `most` and
        for a body that is too slow, RequestAborted if the client leaves."""
        begun = asyncio.get_running_loop().time()
        more = True
        while more:
            due = begun + BODY_GRACE + self.received / BODY_RATE
            try:
                async with asyncio.timeout_at(due):
                    message = await self._receive()
            except TimeoutError:
                raise too_slow() from None
            if message["type"] == "http.disconnect":
                raise RequestAborted
            part = message.get("body", b"")
            self.file.write(part[: max(0, keep - self.received)])
            self.received += len(part)
            if self.received > most:
                raise too_much()
            more = message.get("more_body", False)
        self.file.seek(0)

    def clear(self) -> None:
        """What was read of a body that is refused is not given to Django."""
        self.file.seek(0)
        self.file.truncate()

    async def __call__(self) -> Message:
        """Wait for the client to leave. What else it sends is dropped."""
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return message


class Front(ASGIHandler):
    """Django's handler for ASGI, with bounded threads, bodies and deadlines.

    `lanes` and `kept` are threads, each with a connection to the database of its own."""

    def __init__(self, *, lanes: int, kept: int) -> None:
        super().__init__()
        self.lanes = Lanes(count=lanes, kept=kept)
        self._readers = ThreadPoolExecutor(max(2, lanes // 4), thread_name_prefix="reader")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            await self._serve(scope, Body(receive), _within_deadline(send))

    async def _serve(self, scope: Scope, body: Body, send: Send) -> None:
        """Handle one request, of which the body is not read yet."""
        view = _view_of(scope)
        try:
            try:
                await self._read(scope, body, view)
            except Refused as refused:
                body.clear()
                scope[REFUSED] = refused
            async with (
                self.lanes.take(_kind(scope, view)) as turn,
                ThreadSensitiveContext(executor=turn.lane),
            ):
                scope["creatorhub.turn"] = turn
                await self.handle(scope, body, send)
        except RequestAborted:
            body.file.close()
        except Busy:
            body.file.close()
            await _busy(send)

    async def _read(self, scope: Scope, body: Body, view: Any) -> None:
        """Read the body, if this client may send one so large. Raises Refused."""
        announced = _announced(scope)
        if announced is not None and announced <= FROM_ANYONE:
            if announced:
                await body.read(keep=announced, most=announced)
            return
        user = await self._in_lane(sender, ASGIRequest(scope, BytesIO()))
        largest = getattr(view, "largest_body", None)
        if user is None:
            raise not_signed_in() if largest else too_much()
        if largest:
            keep = await self._in_lane(largest, user)
            most = keep + DROPPED
        else:
            keep = most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if announced is not None and announced > most:
            raise too_much()
        await body.read(keep=keep, most=most)

    async def _in_lane(self, function: Callable[..., Any], *arguments: Any) -> Any:
        async with self.lanes.take("") as turn:
            run = asyncio.get_running_loop().run_in_executor
            return await run(turn.lane, _with_connection, function, *arguments)

    async def read_body(self, receive: Any) -> IO[bytes]:
        body: IO[bytes] = receive.file
        return body

    async def run_get_response(self, request: HttpRequest) -> HttpResponseBase:
        """The answer. The lane is free from here on: what is streamed is read piece by piece."""
        try:
            response: HttpResponseBase = await super().run_get_response(request)
        finally:
            await request.scope["creatorhub.turn"].end()  # type: ignore[attr-defined]
        if response.streaming and not response.is_async:  # type: ignore[attr-defined]
            response.streaming_content = self._pieces(iter(response))  # type: ignore[attr-defined]
        return response

    async def _pieces(self, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
        run = asyncio.get_running_loop().run_in_executor
        while piece := await run(self._readers, _with_connection, next, pieces, b""):
            yield piece


def sender(request: ASGIRequest) -> User | None:
    """Who sends this request, by session or token; None for nobody. Three queries at most."""
    engine = import_module(settings.SESSION_ENGINE)
    request.session = engine.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    user = get_user(request)
    if isinstance(user, User):
        return user
    kinds: list[type[BaseAuthentication]] = api_settings.DEFAULT_AUTHENTICATION_CLASSES  # type: ignore[assignment]
    for kind in kinds:
        authenticator = kind()
        if isinstance(authenticator, SessionAuthentication):
            continue
        with contextlib.suppress(APIException):
            if found := authenticator.authenticate(request):  # type: ignore[arg-type]
                return found[0] if isinstance(found[0], User) else None
    return None


def not_signed_in() -> Refused:
    return Forbidden(_("Sign in first; then send it again."), code="not_authenticated", status=401)


def too_slow() -> Refused:
    return Refused(
        _("This arrived too slowly, and nothing was done. Try again on a better connection."),
        code="too_slow",
        status=408,
    )


def too_much() -> Refused:
    return Refused(TOO_LARGE, code="too_large", status=413)


def _with_connection(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call it in a thread that is not in a request, with a database connection that works."""
    close_old_connections()
    try:
        return function(*arguments)
    finally:
        close_old_connections()


def _view_of(scope: Scope) -> Any:
    """The view of this address, or for a view of the API its class, which carries the marks; None
    if there is none."""
    try:
        view = resolve(scope["path"]).func
    except Resolver404:
        return None
    return getattr(view, "cls", view)


def _kind(scope: Scope, view: Any) -> str:
    """See Lanes. Who only claims to be signed in is answered quickly."""
    headers = dict(scope["headers"])
    cookie = f"{settings.SESSION_COOKIE_NAME}=".encode()
    if b"authorization" not in headers and cookie not in headers.get(b"cookie", b""):
        return "anonymous"
    if getattr(view, "says_no", False):
        return "no"
    return "files" if scope["method"] == "POST" and hasattr(view, "largest_body") else ""


def _announced(scope: Scope) -> int | None:
    """Bytes of the body; None if the client does not say."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return None
    length = headers.get(b"content-length", b"0")
    return int(length) if length.isdigit() and len(length) < 20 else None


def _within_deadline(send: Send) -> Send:
    """Gives up a client that does not take the next piece in time."""

    async def send_soon(message: Message) -> None:
        try:
            async with asyncio.timeout(SEND_WITHIN):
                await send(message)
        except TimeoutError:
            raise asyncio.CancelledError from None

    return send_soon


async def _busy(send: Send) -> None:
    """Every lane is taken, so there is no thread to draw a page in."""
    text = _("CreatorHub is very busy. Try again in a minute.").encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(text)).encode()),
        (b"retry-after", b"60"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": text})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
