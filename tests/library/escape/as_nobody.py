"""Runs a program as the account `nobody`. Needs root, and only Python itself.

python as_nobody.py FOLDER… -- PROGRAM…

The folders may be below one that only root can enter, as /root is: then, for this program alone,
there is an empty folder in its place that shows no more than those.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from pathlib import Path

NOBODY = 65534
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 4096, 16384, 1 << 18
libc = ctypes.CDLL(None, use_errno=True)


def mount(source: str, target: Path, kind: str, flags: int, data: str = "") -> None:
    names = (os.fsencode(each) for each in (source, target, kind))
    if libc.mount(*names, ctypes.c_ulong(flags), os.fsencode(data)):
        raise OSError(ctypes.get_errno(), f"mount {target}")


def closed_to_others(path: Path) -> Path | None:
    """The first folder on the way that only its owner can enter."""
    for folder in reversed(path.parents):
        if not stat.S_IMODE(folder.stat().st_mode) & stat.S_IXOTH:
            return folder
    return None


def main(folders: list[str], program: list[str]) -> None:
    libc.unshare(CLONE_NEWNS)
    mount("none", Path("/"), "", MS_REC | MS_PRIVATE)
    wanted = {Path(name).resolve(): 0 for name in folders}
    hidden = {path: closed_to_others(path) for path in wanted}
    for path in wanted:
        wanted[path] = os.open(path, os.O_PATH)
    for closed in {each for each in hidden.values() if each}:
        mount("x", closed, "tmpfs", 0, "mode=755")
    for path, opened in wanted.items():
        if hidden[path]:
            path.mkdir(parents=True, exist_ok=True)
            mount(f"/proc/self/fd/{opened}", path, "", MS_BIND | MS_REC)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    os.execv(program[0], program)


if __name__ == "__main__":
    split = sys.argv.index("--")
    main(sys.argv[1:split], sys.argv[split + 1 :])
