"""A small picture for lists. What is there already has none, and lists show its poster."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0006_proxy")]

    operations = [
        migrations.AddField(
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
