"""Whom an event concerns, for the memes that there are."""

import json
import uuid
from typing import Any

from django.db import migrations, models

BATCH = 1000
ABOUT_MEMES = [
    "render.published",
    "render.refused",
    "render.failed",
    "render.stopped",
    "render.taken_down",
]


def fill(apps: Any, schema_editor: Any) -> None:
    """In parts, each in a transaction of its own: the log may be large."""
    events = apps.get_model("audit", "Event").objects.filter(action__in=ABOUT_MEMES)
    concern = apps.get_model("audit", "Concern")
    done = concern.objects.aggregate(last=models.Max("event"))["last"] or 0
    while rows := list(
        events.filter(pk__gt=done).order_by("pk").values_list("pk", "actor", "body")[:BATCH]
    ):
        made = []
        for key, actor, data in rows:
            body = json.loads(bytes(data))
            person = body.get("requester")
            if person and person != body.get("creator") and not actor.endswith(f":{person}"):
                made.append(concern(event_id=key, person=uuid.UUID(person)))
        concern.objects.bulk_create(made)
        done = rows[-1][0]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("audit", "0002_concern")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
