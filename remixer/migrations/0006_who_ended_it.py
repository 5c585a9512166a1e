"""Who was behind the end of a meme. Of those that ended before, the log knows it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("remixer", "0005_reports_and_appeals")]

    operations = [
        migrations.AddField(
            "render",
            "ended_by",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The actor, as kind:id.",
                max_length=64,
            ),
        ),
    ]
