from django.db import migrations, models

from creatorhub.indexes import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("library", "0007_thumb")]

    operations = [
        AddIndexConcurrently(
            model_name="video",
            index=models.Index(
                condition=models.Q(("removed_at__isnull", False)),
                fields=["owner", "removed_at"],
                name="video_of_owner_removed",
            ),
        ),
    ]
