"""A Chromium, driven by Playwright, on a server of the test's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from creatorhub.models import User
from tests.conftest import chromium

SignedIn = Callable[[User], Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium(),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],  # it refuses to start as root
        )
        yield running
        running.close()


@pytest.fixture
def context_of(
    browser: Browser, live_server: LiveServer
) -> Iterator[Callable[..., BrowserContext]]:
    """`context_of(alice, java_script_enabled=False)`: a browser in which alice is signed in.
    Paths are relative to the live server; None signs nobody in."""
    opened = []

    def open_context(user: User | None, **options: object) -> BrowserContext:
        context = browser.new_context(base_url=live_server.url, **options)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        if user:
            client = Client()
            client.force_login(user)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies(
                [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
            )
        opened.append(context)
        return context

    yield open_context
    for context in opened:
        context.close()


@pytest.fixture
def page_of(context_of: Callable[..., BrowserContext]) -> SignedIn:
    """`page_of(alice)`: a page of a browser of her own."""
    return lambda user: context_of(user).new_page()
