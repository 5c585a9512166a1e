"""What do the promises cost? Times the services side by side with the least that could do.

    make bench                                   on SQLite
    DATABASE_URL=… make bench                    on PostgreSQL
    BENCH_LARGE=1000000 make bench               with a million videos where else 100,000 do
    BENCH_ONLY=lists,acts make bench             only these parts

Prints a table, and writes the same as JSON to benchmarks/results/ (or BENCH_RESULTS), part by part:
a run of one part leaves what the file says of the others.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import ground
from benchmarks.measuring import Report, show

RESULTS = Path(os.environ.get("BENCH_RESULTS", Path(__file__).parent / "results"))
LARGE = int(os.environ.get("BENCH_LARGE", "100000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
ONLY = set(filter(None, os.environ.get("BENCH_ONLY", "").split(",")))


def parts() -> dict[str, Callable[[], Report]]:
    """In the order in which they run: what wants an empty database comes first."""
    from benchmarks import acts, lists, logs, withdrawals

    return {
        "lists": lambda: lists.measured(LARGE, rounds=ROUNDS),
        "acts": lambda: acts.measured([1_000, 10_000, 100_000], rounds=ROUNDS),
        "withdrawals": lambda: withdrawals.measured(LARGE, rounds=4 * ROUNDS),
        "log": lambda: logs.measured(LARGE, rounds=ROUNDS),
        "signing": lambda: logs.signed_in_time(seconds=15 + 6 * ROUNDS),
    }


def main() -> None:
    with ground.database() as engine:
        on = f"{engine}, Python {platform.python_version()}, {os.cpu_count()} cores"
        total = Report()
        for name, part in parts().items():
            if ONLY and name not in ONLY:
                continue
            begun = time.monotonic()
            report = part()
            took = round(time.monotonic() - begun)
            print(f"{name}: {took} s", file=sys.stderr, flush=True)
            total += report
            path = keep(engine.split()[0].lower(), name, report, on=on, seconds=took)
        print(f"\n{on}")
        show(total)
        print(f"\nWritten to {path}")


def keep(engine: str, part: str, report: Report, *, on: str, seconds: int) -> Path:
    """Write down one part as soon as it is measured; the others of the file stay."""
    size = "" if LARGE == 100_000 else f"-{LARGE}"
    path = RESULTS / f"{engine}{size}.json"
    path.parent.mkdir(exist_ok=True)
    found = json.loads(path.read_text()) if path.exists() else {}
    found[part] = {
        "on": on,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "seconds": seconds,
        "promises": [asdict(one) | {"kept": one.is_kept} for one in report.promises],
        "lines": [asdict(line) for line in report.lines],
    }
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    return path


def _commit() -> str:
    """What was measured, as git names it; with a + where files differ from it."""
    git = ["git", "describe", "--always", "--dirty=+"]
    done = subprocess.run(git, capture_output=True, check=False, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    main()
