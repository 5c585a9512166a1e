"""A small picture for lists. What is there already has none, and lists show its poster."""

from django.db import migrations, models

from creatorhub.migrations._columns import AddColumn


class Migration(migrations.Migration):
    dependencies = [("remixer", "0009_what_is_hidden_does_not_outlive_its_columns")]

    operations = [
        AddColumn(
            "render",
            "thumb_key",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The poster as lists show it; empty for memes of before it was made.",
                max_length=200,
            ),
        ),
    ]
