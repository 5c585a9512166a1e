"""The benchmarks still run. How fast anything is no test says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(600)
def test_they_measure_all_that_needs_no_loop_of_saves(tmp_path: Path) -> None:
    small = {"BENCH_LARGE": "1100", "BENCH_ROUNDS": "1", "BENCH_ONLY": "lists,withdrawals,log"}
    done = subprocess.run(
        [sys.executable, "benchmarks/run.py"],
        cwd=ROOT,
        env=os.environ | small | {"BENCH_RESULTS": f"{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [path] = tmp_path.glob("*-1100.json")
    found = json.loads(path.read_text())
    assert set(found) == {"lists", "withdrawals", "log"}
    assert all(part["promises"] and part["lines"] for part in found.values())
    [queries] = [one for one in found["lists"]["promises"] if "more queries" in one["what"]]
    assert queries["found"] == 0
