"""What is published about RFC 6962 trees: the eight leaves of the certificate-transparency tests,
with the roots over the first of them, and cases in files laid out as the testdata of
transparency-dev/merkle."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audit import tree

LEAVES = [
    tree.leaf_hash(bytes.fromhex(text))
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]


def run(folder: Path) -> Iterator[str]:
    """Each case of inclusion/ and consistency/ below the folder: nothing where our answer is the
    published one, else a line that names it. The first line of all counts the cases."""
    wrong = []
    number = 0
    for kind in ("inclusion", "consistency"):
        for path in sorted((folder / kind).rglob("*.json")):
            case = json.loads(path.read_text())
            if kind == "consistency" and _editions_disagree(case):
                continue
            number += 1
            try:
                (_inclusion if kind == "inclusion" else _consistency)(case)
            except (tree.Malformed, tree.Mismatch) as refused:
                if not case["wantErr"]:
                    wrong.append(f"{path.relative_to(folder)} holds, and was refused: {refused}")
            else:
                if case["wantErr"]:
                    wrong.append(f"{path.relative_to(folder)} was not refused")
    yield f"{number} cases"
    yield from wrong


def _editions_disagree(case: dict[str, Any]) -> bool:
    """From no leaf to no leaf: it held until June 2026, and since then it is an error, as RFC 6962
    has it (0 < m)."""
    return (
        case["size1"] == case["size2"] == 0 and case["root1"] == case["root2"] and not case["proof"]
    )


def _inclusion(case: dict[str, Any]) -> None:
    tree.verify_inclusion(
        b64decode(case["leafHash"]),
        case["leafIdx"],
        case["treeSize"],
        [b64decode(one) for one in case["proof"] or ()],
        b64decode(case["root"]),
    )


def _consistency(case: dict[str, Any]) -> None:
    tree.verify_consistency(
        case["size1"],
        b64decode(case["root1"]),
        case["size2"],
        b64decode(case["root2"]),
        [b64decode(one) for one in case["proof"] or ()],
    )
