"""Is anything stuck, lost or out of step? Reads only; may run beside everything else.

What changes while it looks is looked at again before it is called wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import islice

from django.core.files.storage import default_storage
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from audit import tree
from audit.models import Counter, Event
from consent.models import Consent, ConsentCount, Edit, EditJob
from creatorhub import jobs
from creatorhub.jobs import Job, State
from creatorhub.models import User
from library import files
from library import services as library
from library.models import Ingest, Video
from remixer.models import Render
from remixer.services.files import KIND

OLD = timedelta(hours=1)


def jobs_get_on() -> Iterator[str]:
    """Every job has ended, is being worked on, or is due"""
    models: tuple[type[Job], ...] = (Ingest, Render, EditJob)
    for model in models:
        for job in jobs.overdue(model).iterator():
            yield f"{model.__name__} {job.uuid} is {job.state} and nobody works on it."


def every_edit_gets_done() -> Iterator[str]:
    """Every edit that was confirmed is applied, or a job is at it"""
    left = Edit.objects.under_way().exclude(job__state__in=[*jobs.LIVE, State.FAILED])
    for edit in left.iterator():
        # Its job ends, and another is queued, in transactions that this look may fall between.
        if left.filter(pk=edit.pk).exists():
            yield f"Edit {edit.uuid} is {edit.status} and has no job."
    came_of_it = F("changed") + F("already") + F("superseded") + F("not_eligible")
    for edit in Edit.objects.filter(status=Edit.Status.APPLIED).exclude(selected=came_of_it):
        yield f"Edit {edit.uuid} selected {edit.selected} videos and does not account for each."


def the_numbers_are_right() -> Iterator[str]:
    """The numbers that pages show are those that counting gives"""
    owners = User.objects.filter(Exists(Video.objects.filter(owner=OuterRef("pk"))))
    for user in owners.iterator():
        for kept, counted in ((_shelf, _videos), (_kept_counts, _counted)):
            # Once more before it is called wrong: an act may fall between the two looks.
            if kept(user) != counted(user) and kept(user) != counted(user):
                yield f"{user.username}: {kept(user)} is kept, and there are {counted(user)}."


def _videos(user: User) -> object:
    return Video.objects.owned_by(user).count()


def _shelf(user: User) -> object:
    return library.video_count(user)


def _kept_counts(user: User) -> object:
    counts = ConsentCount.objects.filter(creator=user).exclude(videos=0)
    return {(use, terms): n for use, terms, n in counts.values_list("use", "terms", "videos")}


def _counted(user: User) -> object:
    consents = Consent.objects.filter(
        creator=user, terms__isnull=False, video__status="ready", video__removed_at=None
    )
    rows = consents.order_by().values_list("use", "terms").annotate(n=Count("pk"))
    return {(use, terms): n for use, terms, n in rows}


def nothing_withdrawn_is_out() -> Iterator[str]:
    """No meme is published against a withdrawal"""
    withdrawn = Q(video__owner__consent_state__opted_out=True)
    withdrawn |= ~Q(video__removed_at=None)
    withdrawn |= Q(video__owner__consent_state__withdrawn_version__gt=F("allowed_version"))
    withdrawn |= Q(
        video__consents__use="remix",
        video__consents__withdrawn_version__gt=F("allowed_version"),
    )
    for render in Render.objects.filter(withdrawn, state=State.DONE).distinct().iterator():
        yield f"Template {render.uuid} is published and its permission was withdrawn."


def every_row_has_its_files() -> Iterator[str]:
    """Every finished meme and ready video has its files"""
    for kind, rows, names in (
        ("Template", Render.objects.filter(state=State.DONE), ("file_key", "poster_key")),
        ("Video", Video.objects.ready(), ("mezzanine_key", "poster_key")),
    ):
        for row in rows.iterator():
            for name in names:
                key = getattr(row, name)
                still = type(row).objects.filter(pk=row.pk, **{name: key})
                if not (key and default_storage.exists(key)) and still.exists():
                    yield f"{kind} {row.uuid} has no {name.removesuffix('_key')}."


def every_file_has_its_row() -> Iterator[str]:
    """Every stored file belongs to a row"""
    for kind in ("videos", KIND):
        for keys in _batches(_stored(kind), 1000):
            known = _named(kind, keys)
            for key in keys:
                if key not in known and default_storage.exists(key):
                    yield f"The file {key} belongs to nothing."


def _stored(kind: str) -> Iterator[str]:
    try:
        shelves = default_storage.listdir(kind)[0]
    except FileNotFoundError:
        return
    for shelf in sorted(shelves):
        for folder in default_storage.listdir(f"{kind}/{shelf}")[0]:
            for name in default_storage.listdir(f"{kind}/{shelf}/{folder}")[1]:
                yield f"{kind}/{shelf}/{folder}/{name}"


def _named(kind: str, keys: list[str]) -> set[str]:
    """Those of the keys that a row names, or that belong to a job at work on them."""
    folders = {key.split("/")[2] for key in keys}
    rows: list[tuple[str, ...]]
    if kind == "videos":
        videos = Video.objects.filter(uuid__in=folders)
        rows = [*videos.values_list("source_key", "mezzanine_key", "poster_key")]
        busy = [*videos.filter(ingest__state__in=jobs.LIVE).values_list("uuid", flat=True)]
    else:
        renders = Render.objects.filter(uuid__in=folders)
        rows = [*renders.values_list("file_key", "poster_key")]
        busy = [*renders.live().values_list("uuid", flat=True)]
    working = set(map(str, busy))
    return {key for row in rows for key in row} | {
        key for key in keys if key.split("/")[2] in working
    }


def no_work_is_left_behind() -> Iterator[str]:
    """No unfinished file is older than an hour"""
    for path in files.leftovers(OLD):
        yield f"{path} was left behind."


def the_log_is_whole() -> Iterator[str]:
    """Every event is as it was hashed, and no creator's numbers have a gap"""
    for event in Event.objects.order_by("pk").iterator(chunk_size=2000):
        yield from _altered(event)
    # Numbers are unique, and the last is the count: so there are neither gaps nor doubles.
    of_one = Event.objects.filter(creator=OuterRef("pk")).order_by().values("creator")
    counters = Counter.objects.annotate(
        events=Coalesce(Subquery(of_one.annotate(n=Count("pk")).values("n")), 0),
        highest=Coalesce(Subquery(of_one.annotate(n=Max("creator_seq")).values("n")), 0),
    )
    for counter in counters.exclude(last=F("events"), highest=F("events")):
        yield (
            f"The record of creator {counter.pk} should have {counter.last} events, "
            f"and has {counter.events} up to number {counter.highest}."
        )
    uncounted = Event.objects.exclude(creator=None).filter(
        ~Exists(Counter.objects.filter(pk=OuterRef("creator_id")))
    )
    for event in uncounted.iterator():
        yield f"Event {event.uuid} belongs to a creator whose events are not counted."


def _altered(event: Event) -> Iterator[str]:
    body = bytes(event.body)
    if tree.leaf_hash(body) != bytes(event.leaf_hash):
        yield f"Event {event.uuid}: its hash is not that of its body."
    told = json.loads(body)
    columns = {
        "id": str(event.uuid),
        "action": event.action,
        "actor": event.actor,
        "correlation_id": str(event.correlation_id),
        "creator_seq": event.creator_seq,
        "subject": str(event.subject) if event.subject else None,
    }
    for name, value in columns.items():
        if told.get(name) != value:
            yield f"Event {event.uuid}: its {name} is not the one in its body."


def _batches(keys: Iterable[str], size: int) -> Iterator[list[str]]:
    keys = iter(keys)
    while batch := list(islice(keys, size)):
        yield batch


CHECKS: tuple[Callable[[], Iterator[str]], ...] = (
    jobs_get_on,
    every_edit_gets_done,
    the_numbers_are_right,
    nothing_withdrawn_is_out,
    every_row_has_its_files,
    every_file_has_its_row,
    no_work_is_left_behind,
    the_log_is_whole,
)
