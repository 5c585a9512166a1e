from django.db import migrations

from creatorhub.triggers import refuse


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        refuse("audit_event", name="event_is_append_only", says="The log is append-only."),
    ]
