"""The limits of a child process that reads a stranger's file. Knows no Django.

Each program of the chain execs the next one, so that the limits hold for the process that we start:

    prlimit … → unshare (no network, if the system allows it) → setpriv → nice → the program

`timeout` is not part of it: it would be the program's parent, and the program would no longer die
with us.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache

PATH = "/usr/local/bin:/usr/bin:/bin"
ENVIRONMENT = {"PATH": PATH, "LANG": "C.UTF-8"}

# For systems without util-linux (macOS): a short-lived interpreter sets the same limits. We never
# run code between fork and exec, because our process has threads.
_WRAPPER = """
import os, resource, sys
values = dict(zip(("CPU", "AS", "FSIZE", "NOFILE", "CORE"), map(int, sys.argv[1:6])))
for name, value in values.items():
    kind = getattr(resource, "RLIMIT_" + name, None)
    try:
        kind is not None and resource.setrlimit(kind, (value, value))
    except (OSError, ValueError):
        pass
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, 9)
os.nice(int(sys.argv[6]))
os.execv(sys.argv[7], sys.argv[7:])
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """`cpu` is in seconds of all threads together; `memory` (address space) and `file` are in
    bytes."""

    cpu: int = 3600
    memory: int = 4 * 1024**3
    file: int = 2 * 1024**3
    open_files: int = 64
    nice: int = 10


def confined(argv: list[str], limits: Limits) -> list[str]:
    """The arguments that run `argv` under these limits. `argv[0]` must be an absolute path."""
    prlimit, setpriv = _tool("prlimit"), _tool("setpriv")
    if not (prlimit and setpriv):
        numbers = (limits.cpu, limits.memory, limits.file, limits.open_files, 0, limits.nice)
        return [sys.executable, "-I", "-c", _WRAPPER, *map(str, numbers), *argv]
    return [
        prlimit,
        f"--cpu={limits.cpu}",
        f"--as={limits.memory}",
        f"--fsize={limits.file}",
        f"--nofile={limits.open_files}",
        "--core=0",
        "--",
        *without_network(),
        # After unshare: a change of credentials would clear the death signal.
        *(setpriv, "--pdeathsig", "KILL", "--no-new-privs", "--"),
        *(_tool("nice") or "nice", "-n", str(limits.nice)),
        *argv,
    ]


@cache
def without_network() -> tuple[str, ...]:
    """The prefix that takes the network from a process; empty if the system does not allow it."""
    unshare, true = _tool("unshare"), _tool("true")
    if not (unshare and true):
        return ()
    prefix = (unshare, "--user", "--map-root-user", "--net", "--")
    tried = subprocess.run([*prefix, true], capture_output=True, timeout=10, check=False)
    return prefix if tried.returncode == 0 else ()


def weaknesses() -> list[str]:
    """A sentence for each limit that this system cannot enforce."""
    found = []
    if not (_tool("prlimit") and _tool("setpriv")):
        found.append(
            "prlimit and setpriv (util-linux) are missing: a video program's limits are set by "
            "Python, and outside Linux it does not die with the worker that started it."
        )
    if not without_network():
        found.append(
            "Video programs can reach the network, because this system allows no user namespaces."
        )
    return found


@cache
def _tool(name: str) -> str | None:
    return shutil.which(name, path=PATH)
