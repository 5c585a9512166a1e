"""A number that rises each time that all sessions of an account end."""

from django.db import migrations, models

from creatorhub.migrations._columns import AddColumn


class Migration(migrations.Migration):
    dependencies = [("creatorhub", "0003_names_in_one_form")]

    operations = [
        AddColumn(
            model_name="user",
            name="access_ended",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                editable=False,
                help_text=(
                    "How often all sessions were ended. A session of before does not work again."
                ),
            ),
        ),
    ]
