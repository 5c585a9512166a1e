"""What creators allow, with the first notice of each use published."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import consent.uses
from consent.migrations import _notices
from creatorhub.triggers import refuse


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("creatorhub", "0001_initial"),
        ("library", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsentState",
            fields=[
                (
                    "creator",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="consent_state",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("opted_out", models.BooleanField(default=False)),
                ("version", models.BigIntegerField(default=0)),
                (
                    "withdrawn_version",
                    models.BigIntegerField(
                        default=0,
                        help_text="The version of the last opt-out: what was allowed before is void.",
                    ),
                ),
                ("changed_at", models.DateTimeField(blank=True, null=True)),
                ("opted_out_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Edit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("actor", models.CharField(max_length=64)),
                ("use", models.CharField(choices=consent.uses.choices, max_length=32)),
                (
                    "change",
                    models.CharField(
                        choices=[
                            ("allowed", "Allow"),
                            ("off", "Turn off"),
                            ("former", "Put back as it was"),
                            ("listed", "As a spreadsheet says"),
                        ],
                        default="off",
                        max_length=16,
                    ),
                ),
                (
                    "matching",
                    models.JSONField(
                        blank=True,
                        help_text="The filter that was frozen, and the last video it saw.",
                        null=True,
                    ),
                ),
                (
                    "confirmed_under",
                    models.JSONField(
                        blank=True,
                        help_text="The opt-out and the pauses at the confirm, if it held.",
                        null=True,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("preparing", "Preparing"),
                            ("draft", "Draft"),
                            ("holding", "Holding"),
                            ("confirmed", "Confirmed"),
                            ("applying", "Applying"),
                            ("applied", "Applied"),
                            ("cancelled", "Cancelled"),
                            ("expired", "Expired"),
                        ],
                        default="draft",
                        max_length=16,
                    ),
                ),
                ("idempotency_key", models.CharField(blank=True, max_length=100, null=True)),
                ("version", models.BigIntegerField(default=0)),
                ("cursor", models.BigIntegerField(default=0)),
                (
                    "parts",
                    models.PositiveIntegerField(
                        default=0, help_text="Chunks applied, each with its event."
                    ),
                ),
                ("selected", models.PositiveIntegerField(default=0)),
                ("will_change", models.PositiveIntegerField(default=0)),
                (
                    "grants",
                    models.PositiveIntegerField(
                        default=0, help_text="Of these, to something allowed."
                    ),
                ),
                (
                    "withdraws",
                    models.PositiveIntegerField(default=0, help_text="Of these, from it to off."),
                ),
                ("changed", models.PositiveIntegerField(default=0)),
                ("already", models.PositiveIntegerField(default=0)),
                ("superseded", models.PositiveIntegerField(default=0)),
                ("not_eligible", models.PositiveIntegerField(default=0)),
                (
                    "stopped",
                    models.PositiveIntegerField(default=0, help_text="Renders it stopped."),
                ),
                (
                    "taken_down",
                    models.PositiveIntegerField(default=0, help_text="Memes it took down."),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("applied_at", models.DateTimeField(blank=True, null=True)),
                (
                    "creator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="edits",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "same_as",
                    models.ForeignKey(
                        blank=True,
                        help_text="The earlier draft whose videos these are.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="consent.edit",
                    ),
                ),
                (
                    "undoes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="undone_by",
                        to="consent.edit",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("use", models.CharField(choices=consent.uses.choices, max_length=32)),
                ("version", models.PositiveIntegerField()),
                ("language", models.CharField(default="en", max_length=16)),
                (
                    "material",
                    models.BooleanField(
                        default=True, help_text="Permissions given under an older text lapse."
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                ("text", models.TextField()),
                ("published_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                "ordering": ["use", "-version"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("use", "version", "language"), name="notice_version_is_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Terms",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("use", models.CharField(choices=consent.uses.choices, max_length=32)),
                (
                    "audience",
                    models.CharField(
                        choices=[("everyone", "Everyone")], default="everyone", max_length=16
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[("allowed", "Allowed"), ("ask", "Ask me each time")],
                        default="allowed",
                        max_length=16,
                    ),
                ),
                ("until", models.DateTimeField(blank=True, null=True)),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="consent.notice",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "terms",
            },
        ),
        migrations.CreateModel(
            name="Item",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("before_decided", models.BooleanField()),
                ("after_decided", models.BooleanField(default=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("pending", "Will change"),
                            ("changed", "Changed"),
                            ("already", "Already set"),
                            ("superseded", "Changed since, left alone"),
                            ("not_eligible", "Not eligible"),
                            ("cancelled", "Not done, cancelled"),
                        ],
                        default="pending",
                        max_length=16,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=32)),
                (
                    "edit",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="consent.edit",
                    ),
                ),
                (
                    "video",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="library.video",
                    ),
                ),
                (
                    "after",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="consent.terms",
                    ),
                ),
                (
                    "before",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="consent.terms",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="edit",
            name="terms",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="consent.terms",
            ),
        ),
        migrations.CreateModel(
            name="ConsentCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("use", models.CharField(choices=consent.uses.choices, max_length=32)),
                ("videos", models.BigIntegerField(default=0)),
                (
                    "creator",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "terms",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="consent.terms",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("use", models.CharField(choices=consent.uses.choices, max_length=32)),
                ("decided", models.BooleanField(default=True)),
                ("version", models.BigIntegerField()),
                ("withdrawn_version", models.BigIntegerField(default=0)),
                ("changed_at", models.DateTimeField()),
                (
                    "creator",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "video",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to="library.video",
                    ),
                ),
                (
                    "edit",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="consent.edit",
                    ),
                ),
                (
                    "terms",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="consent.terms",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UploadDefault",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("use", models.CharField(choices=consent.uses.choices, max_length=32)),
                ("after_video", models.BigIntegerField()),
                ("chosen_at", models.DateTimeField()),
                (
                    "creator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="upload_defaults",
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
            ],
        ),
        migrations.CreateModel(
            name="EditJob",
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
                    "edit",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="job",
                        to="consent.edit",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=["state", "next_attempt_at"],
                        name="edit_job_that_is_live",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(max_length=1000)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "creator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_filters",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("creator", "name"), name="saved_filter_has_its_name"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="terms",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until__isnull", False)),
                fields=("use", "notice", "audience", "mode", "until"),
                name="terms_with_an_end_are_shared",
            ),
        ),
        migrations.AddConstraint(
            model_name="terms",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until", None)),
                fields=("use", "notice", "audience", "mode"),
                name="terms_without_an_end_are_shared",
            ),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["video", "-edit"], name="item_of_a_video_newest_first"),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.UniqueConstraint(
                fields=("edit", "video"), name="item_is_once_in_an_edit"
            ),
        ),
        migrations.AddIndex(
            model_name="edit",
            index=models.Index(fields=["creator", "-id"], name="edit_of_creator_newest_first"),
        ),
        migrations.AddIndex(
            model_name="edit",
            index=models.Index(fields=["creator", "use", "status"], name="edit_of_use_by_status"),
        ),
        migrations.AddIndex(
            model_name="edit",
            index=models.Index(
                condition=models.Q(("status__in", ["preparing", "draft"])),
                fields=["expires_at"],
                name="edit_that_may_expire",
            ),
        ),
        migrations.AddConstraint(
            model_name="edit",
            constraint=models.UniqueConstraint(
                fields=("creator", "idempotency_key"), name="edit_is_confirmed_once_per_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="consentcount",
            constraint=models.UniqueConstraint(
                fields=("creator", "use", "terms"), name="consent_count_is_once"
            ),
        ),
        migrations.AddIndex(
            model_name="consent",
            index=models.Index(
                fields=["creator", "use", "terms", "video"], name="consent_of_creator_by_terms"
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.UniqueConstraint(
                fields=("video", "use"), name="consent_is_once_per_use"
            ),
        ),
        migrations.AddConstraint(
            model_name="uploaddefault",
            constraint=models.UniqueConstraint(
                fields=("creator", "use"), name="upload_default_is_once_per_use"
            ),
        ),
        _notices.first_notice("remix", title="Memes made from your videos", text=_notices.REMIX),
        _notices.first_notice("train", title="AI training on your videos", text=_notices.TRAIN),
        refuse(
            "consent_notice",
            name="published_notice_is_immutable",
            when="OLD.published_at IS NOT NULL",
            says="A published notice is immutable. Publish a new version.",
        ),
        refuse("consent_terms", name="terms_are_immutable", says="Terms are immutable."),
    ]
