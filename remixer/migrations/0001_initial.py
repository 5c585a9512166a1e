"""Memes."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("consent", "0001_initial"),
        ("library", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Render",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
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
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("refused", "Refused"),
                            ("cancelled", "Cancelled"),
                            ("taken_down", "Taken down"),
                            ("removed", "Removed"),
                        ],
                        default="queued",
                        max_length=16,
                    ),
                ),
                ("template", models.CharField(help_text="The template's id.", max_length=64)),
                ("captions", models.JSONField(default=dict, help_text="Box id to text.")),
                ("start_ms", models.PositiveIntegerField(default=0)),
                ("length_ms", models.PositiveIntegerField()),
                ("allowed_version", models.BigIntegerField()),
                ("idempotency_key", models.CharField(blank=True, max_length=100, null=True)),
                ("file_key", models.CharField(blank=True, max_length=200)),
                ("poster_key", models.CharField(blank=True, max_length=200)),
                ("size", models.BigIntegerField(default=0, help_text="Bytes of the file.")),
                ("width", models.PositiveIntegerField(default=0)),
                ("height", models.PositiveIntegerField(default=0)),
                ("duration_ms", models.PositiveIntegerField(default=0)),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("ended_for", models.CharField(blank=True, max_length=32)),
                (
                    "creator",
                    models.ForeignKey(
                        db_index=False,
                        help_text="The owner of the video. An opt-out finds a creator's memes by it.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "requester",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="renders",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "terms",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="consent.terms",
                    ),
                ),
                (
                    "video",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="renders",
                        to="library.video",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["requester", "-id"], name="render_of_requester"),
                    models.Index(fields=["video", "state"], name="render_of_video_by_state"),
                    models.Index(fields=["creator", "state"], name="render_of_creator_by_state"),
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=["state", "next_attempt_at"],
                        name="render_that_is_live",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("file_key__gt", ""),
                            models.Q(("state__in", ["queued", "running", "done"]), _negated=True),
                        ),
                        fields=["id"],
                        name="render_with_files_left",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("requester", "idempotency_key"),
                        name="render_is_requested_once_per_key",
                    )
                ],
            },
        ),
    ]
