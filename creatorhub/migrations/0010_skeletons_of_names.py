"""Columns for what names look like."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("creatorhub", "0009_deletion")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="username_skeleton",
            field=models.CharField(editable=False, max_length=450, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="display_skeleton",
            field=models.CharField(editable=False, max_length=450, null=True),
        ),
    ]
