"""What became of the thing when a report was upheld. Of those upheld before, nothing is known."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("remixer", "0006_who_ended_it")]

    operations = [
        migrations.AddField(
            "report",
            "measure",
            models.CharField(
                blank=True,
                choices=[
                    ("taken_down", "The meme was taken down"),
                    ("held", "The video is on hold, and so is every meme of it"),
                    ("left", "It stays where it is"),
                ],
                db_default="",
                default="",
                help_text="What became of the thing when the report was upheld.",
                max_length=16,
            ),
        ),
    ]
