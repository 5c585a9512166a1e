"""The withdrawal journal as the database knows it. A database without one begins it at its next
start: what was withdrawn before is in no journal, and in every backup from now on."""

import uuid
from typing import Any

from django.db import migrations, models


def one_row(apps: Any, schema_editor: Any) -> None:
    apps.get_model("consent", "Journal").objects.create(installation=uuid.uuid4())


class Migration(migrations.Migration):
    dependencies = [("consent", "0008_words_for_items")]

    operations = [
        migrations.CreateModel(
            name="Journal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("installation", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("held", models.BooleanField(default=False)),
                ("held_at", models.DateTimeField(blank=True, null=True)),
                ("problem", models.CharField(blank=True, default="", max_length=500)),
                ("seq", models.BigIntegerField(default=0)),
                ("offset", models.BigIntegerField(default=0)),
                ("digest", models.CharField(blank=True, default="", max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="JournalLine",
            fields=[
                ("uuid", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField(db_index=True, null=True)),
                (
                    "body",
                    models.JSONField(
                        help_text="What is still to be written to the journal.", null=True
                    ),
                ),
            ],
        ),
        migrations.RunPython(one_row, migrations.RunPython.noop),
    ]
