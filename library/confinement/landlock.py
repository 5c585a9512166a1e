"""Landlock: the kernel refuses every path that no rule names. Linux 5.13 or newer.

https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import ctypes
import os
import struct

from library.confinement.kernel import (
    LANDLOCK_ADD_RULE,
    LANDLOCK_CREATE_RULESET,
    LANDLOCK_RESTRICT_SELF,
    syscall,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, _, REMOVE_FILE = (1 << n for n in range(6))
MAKE_REG, TRUNCATE = 1 << 8, 1 << 14
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
# How many rights each version knows, beginning with 1: REFER is new in 2, TRUNCATE in 3, IOCTL_DEV
# in 5. A right that is not named to the kernel is not refused.
RIGHTS = (13, 14, 15, 15, 16)
TCP = 0b11  # bind and connect, from version 4 on
SCOPED = 0b11  # abstract sockets and signals of others, from version 6 on
VERSION, PATH_BENEATH = 1, 1


def version() -> int:
    """What this kernel speaks. Raises OSError if it does not know Landlock, or has it off."""
    return syscall(LANDLOCK_CREATE_RULESET, None, 0, VERSION, what="landlock")


def restrict(*, folder: str | None, programs: Iterable[str], reads: Iterable[str]) -> None:
    """Allow this process to run `programs`, to read `reads`, to write in `folder`, and no other
    path. It keeps what it has open. Needs no_new_privs."""
    known = version()
    handled = (1 << RIGHTS[min(known, len(RIGHTS)) - 1]) - 1
    rules = struct.pack("=QQQ", handled, TCP if known >= 4 else 0, SCOPED if known >= 6 else 0)
    size = 8 if known < 4 else 16 if known < 6 else 24
    attributes = ctypes.create_string_buffer(rules, 24)
    ruleset = syscall(LANDLOCK_CREATE_RULESET, attributes, size, 0, what="landlock rules")
    allowed = dict.fromkeys(reads, READ_FILE | READ_DIR)
    for path in programs:
        allowed[path] = READ_FILE | READ_DIR | EXECUTE
    if folder:
        allowed[folder] = READ_FILE | READ_DIR | WRITE_FILE | REMOVE_FILE | MAKE_REG | TRUNCATE
    for path, rights in allowed.items():
        _allow(ruleset, path, rights & handled)
    syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0, what="landlock restrict")
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):
            rights &= ON_FILES
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, opened), 12)
        syscall(LANDLOCK_ADD_RULE, ruleset, PATH_BENEATH, rule, 0, what=f"landlock {path}")
    finally:
        os.close(opened)
