"""How many rounds a race is run: what two threads do at once is proven only by rounds in which
they met."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest


def rounds(least: int, *, most: int, until: Callable[[], bool]) -> Iterator[int]:
    """The numbers of the rounds: at least so many, and as many more as it takes until the threads
    have met. Fails where they did not meet within `most` rounds."""
    for number in range(most):
        if number >= least and until():
            return
        yield number
    if not until():
        pytest.fail(f"they did not meet often enough in {most} rounds")
