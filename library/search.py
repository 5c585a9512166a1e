"""Finding videos by a part of their title, and a creator's collections, in a library of any size.

Reading only. The indexes behind both are made by a migration: trigrams on PostgreSQL (pg_trgm) and
SQLite (FTS5). Where an engine was built without them the same videos are found, more slowly.
"""

from __future__ import annotations

import re
from functools import cache

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from creatorhub.models import User
from library.models import Video

LEAST = 3  # letters of a trigram: less than that no index can find
INDEX = "library_video_title"  # of SQLite
MANY = 5000
COMMON = f"SELECT COUNT(*) FROM (SELECT 1 FROM {INDEX} WHERE {INDEX} MATCH %s LIMIT %s)"  # noqa: S608


def titled(videos: QuerySet[Video], text: str) -> QuerySet[Video]:
    """The videos whose title contains `text`, whatever the case of its letters."""
    if connection.vendor == "sqlite" and len(text) >= LEAST and _has_index():
        phrase = '"' + text.replace('"', '""') + '"'
        if text.isascii() and _is_common(phrase):
            return videos.filter(title__icontains=text)
        found = RawSQL(f"SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s", [phrase])  # noqa: S608, S611
        return videos.filter(pk__in=found)
    if connection.vendor == "sqlite" and not text.isascii():
        return videos.filter(title__iregex=re.escape(text))  # its LIKE knows the case of a-z alone
    return videos.filter(title__icontains=text)


def _is_common(phrase: str) -> bool:
    """Whether so many titles have it that a page of them is sooner met on the way through the list
    than all of them are gathered from the index. One query, of a bounded cost."""
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
    """The names of this creator's collections in order, without the empty one. One query that
    jumps from name to name in an index: its cost is their number, not that of the videos."""
    with connection.cursor() as cursor:
        cursor.execute(COLLECTIONS, [owner.pk, owner.pk, most])
        return [str(name) for (name,) in cursor.fetchall()]
