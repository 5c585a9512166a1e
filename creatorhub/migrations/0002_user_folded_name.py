"""A column for the name of a person as it is searched."""

from django.db import migrations, models

from creatorhub.migrations._columns import AddColumn


class Migration(migrations.Migration):
    dependencies = [("creatorhub", "0001_initial")]

    operations = [
        AddColumn(
            model_name="user",
            name="folded_name",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=450
            ),
        ),
    ]
