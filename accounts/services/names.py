"""No name looks like that of another account."""

from __future__ import annotations

import zlib

from django.db import connection
from django.db.models import Q

from creatorhub.lookalikes import skeleton
from creatorhub.models import User
from creatorhub.usernames import username_key

ADVISORY_SPACE = 7301  # of the locks on skeletons, among those of this database


def looks_like_another(name: str, *, but: User | None = None) -> bool:
    """Whether another account than this has a username or a display name that looks like it. One
    query. It stays so until the end of a transaction that has called `keep_apart`."""
    shape = skeleton(name)
    alike = Q(username_skeleton=shape) | Q(display_skeleton=shape)
    others = User.objects.exclude(pk=but.pk) if but else User.objects.all()
    return others.filter(alike | Q(username_key=username_key(name))).exists()


def keep_apart(name: str) -> None:
    """In the caller's transaction: of two who take names that look alike, be it one as a username
    and the other as a display name, the second waits for the first. On SQLite every writer does."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            key = zlib.crc32(skeleton(name).encode()) - 2**31  # PostgreSQL takes signed numbers
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [ADVISORY_SPACE, key])
