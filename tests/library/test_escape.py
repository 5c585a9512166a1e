"""A program that was taken over by an upload tries to get out: every attempt must fail.

Both as the account that the tests run under and, where that is root, as an ordinary one; and with
each set of parts that amounts to a level of its own.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from library import ffmpeg, files, sandbox
from tests.conftest import REQUIRE_ALL
from tests.library import escape

HERE = Path(escape.__file__).parent
ROOT = HERE.parents[2]
MEMORY = 1024**3
LEVELS = {
    "full": ("namespaces", "landlock", "seccomp"),
    "namespaces": ("namespaces", "seccomp"),
    "landlock": ("landlock", "seccomp"),
}
# What works where nothing is locked in, whoever asks: or the attempts prove nothing.
REAL = {
    *("read_the_secret_key", "read_the_database", "list_another_job", "write_into_media"),
    *("add_a_file_to_media", "remove_a_file_of_another_job", "cut_a_media_file"),
    *("read_the_upload_of_another_job", "change_the_rights_of_a_media_file", "read_media"),
    *(
        "write_into_the_input",
        "leave_a_symbolic_link_for_the_worker",
        "leave_a_pipe_for_the_worker",
    ),
    *("connect_by_tcp", "send_by_udp", "connect_to_a_socket_in_a_folder", "open_a_netlink_socket"),
    *("connect_to_an_abstract_socket", "signal_the_worker", "see_other_processes"),
    *("start_another_process", "read_the_settings_of_the_project", "run another program"),
    *("live_on_when_the_worker_dies", "link_a_media_file_into_the_folder"),
}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A data folder with something to get in it, and somebody who listens on every kind of
    socket."""
    data = tmp_path / "data"
    for name in ("keys", "media", "work/jobs/mine", "work/jobs/other"):
        (data / name).mkdir(parents=True)
    files = {"key": "keys/secret_key", "database": "db.sqlite3", "media": "media/mezzanine.mp4"}
    for name in (*files.values(), "work/jobs/other/in", "work/jobs/other/victim"):
        (data / name).write_text("precious")
    (data / "media/own.mp4").write_text("precious")
    (data / "work/jobs/in").hardlink_to(data / "media/own.mp4")
    facts: dict[str, Any] = {name: str(data / path) for name, path in files.items()}
    facts |= {
        "data": str(data),
        "project": str(ROOT),
        "other_job": str(data / "work/jobs/other"),
        "input": str(data / "work/jobs/in"),
        "unix": str(tmp_path / "socket"),
        "abstract": tmp_path.as_posix(),
        "address": 0,
        "memory": MEMORY,
        "services": [
            (parts.hostname, parts.port)
            for name in ("DATABASE_URL", "REDIS_URL")
            if (parts := urlsplit(os.environ.get(name, ""))).hostname
        ],
    }
    with ExitStack() as opened:
        tcp = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        for name in (facts["unix"], "\0" + facts["abstract"]):
            listening = opened.enter_context(socket.socket(socket.AF_UNIX))
            listening.bind(name)
            listening.listen()
        sleeper = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
        )
        opened.callback(sleeper.communicate)
        facts |= {"tcp": tcp.getsockname()[1], "udp": udp.getsockname()[1], "sleeper": sleeper.pid}
        yield facts


def _try(facts: dict[str, Any], parts: tuple[str, ...], *, as_nobody: bool) -> dict[str, Any]:
    """What each attempt got."""
    data = Path(facts["data"])
    folder = data / "work/jobs/mine"
    plan = {"facts": facts, "parts": parts, "folder": str(folder), "reads": [facts["input"]]}
    (data / "plan").write_text(json.dumps(plan))
    python = os.path.realpath(sys.executable)
    driver = [python, "-I", "-S", "-B", str(HERE / "driver.py"), str(data / "plan")]
    if as_nobody:
        for path in (data.parent, *data.parent.rglob("*")):
            os.chown(path, 65534, 65534)
        trees = [sys.base_prefix, str(ROOT), str(data.parent)]
        driver = [python, "-I", "-S", "-B", str(HERE / "as_nobody.py"), *trees, "--", *driver]
    done = subprocess.run(driver, capture_output=True, text=True, timeout=200, check=False, cwd="/")
    answers = folder / "answers"
    assert answers.exists(), f"it did not even begin: status {done.returncode}, {done.stderr}"
    found: dict[str, Any] = json.loads(answers.read_text())
    assert "run another program" in found, f"it did not get to the end: {done.stderr}"
    return found


@pytest.fixture(params=["as we are", "as an ordinary account"])
def as_nobody(request: pytest.FixtureRequest) -> bool:
    if request.param == "as we are":
        return False
    if not sandbox.is_root():
        pytest.skip("the tests run as an ordinary account already")
    return True


@pytest.mark.parametrize("level", LEVELS)
def test_no_attempt_to_get_out_succeeds(level: str, as_nobody: bool, place: dict[str, Any]) -> None:
    reasons = [f"{part}: {why}" for part in LEVELS[level] if (why := sandbox.why_not(part))]
    if reasons:
        missing = f"this system does not allow it ({'; '.join(reasons)})"
        if REQUIRE_ALL:
            pytest.fail(f"REQUIRE_ALL=1, and {missing}")
        pytest.skip(missing)

    answers = _try(place, LEVELS[level], as_nobody=as_nobody)

    assert len(answers) > 60
    assert not {name: answer["got"] for name, answer in answers.items() if answer["got"]}
    assert Path(place["input"]).read_text() == Path(place["media"]).read_text() == "precious"


def test_a_program_that_calls_the_kernel_as_a_32_bit_one_is_killed(
    tmp_path: Path, fake_ffmpeg: Callable[[str], None]
) -> None:
    """The numbers of system calls are others there, so a filter of numbers would not hold."""
    if os.uname().machine != "x86_64":
        pytest.skip("only x86_64 has a second set of system calls")
    if sandbox.level() == sandbox.Level.LIMITS:
        pytest.skip(sandbox.description())
    getpid = r"b'\xb8\x14\x00\x00\x00\xcd\x80\xc3'"  # mov eax, 20; int 0x80; ret
    fake_ffmpeg(
        "import ctypes, mmap\n"
        "code = mmap.mmap(-1, 4096, prot=7)\n"
        f"code.write({getpid})\n"
        "ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()"
    )

    with pytest.raises(ffmpeg.FfmpegFailed) as failed:
        ffmpeg.run([], folder=tmp_path, timeout=60, quiet_timeout=60)

    assert failed.value.returncode == -signal.SIGSYS


def test_a_program_cannot_be_given_a_folder_with_a_stored_file_in_it(tmp_path: Path) -> None:
    (tmp_path / "stored").write_bytes(b"precious")
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "in").hardlink_to(tmp_path / "stored")

    with pytest.raises(ValueError, match="is a hard link"):
        ffmpeg.run([], folder=tmp_path / "made", timeout=60, quiet_timeout=60)


@pytest.mark.parametrize("trick", ["symbolic link", "hard link", "pipe"])
def test_a_result_that_is_no_plain_file_is_not_stored(trick: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"precious")
    result = tmp_path / "result"
    if trick == "symbolic link":
        result.symlink_to("secret")
    elif trick == "hard link":
        result.hardlink_to(tmp_path / "secret")
    else:
        os.mkfifo(result)

    with pytest.raises(OSError, match=r"not a plain file|symbolic link"):
        files.store(result, "videos/result.mp4")


def test_where_nothing_is_locked_in_the_attempts_succeed(
    as_nobody: bool, place: dict[str, Any]
) -> None:
    """If this fails, the test above proves nothing."""
    answers = _try(place, (), as_nobody=as_nobody)

    assert not {name: answers[name]["why"] for name in REAL if not answers[name]["got"]}
