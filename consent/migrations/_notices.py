"""Notices that are published by a migration. The first of a use allows nothing: every video stays
undecided. A later one that is not material changes no permission."""

from typing import Any

from django.db import migrations
from django.utils import timezone

REMIX = """\
If you allow remixing, anyone signed in to CreatorHub may make memes from the videos you choose: \
short cuts with text on them.

Every meme carries your name and a link to your video. You see each one, who made it and when.

You can turn this off at any time, for one video or for all. From that moment no new meme is \
made, those being made stop, and finished ones are hidden from everyone on CreatorHub. Copies that \
somebody downloaded before stay where they are.

Remixing does not include training AI models, and it gives nobody rights to your work beyond \
this."""

REMIX_WITHOUT_LINK = """\
If you allow remixing, anyone signed in to CreatorHub may make memes from the videos you choose: \
short cuts with text on them.

To choose a cut, they see your whole video small, in low quality and marked as a preview. The \
file of the video itself is given to nobody.

Every meme carries your name. You see each one, who made it and when.

You can turn this off at any time, for one video or for all. From that moment no new meme is \
made, those being made stop, and finished ones are hidden from everyone on CreatorHub. Copies that \
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


def first_notice(use: str, *, title: str, text: str) -> migrations.RunPython:
    """An operation that publishes version 1 of the notice of `use`. Nobody can allow a use before
    it has one. Taken back, it leaves the notice: what was published is never deleted."""

    def publish(apps: Any, schema_editor: Any) -> None:
        notices = apps.get_model("consent", "Notice").objects
        if not notices.filter(use=use, version=1).exists():
            notices.create(
                use=use,
                version=1,
                title=title,
                text=text,
                material=True,
                published_at=timezone.now(),
            )

    return migrations.RunPython(publish, migrations.RunPython.noop)


def clearer_notice(use: str, *, instead_of: str, title: str, text: str) -> migrations.RunPython:
    """An operation that publishes a new text of our own notice of `use`, under which all that was
    allowed stays allowed. Where staff have written another notice for it since, theirs stays in
    force. Taken back, it leaves the notice."""

    def publish(apps: Any, schema_editor: Any) -> None:
        notices = apps.get_model("consent", "Notice").objects
        known = list(notices.filter(use=use, language="en").values_list("version", "text"))
        if known == [(1, instead_of)]:
            notices.create(
                use=use,
                version=2,
                title=title,
                text=text,
                material=False,
                published_at=timezone.now(),
            )

    return migrations.RunPython(publish, migrations.RunPython.noop)
