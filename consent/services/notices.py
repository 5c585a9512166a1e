"""Writing and publishing the text that a creator sees before allowing a use."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from consent.models import Notice
from consent.services import journal
from consent.uses import USES
from creatorhub.actors import Actor
from creatorhub.errors import Conflict
from creatorhub.roles import Power

SAID = ("use", "version", "language", "material", "title", "text")


def write_notice(notice: Notice, *, actor: Actor) -> Notice:
    """Keep a draft, new or rewritten. It binds nobody until it is published. Only editors may.

    Unlike the other services it may run inside a transaction: the admin saves a form in its own.
    """
    actor.require_staff(Power.WRITE)
    with transaction.atomic():
        same = Notice.objects.filter(use=notice.use, language=notice.language)
        stored = Notice.objects.select_for_update().filter(pk=notice.pk).first()
        if stored and stored.published_at:
            raise Conflict(_("This notice is already published."), code="already_published")
        moved = stored and (stored.use, stored.language) != (notice.use, notice.language)
        if not stored or moved:
            last = same.exclude(pk=notice.pk).aggregate(last=Max("version"))["last"]
            notice.version = (last or 0) + 1
        notice.save()
        log.append(
            "notice.written",
            actor=actor,
            creator=None,
            notice=notice.uuid,
            use=notice.use,
            version=notice.version,
            title=notice.title,
        )
    return notice


def publish_notice(notice: Notice, *, actor: Actor) -> Notice:
    """From here the text is immutable and what new grants name. If it is material, grants under
    older versions lapse by comparison; no row of theirs is touched. Only editors may, and admins
    if it is material. Raises Conflict, and publishes nothing, if the draft is no longer the one
    that was handed in."""
    actor.require_staff(Power.WRITE)
    with transaction.atomic(durable=True):
        read = notice.digest
        notice = Notice.objects.select_for_update().get(pk=notice.pk)
        if notice.material:
            actor.require_staff(Power.ADMINISTER)
        if notice.published_at:
            raise Conflict(_("This notice is already published."), code="already_published")
        if notice.digest != read:
            raise Conflict(
                _("This notice was rewritten meanwhile. Read it again before you publish it."),
                code="notice_rewritten",
            )
        notice.published_at = timezone.now()
        notice.save()
        if notice.material:
            said = {name: getattr(notice, name) for name in SAID}
            journal.write("notice", creator=None, notice={**said, "uuid": str(notice.uuid)})
        log.append(
            "notice.published",
            actor=actor,
            creator=None,
            notice=notice.uuid,
            use=notice.use,
            version=notice.version,
            material=notice.material,
            title=notice.title,
        )
    return notice


def publish_again(said: dict[str, Any], *, actor: Actor) -> bool:
    """Publish a material notice that a restored database has lost: what was allowed under an older
    text has lapsed since. False, and nothing is written, where such a version is published."""
    key, fields = said["uuid"], {name: said[name] for name in SAID}
    with transaction.atomic(durable=True):
        same = Notice.objects.select_for_update().filter(
            use=said["use"], version__gte=said["version"], language=said["language"]
        )
        if said["use"] not in USES or same.filter(published_at__isnull=False).exists():
            return False
        same.filter(version=said["version"]).delete()  # a draft that was never read by anybody
        notice = Notice.objects.create(**fields, uuid=key, published_at=timezone.now())
        journal.write("notice", creator=None, notice=said)
        log.append(
            "notice.published",
            actor=actor,
            creator=None,
            notice=notice.uuid,
            use=notice.use,
            version=notice.version,
            material=notice.material,
            title=notice.title,
        )
    return True
