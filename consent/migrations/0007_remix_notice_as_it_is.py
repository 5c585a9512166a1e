"""The first text promised a link to the video, and there is no page of it to link to."""

from django.db import migrations

from consent.migrations import _notices


class Migration(migrations.Migration):
    dependencies = [("consent", "0006_who_opted_out")]

    operations = [
        _notices.clearer_notice(
            "remix",
            instead_of=_notices.REMIX,
            title="Memes made from your videos",
            text=_notices.REMIX_WITHOUT_LINK,
        ),
    ]
