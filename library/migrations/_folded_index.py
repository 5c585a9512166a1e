"""Indexes for a part of a folded title.

A later migration that rebuilds `library_video` on SQLite drops its triggers with the old table: it
must make them again, with `make_folded_index`. A test finds them missing.
"""

from typing import Any

from django.db import DatabaseError
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from library.migrations._title_index import drop_title_index, make_title_index

POSTGRES = (
    (
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS library_video_folded "
        "ON library_video USING gin (folded_title gin_trgm_ops)"
    ),
    # How common a word is decides where a search begins. A hundred samples do not know a word
    # that one title in forty has.
    "ALTER TABLE library_video ALTER COLUMN folded_title SET STATISTICS 1000",
)
_FORGET = (
    "INSERT INTO library_video_folded(library_video_folded, rowid, folded_title) "
    "VALUES ('delete', old.id, old.folded_title)"
)
_LEARN = "INSERT INTO library_video_folded(rowid, folded_title) VALUES (new.id, new.folded_title)"
_TRIGGER = "CREATE TRIGGER library_video_folded"
SQLITE = (
    (
        "CREATE VIRTUAL TABLE library_video_folded USING fts5(folded_title, "
        "content='library_video', content_rowid='id', tokenize='trigram case_sensitive 1')"
    ),
    f"{_TRIGGER}_added AFTER INSERT ON library_video BEGIN {_LEARN}; END",
    f"{_TRIGGER}_gone AFTER DELETE ON library_video BEGIN {_FORGET}; END",
    (
        f"{_TRIGGER}_changed AFTER UPDATE OF folded_title ON library_video "
        f"BEGIN {_FORGET}; {_LEARN}; END"
    ),
    "INSERT INTO library_video_folded(library_video_folded) VALUES ('rebuild')",
)


def make_folded_index(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """In place of the index of titles as they are written. Where the engine was built without
    trigrams, titles are searched without an index."""
    is_sqlite = editor.connection.vendor == "sqlite"
    try:
        for statement in SQLITE if is_sqlite else POSTGRES:
            editor.execute(statement, None)
    except DatabaseError as error:
        print(f"\n  Titles will be searched without an index: {error}")  # noqa: T201
    if is_sqlite:
        drop_title_index(apps, editor)
    else:
        editor.execute("DROP INDEX CONCURRENTLY IF EXISTS library_video_title", None)


def drop_folded_index(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    make_title_index(apps, editor)
    if editor.connection.vendor == "sqlite":
        for event in ("added", "gone", "changed"):
            editor.execute(f"DROP TRIGGER IF EXISTS library_video_folded_{event}", None)
        editor.execute("DROP TABLE IF EXISTS library_video_folded", None)
    else:
        editor.execute("DROP INDEX CONCURRENTLY IF EXISTS library_video_folded", None)
        editor.execute(
            "ALTER TABLE library_video ALTER COLUMN folded_title SET STATISTICS -1", None
        )
