"""What do the promises cost? Times the services side by side with the least that could do.

    make bench                                   on SQLite
    DATABASE_URL=… REDIS_URL=… make bench        on PostgreSQL

Prints a table, and writes the same as JSON to benchmarks/results/. Each line is the median of
several rounds on fresh videos; rounds of all contenders alternate, so that a slow minute of the
machine is everybody's.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import ground

RESULTS = Path(__file__).parent / "results"
VIDEOS = int(os.environ.get("BENCH_VIDEOS", "500"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))


@dataclass
class Line:
    """`ratio` is to the first line of the group; `queries` counts one round."""

    group: str
    name: str
    milliseconds: float
    slowest: float
    ratio: float
    queries: int


def measure(group: str, contenders: dict[str, Callable[[], Callable[[], object]]]) -> list[Line]:
    """Each contender prepares a round, untimed, and returns what is timed."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    times: dict[str, list[float]] = {name: [] for name in contenders}
    queries: dict[str, int] = {}
    for name, prepare in contenders.items():
        act = prepare()
        connection.queries_log.clear()
        with CaptureQueriesContext(connection) as captured:
            act()
        queries[name] = len(captured)
    for _ in range(ROUNDS):
        for name, prepare in contenders.items():
            act = prepare()
            started = time.perf_counter()
            act()
            times[name].append((time.perf_counter() - started) * 1000)
    first = statistics.median(next(iter(times.values())))
    return [
        Line(
            group=group,
            name=name,
            milliseconds=round(statistics.median(taken), 2),
            slowest=round(max(taken), 2),
            ratio=round(statistics.median(taken) / first, 2),
            queries=queries[name],
        )
        for name, taken in times.items()
    ]


def show(lines: list[Line], title: str) -> None:
    print(f"\n{title}\n")
    print(f"{'':<52}{'median ms':>11}{'slowest':>10}{'ratio':>8}{'queries':>9}")
    group = ""
    for line in lines:
        if line.group != group:
            group = line.group
            print(group)
        row = f"{line.milliseconds:>11.2f}{line.slowest:>10.2f}{line.ratio:>8.2f}{line.queries:>9}"
        print(f"  {line.name:<50}{row}")


def main() -> None:
    with ground.database() as engine:
        from benchmarks import consent

        lines = [
            line
            for group, contenders in consent.groups(VIDEOS).items()
            for line in measure(group, contenders)
        ]
        title = f"{engine}, Python {platform.python_version()}, {os.cpu_count()} cores"
        show(lines, f"{title}: {ROUNDS} rounds")
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{engine.split()[0].lower()}.json"
        report = {"on": title, "rounds": ROUNDS, "lines": [asdict(line) for line in lines]}
        path.write_text(json.dumps(report, indent=2) + "\n")
        print(f"\nWritten to {path.relative_to(Path.cwd())}")


if __name__ == "__main__":
    main()
