"""Memes: each is a job (a render) first, then a file. Only remixer.services writes them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import querysets
from consent.models import Block, Terms
from consent.uses import REMIX
from creatorhub.jobs import LIVE, FairJob, State
from creatorhub.models import User
from library.models import Video

PUBLISHED = Q(published_at__isnull=False)


class RenderQuerySet(models.QuerySet["Render"]):
    def requested_by(self, user: User) -> RenderQuerySet:
        """The memes that this person asked for and did not remove."""
        return self.filter(requester=user).exclude(state=Render.REMOVED)

    def watchable_by(self, user: User) -> RenderQuerySet:
        """What has a page for this person: their own memes, and what was published, even if it was
        taken down since: the page says so."""
        return self.filter(Q(requester=user) | PUBLISHED).exclude(state=Render.REMOVED)

    def published(self) -> RenderQuerySet:
        """What others could see at some time, even if it was taken down or removed since."""
        return self.filter(PUBLISHED)

    def with_people(self) -> RenderQuerySet:
        """Reads with each row its video, the video's creator and the requester."""
        return self.select_related("video__owner", "requester")

    def with_details(self) -> RenderQuerySet:
        """As with_people, and the terms and the notice that allowed it, and an appeal."""
        return self.with_people().select_related("terms__notice", "appeal")

    def locked(self) -> RenderQuerySet:
        """As with_people, and locks the rows until the transaction ends, so that the log names
        exactly those that are then changed. Give them an order: two transactions that lock the same
        rows in different orders deadlock."""
        return self.with_people().select_for_update(of=("self",), no_key=True)

    def live(self) -> RenderQuerySet:
        return self.filter(state__in=LIVE)

    def seen_now(self) -> RenderQuerySet:
        """Those that the decision lets anybody see: not held, paused or ended, nobody blocked."""
        permitted = querysets.permitting(Video.objects.all(), REMIX.id)
        blocked = Block.objects.filter(creator=OuterRef("creator"), person=OuterRef("requester"))
        done = self.filter(state=State.DONE, video__in=permitted.values("pk"))
        return done.exclude(Exists(blocked))

    def hidden(self) -> RenderQuerySet:
        """Their creator withdrew a while ago at most, and may still undo it."""
        return self.filter(state=Render.HIDDEN)

    def with_leftover_files(self) -> RenderQuerySet:
        """They ended, nobody may see them, and their files are not deleted yet."""
        ended = ~Q(state__in=[*LIVE, State.DONE])
        gone = self.filter(ended, file_key__gt="").exclude(state=Render.HIDDEN)
        return gone.exclude(restorable_until__gt=timezone.now())


class Render(FairJob):
    """The job that makes one meme, and its result.

        queued ──> running ──publish──> done <──undo── hidden ──too late──> taken_down
           │          │                  └──withdrawal───^                     ^
           │          │                  └──by staff, or the video goes────────┘
           └──────────┴──> cancelled (by its requester), refused (no permission), failed
        each of these ──by its requester──> removed

    `hidden` is as dark as `taken_down`, but the files stay until `restorable_until`. Only taking
    back the very withdrawal that hid it, the one at `hidden_version` of the creator's consent,
    brings it back.

    `allowed_version` is the version of the creator's consent that allowed the request. Publishing
    asks again under the lock of the consent state, and compares this version with those of later
    withdrawals: a meme that a withdrawal stopped is not published because of a later permission.
    `problem` is the sentence after a bad end, as anybody reads it; `ended_for` is the reason of the
    decision that ended it, if a decision did, and `ended_by` who was behind that. Pages and the API
    say it to each reader in their own person (remixer.wording.why_ended).

    `file_key`, `poster_key` and `thumb_key` are written before the files are stored, and cleared
    after the files are deleted. A row that is neither live, done nor hidden and still has a
    `file_key` has files to delete.
    """

    HIDDEN = "hidden"
    TAKEN_DOWN = "taken_down"
    REMOVED = "removed"

    state = models.CharField(
        max_length=16,
        choices=[
            *State.choices,
            (HIDDEN, _("Hidden")),
            (TAKEN_DOWN, _("Taken down")),
            (REMOVED, _("Removed")),
        ],
        default=State.QUEUED,
    )
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="renders"
    )
    video = models.ForeignKey(Video, on_delete=models.PROTECT, related_name="renders")
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="The owner of the video. An opt-out finds a creator's memes by it.",
    )
    template = models.CharField(max_length=64, help_text="The template's id.")
    captions = models.JSONField(default=dict, help_text="Box id to text.")
    start_ms = models.PositiveIntegerField(default=0)
    length_ms = models.PositiveIntegerField()
    terms = models.ForeignKey(Terms, on_delete=models.PROTECT, related_name="+")
    allowed_version = models.BigIntegerField()
    idempotency_key = models.CharField(max_length=100, null=True, blank=True)
    file_key = models.CharField(max_length=200, blank=True)
    poster_key = models.CharField(max_length=200, blank=True)
    thumb_key = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="The poster as lists show it; empty for memes of before it was made.",
    )
    size = models.BigIntegerField(default=0, help_text="Bytes of the file.")
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    duration_ms = models.PositiveIntegerField(default=0)
    published_at = models.DateTimeField(null=True, blank=True)
    ended_for = models.CharField(max_length=32, blank=True)
    ended_by = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="The actor, as kind:id."
    )

    hidden_version = models.BigIntegerField(
        null=True, blank=True, help_text="The version of the withdrawal that hid it."
    )
    restorable_until = models.DateTimeField(null=True, blank=True)

    hidden_for = ""  # the reason that hides it now, where services.note_hidden has asked
    may_retry = False  # whether it can be asked for once more, likewise

    objects = RenderQuerySet.as_manager()

    class Meta:
        verbose_name = _("meme")
        constraints = [
            models.UniqueConstraint(
                fields=["requester", "idempotency_key"], name="render_is_requested_once_per_key"
            ),
        ]
        indexes = [
            models.Index(fields=["requester", "-id"], name="render_of_requester"),
            models.Index(fields=["video", "state"], name="render_of_video_by_state"),
            models.Index(fields=["creator", "state"], name="render_of_creator_by_state"),
            models.Index(
                fields=["state", "next_attempt_at"],
                condition=Q(state__in=["queued", "running"]),
                name="render_that_is_live",
            ),
            models.Index(
                fields=["id"],
                condition=Q(file_key__gt="") & ~Q(state__in=["queued", "running", "done"]),
                name="render_with_files_left",
            ),
            models.Index(
                fields=["restorable_until"],
                condition=Q(state="hidden"),
                name="render_that_may_come_back",
            ),
        ]

    def __str__(self) -> str:
        return gettext("a meme of “%(title)s”") % {"title": self.video.title}

    @property
    def start(self) -> float:
        """Seconds into the video."""
        return self.start_ms / 1000

    @property
    def length(self) -> float:
        """Seconds, as asked for."""
        return self.length_ms / 1000

    @property
    def small_picture_key(self) -> str:
        return self.thumb_key or self.poster_key

    @property
    def filename(self) -> str:
        """The name under which its file is downloaded."""
        return f"{self.template}-{self.uuid}.mp4"


from remixer.cases import Appeal, Report  # noqa: E402, F401  (Django finds models here)
