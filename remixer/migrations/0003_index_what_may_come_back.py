from django.db import migrations, models

from creatorhub.indexes import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("remixer", "0002_hide_memes_for_a_while")]

    operations = [
        AddIndexConcurrently(
            model_name="render",
            index=models.Index(
                condition=models.Q(("state", "hidden")),
                fields=["restorable_until"],
                name="render_that_may_come_back",
            ),
        ),
    ]
