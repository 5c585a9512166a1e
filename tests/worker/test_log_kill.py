"""The sequencer and the signer are killed at each of their writes, and the log holds together."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from audit import sequencing, signing, stored
from audit.models import Checkpoint, Event, Leaf, Node
from creatorhub.models import User
from tests.audit.test_sequencing import write
from tests.conftest import REQUIRE_ALL
from tests.worker.processes import ROOT, database_url

WRITES = "write,writev,pwrite64,sendto,sendmsg,fsync,fdatasync,ftruncate"
MOST = 400

pytestmark = [pytest.mark.worker, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def strace() -> str:
    path = shutil.which("strace")
    if path and not subprocess.run([path, "true"], capture_output=True, check=False).returncode:
        return path
    missing = "there is no strace here, or it may not trace"
    if REQUIRE_ALL:
        pytest.fail(f"REQUIRE_ALL=1, and {missing}")
    pytest.skip(missing)


@contextmanager
def sequencer() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.worker.sequencer"],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "creatorhub.settings",
            "DATABASE_URL": database_url(),
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def killed_at(number: int, process: subprocess.Popen[str], strace: str, log: Path) -> int:
    """How a child ended that was to be killed at its write of this number."""
    assert process.stdin
    assert process.stdout
    print("go", file=process.stdin, flush=True)
    pid = process.stdout.readline().strip()
    inject = f"inject={WRITES}:signal=KILL:when={number}"
    tracing = subprocess.Popen(
        [strace, "-p", pid, "-o", str(log), "-e", f"trace={WRITES}", "-e", inject],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert tracing.stderr
    assert "attached" in tracing.stderr.readline()
    print("go", file=process.stdin, flush=True)
    status = int(process.stdout.readline())
    tracing.wait(30)
    tracing.stderr.close()
    return status


def test_a_kill_at_each_write_leaves_a_log_that_holds_together(
    strace: str, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run has what the killed one left to do, and one event more. A node is among the first
    that are written."""
    monkeypatch.setattr(sequencing, "follow", lambda: None)
    monkeypatch.setattr(signing, "AT_MOST_EVERY", timedelta(0))
    with transaction.atomic():
        write(alice, sequencing.WIDTH)
    kills = 0

    with sequencer() as process:
        for number in range(1, MOST):
            with transaction.atomic():
                write(alice)
            status = killed_at(number, process, strace, tmp_path / "trace")
            stored.verify()
            if status != -signal.SIGKILL:
                break
            kills += 1

    assert status == 0
    assert kills > 5
    assert Node.objects.count() == 1
    sequencing.sequence()
    signing.sign()
    assert Leaf.objects.count() == Event.objects.count() == stored.verify()
    newest = Checkpoint.objects.order_by("size").last()
    assert newest
    assert newest.size == Leaf.objects.count()
