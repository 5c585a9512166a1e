"""The list of a creator's videos, as a person asks for it: the same walk through a small library
and a large one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.test import Client
from django.utils import timezone

from benchmarks import as_it_stood, checks, sample
from benchmarks.measuring import Promise, Report, Timed, lines_of
from consent.filters import ordering
from creatorhub.models import User
from creatorhub.paging import page_of
from library.models import Video

FEW = 500
COMMON_WORD = "kitchen"  # in about 25 of a thousand titles


@dataclass(frozen=True)
class Question:
    name: str
    query: str

    @property
    def path(self) -> str:
        return f"/videos/?{self.query}"


def questions(owner: User) -> list[Question]:
    """What is asked of the list, for the library of this creator."""
    large, small = sample.collections()[0], sample.collections()[-3]
    day = timezone.now() - timedelta(days=400)
    asked: dict[str, dict[str, str]] = {
        "no filter": {},
        "a common word": {"q": COMMON_WORD},
        "a rare word": {"q": sample.RARE_WORD},
        "a word that no title has": {"q": "quetzalcoatl"},
        "two letters": {"q": "ki"},
        "a large collection": {"collection": large},
        "a small collection": {"collection": small},
        "allowed": {"remix": "allowed"},
        "off": {"remix": "off"},
        "never decided": {"remix": "undecided"},
        "ended (one in a hundred)": {"remix": "expired"},
        "terms changed (none)": {"remix": "notice_changed"},
        "turned off by the creator": {"reason": "off"},
        "allowed in a large collection": {"collection": large, "remix": "allowed"},
        "a common word, allowed": {"q": COMMON_WORD, "remix": "allowed"},
        "uploaded in one week": {
            "from": f"{day:%Y-%m-%d}",
            "to": f"{day + timedelta(days=6):%Y-%m-%d}",
        },
        "uploaded in one month, by length": {
            "from": f"{day:%Y-%m-%d}",
            "to": f"{day + timedelta(days=30):%Y-%m-%d}",
            "sort": "longest",
        },
        "longer than ten minutes": {"longer": "600"},
        "by title": {"sort": "title"},
        "by length": {"sort": "longest"},
        "never edited": {"edited": "never"},
    }
    found = [Question(name, urlencode(fields)) for name, fields in asked.items()]
    return [*found, *_deep(owner)]


def _deep(owner: User) -> Iterator[Question]:
    """The page in the middle of the library: where following the next pages leads in the end."""
    mine = Video.objects.owned_by(owner)
    halves = {
        "newest": mine.filter(created_at__lte=timezone.now() - sample.YEARS / 2),
        "title": mine.filter(folded_title__gte="m"),
    }
    for sort, half in halves.items():
        after = page_of(half, ordering=ordering(sort), size=1).next
        yield Question(f"the middle, by {sort}", urlencode({"sort": sort, "after": after}))


def measured(large: int, *, rounds: int) -> Report:
    """A small library and a large one in the same database, asked in turn."""
    few, _ = sample.creator()
    many, _ = sample.creator()
    sample.fill(few, FEW)
    sample.fill(many, large)
    sample.settle()
    sample.decide(few)
    sample.decide(many)
    sample.settle()
    small, big = f"{FEW} videos", f"{large:,} videos"
    walked = _walk({small: few, big: many}, rounds=2 * rounds)
    report = Report()
    for place, (name, one) in enumerate(walked[small].items()):
        of_many = list(walked[big].values())[place]
        report.lines += lines_of(f"The list: {name}", {small: one, big: of_many})
    totals = {name: _all_of(walk) for name, walk in walked.items()}
    report.lines += lines_of("The list: all of these, 95th percentile", totals, by=Timed.p95)
    report.promises = _promises(totals, walked[small], walked[big], big)
    report += checks.measured(many, rounds=4 * rounds)
    report += as_it_stood.measured(reader(many), many, rounds=2 * rounds)
    return report


Walk = dict[str, Timed]


def _walk(libraries: dict[str, User], *, rounds: int) -> dict[str, Walk]:
    """Every question of every library in turn, after one round that is not counted."""
    clients = {name: reader(owner) for name, owner in libraries.items()}
    asked = {name: questions(owner) for name, owner in libraries.items()}
    walked: dict[str, Walk] = {name: {} for name in libraries}
    for number in range(rounds + 1):
        for together in zip(*asked.values(), strict=True):
            for name, question in zip(asked, together, strict=True):
                timed = walked[name].setdefault(question.name, Timed())
                with timed.round():
                    look(clients[name], question)
                if not number:
                    timed.milliseconds.clear()
    return walked


def _all_of(walk: Walk) -> Timed:
    times = [taken for one in walk.values() for taken in one.milliseconds]
    return Timed(times, max(one.queries for one in walk.values()))


def _promises(totals: dict[str, Timed], small: Walk, large: Walk, big: str) -> list[Promise]:
    few, many = (one.p95() for one in totals.values())
    more = sum(small[name].queries != large[name].queries for name in small)
    return [
        Promise(f"The list, 95th percentile: {big} to {FEW}", 1.5, round(many / few, 2), "×"),
        Promise(f"The list: questions that take more queries of {big} than of {FEW}", 0, more, ""),
    ]


def reader(owner: User) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(owner)
    return client


def look(client: Client, question: Question) -> None:
    answer = client.get(question.path, secure=True)
    if answer.status_code != 200:
        raise RuntimeError(f"{question.path} answered {answer.status_code}")
