"""The log's hashes in files of 256, C2SP tlog-tiles: their paths, and the tree out of them. Pure.

    tile/0/x001/234             8,192 bytes: the hashes of leaves 315,904 to 316,159
    tile/1/000.p/7              224 bytes: each over 256 leaves; so far there are seven

A tile of level L has hashes over 256**L leaves each. Numbers are in groups of three digits, and all
groups but the last begin with x.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from audit.tree import HASH_SIZE, SIZE_LIMIT, Malformed, Subtree, from_nodes, node_hash

WIDTH = 256
KEPT = 64  # tiles, 8 kB each
_PATH = re.compile(r"(0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tile:
    """`width` hashes of tile number `index` of a level; 256 are a full tile."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """0/x001/234 or 1/000.p/7."""
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        return f"{self.level}/{number}" + ("" if self.width == WIDTH else f".p/{self.width}")

    @classmethod
    def parse(cls, path: str) -> Tile:
        """From what `path` gives. Raises Malformed for every other spelling."""
        match = _PATH.fullmatch(path) if len(path) < 100 else None
        if match is None:
            raise Malformed("A tile is named level/number or level/number.p/width.")
        level, number, width = match.groups()
        tile = cls(
            int(level), int(re.sub(r"[x/]", "", number)), WIDTH if width is None else int(width)
        )
        if tile.level > 63 or tile.width > WIDTH or tile.path != path:
            raise Malformed("A tile is named level/number or level/number.p/width.")
        return tile

    @property
    def leaves(self) -> int:
        """How many leaves each of its hashes covers."""
        return 1 << 8 * self.level

    def in_tree(self, size: int) -> bool:
        """Whether a tree of so many leaves has it, or had it when it was smaller."""
        return (self.index * WIDTH + self.width) * self.leaves <= size


def subtrees(size: int, fetch: Callable[[Tile], bytes]) -> Subtree:
    """The subtrees of a tree of `size` leaves out of its tiles, for proofs. The last ones that were
    fetched are kept: proofs of neighbours fetch each tile once. Raises Malformed where a tile has
    another length. The hashes are not verified: a proof of them that holds does that."""
    if not 0 < size <= SIZE_LIMIT:
        raise Malformed("A tree that has tiles has from 1 to 2**63 - 1 leaves.")
    kept: dict[tuple[int, int], list[list[bytes]]] = {}

    def rows(level: int, index: int) -> list[list[bytes]]:
        """The hashes of a tile, those over two of them, over four, and so on."""
        if (level, index) not in kept:
            width = min(WIDTH, (size >> 8 * level) - index * WIDTH)
            tile = Tile(level, index, width)
            data = fetch(tile)
            if len(data) != width * HASH_SIZE:
                raise Malformed(f"The tile {tile.path} is not {width * HASH_SIZE} bytes long.")
            row = [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]
            made = [row]
            while len(row) > 1:
                row = [node_hash(*pair) for pair in zip(row[::2], row[1::2], strict=False)]
                made.append(row)
            if len(kept) == KEPT:
                kept.pop(next(iter(kept)))
            kept[level, index] = made
        return kept[level, index]

    def node(level: int, index: int) -> bytes:
        tile_level, above = divmod(level, 8)
        tile, at = divmod(index << above, WIDTH)
        return rows(tile_level, tile)[above][at >> above]

    return from_nodes(node)
