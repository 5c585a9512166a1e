"""Videos, the jobs that take them in, and an index over parts of their titles."""

import uuid

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from library.migrations._title_index import drop_title_index, make_title_index


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("creatorhub", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="VideoCount",
            fields=[
                (
                    "owner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="video_count",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("videos", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Video",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("title", models.CharField(max_length=200)),
                ("collection", models.CharField(blank=True, max_length=100)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("processing", "Processing"),
                            ("ready", "Ready"),
                            ("refused", "Refused"),
                        ],
                        default="processing",
                        max_length=16,
                    ),
                ),
                ("problem", models.TextField(blank=True)),
                (
                    "via",
                    models.CharField(
                        default="upload", help_text="How it came: upload, import.", max_length=16
                    ),
                ),
                ("original_name", models.CharField(blank=True, max_length=255)),
                (
                    "size",
                    models.BigIntegerField(
                        default=0, help_text="Bytes of all its files, for the quota."
                    ),
                ),
                (
                    "source_key",
                    models.CharField(
                        blank=True, help_text="The upload, until ingest.", max_length=200
                    ),
                ),
                ("mezzanine_key", models.CharField(blank=True, max_length=200)),
                ("poster_key", models.CharField(blank=True, max_length=200)),
                ("duration_ms", models.PositiveIntegerField(default=0)),
                (
                    "width",
                    models.PositiveIntegerField(default=0, help_text="Pixels of the mezzanine."),
                ),
                ("height", models.PositiveIntegerField(default=0)),
                ("has_audio", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "import_key",
                    models.CharField(
                        blank=True,
                        default=None,
                        help_text="SHA-256 of the imported file, so that an import can be resumed.",
                        max_length=64,
                        null=True,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="videos",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Ingest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("refused", "Refused"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=16,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("max_attempts", models.PositiveSmallIntegerField(default=3)),
                ("lease_token", models.UUIDField(blank=True, editable=False, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("heartbeat_at", models.DateTimeField(blank=True, null=True)),
                ("next_attempt_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "progress",
                    models.PositiveSmallIntegerField(default=0, help_text="Per cent, 0 to 100."),
                ),
                (
                    "problem",
                    models.TextField(blank=True, help_text="Why it ended badly, in plain words."),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "video",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ingest",
                        to="library.video",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="video",
            index=models.Index(fields=["owner", "-id"], name="video_of_owner_by_key"),
        ),
        migrations.AddIndex(
            model_name="video",
            index=models.Index(
                condition=models.Q(("removed_at", None)),
                fields=["owner", "-created_at", "-id"],
                name="video_of_owner_newest_first",
            ),
        ),
        migrations.AddIndex(
            model_name="video",
            index=models.Index(
                models.F("owner"),
                django.db.models.functions.text.Lower("title"),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("removed_at", None)),
                name="video_of_owner_by_title",
            ),
        ),
        migrations.AddIndex(
            model_name="video",
            index=models.Index(
                condition=models.Q(("removed_at", None)),
                fields=["owner", "duration_ms", "-id"],
                name="video_of_owner_by_duration",
            ),
        ),
        migrations.AddIndex(
            model_name="video",
            index=models.Index(
                condition=models.Q(("removed_at", None)),
                fields=["owner", "collection", "-created_at", "-id"],
                name="video_of_collection",
            ),
        ),
        migrations.AddIndex(
            model_name="video",
            index=models.Index(
                condition=models.Q(("removed_at", None), ("status", "refused")),
                fields=["owner"],
                name="video_that_was_refused",
            ),
        ),
        migrations.AddIndex(
            model_name="video",
            index=models.Index(
                condition=models.Q(("status", "processing")),
                fields=["status"],
                name="video_that_is_processing",
            ),
        ),
        migrations.AddConstraint(
            model_name="video",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)),
                fields=("owner", "import_key"),
                name="video_is_imported_once",
            ),
        ),
        migrations.AddIndex(
            model_name="ingest",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "running"])),
                fields=["state", "next_attempt_at"],
                name="ingest_that_is_live",
            ),
        ),
        migrations.RunPython(make_title_index, drop_title_index),
    ]
