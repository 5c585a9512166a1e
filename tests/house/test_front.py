"""The ASGI front: slow clients hold no thread, and saying no never waits. Requests are spoken in
ASGI's own messages, so that a client can stop in the middle without any waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from consent.models import ConsentState
from creatorhub import front
from creatorhub.front import Front
from creatorhub.models import User
from library.models import Video
from tests.conftest import ClientOf

pytestmark = pytest.mark.django_db(transaction=True)
MIB = 1024**2
Send = Callable[[Any], Awaitable[None]]


class Answer:
    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.body = b""

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.lower(): value for name, value in message["headers"]}
        else:
            self.body += message.get("body", b"")


class Request:
    """A request of which the parts of the body in `sends` arrive, and then nothing more."""

    def __init__(
        self,
        method: str,
        path: str,
        *,
        client: Client | None = None,
        sends: Iterable[bytes] = (),
        complete: bool = True,
        headers: dict[str, str] | None = None,
    ) -> None:
        given = {
            "host": "localhost",
            **({"cookie": cookies_of(client)} if client else {}),
            **(headers or {}),
        }
        self.scope: dict[str, Any] = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
        }
        parts = list(sends)
        self.messages = [
            {"type": "http.request", "body": part, "more_body": not complete or n < len(parts) - 1}
            for n, part in enumerate(parts)
        ]
        self.read = 0
        self.answer = Answer()

    async def receive(self) -> Any:
        if self.read < len(self.messages):
            self.read += 1
            return self.messages[self.read - 1]
        return await asyncio.get_running_loop().create_future()  # never

    async def through(
        self, asgi: Front, send: Callable[[Any], Awaitable[None]] | None = None
    ) -> Answer:
        await asgi(self.scope, self.receive, send or self.answer.send)
        return self.answer


def cookies_of(client: Client) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def form_of(client: Client, path: str) -> dict[str, str]:
    """Headers for a form of this session, whose token is in its cookie."""
    client.get(path)
    return {
        "content-type": "application/x-www-form-urlencoded",
        "x-csrftoken": client.cookies["csrftoken"].value,
        "content-length": "0",
    }


def opt_out(client: Client) -> Request:
    return Request("POST", "/opt-out/", client=client, headers=form_of(client, "/opt-out/"))


def is_out(creator: User) -> bool:
    return ConsentState.objects.filter(creator=creator, opted_out=True).exists()


def test_slow_bodies_hold_no_thread(client_of: ClientOf, alice: User) -> None:
    request = opt_out(client_of(alice))

    async def trial() -> Answer:
        asgi = Front(lanes=1, kept=0)
        slow = [
            asyncio.create_task(
                Request(
                    "POST",
                    "/account/login/",
                    sends=[b"login="],
                    complete=False,
                    headers={"content-length": "1000"},
                ).through(asgi)
            )
            for _number in range(200)
        ]
        await asyncio.sleep(0)  # all of them have begun
        answer = await request.through(asgi)
        for task in slow:
            task.cancel()
        return answer

    assert asyncio.run(trial()).status == 303
    assert is_out(alice)


def test_a_body_that_stops_is_answered_and_not_acted_on(
    client_of: ClientOf, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "BODY_GRACE", 0.0)
    request = opt_out(client_of(alice))
    request.messages = []
    request.scope["headers"] = [
        (name, b"10" if name == b"content-length" else value)
        for name, value in request.scope["headers"]
    ]

    answer = asyncio.run(request.through(Front(lanes=2, kept=1)))

    assert answer.status == 408
    assert "This arrived too slowly, and nothing was done" in answer.body.decode()
    assert not is_out(alice)


@pytest.mark.parametrize("path", ["/upload/", "/api/v1/videos/", "/videos/spreadsheet/"])
def test_nobody_uploads_without_signing_in(path: str) -> None:
    """Refused before a byte of the body is read."""
    headers = {"content-type": "multipart/form-data; boundary=x", "content-length": str(100 * MIB)}
    request = Request("POST", path, sends=[b"x"], complete=False, headers=headers)

    answer = asyncio.run(request.through(Front(lanes=2, kept=1)))

    assert answer.status == 401
    assert "Sign in first" in answer.body.decode()


def test_a_large_body_without_a_sign_in_is_refused_unread() -> None:
    headers = {"content-length": str(front.FROM_ANYONE + 1)}
    request = Request("POST", "/api/v1/checks/", headers=headers)

    answer = asyncio.run(request.through(Front(lanes=2, kept=1)))

    assert answer.status == 413
    assert b'"code": "too_large"' in answer.body


def test_a_form_of_unknown_length_ends_at_the_limit(
    client_of: ClientOf, alice: User, settings: Settings
) -> None:
    headers = form_of(client_of(alice), "/opt-out/") | {"transfer-encoding": "chunked"}
    del headers["content-length"]
    client = client_of(alice)
    request = Request("POST", "/opt-out/", client=client, sends=[b"x" * MIB] * 8, headers=headers)

    answer = asyncio.run(request.through(Front(lanes=2, kept=1)))

    assert answer.status == 413
    assert not is_out(alice)


def test_of_a_file_above_the_limit_the_rest_is_dropped(
    client_of: ClientOf, alice: User, settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    client = client_of(alice)
    client.get("/upload/")
    token = client.cookies["csrftoken"].value
    start = (
        b"--x\r\nContent-Disposition: form-data; name=title\r\n\r\nMine\r\n"
        b"--x\r\nContent-Disposition: form-data; name=file; filename=a.mp4\r\n"
        b"Content-Type: video/mp4\r\n\r\n"
    )
    sends = [start, *([b"y" * MIB] * 5), b"\r\n--x--\r\n"]
    headers = {
        "content-type": "multipart/form-data; boundary=x",
        "content-length": str(sum(map(len, sends))),
        "x-csrftoken": token,
    }
    request = Request("POST", "/upload/", client=client, sends=sends, headers=headers)

    answer = asyncio.run(request.through(Front(lanes=2, kept=1)))

    assert answer.status == 413
    assert 'value="Mine"' in answer.body.decode()
    assert request.read == len(request.messages)
    assert not Video.objects.exists()


def test_saying_no_never_waits_for_other_requests(client_of: ClientOf, alice: User) -> None:
    request = opt_out(client_of(alice))

    async def trial() -> Answer:
        asgi = Front(lanes=1, kept=1)
        async with asgi.lanes.take("files"):
            return await request.through(asgi)

    assert asyncio.run(trial()).status == 303


def test_people_who_are_not_signed_in_get_half_of_the_threads() -> None:
    async def trial() -> bool:
        lanes = front.Lanes(count=2, kept=0)
        async with lanes.take("anonymous"):
            third = asyncio.create_task(lanes.take("anonymous").__aenter__())
            await asyncio.sleep(0)
            async with lanes.take(""):
                waits = not third.done()
        third.cancel()
        return waits

    assert asyncio.run(trial())


def test_without_a_free_thread_the_answer_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "LANE_WITHIN", 0.0)

    async def trial() -> Answer:
        asgi = Front(lanes=1, kept=0)
        async with asgi.lanes.take(""):
            return await Request("GET", "/account/login/").through(asgi)

    answer = asyncio.run(trial())

    assert answer.status == 503
    assert answer.headers[b"retry-after"] == b"60"
    assert "very busy" in answer.body.decode()


def test_who_takes_an_answer_slowly_holds_no_thread(client_of: ClientOf, alice: User) -> None:
    """A file is streamed; after its first piece this client takes nothing more."""
    slow = Request("GET", "/static/app.css")
    request = opt_out(client_of(alice))

    async def trial() -> Answer:
        asgi = Front(lanes=1, kept=0)
        stuck = asyncio.Event()

        async def send(message: Any) -> None:
            if message.get("body"):
                stuck.set()
                await asyncio.get_running_loop().create_future()

        reading = asyncio.create_task(slow.through(asgi, send))
        await stuck.wait()
        answer = await request.through(asgi)
        reading.cancel()
        return answer

    assert asyncio.run(trial()).status == 303


def test_who_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "SEND_WITHIN", 0.0)

    async def never(message: Any) -> None:
        await asyncio.get_running_loop().create_future()

    request = Request("GET", "/static/app.css")

    async def trial() -> None:
        await request.through(Front(lanes=1, kept=0), never)

    asyncio.run(trial())  # ends
