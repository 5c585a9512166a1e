"""Who turned everything off, and what they said: filled from the log for those who are opted out."""

import json
from typing import Any

from django.db import migrations, models


def fill(apps: Any, schema_editor: Any) -> None:
    states = apps.get_model("consent", "ConsentState").objects
    events = apps.get_model("audit", "Event").objects.filter(action="creator.opted_out")
    for key in list(states.filter(opted_out=True, opted_out_by="").values_list("pk", flat=True)):
        if event := events.filter(creator=key).order_by("-id").first():
            reason = json.loads(bytes(event.body)).get("reason") or ""
            states.filter(pk=key).update(opted_out_by=event.actor, opted_out_reason=reason[:500])


class Migration(migrations.Migration):
    dependencies = [("consent", "0005_ends_that_are_kept"), ("audit", "0001_initial")]

    operations = [
        migrations.AddField(
            "consentstate",
            "opted_out_by",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The actor, as kind:id.",
                max_length=64,
            ),
        ),
        migrations.AddField(
            "consentstate",
            "opted_out_reason",
            models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
