"""Finds videos by a part of their title, and a creator's collections, in a library of any size.

Only reads. A migration makes the index of titles: trigrams by pg_trgm on PostgreSQL and by FTS5 on
SQLite. Without it the same videos are found, more slowly.
"""

from __future__ import annotations

from functools import cache

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from creatorhub.models import User
from creatorhub.texts import folded
from library.models import Video

LEAST = 3  # letters of a trigram: no index can find less
INDEX = "library_video_folded"  # of SQLite
MANY = 5000
COMMON = f"SELECT COUNT(*) FROM (SELECT 1 FROM {INDEX} WHERE {INDEX} MATCH %s LIMIT %s)"  # noqa: S608


def titled(videos: QuerySet[Video], text: str) -> QuerySet[Video]:
    """The videos whose title contains `text`, whatever the case and the form of its letters; none
    if nothing of it can be seen."""
    text = folded(text)
    if not text:
        return videos.none()
    if connection.vendor == "sqlite" and len(text) >= LEAST and _has_index():
        phrase = '"' + text.replace('"', '""') + '"'
        if not _is_common(phrase):
            found = RawSQL(f"SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s", [phrase])  # noqa: S608, S611
            return videos.filter(pk__in=found)
    return videos.filter(folded_title__contains=text)


def _is_common(phrase: str) -> bool:
    """Whether so many titles have it that it is faster to go through the list until a page is full
    than to collect all of them from the index. One query, which reads at most MANY rows."""
    with connection.cursor() as cursor:
        cursor.execute(COMMON, [phrase, MANY])
        return bool(cursor.fetchone()[0] == MANY)


@cache
def _has_index() -> bool:
    return INDEX in connection.introspection.table_names()


_NEXT = (
    "SELECT MIN(collection) FROM library_video "
    "WHERE owner_id = %s AND removed_at IS NULL AND collection > "
)
COLLECTIONS = (
    f"WITH RECURSIVE names(name) AS ({_NEXT} '' "  # noqa: S608  (of constants)
    f"UNION ALL SELECT ({_NEXT} name) FROM names WHERE name IS NOT NULL) "
    "SELECT name FROM names WHERE name IS NOT NULL LIMIT %s"
)


def collections_of(owner: User, *, most: int = 200) -> list[str]:
    """The names of this creator's collections in order, without the empty one. One query that goes
    from name to name in an index: its cost depends on the number of names, not of videos."""
    with connection.cursor() as cursor:
        cursor.execute(COLLECTIONS, [owner.pk, owner.pk, most])
        return [str(name) for (name,) in cursor.fetchall()]
