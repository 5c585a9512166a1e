"""Namespaces of users, files, processes, network and messages, and a root folder with almost
nothing in it. Linux 5.12 or newer."""

from __future__ import annotations

import ctypes
import os
import struct

from library.confinement.kernel import MOUNT_SETATTR, PIVOT_ROOT, checked, libc, machine, syscall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x00020000, 0x02000000, 0x04000000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = *(1 << n for n in (27, 28, 29)), 1 << 30
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC = 1, 2, 4, 8
NOBODY = 65534
OLD = ".outside"


def enter() -> None:
    """Leave the namespaces of this machine; the next child is process 1. The account that we are
    outside is `nobody` inside: also where that is root."""
    user, group = os.getuid(), os.getgid()
    spaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET
    checked(libc.unshare(spaces | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP), "unshare")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{NOBODY} {user} 1"),
        ("gid_map", f"{NOBODY} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def build_root(*, folder: str | None, files: Iterable[str]) -> None:
    """Make a root folder of memory in which only these files and folders exist, under their own
    names: `files` to read, `folder` to write. There is no /proc, /dev or /run."""
    base = folder or "/tmp"  # noqa: S108  (any folder: what is mounted there moves away)
    real = {name: os.path.realpath(name) for name in sorted({*files})}
    here = os.path.realpath(base)
    _mount("none", "/", "", MS_REC | MS_PRIVATE)
    _mount("sandbox", base, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m")
    os.mkdir(f"{base}/{OLD}")
    syscall(PIVOT_ROOT[machine()], _name(base), _name(f"{base}/{OLD}"), what="pivot_root")
    os.chdir("/")
    for name, path in real.items():
        _show(name, path, MOUNT_ATTR_RDONLY)
    if folder:
        _show(folder, here, MOUNT_ATTR_NOEXEC)
    checked(libc.umount2(_name(f"/{OLD}"), MNT_DETACH), "umount2")
    os.rmdir(f"/{OLD}")
    _set_attributes("/", MOUNT_ATTR_RDONLY, flags=0)


def _show(name: str, path: str, attributes: int) -> None:
    """Make the file or folder at `path` outside appear under a name inside."""
    source = f"/{OLD}{path}"
    if os.path.isdir(source):
        os.makedirs(name, exist_ok=True)
    elif not os.path.exists(name):
        os.makedirs(os.path.dirname(name), exist_ok=True)
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o644))
    _mount(source, name, "", MS_BIND | MS_REC)
    _set_attributes(name, attributes | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, flags=AT_RECURSIVE)


def _mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    result = libc.mount(
        _name(source), _name(target), _name(kind), ctypes.c_ulong(flags), _name(data)
    )
    checked(result, f"mount {target}")


def _set_attributes(path: str, attributes: int, *, flags: int) -> None:
    wanted = ctypes.create_string_buffer(struct.pack("=QQQQ", attributes, 0, 0, 0), 32)
    what = f"mount_setattr {path}"
    syscall(MOUNT_SETATTR, AT_FDCWD, _name(path), flags, wanted, 32, what=what)


def _name(text: str) -> bytes:
    return os.fsencode(text)
