"""Memes being made or made. Only remixer.services writes them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from consent.models import Terms
from creatorhub.jobs import LIVE, Job, State
from creatorhub.models import User
from library.models import Video

PUBLISHED = Q(published_at__isnull=False)


class RenderQuerySet(models.QuerySet["Render"]):
    def requested_by(self, user: User) -> RenderQuerySet:
        """The memes of this maker that they did not remove."""
        return self.filter(requester=user).exclude(state=Render.REMOVED)

    def watchable_by(self, user: User) -> RenderQuerySet:
        """What has a page for this person: their own memes, and what was published, even if it was
        taken down since: the page says so."""
        return self.filter(Q(requester=user) | PUBLISHED).exclude(state=Render.REMOVED)

    def published(self) -> RenderQuerySet:
        """What others could see at some time, even if it was taken down or removed since."""
        return self.filter(PUBLISHED)

    def for_events(self) -> RenderQuerySet:
        """Reads with each row what its events name: the video, its creator, the requester."""
        return self.select_related("video__owner", "requester")

    def with_details(self) -> RenderQuerySet:
        """As for_events, with the terms and the notice that allowed it."""
        return self.for_events().select_related("terms__notice")

    def locked(self) -> RenderQuerySet:
        """As for_events, locked until the transaction ends, so that the events name exactly the
        rows that are then changed. Order the rows: two transactions that lock the same rows in
        different orders deadlock."""
        return self.for_events().select_for_update(of=("self",), no_key=True)

    def live(self) -> RenderQuerySet:
        return self.filter(state__in=LIVE)

    def with_files_left(self) -> RenderQuerySet:
        """Ended without being published, and their files are still to be deleted."""
        ended = ~Q(state__in=[State.QUEUED, State.RUNNING, State.DONE])
        return self.filter(ended, file_key__gt="")


class Render(Job):
    """One meme: a job, then a file.

        queued ──> running ──publish──> done ──withdrawal──> taken_down
           └──────────┴──> cancelled (by its maker), refused (consent said no), failed
        any of these ──by its maker──> removed

    `allowed_version` is the standing's version at which the request was allowed. Publishing asks
    again under the standing's lock and compares with the versions of later withdrawals, so that
    a later re-grant does not publish what a withdrawal stopped. `problem` holds the sentence that
    people read for every bad end; `ended_for` the decision's reason, where a decision ended it.

    `file_key` and `poster_key` are written before the files are, and emptied once they are gone:
    a row that is neither live nor done and still names a file has something left to delete.
    """

    TAKEN_DOWN = "taken_down"
    REMOVED = "removed"

    state = models.CharField(
        max_length=16,
        choices=[*State.choices, (TAKEN_DOWN, "Taken down"), (REMOVED, "Removed")],
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
        help_text="Whose video it is. An opt-out finds it by this, past a million videos.",
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
    size = models.BigIntegerField(default=0, help_text="Bytes of the file.")
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    duration_ms = models.PositiveIntegerField(default=0)
    published_at = models.DateTimeField(null=True, blank=True)
    ended_for = models.CharField(max_length=32, blank=True)

    objects = RenderQuerySet.as_manager()

    class Meta:
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
        ]

    def __str__(self) -> str:
        return f"render {self.uuid}: {self.state}"

    @property
    def start(self) -> float:
        """Seconds into the video."""
        return self.start_ms / 1000

    @property
    def length(self) -> float:
        """Seconds, as asked for."""
        return self.length_ms / 1000

    @property
    def filename(self) -> str:
        """The name under which its file is downloaded."""
        return f"{self.template}-{self.uuid}.mp4"
