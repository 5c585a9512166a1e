"""Words for the items of edits on the pages of staff. No table changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("consent", "0007_remix_notice_as_it_is")]

    operations = [
        migrations.AlterModelOptions(
            "item",
            {"verbose_name": "video of an edit", "verbose_name_plural": "videos of edits"},
        )
    ]
