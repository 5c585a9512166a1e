from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("remixer", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="render",
            name="hidden_version",
            field=models.BigIntegerField(
                blank=True, help_text="The version of the withdrawal that hid it.", null=True
            ),
        ),
        migrations.AddField(
            model_name="render",
            name="restorable_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="render",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("running", "Running"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("refused", "Refused"),
                    ("cancelled", "Cancelled"),
                    ("hidden", "Hidden"),
                    ("taken_down", "Taken down"),
                    ("removed", "Removed"),
                ],
                default="queued",
                max_length=16,
            ),
        ),
    ]
