"""The log, which the database itself refuses to change."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from creatorhub.triggers import refuse


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("creatorhub", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Counter",
            fields=[
                (
                    "creator",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("last", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(unique=True)),
                ("action", models.CharField(max_length=64)),
                ("actor", models.CharField(help_text="kind:id", max_length=64)),
                ("creator_seq", models.BigIntegerField(null=True)),
                (
                    "correlation_id",
                    models.UUIDField(help_text="Shared by all events of one change."),
                ),
                (
                    "subject",
                    models.UUIDField(
                        help_text="The video this is about, if it is one video.", null=True
                    ),
                ),
                ("at", models.DateTimeField()),
                ("body", models.BinaryField()),
                ("leaf_hash", models.BinaryField(max_length=32)),
                (
                    "creator",
                    models.ForeignKey(
                        db_constraint=False,
                        help_text="Whose record this belongs to; empty for changes of the whole platform.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["actor", "-id"], name="event_by_actor"),
                    models.Index(fields=["subject", "-id"], name="event_of_a_subject"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("creator", "creator_seq"), name="event_creator_seq_is_unique"
                    )
                ],
            },
        ),
        refuse("audit_event", name="event_is_append_only", says="The log is append-only."),
    ]
