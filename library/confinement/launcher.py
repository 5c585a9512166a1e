"""Locks this process in, then becomes the program. `library.sandbox` starts it.

With namespaces there are three processes, else one:

    outer   relays how the program ended; dies with the worker
    first   process 1 of the new namespace: when it dies, the kernel kills all that is in there
    inner   the program
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # `signal` without its enumerations
import marshal
import os
import resource
import select
import sys

from library.confinement import kernel, landlock, namespaces, seccomp
from library.confinement.kernel import PR_SET_DUMPABLE, PR_SET_PDEATHSIG, prctl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

NO_START = 121


def main() -> None:
    spec: dict[str, Any] = marshal.loads(bytes.fromhex(os.environ.pop("SANDBOX")))  # noqa: S302  (the worker's)
    try:
        os.umask(0o077)
        os.nice(spec["limits"]["nice"])
        if "namespaces" in spec["parts"]:
            _in_namespaces(spec)
        else:
            _die_with_the_parent()
            if os.getppid() != spec["parent"]:
                sys.exit(NO_START)
            os.chdir(spec["folder"] or "/")
            _become(spec)
    except Exception as error:  # noqa: BLE001  (whatever it is: nothing may run unlocked)
        _complain(error)


def _complain(error: Exception) -> NoReturn:
    os.write(2, f"sandbox: {error}\n".encode())
    os._exit(NO_START)


def _in_namespaces(spec: dict[str, Any]) -> None:
    namespaces.enter()
    _die_with_the_parent()  # after the change of credentials, which clears it
    if os.getppid() != spec["parent"]:
        sys.exit(NO_START)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the program gets them too, and ends if it likes
    prctl(PR_SET_DUMPABLE, 0)
    ended, ending = os.pipe()
    if os.fork() == 0:
        try:
            os.close(ended)
            _first(spec, ending)
        except Exception as error:  # noqa: BLE001
            _complain(error)
    os.close(ending)
    os.closerange(0, 2)
    _, status = os.wait()
    told = os.read(ended, 16)
    if told:
        status = int(told)
    if os.WIFEXITED(status):
        os._exit(os.WEXITSTATUS(status))
    ended_by = os.WTERMSIG(status)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if ended_by not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(ended_by, signal.SIG_DFL)
    os.kill(os.getpid(), ended_by)


def _first(spec: dict[str, Any], ending: int) -> None:
    """Process 1. Builds the root folder, starts the program, and tells how it ended."""

    _die_with_the_parent()
    if select.select([], [], [ending], 0)[2] or _is_broken(ending):
        os._exit(NO_START)  # the outer process died before we asked to die with it
    namespaces.build_root(
        folder=spec["folder"],
        files=[spec["program"], *spec["libraries"], *spec["reads"]],
    )
    os.chdir(spec["folder"] or "/")
    program = os.fork()
    if program == 0:
        try:
            _die_with_the_parent()
            _become(spec)
        except Exception as error:  # noqa: BLE001
            _complain(error)
    os.closerange(0, 3)  # the pipes to the worker end with the program
    while True:
        pid, status = os.wait()
        if pid == program:
            os.write(ending, str(status).encode())
            os._exit(0)


def _is_broken(pipe: int) -> bool:
    poll = select.poll()
    poll.register(pipe, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _become(spec: dict[str, Any]) -> None:
    """Give up everything, then run the program in place of this one."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.closerange(3, 65536)
    _limit(spec)
    if spec["parts"]:
        kernel.drop_capabilities()
    if "landlock" in spec["parts"]:
        landlock.restrict(
            folder=spec["folder"],
            programs=[spec["program"], *spec["libraries"]],
            reads=spec["reads"],
        )
    if "seccomp" in spec["parts"]:
        seccomp.restrict()
    if not spec["argv"]:
        os._exit(0)  # it was only tried out
    os.execve(spec["program"], spec["argv"], spec["env"])  # noqa: S606


def _limit(spec: dict[str, Any]) -> None:
    limits = spec["limits"]
    values = {
        "CPU": limits["cpu"],
        "AS": limits["memory"],
        "FSIZE": limits["file"],
        "NOFILE": limits["open_files"],
        "CORE": 0,
        "MEMLOCK": 0,
        "MSGQUEUE": 0,
    }
    if "namespaces" in spec["parts"]:
        values["NPROC"] = 256  # threads; counted in the namespace, not over all of the account
    for name, value in values.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is not None:
            # A limit that is lower already stays; macOS refuses some of them.
            try:
                resource.setrlimit(kind, (value, value))
            except (OSError, ValueError):
                continue


def _die_with_the_parent() -> None:
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
