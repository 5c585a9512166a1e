"""Publishing the text that a creator sees before allowing a use."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from audit import log
from consent.models import Notice
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden


def publish_notice(notice: Notice, *, actor: Actor) -> Notice:
    """From here the text is immutable and what new grants name. If it is material, grants under
    older versions lapse by comparison; no row of theirs is touched. Only staff may."""
    if actor.kind != "staff":
        raise Forbidden("Only staff publish notices.", code="staff_only")
    with transaction.atomic(durable=True):
        notice = Notice.objects.select_for_update().get(pk=notice.pk)
        if notice.published_at:
            raise Conflict("This notice is already published.", code="already_published")
        notice.published_at = timezone.now()
        notice.save()
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
