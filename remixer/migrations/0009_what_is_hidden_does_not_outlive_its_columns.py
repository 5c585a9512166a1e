"""Unapplied, it takes down for good what is only hidden: a release before does not know that state,
and would neither bring such memes back nor ever delete their files."""

from typing import Any

from django.db import migrations, transaction

PART = 1000


def take_down(apps: Any, editor: Any) -> None:
    """A thousand memes in each transaction. It may be stopped and started again."""
    renders = apps.get_model("remixer", "Render")._base_manager.using(editor.connection.alias)
    while True:
        with transaction.atomic(using=renders.db):
            hidden = renders.filter(state="hidden").order_by("pk")
            part = list(hidden.select_for_update().values_list("pk", flat=True)[:PART])
            if not part:
                return
            renders.filter(pk__in=part).update(state="taken_down", restorable_until=None)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("remixer", "0008_renders_are_memes")]

    operations = [migrations.RunPython(migrations.RunPython.noop, take_down)]
