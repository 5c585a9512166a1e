"""A broken start is refused with a sentence, by every way of starting."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.checks import CheckMessage
from django.db import connection
from pytest_django.fixtures import Settings

from creatorhub import checks, data_folder
from library import checks as library_checks
from library import sandbox

ROOT = Path(__file__).resolve().parents[2]


def _ids(messages: object) -> list[str | None]:
    assert isinstance(messages, list)
    assert all(isinstance(message, CheckMessage) for message in messages)
    return [message.id for message in messages]


def _start(
    *argv: str, data: Path, timeout: float = 60, **env: str
) -> subprocess.CompletedProcess[str]:
    """Runs `python …` as a new installation in the folder `data`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, *argv],
        cwd=ROOT,
        env={**kept, "CREATORHUB_DATA": str(data), **env},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.mark.parametrize(
    ("given", "missing"), [("DATABASE_URL", "REDIS_URL"), ("REDIS_URL", "DATABASE_URL")]
)
def test_half_a_production_is_an_error(settings: Settings, given: str, missing: str) -> None:
    settings.DATABASE_URL = settings.REDIS_URL = ""
    setattr(settings, given, "something://")

    (error,) = checks.settings_are_for_one_mode()

    assert error.id == "creatorhub.E001"
    assert error.msg == f"{given} is set, but {missing} is not: this start is half-configured."


def test_production_without_a_secret_is_an_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATABASE_URL = settings.REDIS_URL = "something://"
    settings.DEBUG = False
    monkeypatch.delenv("SECRET_KEY")

    assert _ids(list(checks.settings_are_for_one_mode())) == ["creatorhub.E002"]


def test_debug_in_production_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATABASE_URL = settings.REDIS_URL = "something://"
    settings.DEBUG = True
    monkeypatch.delenv("CREATORHUB_TESTS")

    assert _ids(list(checks.settings_are_for_one_mode())) == ["creatorhub.W001"]


def test_embedded_and_production_are_both_whole(settings: Settings) -> None:
    settings.DATABASE_URL = settings.REDIS_URL = ""
    assert not list(checks.settings_are_for_one_mode())

    settings.DATABASE_URL = settings.REDIS_URL = "something://"
    assert not list(checks.settings_are_for_one_mode())


@pytest.mark.parametrize("contact", ["me", "a b@example.org", "http://example.org", "a@b\n"])
def test_a_security_contact_that_is_no_address_is_an_error(
    settings: Settings, contact: str
) -> None:
    for address in ("", "me@example.org", "mailto:me@example.org", "https://example.org/report"):
        settings.SECURITY_CONTACT = address
        assert not list(checks.security_contact_is_an_address())

    settings.SECURITY_CONTACT = contact

    assert _ids(list(checks.security_contact_is_an_address())) == ["creatorhub.E011"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"ATOMIC_REQUESTS": True}, "creatorhub.E003"),
        ({"ENGINE": "django.db.backends.mysql"}, "creatorhub.E004"),
        ({"OPTIONS": {}}, "creatorhub.E005"),
    ],
)
def test_transactions_that_are_not_ours_are_an_error(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, object], found: str
) -> None:
    sqlite = {
        "ENGINE": "django.db.backends.sqlite3",
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }
    monkeypatch.setitem(django_settings.DATABASES, "default", sqlite)
    assert not list(checks.services_control_transactions())

    monkeypatch.setitem(django_settings.DATABASES, "default", sqlite | change)

    assert _ids(list(checks.services_control_transactions())) == [found]


def test_pragmas_that_are_not_in_force_are_errors(tmp_path: Path) -> None:
    plain = sqlite3.connect(tmp_path / "plain.sqlite3").cursor()

    found = list(checks.sqlite_pragmas(plain))

    assert _ids(found) == ["creatorhub.E006"] * 3
    assert {message.msg.split()[1] for message in found} == set(checks.SQLITE_PRAGMAS)


@pytest.mark.django_db
def test_this_database_is_set_up_as_needed() -> None:
    assert not list(checks.database_is_set_up_as_needed(databases=["default"]))


@pytest.mark.django_db(transaction=True)
def test_another_isolation_level_is_an_error() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("isolation levels are PostgreSQL's; this run is on SQLite")
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        try:
            found = list(checks.database_is_set_up_as_needed(databases=["default"]))
        finally:
            cursor.execute(
                "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED"
            )

    assert _ids(found) == ["creatorhub.E007"]


@pytest.mark.parametrize("binary", ["/nowhere/ffmpeg", "/bin/false"])
def test_an_ffmpeg_that_does_not_run_is_an_error(settings: Settings, binary: str) -> None:
    settings.FFMPEG_BINARY = binary

    assert _ids(list(library_checks.ffmpeg_runs(databases=["default"]))) == ["library.E001"]


def test_the_ffmpeg_that_comes_with_the_requirements_runs(settings: Settings) -> None:
    settings.FFMPEG_BINARY = ""

    assert not list(library_checks.ffmpeg_runs(databases=["default"]))


@pytest.mark.parametrize(
    ("parts", "level", "said"),
    [
        ({"namespaces", "landlock", "seccomp"}, "full", "library.I001"),
        ({"namespaces", "seccomp"}, "namespaces", "library.W001"),
        ({"landlock", "seccomp"}, "landlock", "library.W001"),
        ({"namespaces", "landlock"}, "limits only", "library.W001"),
        (set(), "limits only", "library.W001"),
    ],
)
def test_how_well_programs_are_locked_in_is_said_and_the_lowest_level_refused_for_production(
    parts: set[str], level: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "why_not", lambda part: "" if part in parts else "the reason")
    sandbox.parts.cache_clear()
    try:
        (message,) = library_checks.video_programs_are_locked_in(databases=["default"])
        refused = list(library_checks.video_programs_are_locked_in_for_production())
    finally:
        sandbox.parts.cache_clear()

    assert message.id == said
    assert f"(level “{level}”" in message.msg
    assert [part for part in sandbox.PARTS if f"{part}: the reason" in message.msg] == [
        part for part in sandbox.PARTS if part not in parts
    ]
    assert _ids(refused) == (["library.E002"] if level == "limits only" else [])


def test_a_system_other_than_linux_is_said_to_lock_nothing_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    sandbox.parts.cache_clear()
    sandbox.why_not.cache_clear()
    try:
        (message,) = library_checks.video_programs_are_locked_in(databases=["default"])
    finally:
        sandbox.parts.cache_clear()
        sandbox.why_not.cache_clear()

    assert "could read every file of this account" in message.msg
    assert "it needs Linux" in message.msg


@pytest.mark.parametrize(("number", "ids"), [(0, ["library.W002"]), (1000, [])])
def test_a_start_as_root_is_said(
    number: int, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: number)

    assert _ids(list(library_checks.account_is_not_root(databases=["default"]))) == ids


def test_an_open_data_folder_is_said(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    tmp_path.chmod(0o755)

    assert _ids(list(checks.data_folder_is_private())) == ["creatorhub.W003"]


def test_a_data_folder_that_lacks_something_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CREATORHUB_DATA", str(tmp_path))
    monkeypatch.delenv("SECRET_KEY")

    (error,) = checks.data_folder_is_prepared()

    assert error.id == "creatorhub.E009"
    assert error.msg.startswith(f"The data folder {tmp_path} lacks work, work/uploads, ")
    assert error.msg.endswith("keys/secret_key.")
    assert error.hint
    assert "python manage.py check" in error.hint

    data_folder.prepare()

    assert not list(checks.data_folder_is_prepared())


def test_what_is_prepared_is_open_to_this_account_alone_and_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "deep" / "data"
    monkeypatch.setenv("CREATORHUB_DATA", str(folder))
    monkeypatch.delenv("SECRET_KEY")

    data_folder.prepare()
    key = data_folder.kept_secret_key()
    data_folder.prepare()

    assert len(key) > 80
    assert data_folder.kept_secret_key() == key
    assert [path.name for path in (folder / "keys").iterdir()] == ["secret_key"]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}
    assert set(modes.values()) == {0o700, 0o600}
    assert [path for path, mode in modes.items() if mode == 0o600] == [folder / data_folder.KEY]


@pytest.mark.parametrize(
    "program",
    [
        "import creatorhub.settings",
        "import django; django.setup(); import creatorhub.urls",
        "import creatorhub.celery",
    ],
)
def test_what_only_imports_makes_nothing(program: str, tmp_path: Path) -> None:
    done = _start(
        *("-c", program), data=tmp_path / "data", DJANGO_SETTINGS_MODULE="creatorhub.settings"
    )

    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.iterdir())


def test_a_program_of_its_own_is_told_what_is_missing(tmp_path: Path) -> None:
    """`django-admin` is not one of our ways of starting."""
    done = _start(
        *("-m", "django", "check"), data=tmp_path, DJANGO_SETTINGS_MODULE="creatorhub.settings"
    )

    assert done.returncode == 1
    assert f"The data folder {tmp_path} lacks work, " in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "way",
    [
        ("manage.py", "check"),
        ("-c", "import creatorhub.asgi"),
        ("-m", "celery", "--app", "creatorhub", "report"),
    ],
    ids=["check", "web", "celery"],
)
def test_every_way_of_starting_prepares_the_data_folder(
    way: tuple[str, ...], tmp_path: Path
) -> None:
    started = _start(*way, data=tmp_path / "data")

    assert started.returncode == 0, started.stderr
    assert (tmp_path / "data" / data_folder.KEY).read_text()
    assert (tmp_path / "data" / data_folder.UPLOADS).is_dir()


@pytest.mark.parametrize(
    "way",
    [
        ("manage.py", "check"),
        ("-c", "import creatorhub.asgi"),
        ("-m", "celery", "--app", "creatorhub", "worker", "--pool", "solo"),
        ("manage.py", "up", "--port", "29999"),
    ],
    ids=["check", "web", "worker", "up"],
)
def test_every_way_of_starting_refuses_half_a_production(
    way: tuple[str, ...], tmp_path: Path
) -> None:
    started = _start(*way, data=tmp_path, REDIS_URL="redis://127.0.0.1:1/0")

    assert started.returncode != 0
    assert "REDIS_URL is set, but DATABASE_URL is not" in started.stderr


def test_the_demo_is_refused_without_debug(tmp_path: Path) -> None:
    _start("manage.py", "migrate", "--verbosity", "0", data=tmp_path)

    started = _start("manage.py", "demo", "--videos", "1", data=tmp_path)

    assert started.returncode == 1
    assert "DEBUG" in started.stderr
    with sqlite3.connect(tmp_path / "db.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM creatorhub_user").fetchone() == (0,)


@pytest.mark.parametrize(
    ("name", "database"),
    [("verify_log", ""), ("fsck", "postgres://nobody@127.0.0.1:1/none")],
    ids=["without tables", "without a server"],
)
def test_a_command_without_a_usable_database_says_so(
    tmp_path: Path, name: str, database: str
) -> None:
    there = {"DATABASE_URL": database, "REDIS_URL": "redis://127.0.0.1:1/0" if database else ""}
    done = _start("manage.py", name, data=tmp_path, timeout=60, DEBUG="1", **there)

    assert done.returncode == 1
    assert "The database cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
