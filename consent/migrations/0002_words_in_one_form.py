"""Brings saved filters and the notes of edits into the form in which they are stored."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db import migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from creatorhub.migrations._columns import rewrite
from creatorhub.texts import nfc


def _saved_filters(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """Of two that have the same name now, one that asks for the same goes; another is numbered."""
    rows = apps.get_model("consent", "SavedFilter")._base_manager.using(editor.connection.alias)
    for key in rows.order_by("pk").values_list("pk", flat=True).iterator():
        with transaction.atomic(using=editor.connection.alias):
            _rename(rows, rows.select_for_update().get(pk=key))


def _rename(rows: Any, saved: Any) -> None:
    name = nfc(saved.name)
    query = urlencode([(field, nfc(value)) for field, value in parse_qsl(saved.query)])
    others = rows.filter(creator=saved.creator_id).exclude(pk=saved.pk)
    if name != saved.name:
        if others.filter(name=name, query=query).exists():
            rows.filter(pk=saved.pk).delete()
            return
        number, plain = 1, name
        while others.filter(name=name).exists():
            number += 1
            name = f"{plain[:54]} ({number})"
    if (name, query) != (saved.name, saved.query):
        rows.filter(pk=saved.pk).update(name=name, query=query)


def _note(edit: Any) -> None:
    edit.reason = nfc(edit.reason)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("consent", "0001_initial")]

    operations = [
        migrations.RunPython(_saved_filters, migrations.RunPython.noop),
        rewrite("consent", "Edit", ["reason"], _note),
    ]
