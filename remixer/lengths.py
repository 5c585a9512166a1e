"""How long may a meme be, and where may it start? The one answer, for page, API and service."""

from __future__ import annotations

from dataclasses import dataclass

from remixer.catalogue import Template

SUGGESTED_MS = 6_000


@dataclass(frozen=True, slots=True)
class Lengths:
    """All in whole milliseconds, as rows keep them: nothing is rounded on the way."""

    duration_ms: int
    shortest_ms: int
    longest_ms: int

    @property
    def suggested_ms(self) -> int:
        """In tenths of a second, which are the steps of the page, where the limits allow it."""
        return max(min(self.longest_ms, SUGGESTED_MS) // 100 * 100, self.shortest_ms)

    def latest_start_ms(self, length_ms: int) -> int:
        return max(self.duration_ms - length_ms, 0)


def lengths(template: Template, *, duration_ms: int) -> Lengths:
    """For a video of this duration. One that is shorter than the template asks for is taken
    whole."""
    longest = min(round(template.max_length * 1000), duration_ms)
    shortest = min(round(template.min_length * 1000), longest)
    return Lengths(duration_ms=duration_ms, shortest_ms=shortest, longest_ms=longest)


def seconds(milliseconds: int) -> str:
    """Exact, for people and for the fields of a page: 0.96, 5.9, 6."""
    return f"{milliseconds / 1000:g}"
