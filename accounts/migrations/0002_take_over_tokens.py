"""The tokens of before were stored as they are. Each goes on as its hash, named and narrowed: it
may only read, and for thirty days. The keys themselves are deleted."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import migrations
from django.utils import timezone

NAME = "Made before tokens had names"
DAYS = 30
PART = 1000


def take_over(apps: Any, schema_editor: Any) -> None:
    """A part in each transaction, so that the lock is short."""
    old = apps.get_model("authtoken", "Token")
    new = apps.get_model("accounts", "Token")
    database = schema_editor.connection.alias
    while rows := list(old.objects.using(database).order_by("pk")[:PART]):
        new.objects.using(database).bulk_create(
            [
                new(
                    user_id=row.user_id,
                    name=NAME,
                    scope="read",
                    digest=hashlib.sha256(row.key.encode()).hexdigest(),
                    created_at=row.created,
                    expires_at=timezone.now() + timedelta(days=DAYS),
                )
                for row in rows
            ],
            ignore_conflicts=True,  # a run that was ended between the two
        )
        old.objects.using(database).filter(pk__in=[row.pk for row in rows]).delete()


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("accounts", "0001_tokens"),
        ("authtoken", "0004_alter_tokenproxy_options"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(take_over, migrations.RunPython.noop)]
