"""The cast, the database between tests, and what needs a browser.

alice   owns videos
bob     owns others, and remixes
carol   is a stranger: nothing is hers
staff   works in the admin
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from typing import Protocol

import pytest
from django.conf import settings as django_settings
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from creatorhub.models import User
from creatorhub.scopes import Scope
from tests import factories, ground

REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"
ALONE = ("browser", "worker", "race")
ClientOf = Callable[[User], Client]
ApiOf = Callable[..., APIClient]


def chromium() -> str | None:
    """The path of a Chromium: $CHROMIUM, or one that is installed."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def pytest_configure(config: pytest.Config) -> None:
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django_settings.WHITENOISE_AUTOREFRESH = True  # no scan of every static file per test client


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tests that keep both cores busy share one xdist worker, and those without a database are
    marked `once`. They are marked before xdist and -m look for marks, which they do in the hook
    below."""
    if any(item.get_closest_marker(name) for name in ALONE):
        item.add_marker(pytest.mark.xdist_group("alone"))
    asks_for = set(getattr(item, "fixturenames", ()))
    if not item.get_closest_marker("django_db") and not asks_for & {"db", "own_database"}:
        item.add_marker(pytest.mark.once)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They start first."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and not chromium():
        missing = "there is no Chromium here (install one, or name it in $CHROMIUM)"
        if REQUIRE_ALL:
            pytest.fail(f"REQUIRE_ALL=1, and {missing}")
        pytest.skip(missing)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite tests use the very file that a worker process of this data folder opens."""
    database = django_settings.DATABASES["default"]
    if not django_settings.DATABASE_URL:
        database.setdefault("TEST", {})["NAME"] = str(database["NAME"])


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    with ground.with_journal(django_db_blocker), ground.kept_through_flush(django_db_blocker):
        yield


@pytest.fixture(autouse=True)
def _own_cache() -> None:
    """Throttles count from zero in every test, without emptying a Redis that others use."""
    prefix = f"test-{uuid.uuid4().hex}"
    django_settings.CACHES["default"]["KEY_PREFIX"] = prefix
    caches["default"].key_prefix = prefix


@pytest.fixture(autouse=True)
def _own_journal() -> Iterator[None]:
    """Each test finds a withdrawal journal in which nothing was withdrawn."""
    yield
    ground.empty_journal()


@pytest.fixture
def alice(db: None) -> User:
    """Owns videos."""
    return factories.make_user("alice")


@pytest.fixture
def bob(db: None) -> User:
    """Owns other videos, and remixes."""
    return factories.make_user("bob")


@pytest.fixture
def carol(db: None) -> User:
    """A stranger: nothing is hers."""
    return factories.make_user("carol")


@pytest.fixture
def staff(db: None) -> User:
    """Works in the admin, with every permission there."""
    return factories.make_user("staff", is_staff=True, is_superuser=True)


@pytest.fixture
def client_of() -> ClientOf:
    """`client_of(alice)` is a browser in which alice has signed in just now."""
    return factories.client_of


@pytest.fixture
def api_of() -> ApiOf:
    """`api_of(alice)` is a program that holds a token of alice's, of the scope `decide`."""

    def make(user: User, scope: Scope = Scope.DECIDE) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {factories.token_of(user, scope=scope)}")
        return client

    return make


class LargeEdits(Protocol):
    def __call__(
        self, *, inline: int = 3, freeze: int = 6, chunk: int = 2, stepwise: bool = False
    ) -> None: ...


@pytest.fixture
def large_edits(settings: Settings) -> LargeEdits:
    """`large_edits()` makes edits of a few videos large ones; call it again for other limits.

    inline    videos that a request applies itself; more are applied by a job
    freeze    videos that a request writes into a draft; more are written by a job
    chunk     videos that one transaction of a job applies
    stepwise  a job stops after each transaction, so that a test can act in between
    """

    def set_limits(
        *, inline: int = 3, freeze: int = 6, chunk: int = 2, stepwise: bool = False
    ) -> None:
        settings.EDIT_MAX_INLINE = inline
        settings.EDIT_MAX_FREEZE_INLINE = freeze
        settings.EDIT_CHUNK_SIZE = chunk
        settings.EDIT_JOB_TURN = -1.0 if stepwise else 15.0  # seconds

    return set_limits


@pytest.fixture(autouse=True)
def _large_edits_by_marker(request: pytest.FixtureRequest) -> None:
    """The marker `large_edits` sets the limits before any other fixture acts."""
    if marker := request.node.get_closest_marker("large_edits"):
        request.getfixturevalue("large_edits")(**marker.kwargs)
