"""Timing contenders side by side, and what is said of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Act = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Contender:
    """`prepare` makes ready for one round, untimed, and gives the acts to time: one for each
    group that the contender takes part in. `rounds` may be fewer for who takes minutes."""

    name: str
    prepare: Callable[[], Sequence[Act]]
    rounds: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """`milliseconds` stands for all rounds, as a rule their median; `slowest` is the longest;
    `ratio` is to the first line of the group; `queries` counts one round."""

    group: str
    name: str
    milliseconds: float
    slowest: float
    ratio: float
    queries: int
    rounds: int


@dataclass(frozen=True, slots=True)
class Promise:
    """What was to be reached, and what was. `found` and `bound` are in `unit`."""

    what: str
    bound: float
    found: float
    unit: str
    at_least: bool = False

    @property
    def is_kept(self) -> bool:
        return self.found >= self.bound if self.at_least else self.found <= self.bound


@dataclass(slots=True)
class Report:
    lines: list[Line] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)

    def __iadd__(self, other: Report) -> Report:
        self.lines += other.lines
        self.promises += other.promises
        return self


@dataclass(slots=True)
class Timed:
    milliseconds: list[float] = field(default_factory=list)
    queries: int = 0

    def median(self) -> float:
        return statistics.median(self.milliseconds)

    def p95(self) -> float:
        return percentile(self.milliseconds, 95)

    @contextmanager
    def round(self) -> Iterator[None]:
        from django.db import connection

        count = 0

        def counting(execute: Callable[..., Any], *args: Any) -> Any:
            nonlocal count
            count += 1
            return execute(*args)

        with connection.execute_wrapper(counting):
            started = time.perf_counter()
            yield
            self.milliseconds.append((time.perf_counter() - started) * 1000)
        self.queries = count


def percentile(values: Sequence[float], share: int) -> float:
    """The nearest rank: a value that was measured."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def compare(groups: Sequence[str], contenders: Sequence[Contender], *, rounds: int) -> list[Line]:
    """Rounds of all contenders alternate, so that a slow minute of the machine is everybody's."""
    timed = [{contender.name: Timed() for contender in contenders} for _ in groups]
    for number in range(rounds):
        for contender in contenders:
            if number >= (contender.rounds or rounds):
                continue
            for place, act in enumerate(contender.prepare()):
                with timed[place][contender.name].round():
                    act()
    return [line for group, of in zip(groups, timed, strict=True) for line in lines_of(group, of)]


def lines_of(
    group: str, timed: dict[str, Timed], *, by: Callable[[Timed], float] = Timed.median
) -> list[Line]:
    """`by` says which of the rounds stands for all: the one in the middle, or the 95th."""
    first = by(next(iter(timed.values())))
    return [
        Line(
            group=group,
            name=name,
            milliseconds=round(by(one), 2),
            slowest=round(max(one.milliseconds), 2),
            ratio=round(by(one) / first, 2),
            queries=one.queries,
            rounds=len(one.milliseconds),
        )
        for name, one in timed.items()
        if one.milliseconds
    ]


def show(report: Report) -> None:
    print(f"\n{'':<56}{'ms':>12}{'slowest':>12}{'ratio':>8}{'queries':>9}{'rounds':>8}")
    group = ""
    for line in report.lines:
        if line.group != group:
            group = line.group
            print(group)
        row = f"{line.milliseconds:>12,.1f}{line.slowest:>12,.1f}{line.ratio:>8.2f}"
        print(f"  {line.name:<54}{row}{line.queries:>9}{line.rounds:>8}")
    print(f"\n{'':<78}{'wanted':>12}{'found':>10}")
    for one in report.promises:
        sign = "≥" if one.at_least else "≤"
        kept = "reached" if one.is_kept else "NOT reached"
        bound = f"{sign} {one.bound:g} {one.unit}"
        print(f"  {one.what:<76}{bound:>12}{one.found:>10,.2f}  {kept}")
