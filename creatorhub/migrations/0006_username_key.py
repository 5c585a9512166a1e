"""A column for the username as it is compared."""

from django.db import migrations, models

import creatorhub.usernames


class Migration(migrations.Migration):
    dependencies = [("creatorhub", "0005_roles_of_staff")]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="username",
            field=models.CharField(
                error_messages={"unique": "This username is taken. Choose another one."},
                max_length=150,
                unique=True,
                validators=[creatorhub.usernames.validate_username],
                verbose_name="username",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="username_key",
            field=models.CharField(editable=False, max_length=450, null=True),
        ),
    ]
