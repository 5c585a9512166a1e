"""What every job row has, and the few statements that change its state. The row is the truth.

A Celery message is only a hint: it says “look at this row” and carries an id. It may get lost (the
sweep sends another) or arrive twice (the second claim changes no row). A worker holds a job while
`lease_token` in the row is the one that it was given and `lease_until` has not passed; each
statement below that writes a running job compares the token.

             claim              finish
    queued ────────> running ───────────> done
      ^                │  │
      │ <──────────────┘  └─────────────> failed, refused, cancelled
      │  retry, release, sweep    finish, retry, sweep, and stop, also from queued
      │
      └── requeue (failed, refused, cancelled), restart (whatever has ended)

    retry     after a fault that may pass: queued after a wait; failed if no attempt is left
    release   the worker's turn is over: queued again, attempts count from zero
    sweep     the lease has ended: queued again; failed if no attempt is left
    stop      whoever holds it
    requeue   the owner tries again; restart: there is something new to do
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import F, Max, Min, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from kombu.exceptions import OperationalError

from creatorhub.celery import app

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
BEAT_EVERY = 5.0  # seconds between heartbeats; six may be missed before the lease is dead
STALE = timedelta(seconds=20)  # queued for longer than this: the hint got lost, send another
STALLED = timedelta(seconds=60)  # running and silent for longer: a page says that it is stalled
SOON = timedelta(minutes=1)
MAX_ATTEMPTS = 3
CANDIDATES = 5  # jobs that a worker tries to take before it looks again
ONE_SHORT_TRY = {  # at the broker: two seconds at most
    "max_retries": 0,
    "interval_start": 0,
    "retry_on_timeout": False,
    "socket_connect_timeout": 2,
    "socket_timeout": 2,
}
OUT_OF_ATTEMPTS = gettext_noop(  # rows and the log keep it
    "We tried three times and the machine stopped each time before the work was done. "
    "Try again; if it fails once more, tell us the number on this page."
)


class State(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    REFUSED = "refused", _("Refused")
    CANCELLED = "cancelled", _("Cancelled")


LIVE = (State.QUEUED, State.RUNNING)
ENDED_BADLY = (State.FAILED, State.REFUSED, State.CANCELLED)


class LeaseLost(Exception):
    """The job was stopped, or another worker has it. Stop working and change nothing."""


class Job(models.Model):
    """The columns of a job. A model that inherits it is a queue."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=MAX_ATTEMPTS)
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    progress = models.PositiveSmallIntegerField(default=0, help_text=_("Per cent, 0 to 100."))
    problem = models.TextField(blank=True, help_text=_("Why it ended badly, in plain words."))
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def ended_badly(self) -> bool:
        """It can be queued once more."""
        return self.state in ENDED_BADLY

    @property
    def waits_until(self) -> datetime | None:
        """When it may begin, if that is not soon; a wait between two attempts takes seconds."""
        later = self.state == State.QUEUED and self.next_attempt_at > timezone.now() + SOON
        return self.next_attempt_at if later else None

    @property
    def is_stalled(self) -> bool:
        """Running, and silent for a minute: a page says so instead of showing a bar that never
        moves."""
        return (
            self.state == State.RUNNING
            and self.heartbeat_at is not None
            and timezone.now() - self.heartbeat_at > STALLED
        )


class FairJob(Job):
    """A job of a queue in which people take turns: who has asked for twenty does not keep the next
    one waiting for all of them.

    `turn` is fixed when the job is queued (`next_turn`); the lowest comes first, then the oldest.
    It is start-time fair queuing with every job of the same weight: a person's own jobs have rising
    turns, and nobody's begin below those that are being worked on.
    """

    turn = models.BigIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        abstract = True


J = TypeVar("J", bound=Job)
Fair = TypeVar("Fair", bound=FairJob)


def next_turn(model: type[FairJob], **person: Any) -> int:
    """The turn of a new job for the one that `person` names, as a filter of the queue. One query.
    Two requests at the same time can get the same turn, and then the older goes first."""
    live = model._default_manager.filter(state__in=LIVE)
    found = live.aggregate(first=Min("turn"), last=Max("turn", filter=Q(**person)))
    own = -1 if found["last"] is None else found["last"]
    return max(found["first"] or 0, own + 1)


def claim_next(model: type[Fair]) -> Fair | None:
    """Take the job whose turn it is; None if no job is due. A hint may so do another job than the
    one it was sent for: there are as many hints as jobs."""
    now = timezone.now()
    is_due = Q(state=State.QUEUED, next_attempt_at__lte=now)
    is_left = Q(state=State.RUNNING, lease_until__lt=now)
    due = model._default_manager.filter(is_due | is_left, attempts__lt=F("max_attempts"))
    due = due.order_by("turn", "pk")
    while first := list(due.values_list("pk", flat=True)[:CANDIDATES]):
        for pk in first:
            if job := claim(model, pk):
                return job
    return None


def claim(model: type[J], pk: int, *, keep_progress: bool = False) -> J | None:
    """Take the job for this worker. None if another worker has it, it has ended, or it is not due
    yet.

    One conditional UPDATE; the job is ours only if exactly one row changed. Counts an attempt.
    `keep_progress` is for a job that continues where its last attempt stopped.
    """
    now = timezone.now()
    token = uuid.uuid4()
    changed = (
        model._default_manager.filter(pk=pk, attempts__lt=F("max_attempts"))
        .filter(
            Q(state=State.QUEUED, next_attempt_at__lte=now)
            | Q(state=State.RUNNING, lease_until__lt=now)
        )
        .update(
            state=State.RUNNING,
            attempts=F("attempts") + 1,
            lease_token=token,
            lease_until=now + LEASE,
            heartbeat_at=now,
            **({} if keep_progress else {"progress": 0}),
        )
    )
    return model._default_manager.get(pk=pk) if changed == 1 else None


def _held(job: J) -> models.QuerySet[J]:
    return type(job)._default_manager.filter(
        pk=job.pk, state=State.RUNNING, lease_token=job.lease_token
    )


def beat(job: Job, *, progress: int | None = None, **fields: Any) -> None:
    """Extend the lease, writing the progress in per cent if given, and `fields`. Raises
    LeaseLost."""
    now = timezone.now()
    changes: dict[str, Any] = {"lease_until": now + LEASE, "heartbeat_at": now, **fields}
    if progress is not None:
        changes["progress"] = max(0, min(progress, 100))
    if _held(job).update(**changes) != 1:
        raise LeaseLost


def finish(job: Job, state: str, *, problem: str = "", **fields: Any) -> None:
    """End the job that we hold, writing `fields` in the same statement. Raises LeaseLost.

    Call it inside the transaction that makes the job's result visible.
    """
    now = timezone.now()
    changes = {"state": state, "problem": problem, "finished_at": now, "lease_token": None}
    if state == State.DONE:
        changes["progress"] = 100
    if _held(job).update(**changes, lease_until=None, **fields) != 1:
        raise LeaseLost


def retry(job: Job, *, problem: str) -> str:
    """Queue the job that we hold once more after a fault that may pass, or fail it with `problem`
    if this was its last attempt. Returns the new state. Raises LeaseLost."""
    if job.attempts >= job.max_attempts:
        finish(job, State.FAILED, problem=problem)
        return State.FAILED
    due = timezone.now() + backoff(job.attempts)
    changed = _held(job).update(
        state=State.QUEUED, next_attempt_at=due, lease_token=None, lease_until=None, progress=0
    )
    if changed != 1:
        raise LeaseLost
    return State.QUEUED


def backoff(attempts: int) -> timedelta:
    """How long to wait before attempt number `attempts` + 1: 2 s, 4 s, 8 s …"""
    return timedelta(seconds=2**attempts)


def stop(queryset: models.QuerySet[J], state: str, *, problem: str, **fields: Any) -> int:
    """End every live job in `queryset`, whoever holds it, writing `fields` too. The worker that
    holds one gets LeaseLost at its next beat. Returns how many."""
    return queryset.filter(state__in=LIVE).update(
        state=state,
        problem=problem,
        finished_at=timezone.now(),
        lease_token=None,
        lease_until=None,
        **fields,
    )


def requeue(job: Job, **fields: Any) -> bool:
    """Queue a job that ended badly once more, with all its attempts, writing `fields` too.
    False, and nothing changed, if it had not ended badly."""
    same = type(job)._default_manager.filter(pk=job.pk)
    return _queue_anew(same.filter(state__in=ENDED_BADLY), **fields) == 1


def restart(job: Job) -> None:
    """Queue a job that has ended, badly or not, with all its attempts: there is something new for
    it to do. One that is queued or running is left as it is."""
    same = type(job)._default_manager.filter(pk=job.pk)
    _queue_anew(same.exclude(state__in=LIVE))


def _queue_anew(jobs: models.QuerySet[J], **fields: Any) -> int:
    return jobs.update(
        state=State.QUEUED,
        attempts=0,
        progress=0,
        problem="",
        finished_at=None,
        next_attempt_at=timezone.now(),
        **fields,
    )


def release(job: Job, *, until: datetime | None = None) -> None:
    """Queue the job that we hold again, to continue at once or from `until` on, so that other
    jobs have their turn. Its attempts count from zero. Raises LeaseLost."""
    changed = _held(job).update(
        state=State.QUEUED,
        attempts=0,
        next_attempt_at=until or timezone.now(),
        lease_token=None,
        lease_until=None,
    )
    if changed != 1:
        raise LeaseLost


def enqueue(task: str, *args: int) -> None:
    """Send a hint about a queued job once the current transaction has committed. If the broker
    cannot be reached, the sweep sends another; the page that asked neither waits nor fails."""
    transaction.on_commit(partial(_send, task, args))


def _send(task: str, args: tuple[int, ...]) -> None:
    try:
        # A connection of its own: one from the pool would wait for a broker that does not answer.
        with app.connection_for_write() as connection:
            connection.transport_options = {**(connection.transport_options or {}), **ONE_SHORT_TRY}
            app.send_task(task, args=args, retry=False, connection=connection)
    except (OSError, OperationalError) as error:
        logger.warning("No hint for %s%s, the sweep will send one: %s", task, args, error)


@dataclass
class Swept:
    """What a sweep of one queue found. `due` has the keys of those that need a new hint."""

    due: list[int] = field(default_factory=list)
    requeued: int = 0
    failed: list[int] = field(default_factory=list)


def sweep(model: type[J], *, limit: int = 200) -> Swept:
    """Repair what dead workers and lost hints left in one queue. Any number may run at once."""
    now = timezone.now()
    jobs = model._default_manager
    swept = Swept()
    dead = jobs.filter(state=State.RUNNING, lease_until__lt=now)
    spent = list(dead.filter(attempts__gte=F("max_attempts")).values_list("pk", flat=True)[:limit])
    for pk in spent:
        swept.failed += [pk] * dead.filter(pk=pk, attempts__gte=F("max_attempts")).update(
            state=State.FAILED,
            problem=OUT_OF_ATTEMPTS,
            finished_at=now,
            lease_token=None,
            lease_until=None,
        )
    swept.requeued = dead.filter(attempts__lt=F("max_attempts")).update(
        state=State.QUEUED,
        lease_token=None,
        lease_until=None,
        progress=0,
        next_attempt_at=now,
    )
    stale = jobs.filter(state=State.QUEUED, next_attempt_at__lte=now, created_at__lt=now - STALE)
    swept.due = list(stale.order_by("next_attempt_at").values_list("pk", flat=True)[:limit])
    return swept


def ahead_of(job: FairJob) -> int:
    """How many waiting jobs of the same queue come before this one; 0 when it is next or
    running."""
    if job.state != State.QUEUED:
        return 0
    return type(job)._default_manager.filter(before(job), state=State.QUEUED).count()


def before(job: FairJob) -> Q:
    """The jobs whose turn comes before this one's."""
    return Q(turn__lt=job.turn) | Q(turn=job.turn, pk__lt=job.pk)


def overdue(model: type[J], *, grace: timedelta = timedelta(minutes=5)) -> models.QuerySet[J]:
    """For fsck: live jobs past every deadline, which no worker holds and no sweep has repaired."""
    late: datetime = timezone.now() - grace
    return model._default_manager.filter(
        Q(state=State.RUNNING, lease_until__lt=late)
        | Q(state=State.RUNNING, lease_token=None)
        | Q(state=State.QUEUED, next_attempt_at__lt=late, created_at__lt=late)
    )
