"""A small picture for lists. What is there already has none, and lists show its poster."""

from django.db import migrations, models

from creatorhub.migrations._columns import AddColumn


class Migration(migrations.Migration):
    dependencies = [("library", "0006_proxy")]

    operations = [
        AddColumn(
            "video",
            "thumb_key",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The poster as lists show it; empty for videos of before it was made.",
                max_length=200,
            ),
        ),
    ]
