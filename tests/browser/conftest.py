"""A real Chromium against a real server, with real workers beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from creatorhub.models import User
from tests.conftest import chromium
from tests.factories import client_of
from tests.worker.processes import worker

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PageOf = Callable[..., Page]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """It ends with the last test of this folder: while it is there, an event loop runs in this
    thread, in which no other test could run one of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def workers(transactional_db: None) -> Iterator[None]:
    """One worker for what is rendered; what is short waits for nobody here."""
    with worker("render"), worker("ingest"):
        yield


@pytest.fixture
def control(transactional_db: None) -> Iterator[None]:
    """One worker for what is short, and for edits too large for a request."""
    with worker("control"):
        yield


@pytest.fixture
def page_of(browser: Browser, live_server: object) -> Iterator[PageOf]:
    """`page_of(alice)` is a page in which alice is signed in. Any error in its console, a broken
    content policy included, fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        expected = "Failed to load resource" in said.text  # the tests look at each status
        if said.type in ("error", "warning") and not expected:
            errors.append(said.text)

    def make(user: User | None, *, script: bool = True, width: int = 1280) -> Page:
        context = browser.new_context(
            base_url=str(live_server),
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        if user:
            cookie = client_of(user).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": str(live_server)}])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", hear)
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []
