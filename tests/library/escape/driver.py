"""Locks the attempts in as a worker would, and waits for them. Needs only Python itself.

python driver.py PLAN     PLAN is a JSON file: facts, parts, folder, reads, memory
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from library import sandbox

ATTEMPTS = Path(__file__).with_name("attempts.py")


def main(path: str) -> None:
    plan = json.loads(Path(path).read_text())
    python = os.path.realpath(sys.executable)
    parts = frozenset(plan["parts"])
    sandbox.parts = lambda: parts  # type: ignore[assignment]
    # The attempts are a Python program, so they may also read Python.
    readable = (sysconfig.get_path("stdlib"), str(sysconfig.get_config_var("LIBDIR")))
    sandbox.LIBRARIES += readable
    folder = Path(plan["folder"])
    plan["facts"] |= {"worker": os.getpid()}
    (folder / "facts").write_text(json.dumps(plan["facts"]))
    process = sandbox.start(
        [python, "-I", "-S", "-B", str(ATTEMPTS), "facts", "answers"],
        folder=folder,
        reads=[ATTEMPTS, *plan["reads"]],
        limits=sandbox.Limits(memory=plan["facts"]["memory"]),
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
    )
    try:
        process.wait(60)
    finally:
        sandbox.end(process)
    sys.exit(process.returncode)


if __name__ == "__main__":
    main(sys.argv[1])
