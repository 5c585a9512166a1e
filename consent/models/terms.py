"""What may be allowed: notices, the texts that creators agree to, and terms under them."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.db.models import Max, Q
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit import tree
from consent import policy, uses
from consent.policy import Reason
from creatorhub.days import last_day

_PUBLISHED = Q(published_at__isnull=False)


class NoticeQuerySet(models.QuerySet["Notice"]):
    def in_force(self, use: str, *, language: str = "en") -> Notice | None:
        """The newest published notice of a use: what a grant made now names."""
        published = self.filter(_PUBLISHED, use=use, language=language)
        return published.order_by("-version").first()

    def material_versions(self) -> dict[str, int]:
        """The version of the last material notice of each use that has one. One query."""
        material = self.filter(_PUBLISHED, material=True).order_by()
        return dict(material.values_list("use").annotate(last=Max("version")))

    def material_version(self, use: Any) -> models.QuerySet[Notice, Any]:
        """The same for one use (or an OuterRef to one), as a subquery of one value."""
        material = self.filter(_PUBLISHED, material=True, use=use).order_by()
        return material.values("use").annotate(last=Max("version")).values("last")


class Notice(models.Model):
    """The text a creator sees before allowing a use. Immutable once published (a trigger).

    The newest published version in force is what a grant names. A *material* version makes the
    grants under older ones lapse, by comparison of `version`; no row is rewritten.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    use = models.CharField(max_length=32, choices=uses.choices)
    version = models.PositiveIntegerField()
    language = models.CharField(max_length=16, default="en")
    material = models.BooleanField(
        default=True, help_text="Permissions given under an older text lapse."
    )
    title = models.CharField(max_length=120)
    text = models.TextField()
    published_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["use", "version", "language"], name="notice_version_is_unique"
            ),
        ]
        ordering = ["use", "-version"]

    def __str__(self) -> str:
        words = {"title": self.title, "version": self.version}
        return gettext("%(title)s (version %(version)s)") % words

    @property
    def digest(self) -> str:
        """Of all that publishing it makes binding: equal for who read the same, and else not."""
        names = ("use", "language", "version", "material", "title", "text")
        read = {"notice": self.uuid, **{name: getattr(self, name) for name in names}}
        return hashlib.sha256(tree.canonical(read)).hexdigest()


class Terms(models.Model):
    """What exactly is allowed. Immutable and shared: equal terms are one row."""

    class Audience(models.TextChoices):
        EVERYONE = "everyone", _("Everyone")

    class Mode(models.TextChoices):
        ALLOWED = "allowed", _("Allowed")
        ASK = "ask", _("Ask me each time")

    use = models.CharField(max_length=32, choices=uses.choices)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="+")
    audience = models.CharField(max_length=16, choices=Audience.choices, default=Audience.EVERYONE)
    mode = models.CharField(max_length=16, choices=Mode.choices, default=Mode.ALLOWED)
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "terms"
        constraints = [
            models.UniqueConstraint(
                fields=["use", "notice", "audience", "mode", "until"],
                condition=Q(until__isnull=False),
                name="terms_with_an_end_are_shared",
            ),
            models.UniqueConstraint(
                fields=["use", "notice", "audience", "mode"],
                condition=Q(until=None),
                name="terms_without_an_end_are_shared",
            ),
        ]

    def __str__(self) -> str:
        words = {
            "use": uses.use_of(self.use).label,
            "mode": self.get_mode_display(),
            "audience": self.get_audience_display(),
        }
        if not self.until:
            return gettext("%(use)s: %(mode)s (%(audience)s)") % words
        words["day"] = date_format(last_day(self.until), "j F Y")
        return gettext("%(use)s: %(mode)s (%(audience)s), until %(day)s") % words

    def covers(self, other: Terms) -> bool:
        """Whether these allow all that the other terms allow, for as long. Reads both notices."""
        lasts = self.until is None or (other.until is not None and self.until >= other.until)
        is_as_wide = (self.audience, self.mode) == (other.audience, other.mode)
        return lasts and is_as_wide and self.notice.version >= other.notice.version

    def state(self, *, now: datetime, material: int) -> Reason:
        """What the policy says of a video under these terms where nothing else speaks against it:
        allowed, approval needed, expired or notice changed. `material` is the version of the last
        material notice of their use. Reads the notice."""
        facts = replace(
            policy.ALLOWING,
            ended=self.until is not None and self.until <= now,
            notice_superseded=self.notice.version < material,
            in_audience=self.audience == self.Audience.EVERYONE,
            approval_missing=self.mode == self.Mode.ASK,
        )
        return policy.decide(facts).reason


def state_line(terms: Terms | None, *, decided: bool) -> str:
    """As the log names what a consent says: `off`, `undecided`, or its terms, such as
    `remix/1 allowed everyone 2027-03-01T00:00:00Z`, with `-` for no end. Reads the notice."""
    if terms is None:
        return "off" if decided else "undecided"
    until = f"{terms.until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if terms.until else "-"
    return f"{terms.use}/{terms.notice.version} {terms.mode} {terms.audience} {until}"
