"""Libraries to measure with: plain ones, and one as a creator of many years would have. Filled by
SQL, the same on both engines, past the services that would take each video in by itself."""

# ruff: noqa: S608  (made of constants and numbers)

from __future__ import annotations

import itertools
import random
from datetime import timedelta

import time_machine
from django.db import connection
from django.utils import timezone

from consent import selection, services
from consent.models import Edit, EditJob
from creatorhub.actors import Actor
from creatorhub.jobs import LIVE
from creatorhub.models import User
from library import services as library

WORDS = 1000
COLLECTIONS = 40
YEARS = timedelta(days=3 * 365)
RARE_WORD = "zephyr"
RARE_EVERY = 250_000
_number = itertools.count(1)
_COMMON = (
    "morning beach winter garden river family kitchen city night mountain birthday music market "
    "summer road story travel cooking light forest studio guitar dance street ocean lesson review "
    "island castle sunset"
)
_ODDS = (2654435761, 2246822519, 3266489917, 668265263, 374761393)


def creator() -> tuple[User, Actor]:
    user = User.objects.create(username=f"creator{next(_number)}")
    return user, Actor.creator(user)


def words() -> list[str]:
    """The most common first: about three in a hundred titles have the first in a given place."""
    random_ = random.Random(7)
    starts = [a + b for a in "bcdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "ai")]
    made = dict.fromkeys(_COMMON.split())
    while len(made) < WORDS:
        made["".join(random_.choices(starts, k=random_.choice((2, 3, 3, 4))))] = None
    return list(made)


def collections() -> list[str]:
    return [f"{word.capitalize()} {2 + place % 7}" for place, word in enumerate(words()[5:44])]


def fill(owner: User, count: int) -> None:
    """Give this creator `count` ready videos of varied titles, most of them in one of the
    collections, uploaded over the last three years. Nothing of them is decided."""
    _learn("bench_word", words())
    _learn("bench_collection", ["", *collections()])
    uuid, uploaded, numbers = _sqlite(count) if _is_sqlite() else _postgresql(count)
    title = " || ' ' || ".join(_pick("bench_word", odd, WORDS) for odd in _ODDS[:4])
    rare = f"CASE WHEN n % {RARE_EVERY} = 17 THEN ' {RARE_WORD}' ELSE '' END"
    title = f"{title} || ', part ' || (n % 12 + 1) || {rare}"
    columns = {
        "uuid": uuid,
        "owner_id": owner.pk,
        "title": title,
        "folded_title": f"lower({title})",  # the words are ASCII
        "collection": _pick("bench_collection", _ODDS[4], COLLECTIONS),
        "status": "'ready'",
        "problem": "''",
        "via": "'import'",
        "original_name": "''",
        "size": 40_000_000,
        "source_key": "''",
        "mezzanine_key": "'mezzanine.mp4'",
        "poster_key": "'poster.jpg'",
        "duration_ms": f"3000 + {_drawn(_ODDS[1], 4_000_000)}",
        "width": 1280,
        "height": 720,
        "has_audio": "TRUE",
        "created_at": uploaded,
    }
    values = ", ".join(str(value) for value in columns.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO library_video ({', '.join(columns)}) SELECT {values} FROM {numbers}"
        )
    library.recount(owner)


def _is_sqlite() -> bool:
    return connection.vendor == "sqlite"


def _sqlite(count: int) -> tuple[str, str, str]:
    """A key, the moment of the upload number `n`, and the numbers up to `count`."""
    first, step = timezone.now() - YEARS, YEARS.total_seconds() / count
    upto = f"upto(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM upto WHERE n < {count})"
    return (
        "lower(hex(randomblob(16)))",
        f"strftime('%Y-%m-%d %H:%M:%f000', '{first:%F %T}', '+' || (n * {step}) || ' seconds')",
        f"(WITH RECURSIVE {upto} SELECT n FROM upto) AS numbers",
    )


def _postgresql(count: int) -> tuple[str, str, str]:
    first, step = timezone.now() - YEARS, YEARS.total_seconds() / count
    return (
        "gen_random_uuid()",
        f"'{first.isoformat()}'::timestamptz + n * {step} * interval '1 second'",
        f"generate_series(1::bigint, {count}) AS numbers(n)",
    )


def _drawn(odd: int, most: int) -> str:
    """A number from 0 up to `most` for each `n`, the square of something even: low ones are
    common. The same on every run."""
    even = f"(n * {odd} % 4294967296 / 65536)"
    return f"{even} * {even} * {most} / 4294967296"


def _pick(table: str, odd: int, most: int) -> str:
    return f"(SELECT name FROM {table} WHERE id = {_drawn(odd, most)})"


def _learn(table: str, names: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {table} (id BIGINT PRIMARY KEY, name TEXT)")
        cursor.execute(f"SELECT COUNT(*) FROM {table}")
        if not cursor.fetchone()[0]:
            cursor.executemany(f"INSERT INTO {table} VALUES (%s, %s)", [*enumerate(names)])
            cursor.execute("ANALYZE")


def settle() -> None:
    """What a server does by itself within minutes of a change of this size."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if _is_sqlite() else "VACUUM ANALYZE")


def decide(owner: User) -> None:
    """Of a filled library allow about 40 in a hundred videos, turn off 10, let 1 end and leave
    the others undecided; a few may be trained on. Through the services."""
    actor = Actor.creator(owner)
    names = collections()
    edit(owner, actor, {"collection": names[-1]}, grant=services.Grant(), use="train")
    for name in names[:18]:
        edit(owner, actor, {"collection": name}, grant=services.Grant())
    for word in words()[:4]:
        edit(owner, actor, {"remix": "allowed", "q": word}, grant=None)
    ended = timezone.now()
    with time_machine.travel(ended - timedelta(minutes=10)):
        edit(owner, actor, {"collection": names[-2]}, grant=services.Grant(until=ended))


def edit(
    owner: User,
    actor: Actor,
    asked: dict[str, str],
    *,
    grant: services.Grant | None,
    use: str = "remix",
) -> Edit:
    """Everything that matches: drafted, confirmed and applied, in this process."""
    drafted = drafted_edit(owner, actor, asked, grant=grant, use=use)
    services.confirm_edit(drafted.uuid, actor=actor, creator=owner)
    return work(drafted)


def drafted_edit(
    owner: User,
    actor: Actor,
    asked: dict[str, str],
    *,
    grant: services.Grant | None,
    use: str = "remix",
) -> Edit:
    """A draft that is ready to be confirmed."""
    chosen = selection.matching(owner, asked)
    drafted = services.draft_edit(actor=actor, creator=owner, use=use, grant=grant, matching=chosen)
    return work(drafted)


def work(edit: Edit) -> Edit:
    """What a worker does: go on with the edit until its job has nothing left to do."""
    live = EditJob.objects.filter(edit=edit, state__in=LIVE)
    while key := live.values_list("pk", flat=True).first():
        services.run_edit(key)
    edit.refresh_from_db()
    return edit
