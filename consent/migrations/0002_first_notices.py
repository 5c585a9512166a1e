"""The first notice of each use, published. It allows nothing: every video stays undecided."""

from typing import Any

from django.db import migrations
from django.utils import timezone

from creatorhub.triggers import refuse

REMIX = """\
If you allow remixing, anyone signed in to CreatorHub may make memes from the videos you choose: \
short cuts with text on them.

Every meme carries your name and a link to your video. You see each one, who made it and when.

You can turn this off at any time, for one video or for all. From that moment no new meme is \
made, those being made stop, and finished ones go dark for everyone on CreatorHub. Copies that \
somebody downloaded before stay where they are.

Remixing does not include training AI models, and it gives nobody rights to your work beyond \
this."""

TRAIN = """\
If you allow training, other systems that ask CreatorHub are told that they may use the videos \
you choose to train AI models.

CreatorHub itself trains nothing. It answers the question, and records your decision.

You can turn this off at any time, for one video or for all. From that moment the answer is no. \
What a model has learned before cannot be taken back.

Training does not include remixing."""


def publish(apps: Any, schema_editor: Any) -> None:
    notices = apps.get_model("consent", "Notice").objects
    for use, title, text in (
        ("remix", "Memes made from your videos", REMIX),
        ("train", "AI training on your videos", TRAIN),
    ):
        notices.create(
            use=use, version=1, title=title, text=text, material=True, published_at=timezone.now()
        )


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial")]

    operations = [
        migrations.RunPython(publish, migrations.RunPython.noop),
        refuse(
            "consent_notice",
            name="published_notice_is_immutable",
            when="OLD.published_at IS NOT NULL",
            says="A published notice is immutable. Publish a new version.",
        ),
        refuse("consent_terms", name="terms_are_immutable", says="Terms are immutable."),
    ]
