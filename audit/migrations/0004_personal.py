"""A table for the personal data of events, which can be erased.

It begins the second version of the format, and changes no event: what was written under the first
stays as it was hashed, names and titles included. Unapplying it erases the personal data of all
events of the second version; their hashes stay.
"""

import django.db.models.deletion
from django.db import migrations, models

from creatorhub.triggers import refuse


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_fill_concern")]

    operations = [
        migrations.CreateModel(
            name="Personal",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "event_id",
                        "field",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="audit.event",
                    ),
                ),
                ("field", models.CharField(max_length=64)),
                (
                    "person",
                    models.UUIDField(
                        db_index=True,
                        help_text="The uuid of the account that the data is about.",
                        null=True,
                    ),
                ),
                ("salt", models.BinaryField(max_length=16)),
                ("data", models.TextField()),
            ],
        ),
        refuse(
            "audit_personal",
            name="personal_is_erased_or_kept",
            says="Personal data of the log is erased or kept, not changed.",
            changes=["update"],
        ),
    ]
