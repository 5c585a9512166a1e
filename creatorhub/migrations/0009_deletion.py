"""How far the deletion of an account has come."""

from django.db import migrations, models

from creatorhub.indexes import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("creatorhub", "0008_usernames_are_unique")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="deletion",
            field=models.CharField(
                blank=True,
                choices=[
                    ("asked", "Asked for"),
                    ("erasing", "Being erased"),
                    ("erased", "Erased"),
                ],
                db_default="",
                default="",
                editable=False,
                help_text="How far the deletion of this account has come; empty if nobody asked for it.",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="erase_after",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Until then it can be kept after all.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="erased_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        AddIndexConcurrently(
            model_name="user",
            index=models.Index(
                condition=models.Q(("erase_after__isnull", False)),
                fields=["erase_after"],
                name="user_that_is_leaving",
            ),
        ),
    ]
