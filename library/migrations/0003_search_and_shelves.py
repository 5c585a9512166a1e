"""Indexes for a part of a title, and the number of videos that each creator has.

A later migration that rebuilds `library_video` on SQLite takes its triggers with the old table:
it must make them again, by `_make_index`. A test finds them missing.
"""

from typing import Any

from django.db import DatabaseError, migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Count

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


def _make_index(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """Where the engine was built without trigrams, titles are searched without an index."""
    statements = SQLITE if editor.connection.vendor == "sqlite" else POSTGRES
    try:
        with transaction.atomic(editor.connection.alias):
            for statement in statements:
                editor.execute(statement, None)
    except DatabaseError as error:
        print(f"\n  Titles will be searched without an index: {error}")  # noqa: T201


def _drop_index(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "sqlite":
        for event in ("added", "gone", "changed"):
            editor.execute(f"DROP TRIGGER IF EXISTS library_video_title_{event}", None)
        editor.execute("DROP TABLE IF EXISTS library_video_title", None)
    else:
        editor.execute("DROP INDEX IF EXISTS library_video_title", None)


def _count(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    videos, shelves = (apps.get_model("library", name).objects for name in ("Video", "Shelf"))
    counted = videos.filter(removed_at=None).order_by().values_list("owner").annotate(Count("pk"))
    shelves.bulk_create(
        shelves.model(owner_id=owner, videos=number) for owner, number in counted.iterator()
    )


class Migration(migrations.Migration):
    dependencies = [("library", "0002_a_library_of_any_size")]

    operations = [
        migrations.RunPython(_make_index, _drop_index),
        migrations.RunPython(_count, migrations.RunPython.noop),
    ]
