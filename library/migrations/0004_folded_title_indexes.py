"""Indexes of folded titles, in place of those of titles as they are written."""

from django.db import migrations, models

from creatorhub.indexes import AddIndexConcurrently, RemoveIndexConcurrently
from library.migrations._folded_index import drop_folded_index, make_folded_index


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("library", "0003_titles_in_one_form")]

    operations = [
        AddIndexConcurrently(
            model_name="video",
            index=models.Index(
                condition=models.Q(("removed_at", None)),
                fields=["owner", "folded_title", "-id"],
                name="video_of_owner_by_folded",
            ),
        ),
        AddIndexConcurrently(
            model_name="video",
            index=models.Index(
                condition=models.Q(("folded_title", "")), fields=["id"], name="video_not_folded"
            ),
        ),
        RemoveIndexConcurrently(model_name="video", name="video_of_owner_by_title"),
        migrations.RunPython(make_folded_index, drop_folded_index),
    ]
