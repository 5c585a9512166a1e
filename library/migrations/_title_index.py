"""Indexes for a part of a title.

A later migration that rebuilds `library_video` on SQLite drops its triggers with the old table: it
must make them again, with `make_title_index`. A test finds them missing.
"""

from typing import Any

from django.db import DatabaseError, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

POSTGRES = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX library_video_title ON library_video USING gin (UPPER(title::text) gin_trgm_ops)",
    # How common a word is decides where a search begins. A hundred samples do not know a word
    # that one title in forty has.
    "ALTER INDEX library_video_title ALTER COLUMN 1 SET STATISTICS 1000",
)
_FORGET = (
    "INSERT INTO library_video_title(library_video_title, rowid, title) "
    "VALUES ('delete', old.id, old.title)"
)
_LEARN = "INSERT INTO library_video_title(rowid, title) VALUES (new.id, new.title)"
_TRIGGER = "CREATE TRIGGER library_video_title"
SQLITE = (
    (
        "CREATE VIRTUAL TABLE library_video_title USING fts5("
        "title, content='library_video', content_rowid='id', tokenize='trigram')"
    ),
    f"{_TRIGGER}_added AFTER INSERT ON library_video BEGIN {_LEARN}; END",
    f"{_TRIGGER}_gone AFTER DELETE ON library_video BEGIN {_FORGET}; END",
    f"{_TRIGGER}_changed AFTER UPDATE OF title ON library_video BEGIN {_FORGET}; {_LEARN}; END",
    "INSERT INTO library_video_title(library_video_title) VALUES ('rebuild')",
)


def make_title_index(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """Where the engine was built without trigrams, titles are searched without an index."""
    statements = SQLITE if editor.connection.vendor == "sqlite" else POSTGRES
    try:
        with transaction.atomic(editor.connection.alias):
            for statement in statements:
                editor.execute(statement, None)
    except DatabaseError as error:
        print(f"\n  Titles will be searched without an index: {error}")  # noqa: T201


def drop_title_index(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "sqlite":
        for event in ("added", "gone", "changed"):
            editor.execute(f"DROP TRIGGER IF EXISTS library_video_title_{event}", None)
        editor.execute("DROP TABLE IF EXISTS library_video_title", None)
    else:
        editor.execute("DROP INDEX IF EXISTS library_video_title", None)
