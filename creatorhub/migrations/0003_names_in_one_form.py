"""Brings the names of people into the form in which they are stored, and folds them."""

from typing import Any

from django.db import migrations

from creatorhub.migrations._columns import rewrite
from creatorhub.texts import folded, nfc


def _change(user: Any) -> None:
    user.display_name = nfc(user.display_name)
    name = user.display_name or user.username
    user.folded_name = folded(name) or name


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("creatorhub", "0002_user_folded_name")]

    operations = [rewrite("creatorhub", "User", ["display_name", "folded_name"], _change)]
