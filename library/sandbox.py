"""Starts the programs that read strangers' bytes, locked in. Knows no Django.

    process = sandbox.start([ffmpeg, …], folder=job, reads=[upload], limits=Limits(…), stdout=PIPE)

A locked-in program can read the files in `reads`, the libraries that it is made of, and `folder`;
it can write in `folder`, and it can do nothing else: no network, no socket of any kind, no other
process, no second program. How that is done depends on what the system allows (`parts`):

    namespaces  a root folder in which nothing else exists; an empty network; its own process ids
    landlock    the kernel refuses every other path, and TCP, abstract sockets and foreign signals
    seccomp     the kernel refuses the system calls that no video needs

A part that works on this system is required at every start: a start without it fails. The limits
and the empty environment hold everywhere.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import selectors
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import IO, Any, cast

PARTS = ("namespaces", "landlock", "seccomp")
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
# What a dynamic linker opens. Everybody on a machine may read it.
LIBRARIES: tuple[str, ...] = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store"),
    *("/etc/ld.so.cache", "/etc/ld.so.preload"),
)
NO_START = 121  # the exit status of a launcher that could not lock the program in
_COMPLAINT = b"sandbox: "  # how it begins to say why
_MOST_OUTPUT = 64 * 1024**2  # bytes of a Python program: a picture of 3840 × 2160 is 25 MB
_GRACE = 2.0  # seconds between SIGTERM and SIGKILL, and for what is dead to be gone
_OURS = Path(__file__).resolve().parent
# Isolated (-I) and without `site` (-S), so that nothing runs before the program is locked in; and
# without a look at the folder above ours, which a locked-in program cannot list.
_BOOT = (
    "import sys; ours = type(sys)('library'); ours.__path__ = [sys.argv.pop(1)]; "
    "sys.modules['library'] = ours; "
    "packages = sys.argv.pop(1); packages and sys.path.append(packages); "
    "name = sys.argv.pop(1); __import__(name); sys.modules[name].main(*sys.argv[1:])"
)


class Level(StrEnum):
    """How well programs are locked in here, the best first."""

    FULL = "full"
    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    LIMITS = "limits only"


_DESCRIPTIONS = {
    Level.FULL: "Programs that read uploaded files are locked in by every means there is",
    Level.NAMESPACES: "Programs that read uploaded files are locked in, by namespaces alone",
    Level.LANDLOCK: "Programs that read uploaded files are locked in, by Landlock alone",
    Level.LIMITS: "Programs that read uploaded files are not locked in: an upload that takes one "
    "over could read every file of this account, and use the network",
}


class NotLockedIn(RuntimeError):
    """A program was not started, because it could not be locked in. The file is not to blame."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`cpu` is in seconds of all threads together; `memory` (address space) and `file` are in
    bytes."""

    cpu: int = 3600
    memory: int = 4 * 1024**3
    file: int = 2 * 1024**3
    open_files: int = 64
    nice: int = 10


def start(
    argv: Sequence[str],
    *,
    folder: Path | None,
    reads: Iterable[Path | str] = (),
    limits: Limits = Limits(),
    **streams: Any,
) -> subprocess.Popen[bytes]:
    """Start `argv`, whose first word is an absolute path, in `folder`; None is for a program that
    writes nothing. `streams` are stdout and stderr, as for Popen.

    The process leads a group of its own: end it with `end`, not with `kill`. It dies if the calling
    thread dies. Raises ValueError for a file in `folder` that has another name elsewhere (a hard
    link): the program could write to it through the folder. Name it in `reads` instead, from a
    place outside.
    """
    if folder is not None:
        _require_no_links(folder)
    return _launch(
        {
            "parent": os.getpid(),
            "parts": sorted(parts()),
            "argv": [*argv],
            "env": ENVIRONMENT,
            # Under their own names, links or not: those are in the arguments.
            "folder": str(folder.absolute()) if folder is not None else None,
            "program": os.path.realpath(argv[0]),
            "libraries": [path for path in LIBRARIES if Path(path).exists()],
            "reads": [str(Path(path).absolute()) for path in reads],
            "limits": asdict(limits),
        },
        **streams,
    )


def run_python(
    module: str, *arguments: str, reads: Iterable[Path | str], limits: Limits, timeout: float
) -> subprocess.CompletedProcess[bytes]:
    """Run `library.MODULE.main(*arguments)` in a Python of its own to its end, and capture what it
    writes. It can import what of our package `library` needs no Django, and installed packages.

    Raises subprocess.TimeoutExpired after `timeout` seconds or too much output, and NotLockedIn.
    """
    process = start(
        [*_python(packages=sysconfig.get_path("platlib")), f"library.{module}", *arguments],
        folder=None,
        reads=[*_python_itself(), *reads],
        limits=limits,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        stdout, stderr = _output(process, timeout=timeout)
        process.wait(_GRACE)
    finally:
        end(process)
    require_locked_in(process, stderr)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, then kill it with all that belongs to it, and wait until nothing is left."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe and not pipe.closed:
            _read_to_the_end(pipe.fileno())
            pipe.close()


def require_locked_in(process: subprocess.Popen[bytes], stderr: bytes) -> None:
    """Raises NotLockedIn if an ended process was never started, for want of a lock."""
    if process.returncode == NO_START and stderr.startswith(_COMPLAINT):
        raise NotLockedIn(stderr.decode(errors="replace").strip())


@cache
def parts() -> frozenset[str]:
    """The parts that this system allows. It is tried out once, with one start for each."""
    if sys.platform != "linux":
        return frozenset()
    return frozenset(name for name in PARTS if not why_not(name))


@cache
def why_not(part: str) -> str:
    """Why this system does not allow a part, as the kernel says it; empty if it does."""
    if sys.platform != "linux":
        return "it needs Linux"
    tried = _launch(
        {
            "parent": os.getpid(),
            "parts": [part],
            "argv": [],
            "env": {},
            "folder": str(_OURS),
            "program": os.path.realpath(sys.executable),
            "libraries": [],
            "reads": [],
            "limits": asdict(Limits()),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    stderr = tried.communicate(timeout=20)[1]
    if tried.returncode == 0:
        return ""
    last = stderr.decode(errors="replace").strip().rpartition("\n")[2]
    return last.removeprefix(_COMPLAINT.decode()) or f"status {tried.returncode}"


def level() -> Level:
    """What the parts that work amount to. Without seccomp a program could open a socket, or change
    the rights of files, so there is no level above the lowest without it."""
    found = parts()
    if "seccomp" not in found:
        return Level.LIMITS
    if found >= {"namespaces", "landlock"}:
        return Level.FULL
    if "namespaces" in found:
        return Level.NAMESPACES
    return Level.LANDLOCK if "landlock" in found else Level.LIMITS


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def description() -> str:
    """What the level is, in one sentence, and why it is no better."""
    reasons = "; ".join(f"{part}: {why_not(part)}" for part in PARTS if part not in parts())
    return f"{_DESCRIPTIONS[level()]} (level “{level()}”{', ' if reasons else ''}{reasons})."


def _require_no_links(folder: Path) -> None:
    for path in folder.rglob("*"):
        status = path.lstat()
        if path.is_file() and status.st_nlink > 1:
            raise ValueError(f"{path} is a hard link, and a program in {folder} could change it")


def _launch(spec: dict[str, Any], **streams: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*_python(packages=""), "library.confinement.launcher"],
        cwd="/",
        # Not as an argument: the names in it would show in the list of processes, twice.
        env={**ENVIRONMENT, "SANDBOX": marshal.dumps(spec).hex()},
        stdin=subprocess.DEVNULL,
        bufsize=0,
        start_new_session=True,
        **streams,
    )


def _python(*, packages: str) -> list[str]:
    """How to run one of our modules. The interpreter itself, not the link to it in a virtual
    environment."""
    return [os.path.realpath(sys.executable), "-I", "-S", "-B", "-c", _BOOT, str(_OURS), packages]


def _python_itself() -> list[str]:
    """The folders of which an interpreter with our packages is made."""
    names = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "platlib")]
    names.append(sysconfig.get_config_var("LIBDIR") or "")
    return [*(name for name in names if name and Path(name).is_dir()), str(_OURS)]


def _output(process: subprocess.Popen[bytes], *, timeout: float) -> tuple[bytes, bytes]:
    """All of stdout and stderr. A program that was taken over could write without end, so that it
    fills our memory instead of its own."""
    deadline, left = time.monotonic() + timeout, _MOST_OUTPUT
    stdout, stderr = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        for pipe, read in ((process.stdout, stdout), (process.stderr, stderr)):
            selector.register(cast(IO[bytes], pipe), selectors.EVENT_READ, read)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready or left <= 0:
                raise subprocess.TimeoutExpired(process.args, timeout)
            for key, _ in ready:
                chunk = os.read(key.fd, 1024**2)
                key.data.extend(chunk)
                left -= len(chunk)
                if not chunk:
                    selector.unregister(key.fileobj)
    return bytes(stdout), bytes(stderr)


def _read_to_the_end(descriptor: int) -> None:
    """The last process that could write to the pipe is gone when it ends. A killed process needs
    a moment for that, and until then could still write to its folder."""
    deadline = time.monotonic() + _GRACE
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if selector.select(left) and not os.read(descriptor, 65536):
                return
