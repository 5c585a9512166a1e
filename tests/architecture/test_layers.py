"""The house keeps its shape: layers, who writes rows, what is never imported."""

from __future__ import annotations

import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.architecture.writes import orm_writes

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "audit", "consent", "creatorhub", "library", "operations", "remixer")
# The parts of a path where rows may be written. Everything else asks a service.
WRITERS = {
    *("services", "services.py", "jobs.py", "migrations"),
    *("log.py", "erasing.py", "sequencing.py", "signing.py"),
}


def _sources() -> list[Path]:
    return [
        path
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if not WRITERS & set(path.relative_to(ROOT).parts)
    ]


def test_an_app_imports_only_what_stands_below_it() -> None:
    linted = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_only_services_write_rows() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {call}"
        for path in _sources()
        for line, call in orm_writes(path.read_text())
    ]

    assert len(_sources()) > 20
    assert not found, "Rows are written outside the services:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "snippet",
    [
        "video.save()",
        "video.save(update_fields=['title'])",
        "form.save()",
        "Video.objects.create(title='x')",
        "Video.objects.filter(pk=1).update(title='x')",
        "videos.update(title=F('title'))",
        "Video.objects.all().delete()",
        "video.delete()",
        "Video.objects.bulk_create([])",
        "Video.objects.bulk_update(videos, ['title'])",
        "Video._default_manager.get_or_create(pk=1)",
        "self.video.consents.update_or_create(use='remix')",
        "video.consents.add(consent)",
        "async def f():\n    await video.asave()",
        "cursor.execute('UPDATE library_video SET title = 1')",
        "connection.cursor().execute('insert into library_video values (1)')",
    ],
)
def test_the_search_for_writes_finds(snippet: str) -> None:
    assert orm_writes(snippet)


@pytest.mark.parametrize(
    "snippet",
    [
        "hashlib.sha256().update(data)",
        "digest.update(data)",
        "options.update({'a': 1})",
        "values.update(a_mapping)",
        "image.save(path, 'PNG')",
        "storage.save(name, content)",
        "default_storage.delete(key)",
        "services.create(actor=actor)",
        "cursor.execute('SELECT 1')",
    ],
)
def test_the_search_for_writes_lets_pass(snippet: str) -> None:
    assert not orm_writes(snippet)


@pytest.mark.django_db
def test_every_model_change_has_its_migration() -> None:
    out = StringIO()

    try:
        call_command("makemigrations", check_changes=True, dry_run=True, stdout=out)
    except SystemExit:
        pytest.fail(out.getvalue())


def test_the_hole_in_future_is_never_loaded() -> None:
    """ffmpeg-python brings `future` 1.0.0, where CVE-2025-50817 is in future.standard_library:
    it imports any `test.py` it finds. The whole product is loaded, and that module is not."""
    program = (
        "import sys, pkgutil, importlib, django; django.setup()\n"
        "import creatorhub.urls\n"
        f"for app in {APPS!r}:\n"
        "    package = importlib.import_module(app)\n"
        "    for module in pkgutil.walk_packages(package.__path__, app + '.'):\n"
        "        importlib.import_module(module.name)\n"
        "assert 'ffmpeg' in sys.modules, 'ffmpeg-python was not loaded: this proves nothing'\n"
        "sys.exit('future.standard_library' in sys.modules)\n"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert loaded.returncode == 0, loaded.stderr or "future.standard_library was imported"


def test_only_programs_that_are_locked_in_decode() -> None:
    """PyAV is imported, and a picture opened, by the modules that run in a process of their own;
    the pictures in our own emoji font, by remixer.glyphs, are no stranger's."""
    decodes = re.compile(r"^\s*(import av\b|from av\b)|Image\.open\(", re.MULTILINE)

    found = {
        path.relative_to(ROOT).as_posix()
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if decodes.search(path.read_text())
    }

    assert found == {"library/probe.py", "library/still.py", "remixer/glyphs.py"}


def test_no_file_names_a_package_index() -> None:
    """A lock file with a host in it installs on one network only."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert "--index-url" not in text
        assert "--find-links" not in text
        assert "://" not in text
