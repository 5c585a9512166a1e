"""Applying one edit in a process of its own, to see what it needs at the most.

python -m benchmarks.memory EDIT        within a run of the benchmarks, which starts it
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import ground

if TYPE_CHECKING:
    from consent.models import Edit


@dataclass(frozen=True, slots=True)
class Applied:
    seconds: float
    mebibytes: float


def applied_by_itself(edit: Edit) -> Applied:
    """The time is that of the work: without starting Python and Django."""
    python, env = ground.joining()
    done = subprocess.run(
        [*python, "-m", "benchmarks.memory", str(edit.pk)],
        check=True,
        env=env,
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
    )
    return Applied(**json.loads(done.stdout))


def _peak() -> float:
    """What this process had in memory at the most, in MiB, as the kernel counts it. getrusage
    would add what the process that started it had before."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> None:
    ground.set_up()
    from benchmarks import sample
    from consent.models import Edit

    edit = Edit.objects.get(pk=sys.argv[1])
    started = time.perf_counter()
    sample.work(edit)
    print(json.dumps(asdict(Applied(time.perf_counter() - started, _peak()))))


if __name__ == "__main__":
    main()
