"""A render knows whose video it is of, so that an opt-out finds it without walking the videos."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps: Any, schema_editor: Any) -> None:
    renders = apps.get_model("remixer", "Render").objects
    videos = apps.get_model("library", "Video").objects.filter(pk=OuterRef("video"))
    renders.update(creator=Subquery(videos.values("owner")))


def creator(**more: Any) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        to=settings.AUTH_USER_MODEL,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Whose video it is. An opt-out finds it by this, past a million videos.",
        **more,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0003_search_and_shelves"),
        ("remixer", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    # PostgreSQL changes no table for which the same transaction still has checks to do.
    atomic = False

    operations = [
        migrations.AddField("render", "creator", creator(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("render", "creator", creator()),
        migrations.AddIndex(
            "render", models.Index(fields=["creator", "state"], name="render_of_creator_by_state")
        ),
    ]
