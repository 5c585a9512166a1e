"""What the documents list is what there is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ_ELSEWHERE = {"CREATORHUB_DATA", "PORT", "DEMO_VIDEOS"}


def test_every_setting_is_in_the_table_for_operators_and_no_other() -> None:
    settings = (ROOT / "creatorhub" / "settings.py").read_text()
    read = set(re.findall(r'\benv\.\w+\(\s*"(\w+)"', settings)) | READ_ELSEWHERE

    table = (ROOT / "docs" / "operations.md").read_text().split("\n## ")[1]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    listed = set(re.findall(r"`(\w+)`", " ".join(rows)))

    assert len(read) >= 30
    assert listed == read
