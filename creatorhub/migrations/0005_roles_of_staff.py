"""The groups of staff. Nobody gets one here: who is staff and no superuser gets a role from an
admin, or by `manage.py staff_role`."""

from typing import Any

from django.db import migrations

ROLES = ("support", "moderation", "editor", "admin")


def make(apps: Any, _editor: Any) -> None:
    group = apps.get_model("auth", "Group")
    for name in ROLES:
        group.objects.get_or_create(name=name)


def remove(apps: Any, _editor: Any) -> None:
    apps.get_model("auth", "Group").objects.filter(name__in=ROLES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("creatorhub", "0004_access_ended"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(make, remove)]
