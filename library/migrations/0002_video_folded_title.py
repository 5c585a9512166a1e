"""A column for the title of a video as it is searched and sorted."""

from django.db import migrations, models

from creatorhub.migrations._columns import AddColumn


class Migration(migrations.Migration):
    dependencies = [("library", "0001_initial")]

    operations = [
        AddColumn(
            model_name="video",
            name="folded_title",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=600
            ),
        ),
    ]
