"""The tree over the log: leaves, nodes and signed checkpoints, which the database refuses to change;
and numbers for the events of the whole platform."""

import django.db.models.deletion
from django.db import migrations, models

from creatorhub.triggers import refuse

SAYS = "The log is append-only."


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_personal")]

    operations = [
        migrations.CreateModel(
            name="Bookmark",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("settled", models.BigIntegerField(default=0)),
                ("seen", models.BigIntegerField(default=0)),
                ("seen_before", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="PlatformCounter",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("last", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="leaf",
                        to="audit.event",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Node",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("level", models.SmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("level", "index"), name="node_is_stored_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("size", models.BigIntegerField(unique=True)),
                ("previous", models.BigIntegerField(unique=True)),
                ("root", models.BinaryField(max_length=32)),
                ("note", models.TextField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("size__gt", models.F("previous"))),
                        name="checkpoint_grows",
                    )
                ],
            },
        ),
        refuse("audit_leaf", name="leaf_is_append_only", says=SAYS),
        refuse("audit_node", name="node_is_append_only", says=SAYS),
        refuse("audit_checkpoint", name="checkpoint_is_append_only", says=SAYS),
        migrations.AddField(
            model_name="event",
            name="platform_seq",
            field=models.BigIntegerField(
                help_text="Numbers the changes of the whole platform, as creator_seq those of a record.",
                null=True,
            ),
        ),
    ]
