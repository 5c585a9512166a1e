"""RFC 6962 trees: known answers, an independent definition, and every proof of every small tree."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from audit import tiles, tree
from audit.tree import Malformed, Mismatch, Range
from tests.audit import vectors
from tests.audit.vectors import LEAVES, ROOTS

SIZES = range(1, 41)
MANY = [tree.leaf_hash(bytes([number])) for number in range(40)]


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962, section 2.1, writes it down."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


TOPS = [by_definition(MANY[:size]) for size in range(41)]


def test_the_root_is_that_of_the_published_vectors_and_of_the_definition() -> None:
    assert [tree.root(LEAVES[:size]) for size in range(9)] == ROOTS
    assert [tree.root(MANY[:size]) for size in range(41)] == TOPS


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (0, 1, []),
        (
            0,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
        (
            1,
            5,
            [
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ],
)
def test_inclusion_proofs_are_the_published_ones(index: int, size: int, proof: list[str]) -> None:
    made = tree.inclusion_proof(index, LEAVES[:size])

    assert [one.hex() for one in made] == proof
    tree.verify_inclusion(LEAVES[index], index, size, made, ROOTS[size])


@pytest.mark.parametrize(
    ("old", "size", "proof"),
    [
        (1, 1, []),
        (
            1,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            [
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
        (
            6,
            7,
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
    ],
)
def test_consistency_proofs_are_the_published_ones(old: int, size: int, proof: list[str]) -> None:
    made = tree.consistency_proof(old, LEAVES[:size])

    assert [one.hex() for one in made] == proof
    tree.verify_consistency(old, ROOTS[old], size, ROOTS[size], made)


def refused(verify: Callable[..., None], *arguments: Any) -> bool:
    try:
        verify(*arguments)
    except (Malformed, Mismatch):
        return True
    return False


def changes(proof: list[bytes]) -> Iterator[list[bytes]]:
    """Each byte changed, each hash left out, doubled, or exchanged with its neighbour; and one
    more at either end."""
    for place, one in enumerate(proof):
        before, after = proof[:place], proof[place + 1 :]
        for at in range(32):
            yield [*before, one[:at] + bytes([one[at] ^ 1]) + one[at + 1 :], *after]
        yield [*before, *after]
        yield [*before, one, one, *after]
        if after:
            yield [*before, after[0], one, *after[1:]]
    yield [*proof, MANY[0]]
    yield [MANY[0], *proof]


def test_every_inclusion_proof_holds_and_none_that_is_changed() -> None:
    verify = tree.verify_inclusion
    for size in SIZES:
        for index in range(size):
            leaf, top = MANY[index], TOPS[size]
            proof = tree.inclusion_proof(index, MANY[:size])
            verify(leaf, index, size, proof, top)
            for other in {*range(size + 1)} - {index}:
                assert refused(verify, leaf, other, size, proof, top)
            assert refused(verify, leaf, index, size, proof, TOPS[size - 1])
            assert size == 1 or refused(verify, top, index, size, [], top)
            for changed in changes(proof):
                assert refused(verify, leaf, index, size, changed, top)


def test_every_consistency_proof_holds_and_none_that_is_changed() -> None:
    verify = tree.verify_consistency
    for size in SIZES:
        for old in range(1, size + 1):
            proof = tree.consistency_proof(old, MANY[:size])
            verify(old, TOPS[old], size, TOPS[size], proof)
            for other in {*range(size + 2)} - {old}:
                assert refused(verify, other, TOPS[old], size, TOPS[size], proof)
            assert old == size or refused(verify, old, TOPS[size], size, TOPS[old], proof)
            for changed in changes(proof):
                assert refused(verify, old, TOPS[old], size, TOPS[size], changed)


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda: tree.inclusion_proof(0, []), "A tree of 0 leaves has no leaf 0"),
        (lambda: tree.inclusion_proof(-1, MANY), "no leaf -1"),
        (lambda: tree.inclusion_proof(40, MANY), "no leaf 40"),
        (lambda: tree.consistency_proof(0, MANY), "No proof leads from 0 leaves to 40"),
        (lambda: tree.consistency_proof(41, MANY), "from 41 leaves to 40"),
        (lambda: tree.verify_inclusion(MANY[0], 0, 0, [], TOPS[0]), "has no leaf 0"),
        (lambda: tree.verify_inclusion(MANY[0], 0, 2**63, [], TOPS[1]), "below 2..63"),
        (lambda: tree.verify_inclusion(MANY[0], 0, 2, [], TOPS[2]), "has 0 hashes"),
        (lambda: tree.verify_inclusion(b"short", 0, 1, [], TOPS[1]), "not 32 bytes"),
        (lambda: tree.verify_inclusion(MANY[0], 0, 1, [], b""), "not 32 bytes"),
        (lambda: tree.verify_inclusion(MANY[0], 0, 2, [b""], TOPS[2]), "not 32 bytes"),
        (lambda: tree.verify_consistency(0, TOPS[0], 1, TOPS[1], []), "from 0 leaves to 1"),
        (lambda: tree.verify_consistency(0, TOPS[0], 0, TOPS[0], []), "from 0 leaves to 0"),
        (lambda: tree.verify_consistency(2, TOPS[2], 1, TOPS[1], []), "from 2 leaves to 1"),
        (lambda: tree.verify_consistency(1, TOPS[1], 2**63, TOPS[2], []), "below 2..63"),
        (lambda: tree.verify_consistency(1, TOPS[1], 1, TOPS[1], [TOPS[1]]), "has 1 hashes"),
        (lambda: tree.verify_consistency(2, TOPS[2][1:], 4, TOPS[4], [TOPS[2]]), "not 32 bytes"),
    ],
)
def test_what_no_tree_has_is_malformed(act: Callable[[], None], why: str) -> None:
    with pytest.raises(Malformed, match=why):
        act()


def test_a_fork_is_told_from_a_proof_of_other_trees() -> None:
    fork = [*MANY[:5], MANY[9], *MANY[6:8]]

    with pytest.raises(Mismatch, match="Two roots are given for the same 8 leaves"):
        tree.verify_consistency(8, TOPS[8], 8, tree.root(fork), [])
    with pytest.raises(Mismatch, match="root of the first 6 leaves"):
        tree.verify_consistency(6, TOPS[6], 8, tree.root(fork), tree.consistency_proof(6, fork))
    with pytest.raises(Mismatch, match="from 5 leaves to the root of 8"):
        tree.verify_consistency(5, TOPS[5], 8, TOPS[8], tree.consistency_proof(5, fork))


def test_a_range_grows_to_the_roots_and_closes_every_complete_subtree_once() -> None:
    edge = Range()
    nodes = {}

    for index, leaf in enumerate(MANY):
        for level, node in enumerate(edge.append(leaf)):
            nodes[level, index >> level] = node
        assert (edge.size, edge.root()) == (index + 1, TOPS[index + 1])
        edge = Range.from_bytes(edge.to_bytes())

    assert Range().root() == TOPS[0]
    assert nodes == {
        (level, number): by_definition(MANY[number << level : number + 1 << level])
        for level in range(6)
        for number in range(40 >> level)
    }


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 7, b"\x00" * 9, b"\x00" * 7 + b"\x01", b"\xff" * 8 + b"\x00" * 32 * 64]
)
def test_what_is_not_the_edge_of_a_tree_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed, match="edge of a tree"):
        Range.from_bytes(data)


def test_proofs_from_stored_nodes_ask_for_no_leaf_besides() -> None:
    asked = []

    def node(level: int, index: int) -> bytes:
        asked.append((level, index))
        return by_definition(MANY[index << level : index + 1 << level])

    for size in SIZES:
        stored = tree.from_nodes(node)
        for index in range(size):
            whole = tree.inclusion_proof(index, MANY[:size])
            assert tree.inclusion_proof(index, stored, size) == whole
            assert tree.consistency_proof(index + 1, stored, size) == tree.consistency_proof(
                index + 1, MANY[:size]
            )
    asked.clear()
    tree.inclusion_proof(0, tree.from_nodes(node), 40)
    assert asked == [(0, 1), (1, 1), (2, 1), (3, 1), (4, 1), (3, 4)]


# ------------------------------------------------------------------ tiles


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (tiles.Tile(0, 0), "0/000"),
        (tiles.Tile(0, 1_234_067), "0/x001/x234/067"),
        (tiles.Tile(1, 0, 7), "1/000.p/7"),
        (tiles.Tile(63, 999, 255), "63/999.p/255"),
        (tiles.Tile(2, 1000, 1), "2/x001/000.p/1"),
    ],
)
def test_a_tile_has_the_path_of_the_specification(tile: tiles.Tile, path: str) -> None:
    assert tile.path == path
    assert tiles.Tile.parse(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        *("", "0", "0/", "0/0", "0/00", "0/0000", "00/000", "64/000", "-1/000", "0/x000/000"),
        *("0/001/000", "0/x001/x000", "0/x001/000/000", "0/000.p/0", "0/000.p/256", "0/000.p/01"),
        *("0/000.p/", "0/000.p", "0/000.P/1", "0/000/", "/0/000", "0/٠٠٠", "entries/000"),
        *("0/../000", "0/000\n", " 0/000"),
    ],
)
def test_every_other_path_is_malformed(path: str) -> None:
    with pytest.raises(Malformed, match="A tile is named"):
        tiles.Tile.parse(path)


def test_a_path_without_end_is_malformed() -> None:
    with pytest.raises(Malformed):
        tiles.Tile.parse("0/" + "x000/" * 10_000 + "000")


def test_the_tiles_of_70000_leaves_are_those_of_the_specification() -> None:
    size = 70_000

    assert tiles.Tile(0, 272).in_tree(size)
    assert tiles.Tile(0, 273, 112).in_tree(size)
    assert not tiles.Tile(0, 273, 113).in_tree(size)
    assert tiles.Tile(1, 0).in_tree(size)
    assert tiles.Tile(1, 1, 17).in_tree(size)
    assert not tiles.Tile(1, 1, 18).in_tree(size)
    assert tiles.Tile(2, 0, 1).in_tree(size)
    assert not tiles.Tile(2, 0, 2).in_tree(size)
    assert not tiles.Tile(3, 0, 1).in_tree(size)


def test_proofs_come_out_of_tiles_each_fetched_once() -> None:
    leaves = [sha256(number.to_bytes(4, "big")).digest() for number in range(700)]
    fetched = []

    def fetch(tile: tiles.Tile) -> bytes:
        fetched.append(tile)
        row = range(tile.index * 256, tile.index * 256 + tile.width)
        each = 256**tile.level
        return b"".join(tree.root(leaves[one * each : (one + 1) * each]) for one in row)

    for old, size in [(1, 700), (255, 256), (256, 257), (300, 700), (512, 513), (699, 700)]:
        subtree = tiles.subtrees(size, fetch)
        proof = tree.consistency_proof(old, subtree, size)
        tree.verify_consistency(old, tree.root(leaves[:old]), size, tree.root(leaves[:size]), proof)
        assert tree.inclusion_proof(old - 1, subtree, size) == tree.inclusion_proof(
            old - 1, leaves[:size]
        )
        assert len(fetched) == len(set(fetched))
        fetched.clear()

    with pytest.raises(Malformed, match=r"The tile 0/000\.p/3 is not 96 bytes long"):
        tree.consistency_proof(1, tiles.subtrees(3, lambda tile: fetch(tile)[1:]), 3)
    with pytest.raises(Malformed, match="from 1 to"):
        tiles.subtrees(0, fetch)


# ------------------------------------------------------------------ published vectors


def test_the_published_vectors_all_pass() -> None:
    given = os.environ.get("CREATORHUB_MERKLE_VECTORS")
    if not given:
        pytest.skip(
            "CREATORHUB_MERKLE_VECTORS names no folder laid out as the testdata of"
            " transparency-dev/merkle (inclusion/ and consistency/ with JSON cases)"
        )
    number, *wrong = vectors.run(Path(given))

    assert wrong == []
    assert int(number.split()[0]) > 0, f"{given} has no cases"


def write(folder: Path, name: str, case: dict[str, Any]) -> None:
    encoded = {
        key: b64encode(value).decode() if isinstance(value, bytes) else value
        for key, value in case.items()
    }
    if case["proof"] is not None:
        encoded["proof"] = [b64encode(one).decode() for one in case["proof"]]
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(encoded))


def test_the_runner_of_vectors_reads_their_layout_and_names_what_fails(tmp_path: Path) -> None:
    included = {
        "leafIdx": 5,
        "treeSize": 8,
        "root": ROOTS[8],
        "leafHash": LEAVES[5],
        "proof": tree.inclusion_proof(5, LEAVES),
        "desc": "happy path",
        "wantErr": False,
    }
    consistent = {
        "size1": 6,
        "size2": 8,
        "root1": ROOTS[6],
        "root2": ROOTS[8],
        "proof": tree.consistency_proof(6, LEAVES),
        "desc": "happy path",
        "wantErr": False,
    }
    empty = {**consistent, "size1": 0, "size2": 0, "root1": b"a", "root2": b"a", "proof": []}
    write(tmp_path, "inclusion/2/happy-path.json", included)
    write(
        tmp_path,
        "inclusion/2/leafIdx-sub.json",
        {**included, "leafIdx": 2**64 - 1, "wantErr": True},
    )
    write(tmp_path, "inclusion/0/garbage.json", {**included, "proof": [b""], "wantErr": True})
    write(tmp_path, "consistency/2/happy-path.json", consistent)
    write(
        tmp_path,
        "consistency/0/happy-path.json",
        {**consistent, "size1": 8, "root1": ROOTS[8], "proof": None},
    )
    write(
        tmp_path,
        "consistency/2/swapped.json",
        {**consistent, "root1": ROOTS[8], "root2": ROOTS[6], "wantErr": True},
    )
    for held in (True, False):
        write(tmp_path, f"consistency/additional/{held}.json", {**empty, "wantErr": held})
    assert list(vectors.run(tmp_path)) == ["6 cases"]

    write(tmp_path, "inclusion/2/happy-path.json", {**included, "wantErr": True})
    write(tmp_path, "consistency/2/swapped.json", {**consistent, "root2": ROOTS[6]})

    assert list(vectors.run(tmp_path)) == [
        "6 cases",
        "inclusion/2/happy-path.json was not refused",
        (
            "consistency/2/swapped.json holds, and was refused:"
            " The proof does not lead from 6 leaves to the root of 8."
        ),
    ]
