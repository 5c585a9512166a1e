"""The word of the pages on the pages of staff. No table changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("remixer", "0007_measure_of_a_report")]

    operations = [migrations.AlterModelOptions("render", {"verbose_name": "meme"})]
