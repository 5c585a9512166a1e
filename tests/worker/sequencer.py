"""A process that seals the log once for each line it reads, each time in a child of its own:

> go              a child is ready, and waits
< PID
> go              it seals
< STATUS          negative: the number of the signal that killed it
"""

from __future__ import annotations

import os
import sys

import django


def main() -> None:
    django.setup()
    from audit import sequencing, signing  # noqa: PLC0415

    for _ in sys.stdin:
        reads, writes = os.pipe()
        if not (pid := os.fork()):
            os.close(writes)
            os.read(reads, 1)
            sequencing.sequence()
            signing.sign()
            os._exit(0)
        os.close(reads)
        print(pid, flush=True)  # noqa: T201
        sys.stdin.readline()
        os.close(writes)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
